"""How the shipped lists are made: from the publishers' tables, and from tables of acts that are kept by hand."""

import csv
import json
import re
from pathlib import Path
from typing import Any

from equidistance.errors import BadFile, InvalidRequest
from equidistance.reexports.products import LISTS, MANIFEST, Entry, code_of, read_entries, read_rows
from equidistance.writing import whole

BY_HAND = ("eu-annexes", "us-supplement-4", "families")
"""Lists kept by hand, line by line; they are checked and counted, never written."""

_CHPL_EDITION = "2024-02-23"


def build_lists(directory: Path, target: Path = LISTS) -> dict[str, int]:
    """Make the shipped lists from the publishers' tables found below a directory.

    Takes ``chpl_50_hs6_tiers.csv`` (hs6, tier, hs_description) and ``eu_sanctioned_codes_2023_01.csv`` (code, product);
    the dated lists of acts and the families are kept by hand beside them and checked. Only codes, tiers, days and short
    names go into the package.

    Returns:
        List -> number of lines.

    Raises:
        InvalidRequest: a table is missing, or is there twice.
        BadFile: a line is no code, has no act or grade that its list explains, or is there twice on one day.
    """
    chpl = _made(_only(directory, "chpl_50_hs6_tiers.csv"), "hs6", "tier", "hs_description")
    eu = _made(_only(directory, "eu_sanctioned_codes_2023_01.csv"), "code", None, None)
    made: dict[str, int] = {}
    for name, entries, dated in (("chpl", chpl, True), ("eu-2023-01", eu, False)):
        made[name] = len(entries)
        with whole(target / f"{name}.csv") as part, part.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("code", "group", "name", "start") if dated else ("code", "group", "name"))
            for entry in entries:
                line = (entry.code, entry.group, entry.name)
                writer.writerow((*line, _CHPL_EDITION) if dated else line)
    made |= {name: len(_checked(target / f"{name}.csv", name)) for name in BY_HAND}
    manifest = {name: {**facts, "lines": made[name]} for name, facts in _FACTS.items()}
    with whole(target / MANIFEST) as part:
        part.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return {name: made[name] for name in _FACTS}


def _checked(path: Path, name: str) -> tuple[Entry, ...]:
    """Lines kept by hand: a dated one needs an act and a grade, and no annex lists a code twice at one time."""
    entries = read_entries(path)
    known: dict[tuple[str, str], list[Entry]] = {}
    for line, entry in enumerate(entries, start=2):
        if _FACTS[name]["dates"] == "listing" and not (
            entry.start and entry.act and entry.grade in ("A", "B")
        ):
            raise BadFile(f"{path}:{line} {entry.code} needs a day, an act and a grade A or B.")
        for other in known.setdefault((entry.group, entry.code), []):
            if other.end is None or (entry.start and entry.start < other.end):
                raise BadFile(f"{path}:{line} {entry.code} is listed already in {entry.group}.")
        known[entry.group, entry.code].append(entry)
    return entries


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
    for line, row in enumerate(read_rows(path), start=2):
        if code not in row:
            raise BadFile(f"{path} lacks the column {code}.")
        short = _short(row[name]) if name else ""
        entries.append(Entry(code_of(row[code], path, line), row[group] if group else "", short))
    return entries


def _short(text: str, most: int = 70) -> str:
    """A name that fits a table: the text of the Harmonized System cut at a word."""
    clean = re.sub(r"\s+", " ", text).strip()
    if len(clean) <= most:
        return clean
    return clean[:most].rsplit(" ", 1)[0].rstrip(" ,;") + " ..."


_FACTS: dict[str, dict[str, Any]] = {
    "chpl": {
        "title": "Common High Priority List: battlefield goods in tiers 1 to 4B",
        "publisher": "European Commission, with the United States, the United Kingdom and Japan",
        "source": "https://finance.ec.europa.eu/publications/list-common-high-priority-items_en",
        "as_of": "the edition of 50 codes (23 February 2024)",
        "classification": "HS2022",
        "dates": "edition",
        "notes": [
            "A six-digit code holds civilian goods too: trade in a listed code is not trade in a listed "
            "good.",
            "The day is that of the edition, in which the US Department of Commerce published these 50 "
            "codes. Shorter editions came before (45 codes in 2023, of which the nine of tiers 1 and 2 "
            "were named the most important); which codes they lacked was not verified, so the day is not "
            "used to leave goods out.",
        ],
    },
    "eu-annexes": {
        "title": "Annexes of Regulation (EU) 833/2014: goods not to be sold to Russia, each line with its days",
        "publisher": "Council of the European Union; transcribed by this project",
        "source": "https://eur-lex.europa.eu/eli/reg/2014/833, and the amending act named on each line",
        "as_of": "in force on 4 December 2022",
        "classification": "CN2022",
        "dates": "listing",
        "notes": [
            "Annexes II (oil, since 2014, first by permit), VII part B (semiconductors), X (refineries, "
            "liquefied gas), XI (aviation), XVIII (luxury), XX (jet fuel) and XXIII (industry). Not in it: "
            "Annexes VII part A"
            " and XVI, which name goods by their properties, import bans, and everything that came with "
            "Regulation (EU) 2022/2474 of 16 December 2022 and later.",
            "Grade A: line and day read in the amending act. Grade B: the line was read in the "
            "consolidated text of 4 December 2022, and the act is the last that amended that annex before:"
            " listed by that day, perhaps earlier.",
            "ex: the annex names some of the goods of the code, or only above a price (luxury: EUR 300 a "
            "piece).",
        ],
    },
    "eu-2023-01": {
        "title": "Codes of the Combined Nomenclature that Regulation (EU) 833/2014 lists, without days",
        "publisher": "Council of the European Union",
        "source": "https://eur-lex.europa.eu/eli/reg/2014/833",
        "as_of": "January 2023, as compiled by a trade analyst from the annexes with CN codes",
        "classification": "CN",
        "dates": "none",
        "notes": [
            "199 of its codes, of chapters 72 and 73, are those of Annex XVII: iron and steel that must "
            "not be imported from Russia. All others are in the text of 4 December 2022 (eu-annexes); what"
            " came with the act of 16 December 2022 is not in it.",
            "Annexes that name goods by their properties and not by code (dual use, Annex VII part A) are "
            "not in it.",
            "'ex' codes are listed in part: the code also holds goods that are free.",
        ],
    },
    "us-supplement-4": {
        "title": "Supplement No. 4 to part 746 of the US Export Administration Regulations, with days",
        "publisher": "US Department of Commerce, Bureau of Industry and Security; transcribed by this project",
        "source": "https://www.ecfr.gov/current/title-15/part-746, and the Federal Register page named on each line",
        "as_of": "rules up to June 2024, as far as verified",
        "classification": "HS2022",
        "dates": "listing",
        "notes": [
            "Incomplete. In it: chapters 84, 85 and 90 as a whole since 19 May 2023, chapter 88 since 23 "
            "January 2024, and ten codes that texts of the regulation name. Not in it: the other codes of "
            "9 May 2022 (205 of six digits), 24 February 2023, 19 May 2023, 23 January 2024 and 12 June "
            "2024, whose tables were not at hand.",
            "Grade A: read in a text of the Bureau itself. Grade B: chapters as two trade publications "
            "report the rule; codes as a text of the regulation names them, with the day of the last rule "
            "before that text: listed by that day, perhaps earlier.",
            "A rule of the United States binds exports of US goods and some made abroad with US technology.",
        ],
    },
    "families": {
        "title": "Goods families named by the advisories of the US Treasury (FinCEN) and Commerce (BIS)",
        "publisher": "names: FinCEN and BIS joint alert FIN-2022-Alert003 (28 June 2022); codes: this project",
        "source": "FIN-2022-Alert003, https://www.fincen.gov",
        "as_of": "June 2022; codes of HS 2022",
        "classification": "HS2022",
        "dates": "none",
        "notes": [
            "The alert names families and export control numbers, not customs codes: the codes are this "
            "project's reading of the headings' texts, to be checked before anything rests on them.",
        ],
    },
}
