"""The layouts in which UN votes are published, each brought into the same two raw tables of text.

``cells``: roll, date, who, vote, layout, file, row - one state in one roll call, values as published.
``rolls``: roll, date, session, year, resolution, title, body, important, issues, file, row - one roll call.
:mod:`equidistance.sources.un_votes` makes evidence of them.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from equidistance.errors import BadFile
from equidistance.ground.states import State, find, from_cow
from equidistance.sources.card import Rejected
from equidistance.sources.delimited import columns_of, read_rows

NUMBERS = {"1": "yes", "2": "abstain", "3": "no", "8": "absent", "9": "not_member"}
WORDS = {"yes": "yes", "no": "no", "abstain": "abstain", "abstention": "abstain", "absent": "absent"}
LETTERS = {"y": "yes", "n": "no", "a": "abstain", "x": "absent", "nv": "absent"}  # non-voting is absent
VOTE_CODES = {
    "numbered": NUMBERS | WORDS,
    "letters": LETTERS,
    "words": WORDS | {"": "absent"},
}
"""Per coding: the publisher's vote code in small letters -> one of ``evidence.schema.VOTES``."""

ISSUES = ("me", "nu", "di", "hr", "co", "ec")
"""Voeten's issue flags: Middle East, nuclear arms, disarmament, human rights, colonialism, development."""

UN_NAMES = {"CONGO": "COG"}
"""Official names at the UN that elsewhere stand for several states: here "Congo" is the Republic."""

_ROLL_TEXT = ("roll", "date", "session", "year", "resolution", "title", "body", "important", "issues")
_STATE_NAMES = ("Countryname", "country_name", "member", "Country", "country")
_MANY_STATES = 10  # so many state columns make a matrix; fewer are accidents such as a column called "no"


@dataclass
class RawVotes:
    """What one file holds, as text, before states, dates and vote codes are read."""

    cells: list[pa.Table] = field(default_factory=list)
    rolls: list[pa.Table] = field(default_factory=list)  # taken from the vote rows themselves
    metadata: list[pa.Table] = field(default_factory=list)  # from files that describe roll calls only
    names: dict[str, str] = field(default_factory=dict)  # publisher's state number -> name
    rejected: list[Rejected] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


def read_layout(path: Path, raw: RawVotes) -> None:
    """Read one file of any layout into ``raw``.

    Raises:
        BadFile: the columns fit no layout; the message lists the layouts.
    """
    delimiter = "\t" if len(columns_of(path)) == 1 and len(columns_of(path, delimiter="\t")) > 1 else ","
    columns = columns_of(path, delimiter=delimiter)
    read = _reader_for(columns)
    if read is None:
        raise BadFile(
            f"{path} has none of the known layouts of UN votes; its columns are {', '.join(columns)[:300]}.",
            choices=(
                "rcid, vote and iso3 or ccode or a country name (Voeten, un-project)",
                "rcid, session and one column per state (Voeten, wide)",
                "undl_id, ms_code, ms_vote, date, resolution (the UN's bulk file)",
                "Link, Council, Resolution, Date and one column per state (UN Digital Library, wide)",
                "resolution, date, country, vote",
            ),
            hint="See: equidistance sources un_votes",
        )
    table, rejected = read_rows(path, delimiter=delimiter)
    raw.rejected += rejected
    read(table, path, raw)


def cow_number(who: str) -> int | None:
    """The Correlates of War number a text holds, if it holds one."""
    return int(who) if re.fullmatch("[0-9]{1,3}", who) else None


def find_member(who: str, on: date | None = None) -> State | None:
    """The state a code, Correlates of War number or name stands for in files on the UN."""
    number = cow_number(who)
    if number is not None:
        return from_cow(number, on)
    return find(UN_NAMES.get(who.upper(), who), on)


def _reader_for(columns: Sequence[str]) -> "Callable[[pa.Table, Path, RawVotes], None] | None":
    names = set(columns)
    if "undl_id" in names and names & {"ms_vote", "ms_votes"}:
        return _bulk
    if {"Council", "Resolution", "Date"} <= names:
        return _library_wide
    if {"rcid", "vote"} <= names and names & {"iso3", "ccode", "country_code", *_STATE_NAMES}:
        return _vote_rows
    if {"resolution", "date", "country", "vote"} <= names:
        return _short
    if "rcid" in names and names & {"session", "date"}:
        return _matrix if len(_state_columns(columns)) >= _MANY_STATES else _roll_calls
    if "ccode" in names and names & set(_STATE_NAMES):
        return _countries
    return None


def _vote_rows(table: pa.Table, path: Path, raw: RawVotes) -> None:
    """Voeten long, Voeten's one-table edition and un-project: a row per state and roll call."""
    names = table.column_names
    codes = [name for name in ("iso3", "ccode", "country_code") if name in names]
    states = [name for name in _STATE_NAMES if name in names]
    who = _whole(table.column((codes or states)[0]))
    for fallback in [*codes, *states][1:]:
        who = _prefer(who, table.column(fallback))
    if "inferred" in names:
        inferred = pc.sum(pc.is_in(pc.utf8_lower(table["inferred"]), pa.array(["true", "1"]))).as_py() or 0
        raw.notes.append(f"{path.name}: {inferred} of {table.num_rows} votes were inferred by the publisher.")
    cells = _cells(path, table, _whole(table["rcid"]), _text(table, "date"), who, table["vote"], "numbered")
    raw.cells.append(cells)
    raw.rolls.append(_rolls(path, table, cells["roll"], **_voeten_columns(table)))


def _matrix(table: pa.Table, path: Path, raw: RawVotes) -> None:
    """Voeten wide: a row per roll call, a column per state; an empty cell is no record."""
    roll = _whole(table["rcid"])
    rolls = _rolls(path, table, roll, **_voeten_columns(table))
    cells = _melt(path, table, roll, _text(table, "date"), _state_columns(table.column_names), "numbered")
    empty = pc.is_in(cells["vote"], pa.array(["", "NA", "NaN", "nan"]))
    raw.ignored["empty cells of the roll-call matrix"] += pc.sum(empty).as_py() or 0
    raw.cells.append(cells.filter(pc.invert(empty)))
    raw.rolls.append(rolls)


def _roll_calls(table: pa.Table, path: Path, raw: RawVotes) -> None:
    """Roll-call metadata that belongs to a file of votes."""
    raw.metadata.append(_rolls(path, table, _whole(table["rcid"]), **_voeten_columns(table)))


def _countries(table: pa.Table, path: Path, raw: RawVotes) -> None:
    """un-project's list of its state numbers: names for numbers that are not COW's."""
    name = next(column for column in _STATE_NAMES if column in table.column_names)
    raw.names |= dict(zip(_whole(table["ccode"]).to_pylist(), table[name].to_pylist(), strict=True))


def _bulk(table: pa.Table, path: Path, raw: RawVotes) -> None:
    """The UN Digital Library's bulk file; two editions spell some columns differently."""
    spelled = {"ms_codes": "ms_code", "ms_votes": "ms_vote", "resolutions": "resolution"}
    names = [spelled.get(name, name) for name in table.column_names]
    table = table.rename_columns(names)
    missing = [name for name in ("ms_code", "ms_vote", "date", "resolution") if name not in names]
    if missing:
        raise BadFile(f"{path} lacks the columns {', '.join(missing)}.", hint="Download the bulk file again.")
    symbol = pc.utf8_trim_whitespace(table["resolution"])
    roll = pc.if_else(
        pc.equal(symbol, ""), pc.binary_join_element_wise("undl", table["undl_id"], ":"), symbol
    )
    who = _prefer(table["ms_code"], _text(table, "ms_name"))
    cells = _cells(path, table, roll, table["date"], who, table["ms_vote"], "letters")
    raw.cells.append(cells)
    raw.rolls.append(_rolls(path, table, cells["roll"], resolution=symbol, body=_body(symbol)))


def _library_wide(table: pa.Table, path: Path, raw: RawVotes) -> None:
    """A row per resolution, a column per state. In the Assembly an empty cell is an absence; the Council has
    fifteen members, and for the others an empty cell is no vote at all."""
    body = pc.if_else(
        pc.equal(table["Council"], "Security Council"),
        "SC",
        pc.if_else(pc.equal(table["Council"], "General Assembly"), "GA", table["Council"]),
    )
    rolls = _rolls(
        path,
        table,
        table["Resolution"],
        date=table["Date"],
        title=_text(table, "Title"),
        body=body,
        resolution=table["Resolution"],
    )
    state_columns = _state_columns(table.column_names)
    for name in table.column_names:
        if len(name) == 3 and name.isupper() and name not in state_columns:
            raw.rejected.append(Rejected(path.name, 1, f"the column {name!r} is not a state", name))
    cells = _melt(path, table, table["Resolution"], table["Date"], state_columns, "words")
    council = np.tile(pc.equal(body, "SC").to_numpy(zero_copy_only=False), len(state_columns))
    outside = pc.and_(pa.array(council), pc.equal(cells["vote"], ""))
    raw.ignored["Security Council: states without a vote"] += pc.sum(outside).as_py() or 0
    raw.cells.append(cells.filter(pc.invert(outside)))
    raw.rolls.append(rolls)


def _short(table: pa.Table, path: Path, raw: RawVotes) -> None:
    """resolution, date, country, vote: the short layout of special sessions."""
    cells = _cells(
        path, table, table["resolution"], table["date"], table["country"], table["vote"], "letters"
    )
    raw.cells.append(cells)
    symbol = table["resolution"]
    raw.rolls.append(_rolls(path, table, cells["roll"], resolution=symbol, body=_body(symbol)))


# --- columns ----------------------------------------------------------------------------------------


def _state_columns(columns: Sequence[str]) -> list[str]:
    metadata = {*ISSUES, *_ROLL_TEXT, "rcid", "yes", "no", "abstain", "absent", "line"}
    return [name for name in columns if name not in metadata and find_member(name) is not None]


def _text(table: pa.Table, *names: str) -> pa.ChunkedArray | pa.Array:
    """The first of the named columns that is there, else empty strings."""
    for name in names:
        if name in table.column_names:
            return table.column(name)
    return pa.repeat(pa.scalar(""), table.num_rows)


def _whole(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers as other software writes them: "9495.0" is "9495"."""
    return pc.replace_substring_regex(pc.utf8_trim_whitespace(column), r"\.0$", "")


def _prefer(codes: pa.ChunkedArray, names: pa.ChunkedArray) -> pa.ChunkedArray:
    """The code where it is known, else the name where that is known, else the code."""
    known = pa.array([code for code in pc.unique(codes).to_pylist() if find_member(code)], pa.string())
    if len(known) == len(pc.unique(codes)):
        return codes
    known_names = pa.array([name for name in pc.unique(names).to_pylist() if find_member(name)], pa.string())
    use_name = pc.and_(pc.invert(pc.is_in(codes, known)), pc.is_in(names, known_names))
    return pc.if_else(use_name, names, codes)


def _body(symbol: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(pc.starts_with(symbol, "S/"), "SC", "GA")


def _voeten_columns(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    flags = [
        pc.if_else(pc.is_in(pc.utf8_lower(_whole(table[name])), pa.array(["1", "true"])), f"{name} ", "")
        for name in ISSUES
        if name in table.column_names
    ]
    title = _text(table, "descr", "short")
    if "short" in table.column_names:
        title = pc.if_else(pc.is_in(title, pa.array(["", "NA"])), table["short"], title)
    return {
        "resolution": _symbol(_text(table, "unres")),
        "title": title,
        "important": _whole(_text(table, "importantvote")),
        # joined as texts: with null_handling="skip" Arrow 26 loses the rows where all are null
        "issues": pc.utf8_rtrim_whitespace(pc.binary_join_element_wise(*flags, ""))
        if flags
        else _text(table),
    }


def _symbol(unres: pa.ChunkedArray) -> pa.ChunkedArray:
    """R/77/12 -> A/RES/77/12. Before the 31st session these numbers are no resolution numbers and stay."""
    return pc.replace_substring_regex(
        unres, r"^R/(3[1-9]|[4-9][0-9]|1[0-9]{2})/([0-9]+)/?([A-Z]*)$", r"A/RES/\1/\2\3"
    )


def _cells(
    path: Path,
    table: pa.Table,
    roll: pa.ChunkedArray,
    date: pa.ChunkedArray,
    who: pa.ChunkedArray,
    vote: pa.ChunkedArray,
    layout: str,
) -> pa.Table:
    count = table.num_rows
    return pa.table(
        {
            "roll": roll,
            "date": date,
            "who": pc.utf8_trim_whitespace(who),
            "vote": vote,
            "layout": pa.repeat(pa.scalar(layout), count),
            "file": pa.repeat(pa.scalar(path.name), count),
            "row": table["line"],
        }
    )


def _melt(
    path: Path,
    table: pa.Table,
    roll: pa.ChunkedArray,
    date: pa.ChunkedArray,
    states: Sequence[str],
    layout: str,
) -> pa.Table:
    """One row per roll call and state column; shape (roll calls * states, ...), state by state."""
    base = pa.table({"roll": roll, "date": date, "line": table["line"]})
    parts = [
        _cells(
            path,
            base,
            base["roll"],
            base["date"],
            pa.chunked_array([pa.repeat(pa.scalar(state), len(base))]),
            _whole(table[state]),
            layout,
        )
        for state in states
    ]
    return pa.concat_tables(parts)


def _rolls(path: Path, table: pa.Table, roll: pa.ChunkedArray, **columns: pa.ChunkedArray) -> pa.Table:
    """The roll calls of a table, one row per roll and date: the first that names it."""
    count = table.num_rows
    values = {name: columns.get(name, _text(table, name)) for name in _ROLL_TEXT if name != "roll"}
    if "body" not in columns:
        values["body"] = pa.repeat(pa.scalar("GA"), count)
    keyed = pa.table({"roll": roll, "date": values["date"], "position": pa.array(np.arange(count))})
    first = keyed.group_by(["roll", "date"]).aggregate([("position", "min")])["position_min"].sort()
    every = pa.table(
        {"roll": roll, **values, "file": pa.repeat(pa.scalar(path.name), count), "row": table["line"]}
    )
    return every.select([*_ROLL_TEXT, "file", "row"]).take(first)
