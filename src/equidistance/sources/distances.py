"""Where capitals lie and who borders whom over land: what a gravity regression needs to know of geography."""

import itertools
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa

from equidistance.errors import BadFile
from equidistance.evidence.schema import TABLES
from equidistance.ground.states import all_states, from_cow
from equidistance.sources.card import Card, Reading, Rejected, Source
from equidistance.sources.delimited import columns_of, read_rows
from equidistance.sources.lookup import (
    FIRST_YEAR,
    IgnoredRowError,
    MalformedRowError,
    convert_rows,
    count,
    nothing_left,
)

CARD = Card(
    name="distances",
    title="Capitals of states since 1816, and Correlates of War Direct Contiguity, version 3.2",
    publisher="Steven V. Miller (peacesciencer); Correlates of War project",
    licence="none stated; free for research with citation. The peacesciencer packaging is GPL-2",
    citation=(
        "Miller, S. V. 2022. peacesciencer: An R Package for Quantitative Peace Science Research. Conflict "
        "Management and Peace Science 39(6): 755-779. Stinnett, D. M., J. Tir, P. Schafer, P. F. Diehl and "
        "C. Gochman. 2002. The Correlates of War Project Direct Contiguity Data, Version 3. Conflict Management "
        "and Peace Science 19(2): 58-66."
    ),
    address="https://correlatesofwar.org/data-sets/direct-contiguity/",
    files={
        "cow_capitals.*": "peacesciencer: ccode, capital, stdate, enddate, lat, lng (Parquet or CSV)",
        "cow_contdir.*": "peacesciencer: ccode1, ccode2, conttype, stdate, enddate (Parquet or CSV)",
        "contdir*.csv": "the publisher's own: state1no, state2no, conttype, begin, end (months as 199112)",
    },
    tables=("capitals", "land_borders"),
    coverage=(date(1816, 1, 1), date(2016, 12, 31)),
    states="members of the Correlates of War state system",
    cadence="every few years",
    caveats=(
        "A spell that ends where the file ends is open: borders and capitals are taken to last.",
        "Only land and river borders are kept (type 1), not neighbours across the sea.",
        "A move of the capital counts from the month or day the file states (Kazakhstan 1997).",
        "Spells that ended before 1946 are left out.",
        "Palestine is not in the state system: it has no capital here, and so no expected trade.",
    ),
    rows=(100, 20_000),
)

_CAPITALS = ("ccode", "capital", "stdate", "enddate", "lat", "lng")
_BORDERS = ("ccode1", "ccode2", "conttype", "stdate", "enddate")
_PUBLISHED = ("state1no", "state2no", "conttype", "begin", "end")
_LAND = 1
_ALL_TYPES = range(6)


def read(paths: Sequence[Path]) -> Reading:
    """Read capitals and land borders, whichever of the two the files hold.

    Raises:
        BadFile: another layout, or nothing since 1946.
    """
    rejected: list[Rejected] = []
    ignored: dict[str, int] = {}
    capitals: list[dict[str, object]] = []
    borders: dict[tuple[object, ...], dict[str, object]] = {}
    for path in paths:
        columns, convert, target = _layout(path)
        last = _last_day(path, columns)
        found = convert_rows(path, columns, lambda row, c=convert, t=last: c(row, t), rejected, ignored)  # type: ignore[misc]
        if target == "capitals":
            capitals.extend(found)
            continue
        kept = set()
        for record in found:  # every pair is listed from both sides
            key = (record["state_a"], record["state_b"], record["start"])
            if key not in borders:
                borders[key] = record
                kept.add(record["row"])
        again = {record["row"] for record in found} - kept
        count(ignored, "the same border again (other direction or repeated)", len(again))
    if not capitals and not borders:
        raise nothing_left([path.name for path in paths], "capital or land border")
    tables = {
        "capitals": pa.Table.from_pylist(_one_at_a_time(capitals), schema=TABLES["capitals"].schema),
        "land_borders": pa.Table.from_pylist(list(borders.values()), schema=TABLES["land_borders"].schema),
    }
    return Reading(tables, (CARD.coverage,), tuple(rejected), ignored)  # type: ignore[arg-type]


def _one_at_a_time(capitals: list[dict[str, object]]) -> list[dict[str, object]]:
    """Of two capitals listed from one day on (Berlin and Bonn), the one whose spell lasts longer follows the other."""
    ordered = sorted(capitals, key=lambda one: (one["state"], one["start"], one["end"] or date.max))
    for before, one in itertools.pairwise(ordered):
        if (before["state"], before["start"]) == (one["state"], one["start"]) and before["end"] is not None:
            one["start"] = before["end"]
    return ordered


def _layout(
    path: Path,
) -> tuple[tuple[str, ...], Callable[[dict[str, str], date], list[dict[str, object]]], str]:
    names = columns_of(path)
    layouts = (
        (_CAPITALS, _capital, "capitals"),
        (_BORDERS, _border, "borders"),
        (_PUBLISHED, _published, "borders"),
    )
    for columns, convert, target in layouts:
        if set(columns) <= set(names):
            return columns, convert, target
    raise BadFile(
        f"{path} holds neither capitals nor borders; it has the columns {', '.join(names[:12])}.",
        choices=[", ".join(columns) for columns, _, _ in layouts],
    )


def _last_day(path: Path, columns: Sequence[str]) -> date:
    """The last end in the file, where the publisher's knowledge ends."""
    table, _ = read_rows(path, columns)
    ends = (_day(text) for text in table["end" if "end" in columns else "enddate"].to_pylist())
    return max((end for end in ends if end is not None), default=date.max)


def _capital(row: dict[str, str], last: date) -> list[dict[str, object]]:
    start, end = _spell(row["stdate"], row["enddate"], last)
    latitude, longitude = _degrees(row["lat"], 90), _degrees(row["lng"], 180)
    return [
        {
            "state": state,
            "start": since,
            "end": until,
            "capital": row["capital"],
            "latitude": latitude,
            "longitude": longitude,
        }
        for state, since, until in _states(row["ccode"], start, end)
    ]


def _border(row: dict[str, str], last: date) -> list[dict[str, object]]:
    try:
        kind = int(float(row["conttype"]))
    except ValueError:
        kind = -1
    if kind not in _ALL_TYPES:
        raise MalformedRowError(f"conttype {row['conttype']!r} is none of 0 to 5")
    if kind != _LAND:
        raise IgnoredRowError("not a land or river border")
    start, end = _spell(row["stdate"], row["enddate"], last)
    pairs = []
    for one, since, until in _states(row["ccode1"], start, end):
        for other, begin, finish in _states(row["ccode2"], since, until):
            if one != other:
                a, b = sorted((one, other))
                pairs.append({"state_a": a, "state_b": b, "start": begin, "end": finish})
    return pairs


def _published(row: dict[str, str], last: date) -> list[dict[str, object]]:
    return _border(
        {
            "ccode1": row["state1no"],
            "ccode2": row["state2no"],
            "conttype": row["conttype"],
            "stdate": row["begin"],
            "enddate": row["end"],
        },
        last,
    )


def _states(number: str, start: date, end: date | None) -> list[tuple[str, date, date | None]]:
    """The states that bore a number during a spell, each with its part of it (end exclusive, None: still)."""
    try:
        cow = int(float(number))
    except ValueError:
        cow = -1
    parts: list[tuple[str, date, date | None]] = []
    for state in all_states():
        if cow not in state.cow:
            continue
        since = max(start, state.start)
        until = min((day for day in (end, state.end) if day is not None), default=None)
        # several states share a number: only the one the crosswalk names on the day
        if (until is None or since < until) and from_cow(cow, since) == state:
            parts.append((state.code, since, until))
    if parts:
        return parts
    if any(cow in state.cow for state in all_states()):
        raise IgnoredRowError("a spell in which the ground has no such state")
    raise MalformedRowError(f"{number!r} is not the Correlates of War number of a state")


def _spell(begin: str, finish: str, last: date) -> tuple[date, date | None]:
    start, end = _day(begin), _day(finish)
    if start is None or end is None or end < start:
        raise MalformedRowError(f"{begin!r} to {finish!r} is not a spell")
    if end.year < FIRST_YEAR:
        raise IgnoredRowError(f"ended before {FIRST_YEAR}")
    return start, None if end >= last else end + timedelta(days=1)


def _day(text: str) -> date | None:
    """A day from ISO text or from the publisher's months (199112)."""
    digits = text.strip()[:10].replace("-", "")
    if len(digits) == 6:
        digits += "01"
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])) if len(digits) == 8 else None
    except ValueError:
        return None


def _degrees(text: str, most: int) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) <= most:
        raise MalformedRowError(f"{text!r} is not a coordinate within {most} degrees")
    return value


SOURCE = Source(CARD, read)
