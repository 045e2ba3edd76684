"""DESTA: trade agreements with their founders, accessions, withdrawals and mere negotiations."""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from pathlib import Path

import pyarrow as pa

from equidistance.evidence.schema import TABLES
from equidistance.ground.states import all_states
from equidistance.sources.card import Card, Reading, Rejected, Source
from equidistance.sources.lookup import (
    IgnoredRowError,
    MalformedRowError,
    convert_rows,
    count,
    nothing_left,
    parse_year,
)
from equidistance.sources.treaty_titles import form_of, named_states, sides_of

_COLUMNS = ("number", "base_treaty", "name", "entry_type", "year", "entryforceyear", "typememb", "iso_num")
_TWO_SIDED = ("3", "4")  # a group with a third state, a group with a group
_KINDS = ("base_treaty", "consolidated", "negotiation", "accession", "withdrawal")

_FORMS = {"104": "customs union", "108": "customs union", "997": "other"}
"""Where the title misleads: the customs unions of Belarus and Russia (1995) and of both with Kazakhstan (2009); the
European Union's enhanced partnership with Kazakhstan of 2015 (no preferences)."""

_TERRITORIES = frozenset(
    (
        "86", "92", "136", "175", "184", "234", "238", "239", "248", "254", "258", "260", "304", "312", "344", "446",
        "474", "500", "530", "533", "540", "570", "612", "638", "652", "654", "660", "663", "666", "732", "796", "833",
        "876", "900",
    )
)  # fmt: skip
"""Numbers (ISO 3166-1 numeric) of territories that are no states, 900 being the publisher's own for Kosovo and such."""

CARD = Card(
    name="agreements_desta",
    title="Design of Trade Agreements (DESTA): list of treaties, members in long form",
    publisher="World Trade Institute, University of Bern",
    licence="none stated; free for research with citation",
    citation=(
        "Dür, A., L. Baccini and M. Elsig. 2014. The Design of International Trade Agreements: Introducing a New "
        "Dataset. The Review of International Organizations 9: 353-375."
    ),
    address="https://www.designoftradeagreements.org/",
    files={"desta_memberships_long*.csv": "number, base_treaty, name, entry_type, ..., iso_num"},
    tables=("agreements", "agreement_parties"),
    coverage=(date(1947, 1, 1), date(2020, 12, 31)),
    states="all",
    cadence="every year or two",
    caveats=(
        "Negotiations and signed agreements that never entered into force are kept as such, without a start.",
        "Only years are known: an agreement counts from 1 January of the year, a withdrawal from 1 July of its year.",
        "An accession mostly has no year of entry into force; the year of its signature stands for it.",
        "A withdrawal lists those who stay, too; who left is read off the title.",
        "That an agreement was replaced by a later one is not recorded: both count as in force.",
        "Agreements of a group with others have two sides, told apart by the title; the members of the group are not "
        "bound to each other by them. Between two groups without the European Union the sides stay unknown.",
        "The form (customs union, free trade, other) is read off the title: the list holds no measure of depth.",
    ),
    rows=(2_000, 100_000),
)


def read(paths: Sequence[Path]) -> Reading:
    """Read the list into ``agreements`` and ``agreement_parties`` (one spell for each state and agreement).

    Raises:
        BadFile: other columns, or no usable agreement.
    """
    rejected: list[Rejected] = []
    ignored: dict[str, int] = {}
    rows: list[dict[str, object]] = []
    for path in paths:
        rows += convert_rows(path, _COLUMNS, _entry, rejected, ignored)
    entries: dict[str, list[dict[str, object]]] = {}
    for row in rows:
        entries.setdefault(str(row["number"]), []).append(row)
    founded = {number: group for number, group in entries.items() if group[0]["kind"] in _KINDS[:3]}
    if not founded:
        raise nothing_left([path.name for path in paths], "agreement")
    agreements: list[dict[str, object]] = []
    parties: dict[tuple[str, str], dict[str, object]] = {}
    for number, group in founded.items():
        agreements.append(_found(number, group, parties, ignored))
    later = [group for number, group in entries.items() if number not in founded]
    # in the order of years, so that a state can leave what it has joined
    for group in sorted(later, key=lambda group: (group[0]["year"] or 0, str(group[0]["number"]))):
        base = str(group[0]["base"])
        base = base if base in founded else f"{base}a"  # the consolidated agreement bears the letter
        if base not in founded:
            count(ignored, "a change of an agreement that is not in the list", len(group))
        elif group[0]["kind"] == "accession":
            _accede(base, group, founded[base], parties, ignored)
        else:
            _withdraw(base, group, parties, ignored)
    table = pa.Table.from_pylist(list(parties.values()), schema=TABLES["agreement_parties"].schema)
    listed = pa.Table.from_pylist(agreements, schema=TABLES["agreements"].schema)
    years = [int(str(row["year"])) for row in rows if row["year"]]
    coverage = (date(min(years), 1, 1), date(max(years), 12, 31))
    tables = {"agreements": listed, "agreement_parties": table}
    return Reading(tables, (coverage,), tuple(rejected), ignored)


def _entry(row: dict[str, str]) -> list[dict[str, object]]:
    """The row with its state and years, still one row for each state."""
    if row["entry_type"] == "protocol or amendment":
        raise IgnoredRowError("a protocol or amendment, which changes no party")
    if row["entry_type"] not in _KINDS:
        raise MalformedRowError(f"unknown entry type {row['entry_type']!r}")
    number = row["iso_num"]
    if number in _TERRITORIES:
        raise IgnoredRowError("a territory that is not a state")
    year = parse_year(row["year"]) if row["year"] else None
    state = _state(number, year)
    if state is None:
        raise MalformedRowError(f"iso_num {number!r} is not the number of a state")
    if year is None and row["entry_type"] != "negotiation":
        raise MalformedRowError("no year")
    return [
        {
            "number": row["number"],
            "base": row["base_treaty"],
            "title": row["name"],
            "kind": row["entry_type"],
            "two_sided": row["typememb"] in _TWO_SIDED,
            "year": year,
            "force": parse_year(row["entryforceyear"]) if row["entryforceyear"] else None,
            "state": state,
        }
    ]


def _found(
    number: str,
    group: list[dict[str, object]],
    parties: dict[tuple[str, str], dict[str, object]],
    ignored: dict[str, int],
) -> dict[str, object]:
    """Record the first parties of an agreement; returns the agreement."""
    first = group[0]
    title, year = str(first["title"]), first["year"]
    assert year is None or isinstance(year, int)
    sides = sides_of(title, {str(row["state"]) for row in group}, year, two_sided=bool(first["two_sided"]))
    negotiated = first["kind"] == "negotiation"
    for row in group:
        state = str(row["state"])
        if (number, state) in parties:
            count(ignored, "the same state in the same agreement again")
            continue
        start = None if negotiated or row["force"] is None else date(int(str(row["force"])), 1, 1)
        entry = "negotiation" if negotiated else "founder" if start else "signature"
        parties[number, state] = _party(number, state, sides[state], entry, start, row)
    return {
        "agreement": f"desta:{number}",
        "title": title,
        "form": _FORMS.get(number) or form_of(title, sides.values()),
        "signed": year,
        "same_as": None,
        "file": first["file"],
        "row": first["row"],
    }


def _accede(
    base: str,
    group: list[dict[str, object]],
    founders: list[dict[str, object]],
    parties: dict[tuple[str, str], dict[str, object]],
    ignored: dict[str, int],
) -> None:
    """Record the states of an accession that were not in the agreement before."""
    two_sided = bool(founders[0]["two_sided"])
    named = named_states(str(founders[0]["title"]))
    for row in group:
        state = str(row["state"])
        known = parties.get((base, state))
        if known is not None and (known["end"] is None or known["start"] is None):
            count(ignored, "a party listed again with an accession or withdrawal of another")
            continue
        year = row["force"] or row["year"]
        # who accedes to the agreement of a group with a third state joins the group
        side = "all" if not two_sided else "a" if state in named else "b"
        parties[base, state] = _party(base, state, side, "accession", date(int(str(year)), 1, 1), row)


def _withdraw(
    base: str,
    group: list[dict[str, object]],
    parties: dict[tuple[str, str], dict[str, object]],
    ignored: dict[str, int],
) -> None:
    """End the participation of the states named after the word "withdrawal"."""
    title = str(group[0]["title"])
    leaving = named_states(title.rsplit("withdrawal", 1)[-1])
    for row in group:
        known = parties.get((base, str(row["state"])))
        if row["state"] in leaving and known is not None:
            known["end"] = date(int(str(row["force"] or row["year"])), 7, 1)
        else:
            count(ignored, "a party listed again with an accession or withdrawal of another")


def _party(
    number: str, state: str, side: str, entry: str, start: date | None, row: dict[str, object]
) -> dict[str, object]:
    return {
        "agreement": f"desta:{number}",
        "state": state,
        "side": side,
        "entry": entry,
        "start": start,
        "end": None,
        "precision": "year",
        "file": row["file"],
        "row": row["row"],
    }


@cache
def _by_number() -> dict[int, list[str]]:
    """ISO 3166-1 numeric code -> codes of the ground; today's state last."""
    found: dict[int, list[str]] = {}
    for state in sorted(all_states(), key=lambda state: state.end or date.max):
        if state.iso_numeric is not None:
            found.setdefault(state.iso_numeric, []).append(state.code)
    return found


def _state(number: str, year: int | None) -> str | None:
    """The state with the number: the one that existed in the year, else the one of today."""
    if not (number.isascii() and number.isdigit()):
        return None
    codes: Iterable[str] = _by_number().get(int(number), [])
    states = [state for state in all_states() if state.code in codes]
    if year is not None:
        existing = [state for state in states if state.existed(date(year, 7, 1))]
        states = existing or states
    return max(states, key=lambda state: state.end or date.max).code if states else None


SOURCE = Source(CARD, read)
