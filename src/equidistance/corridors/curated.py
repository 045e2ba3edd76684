"""The curated tables of what the source files lack: read, checked, and refused with file and line."""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from equidistance.errors import BadFile, EquidistanceError
from equidistance.ground.states import get_state

DATA = Path(__file__).parent.parent / "data" / "corridors"
CURATED = DATA / "curated"
GRADES = ("A", "B", "C", "D", "E")


def rows(name: str, directory: Path = CURATED) -> Iterator[dict[str, str]]:
    """The rows of one curated table, with ``line`` added.

    Raises:
        BadFile: the file is missing, a row has too few cells, an unknown state, a bad date or a bad grade.
    """
    path = directory / name
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            for row in reader:
                where = f"{name}:{reader.line_num}"
                if None in row or None in row.values():
                    raise BadFile(f"{where} does not have {len(reader.fieldnames or [])} cells.")
                _check(row, where)
                yield {**row, "line": where}
    except FileNotFoundError as error:
        raise BadFile(f"There is no file {path}.", hint="Install the package again.") from error


def _check(row: dict[str, str], where: str) -> None:
    for column in ("state", "state_a", "state_b"):
        if row.get(column) and row[column] != "*":
            try:
                get_state(row[column])
            except EquidistanceError as error:
                raise BadFile(f"{where}: {error.message}", choices=error.choices) from error
    for column in ("opened", "closed", "from", "to"):
        if row.get(column) and ("state_a" in row or column in ("opened", "closed")):
            day(row[column], where)
    if "grade" in row and row["grade"] not in GRADES:
        raise BadFile(f"{where}: {row['grade']!r} is not a grade.", choices=GRADES)


def day(text: str, where: str) -> date | None:
    """The date of a cell; None when it is empty.

    Raises:
        BadFile: not a date.
    """
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadFile(f"{where}: {text!r} is not a date.", hint="Write it as 2014-08-22.") from None


def number(text: str, where: str) -> float | None:
    """The number of a cell; None when it is empty.

    Raises:
        BadFile: not a number, or negative.
    """
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        raise BadFile(f"{where}: {text!r} is not a number.") from None
    if not 0 <= value < float("inf"):
        raise BadFile(f"{where}: {text} is negative or not finite.")
    return value


def points(text: str, where: str) -> list[tuple[float, float]]:
    """Waypoints written as ``lat lon;lat lon``, as (lon, lat)."""
    found = []
    for pair in filter(None, text.split(";")):
        try:
            lat, lon = (float(part) for part in pair.split())
        except ValueError:
            raise BadFile(f"{where}: {pair!r} is not a point.", hint="Write it as: 47.5 65.0") from None
        found.append((lon, lat))
    return found
