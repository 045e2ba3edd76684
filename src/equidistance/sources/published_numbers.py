"""Published numbers with their sources: tariffs, volumes, counts and shares, in a plain layout of our own."""

from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path

from equidistance.errors import EquidistanceError
from equidistance.evidence.schema import GRADES
from equidistance.ground.blocs import resolve_power
from equidistance.sources.card import Card, Reading, Source
from equidistance.sources.lookup import MalformedRowError
from equidistance.sources.noted_rows import cells_of, choice_of, number_of, read_noted, spread_of

COLUMNS = (
    "quantity",
    "subject",
    "partners",
    "when",
    "value",
    "low",
    "high",
    "unit",
    "account",
    "source",
    "address",
    "grade",
    "note",
)
REQUIRED = ("quantity", "when", "value", "unit", "source", "grade")
LONGEST = 2_000

CARD = Card(
    name="published_numbers",
    title="Published numbers with their sources",
    publisher="the user; the shipped ones: the equidistance developers",
    licence="the user's; the shipped ones: as the package",
    citation="Numbers noted by hand, each with its own source.",
    address="docs/claims.md",
    files={"*numbers*.csv": ", ".join(COLUMNS)},
    tables=("quantities",),
    coverage=(date(1991, 1, 1), None),
    states="those the user noted",
    cadence="whenever the user adds one",
    caveats=(
        "Never complete: a number that is not here may well have been published.",
        "Two numbers for one quantity may both stand: accounts differ, and both are kept.",
    ),
    rows=(1, 1_000_000),
)


def read(paths: Sequence[Path]) -> Reading:
    """Read numbers; the source covers no interval, because a list of noted numbers is never complete.

    Raises:
        BadFile: other columns, or no usable row.
    """
    return read_noted(paths, REQUIRED, _number_of, "quantities", "number")


def _number_of(row: dict[str, str]) -> dict[str, object]:
    cells = cells_of(row, COLUMNS, LONGEST)
    empty = [name for name in REQUIRED if not cells[name]]
    if empty:
        raise MalformedRowError(f"a number needs {empty[0]}")
    first, last, precision = spread_of(cells["when"])
    value = number_of(cells["value"], "value")
    low = number_of(cells["low"] or cells["value"], "low")
    high = number_of(cells["high"] or cells["value"], "high")
    if not low <= value <= high:
        raise MalformedRowError(f"{value:g} does not lie between {low:g} and {high:g}")
    grade = choice_of(cells["grade"].upper(), GRADES, "grade")
    partners = [part for part in cells["partners"].split(";") if part.strip()]
    return {
        "number": sha256("\n".join(cells.values()).encode()).hexdigest()[:16],
        "quantity": cells["quantity"],
        "subject": _code(cells["subject"]) if cells["subject"] else None,
        "partners": ";".join(map(_code, partners)) or None,
        "first": first,
        "last": last,
        "precision": precision,
        "value": value,
        "low": low,
        "high": high,
        "unit": cells["unit"],
        "account": cells["account"] or cells["source"],
        "source": cells["source"],
        "address": cells["address"] or None,
        "grade": grade,
        "note": cells["note"] or None,
    }


def _code(text: str) -> str:
    try:
        return resolve_power(text.strip()).code
    except EquidistanceError:
        raise MalformedRowError(f"there is no state or bloc {text.strip()!r}") from None


SOURCE = Source(CARD, read)
