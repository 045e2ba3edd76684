"""Known upstream errors: applied once, never silently, and loud when they no longer fit."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from equidistance.errors import BadFile
from equidistance.evidence.corrections import (
    AppliedCorrection,
    Correction,
    all_corrections,
    apply_corrections,
    check_corrections,
    fingerprint,
    for_source,
)
from equidistance.evidence.schema import TABLES
from equidistance.sources.card import Reading, all_sources

SPRING, AUTUMN = date(2024, 3, 1), date(2023, 11, 2)


def table(name: str, rows: list[dict[str, object]]) -> pa.Table:
    records = [{"file": "f.csv", "row": number, **row} for number, row in enumerate(rows, start=2)]
    return pa.Table.from_pylist(records, schema=TABLES[name].schema)


def roll_call(name: str, on: date) -> dict[str, object]:
    return {"roll_call": name, "body": "GA", "date": on}


def vote(name: str, state: str, value: str) -> dict[str, object]:
    return {"roll_call": name, "state": state, "vote": value}


def reading(values: list[str], prefix: str = "rcid:") -> Reading:
    """Votes of Türkiye in spring 2024, one of 1946 (rightly no member), and one of Taiwan."""
    names = [f"{prefix}{9500 + number}" for number in range(len(values))]
    rolls = [*(roll_call(name, SPRING) for name in names), roll_call(f"{prefix}1", date(1946, 1, 1))]
    votes = [vote(name, "TUR", value) for name, value in zip(names, values, strict=True)]
    votes += [vote(f"{prefix}1", "TUR", "not_member"), vote(names[0], "TWN", "not_member")]
    return Reading(
        {"roll_calls": table("roll_calls", rolls), "votes": table("votes", votes)},
        ((date(1946, 1, 1), date(2024, 6, 4)),),
    )


def correction(expected: int = 2, **changes: object) -> Correction:
    base = Correction(
        id="tur",
        source="un_votes",
        reason="member since 1945",
        status="open",
        table="votes",
        window=(date(2023, 12, 19), date(2024, 6, 4)),
        among="roll_call like 'rcid:%'",
        where="state = 'TUR' and vote = 'not_member' and roll_call in "
        "(select roll_call from roll_calls where date >= date '2023-12-19')",
        set={"vote": "'unknown'"},
        expected=expected,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def outcome(delivered: Reading, entry: Correction) -> tuple[Reading, AppliedCorrection]:
    fixed, [done] = apply_corrections(delivered, [entry])
    return fixed, done


def test_only_the_wrong_rows_change_and_their_order_stays() -> None:
    before = reading(["not_member", "yes", "not_member"])
    fixed, done = outcome(before, correction())
    assert done == AppliedCorrection("tur", 2, 2, "applied")
    assert fixed.tables["votes"]["vote"].to_pylist() == [
        "unknown", "yes", "unknown", "not_member", "not_member",
    ]  # fmt: skip
    for column in ("roll_call", "state", "file", "row"):
        assert fixed.tables["votes"][column].equals(before.tables["votes"][column])
    assert fixed.tables["votes"].schema == TABLES["votes"].schema
    assert fixed.tables["roll_calls"] is before.tables["roll_calls"]


def test_mended_by_the_publisher() -> None:
    before = reading(["yes", "no", "abstain"])
    fixed, done = outcome(before, correction())
    assert done.status == "mended upstream"
    assert done.sentence() == "tur: mended upstream or changed: expected 2 rows, found 0"
    assert fixed.tables["votes"].equals(before.tables["votes"])


def test_another_number_of_wrong_rows_is_mended_and_said() -> None:
    fixed, done = outcome(reading(["not_member", "yes", "yes"]), correction())
    assert (done.status, done.rows) == ("changed", 1)
    assert fixed.tables["votes"]["vote"].to_pylist()[0] == "unknown"


@pytest.mark.parametrize(
    "delivered",
    [
        replace(reading(["not_member"]), coverage=((date(1946, 1, 1), date(2021, 3, 1)),)),
        replace(reading(["not_member"]), coverage=()),
        reading(["not_member"], prefix="A/RES/"),
        Reading({"roll_calls": reading(["yes"]).tables["roll_calls"]}, reading(["yes"]).coverage),
    ],
    ids=["older edition", "no coverage", "another layout", "no votes"],
)
def test_not_applicable(delivered: Reading) -> None:
    fixed, done = outcome(delivered, correction())
    assert done.status == "not applicable"
    assert fixed is delivered


def test_already_mended_in_this_copy() -> None:
    entry = correction(1, where="roll_call = 'rcid:500'", mended="roll_call = 'rcid:9500' and state = 'TUR'")
    _, done = outcome(reading(["yes"]), entry)
    assert done.status == "mended in this copy"
    _, done = outcome(reading(["yes"]), replace(entry, expected=2))  # mended, but not as expected
    assert done.status == "mended upstream"


def test_a_note_touches_nothing() -> None:
    note = Correction(id="n", source="s", reason="r", status="open")
    delivered = reading(["yes"])
    assert outcome(delivered, note) == (delivered, AppliedCorrection("n", 0, None, "note"))
    assert fingerprint([note]) == ""


def test_strict_check_raises_when_an_entry_no_longer_fits() -> None:
    assert check_corrections(reading(["not_member", "not_member"]), [correction()], strict=True)[0].rows == 2
    mended = reading(["yes"])
    assert check_corrections(mended, [correction()])[0].status == "mended upstream"
    with pytest.raises(BadFile, match=r"expected 2 rows, found 0.*corrections\.toml"):
        check_corrections(mended, [correction()], strict=True)


def test_a_changed_entry_changes_the_fingerprint() -> None:
    assert fingerprint([correction()]) == fingerprint([correction()])
    assert fingerprint([correction()]) != fingerprint([correction(3)])


def test_the_entries_are_well_formed() -> None:
    entries = all_corrections()
    assert len({entry.id for entry in entries}) == len(entries)
    sources = all_sources()
    empty = duckdb.connect()
    for name, evidence in TABLES.items():
        empty.register(name, evidence.schema.empty_table())
    for entry in entries:
        assert entry.source in sources, entry.id
        assert entry.reason, entry.id
        assert entry.status, entry.id
        if entry.table:
            assert entry.expected, entry.id
            assert set(entry.set) <= set(TABLES[entry.table].schema.names), entry.id
            predicates = f"({entry.among}) and ({entry.where}) and ({entry.mended})"
            empty.execute(f"select {', '.join(entry.set.values())} from {entry.table} where {predicates}")


def test_four_roll_calls_get_their_lost_digit_back() -> None:
    numbers = {"427": AUTUMN, "449": date(2023, 11, 21), "411": date(2023, 12, 4), "495": date(2023, 12, 4)}
    rolls, votes = [roll_call("rcid:427", date(1955, 10, 3))], [vote("rcid:427", "USA", "no")]
    for number, on in numbers.items():
        rolls.append(roll_call(f"rcid:{number}@{on}", on))
        votes += [vote(f"rcid:{number}@{on}", f"S{state:02}", "yes") for state in range(194)]
    delivered = Reading(
        {"roll_calls": table("roll_calls", rolls), "votes": table("votes", votes)},
        ((date(1946, 1, 1), date(2024, 6, 4)),),
    )
    entries = [entry for entry in for_source("un_votes") if "lost_digit" in entry.id]
    fixed, done = apply_corrections(delivered, entries)
    assert [(item.status, item.rows) for item in done] == [("applied", 776), ("applied", 4)]
    right = ["rcid:427", "rcid:9427", "rcid:9449", "rcid:9411", "rcid:9495"]
    assert fixed.tables["roll_calls"]["roll_call"].to_pylist() == right
    assert set(fixed.tables["votes"]["roll_call"].to_pylist()) == set(right)
    assert {item.status for item in apply_corrections(fixed, entries)[1]} == {"mended in this copy"}


@pytest.mark.shared
@pytest.mark.slow
def test_the_real_file_is_as_expected(shared_data: Path) -> None:
    source = all_sources()["un_votes"]
    names = ("unga_votes_1946_2024_voeten_long.parquet", "unga_rollcall_meta_1946_2024_voeten.csv")
    delivered = source.read([shared_data / "un" / name for name in names])
    done = check_corrections(delivered, for_source("un_votes"), strict=True)
    assert {item.correction: (item.status, item.rows) for item in done} == {
        "un_votes_tur_2023": ("applied", 19),
        "un_votes_yem_2023": ("applied", 23),
        "un_votes_lost_digit_2023_votes": ("mended in this copy", 0),
        "un_votes_lost_digit_2023_roll_calls": ("mended in this copy", 0),
        "un_votes_issues_2019": ("applied", 34),
        "un_votes_issues_2021": ("applied", 52),
    }
