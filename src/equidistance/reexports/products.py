"""Lists of goods: which product codes sanctions name, since when, in which tier or family; lists of one's own."""

import csv
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from equidistance.errors import BadFile, InvalidRequest, UnknownName
from equidistance.ground.hs import product_code
from equidistance.printable import printable
from equidistance.tables import Table
from equidistance.writing import whole

LISTS = Path(__file__).parents[1] / "data" / "lists"
MANIFEST = "manifest.json"

_CODE_COLUMNS = ("code", "hs6", "hs", "product", "cn8", "cn", "hscode")
_GROUP_COLUMNS = ("group", "tier", "family", "annex")


@dataclass(frozen=True)
class Entry:
    """One line of a list: code of 4, 6 or 8 digits, its tier or family, name, and the days it is listed (or None)."""

    code: str
    group: str
    name: str
    start: date | None = None
    end: date | None = None


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
    """

    name: str
    title: str
    publisher: str
    source: str
    as_of: str
    classification: str
    entries: tuple[Entry, ...]
    notes: tuple[str, ...] = ()

    def on(self, day: date) -> "tuple[Entry, ...]":
        """The lines in force on a day; a line without dates always is."""
        return tuple(
            entry
            for entry in self.entries
            if (entry.start is None or entry.start <= day) and (entry.end is None or day < entry.end)
        )

    def groups(self) -> dict[str, Entry]:
        """Six-digit product -> its line; of several lines (CN8 codes of one subheading) the first."""
        found: dict[str, Entry] = {}
        for entry in self.entries:
            if len(entry.code) >= 6:
                found.setdefault(entry.code[:6], entry)
        return found

    def headings(self) -> frozenset[str]:
        """Headings (4 digits) that are listed as a whole."""
        return frozenset(entry.code for entry in self.entries if len(entry.code) == 4)

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
            }
        )
        described = {
            "list": "name of the list",
            "code": "product code, 4, 6 or 8 digits",
            "group": "tier, family or annex",
            "name": "the goods in words",
            "start": "first day on the list; empty where the source does not say",
            "end": "first day off the list; empty while listed",
        }
        return Table("list", arrow, described)


def shipped_lists() -> dict[str, GoodsList]:
    """The lists that ship with the package, by name."""
    manifest = json.loads((LISTS / MANIFEST).read_text(encoding="utf-8"))
    return {name: _shipped(name, facts) for name, facts in manifest.items()}


def get_list(name: str | Path) -> GoodsList:
    """A shipped list by its name, or a user's own from a CSV file.

    An own list needs a column ``code`` (or hs6, hs, cn8, product); ``group`` (or tier, family), ``name``, ``start``
    and ``end`` (days) are read where they are.

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


def build_lists(directory: Path, target: Path = LISTS) -> dict[str, int]:
    """Make the shipped lists from the publishers' tables found below a directory.

    Takes ``chpl_50_hs6_tiers.csv`` (hs6, tier, hs_description) and ``eu_sanctioned_codes_*.csv`` (code, product); the
    families are kept by hand in ``families.csv``. Only codes, tiers and short names go into the package.

    Returns:
        List -> number of lines.

    Raises:
        InvalidRequest: a table is missing, or is there twice.
        BadFile: a line is no code.
    """
    made = {
        "chpl": _made(_only(directory, "chpl_50_hs6_tiers.csv"), "hs6", "tier", "hs_description"),
        "eu-2023-01": _made(_only(directory, "eu_sanctioned_codes_2023_01.csv"), "code", None, None),
        "families": _families(target / "families.csv"),
    }
    manifest: dict[str, Any] = {}
    for name, entries in made.items():
        manifest[name] = {**_FACTS[name], "lines": len(entries)}
        if name != "families":
            with whole(target / f"{name}.csv") as part, part.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(("code", "group", "name"))
                writer.writerows((entry.code, entry.group, entry.name) for entry in entries)
    with whole(target / MANIFEST) as part:
        part.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return {name: len(entries) for name, entries in made.items()}


_FACTS: dict[str, dict[str, Any]] = {
    "chpl": {
        "title": "Common High Priority List: battlefield goods in tiers 1 to 4B",
        "publisher": "European Commission, with the United States, the United Kingdom and Japan",
        "source": "https://finance.ec.europa.eu/publications/list-common-high-priority-items_en",
        "as_of": "the edition of 50 codes (February 2024)",
        "classification": "HS2022",
        "notes": [
            "A six-digit code holds civilian goods too: trade in a listed code is not trade in a listed good.",
            "The edition has a date, its codes have none: earlier editions were shorter.",
        ],
    },
    "eu-2023-01": {
        "title": "Codes of the Combined Nomenclature that Regulation (EU) 833/2014 lists, export side",
        "publisher": "Council of the European Union",
        "source": "https://eur-lex.europa.eu/eli/reg/2014/833",
        "as_of": "January 2023, as compiled from the annexes with CN codes",
        "classification": "CN",
        "notes": [
            "Annexes that name goods by their properties and not by code (dual use, Annex VII) are not in it.",
            "'ex' codes are listed in part: the code also holds goods that are free.",
        ],
    },
    "families": {
        "title": "Goods families named by the advisories of the US Treasury (FinCEN) and Commerce (BIS)",
        "publisher": "names: FinCEN and BIS joint alert FIN-2022-Alert003 (28 June 2022); codes: this project",
        "source": "FIN-2022-Alert003, https://www.fincen.gov",
        "as_of": "June 2022; codes of HS 2022",
        "classification": "HS2022",
        "notes": [
            "The alert names families and export control numbers, not customs codes: the codes are this project's "
            "reading of the headings' texts, to be checked before anything rests on them.",
        ],
    },
}


def _shipped(name: str, facts: Mapping[str, Any]) -> GoodsList:
    entries = tuple(Entry(row["code"], row["group"], row["name"]) for row in _rows(LISTS / f"{name}.csv"))
    return GoodsList(
        name,
        facts["title"],
        facts["publisher"],
        facts["source"],
        facts["as_of"],
        facts["classification"],
        entries,
        tuple(facts["notes"]),
    )


def _own(path: Path) -> GoodsList:
    rows = _rows(path)
    columns = {name.strip().lower(): name for name in (rows[0] if rows else {})}
    code = next((columns[name] for name in _CODE_COLUMNS if name in columns), None)
    if code is None:
        raise BadFile(
            f"{path} has no column of product codes; it has {', '.join(columns) or 'no lines'}.",
            choices=_CODE_COLUMNS,
        )
    group = next((columns[name] for name in _GROUP_COLUMNS if name in columns), None)
    entries = tuple(
        Entry(
            _code(row[code], path, number),
            printable(row[group] or "") if group else "",
            printable(row[columns["name"]] or "") if "name" in columns else "",
            *(_day(row.get(columns.get(side, ""), ""), path, number) for side in ("start", "end")),
        )
        for number, row in enumerate(rows, start=2)
    )
    if not entries:
        raise BadFile(f"{path} lists no product.")
    return GoodsList(path.stem, f"own list {path.name}", "the user", str(path), "as read", "HS2022", entries)


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        raise BadFile(f"There is no file {path}.", hint="Shipped lists: equidistance lists show") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadFile(f"{path} cannot be read as a CSV table: {error}.") from error


def _code(text: str | None, path: Path, line: int) -> str:
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


def _only(directory: Path, name: str) -> Path:
    if not directory.is_dir():
        raise InvalidRequest(f"There is no directory {directory}.")
    found = sorted(directory.rglob(name))
    if len(found) != 1:
        raise InvalidRequest(
            f"The lists need exactly one file {name} below {directory}; there are {len(found)}."
        )
    return found[0]


def _made(path: Path, code: str, group: str | None, name: str | None) -> list[Entry]:
    entries = []
    for line, row in enumerate(_rows(path), start=2):
        if code not in row:
            raise BadFile(f"{path} lacks the column {code}.")
        short = _short(row[name]) if name else ""
        entries.append(Entry(_code(row[code], path, line), row[group] if group else "", short))
    return entries


def _families(path: Path) -> list[Entry]:
    return [
        Entry(_code(row["code"], path, line), row["group"], row["name"])
        for line, row in enumerate(_rows(path), start=2)
    ]


def _short(text: str, most: int = 70) -> str:
    """A name that fits a table: the text of the Harmonized System cut at a word."""
    clean = re.sub(r"\s+", " ", text).strip()
    if len(clean) <= most:
        return clean
    return clean[:most].rsplit(" ", 1)[0].rstrip(" ,;") + " ..."
