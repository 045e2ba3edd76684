"""Lists of goods: which product codes sanctions name, from when to when, in which tier or family; one's own lists."""

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from equidistance.errors import BadFile, InvalidRequest, UnknownName
from equidistance.ground.hs import product_code
from equidistance.printable import printable
from equidistance.tables import Table

LISTS = Path(__file__).parents[1] / "data" / "lists"
MANIFEST = "manifest.json"

_CODE_COLUMNS = ("code", "hs6", "hs", "product", "cn8", "cn", "hscode")
_GROUP_COLUMNS = ("group", "tier", "family", "annex")
_HS6 = 6

DATES = ("none", "listing", "edition")
"""What the days of a list mean: there are none; a good is listed from and to them; an edition is dated."""


@dataclass(frozen=True)
class Entry:
    """One line of a list.

    Attributes:
        code: 2 (a whole chapter), 4 (heading), 6 or 8 digits.
        group: tier, family or annex.
        name: the goods in words.
        start: first day on the list, or None.
        end: first day off the list, or None.
        part: whether the act names only some of the goods of the code ("ex").
        act: the legal act.
        grade: how the line was verified, as the list's notes say.
    """

    code: str
    group: str
    name: str
    start: date | None = None
    end: date | None = None
    part: bool = False
    act: str = ""
    grade: str = ""

    def partly(self) -> bool:
        """Whether a six-digit product that it names also holds goods it does not.

        Eight digits that end in 00 are a subheading which the Combined Nomenclature does not divide.
        """
        return self.part or (len(self.code) > _HS6 and not self.code.endswith("00"))

    def from_to(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return (self.start is None or self.start <= day) and (self.end is None or day < self.end)


@dataclass(frozen=True)
class GoodsList:
    """A list of goods.

    Attributes:
        name: short name, e.g. ``chpl``.
        title: what it is.
        publisher: who made it.
        source: where it can be checked.
        as_of: the edition, in words.
        classification: revision of the codes.
        entries: its lines.
        notes: what a user must know.
        dates: what the days of its lines mean, one of :data:`DATES`.
    """

    name: str
    title: str
    publisher: str
    source: str
    as_of: str
    classification: str
    entries: tuple[Entry, ...]
    notes: tuple[str, ...] = ()
    dates: str = "none"

    def on(self, day: date) -> "tuple[Entry, ...]":
        """The lines in force on a day; a line without dates always is."""
        return tuple(entry for entry in self.entries if entry.from_to(day))

    def at(self, day: date) -> "GoodsList":
        """The list as it stood on a day; the same where its days are those of an edition."""
        return replace(self, entries=self.on(day)) if self.dates == "listing" else self

    def groups(self) -> dict[str, Entry]:
        """Six-digit product that is named itself -> its line; of several lines the one that names it as a whole."""
        found: dict[str, Entry] = {}
        for entry in sorted(self.entries, key=Entry.partly):
            if len(entry.code) >= _HS6:
                found.setdefault(entry.code[:_HS6], entry)
        return found

    def headings(self) -> frozenset[str]:
        """Headings (4 digits) and chapters (2 digits) that are listed as a whole."""
        return frozenset(entry.code for entry in self.entries if len(entry.code) < _HS6 and not entry.part)

    def lines(self, products: Iterable[str]) -> dict[str, Entry]:
        """Six-digit products that the list names -> the line that names them; whole lines go before lines in part.

        Among whole lines the longest code is taken: it says most about the good.
        """
        by_code: dict[str, Entry] = {}
        for entry in sorted(self.entries, key=lambda one: (one.partly(), one.start or date.min)):
            by_code.setdefault(entry.code[:_HS6], entry)
        found: dict[str, Entry] = {}
        for product in products:
            own = [by_code[product[:n]] for n in (6, 4, 2) if product[:n] in by_code]
            if own:
                found[product] = min(own, key=Entry.partly)
        return found

    def table(self) -> Table:
        """The lines as a table."""
        arrow = pa.table(
            {
                "list": pa.array([self.name] * len(self.entries), pa.string()),
                "code": pa.array([entry.code for entry in self.entries], pa.string()),
                "group": pa.array([entry.group for entry in self.entries], pa.string()),
                "name": pa.array([entry.name for entry in self.entries], pa.string()),
                "start": pa.array([entry.start for entry in self.entries], pa.date32()),
                "end": pa.array([entry.end for entry in self.entries], pa.date32()),
                "part": pa.array([entry.partly() for entry in self.entries], pa.bool_()),
                "act": pa.array([entry.act for entry in self.entries], pa.string()),
                "grade": pa.array([entry.grade for entry in self.entries], pa.string()),
            }
        )
        described = {
            "list": "name of the list",
            "code": "product code, 4, 6 or 8 digits; 2 digits are a whole chapter",
            "group": "tier, family or annex",
            "name": "the goods in words",
            "start": "first day on the list, or day of the edition; empty where the source does not say",
            "end": "first day off the list; empty while listed",
            "part": "whether a six-digit product of the code also holds goods that are not listed",
            "act": "the legal act that lists it",
            "grade": "how the line was verified; the list's notes say what the letters mean",
        }
        return Table("list", arrow, described)


def shipped_lists() -> dict[str, GoodsList]:
    """The lists that ship with the package, by name."""
    manifest = json.loads((LISTS / MANIFEST).read_text(encoding="utf-8"))
    return {name: _shipped(name, facts) for name, facts in manifest.items()}


def get_list(name: str | Path) -> GoodsList:
    """A shipped list by its name, or a user's own from a CSV file.

    An own list needs a column ``code`` (or hs6, hs, cn8, product); ``group`` (or tier, family), ``name``, ``start``
    and ``end`` (days), ``part`` (``ex`` for a code listed in part) and ``act`` are read where they are.

    Raises:
        UnknownName: neither a shipped list nor a file.
        BadFile: a file without codes, or with a line that is no code.
    """
    known = shipped_lists()
    if str(name) in known:
        return known[str(name)]
    path = Path(name)
    if path.suffix or path.exists():
        return _own(path)
    raise UnknownName(
        f"There is no list {str(name)!r}.", choices=list(known), hint="Or name a CSV file with a column code."
    )


def _shipped(name: str, facts: Mapping[str, Any]) -> GoodsList:
    path = LISTS / f"{name}.csv"
    return GoodsList(
        name,
        facts["title"],
        facts["publisher"],
        facts["source"],
        facts["as_of"],
        facts["classification"],
        read_entries(path),
        tuple(facts["notes"]),
        facts["dates"],
    )


def _own(path: Path) -> GoodsList:
    entries = read_entries(path)
    dated = any(entry.start or entry.end for entry in entries)
    return GoodsList(
        path.stem,
        f"own list {path.name}",
        "the user",
        str(path),
        "as read",
        "HS2022",
        entries,
        dates="listing" if dated else "none",
    )


def read_entries(path: Path) -> tuple[Entry, ...]:
    """The lines of a list in a CSV file.

    Raises:
        BadFile: no column of codes, no line, or a line whose code or day is none, or that ends before it starts.
    """
    rows = read_rows(path)
    columns = {name.strip().lower(): name for name in (rows[0] if rows else {}) if name}
    code = next((columns[name] for name in _CODE_COLUMNS if name in columns), None)
    if code is None:
        raise BadFile(
            f"{path} has no column of product codes; it has {', '.join(columns) or 'no lines'}.",
            choices=_CODE_COLUMNS,
        )
    group = next((columns[name] for name in _GROUP_COLUMNS if name in columns), "")

    def text(row: Mapping[str, str], column: str) -> str:
        return printable(row.get(column) or "").strip()

    entries = []
    for number, row in enumerate(rows, start=2):
        start, end = (_day(row.get(columns.get(side, ""), ""), path, number) for side in ("start", "end"))
        if start and end and end <= start:
            raise BadFile(f"{path}:{number} is off the list on {end}, before it is on it on {start}.")
        entries.append(
            Entry(
                code_of(row[code], path, number),
                text(row, group),
                text(row, columns.get("name", "")),
                start,
                end,
                _part(text(row, columns.get("part", "")), path, number),
                text(row, columns.get("act", "")),
                text(row, columns.get("grade", "")),
            )
        )
    return tuple(entries)


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV table.

    Raises:
        BadFile: not a file, or not such a table.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        raise BadFile(f"There is no file {path}.", hint="Shipped lists: equidistance lists show") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadFile(f"{path} cannot be read as a CSV table: {error}.") from error


def code_of(text: str | None, path: Path, line: int) -> str:
    """A code of a list: that of a product, or of a whole chapter.

    Raises:
        BadFile: neither.
    """
    if (text or "").strip().isascii() and (text or "").strip().isdigit() and len((text or "").strip()) == 2:
        return (text or "").strip()
    try:
        return product_code(text or "")
    except InvalidRequest as error:
        raise BadFile(f"{path}:{line} {error.message}", hint=error.hint) from None


def _day(text: str | None, path: Path, line: int) -> date | None:
    if not (text or "").strip():
        return None
    try:
        return date.fromisoformat((text or "").strip())
    except ValueError:
        raise BadFile(f"{path}:{line} {text!r} is not a day like 2022-03-15.") from None


def _part(text: str, path: Path, line: int) -> bool:
    if text.lower() not in ("", "ex", "false", "no", "true", "yes"):
        raise BadFile(
            f"{path}:{line} {text!r} does not say whether the code is listed in part.", choices=("ex", "")
        )
    return text.lower() in ("ex", "true", "yes")
