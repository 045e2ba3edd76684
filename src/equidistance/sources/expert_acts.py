"""Acts that a person coded or accepted: a plain layout of our own, written by the ledger and by hand."""

from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path

from equidistance.errors import EquidistanceError
from equidistance.evidence.schema import GRADES, MODALITIES, PLOVER_TYPES
from equidistance.ground.blocs import resolve_power
from equidistance.ground.states import fold
from equidistance.sources.card import Card, Reading, Source
from equidistance.sources.lookup import MalformedRowError
from equidistance.sources.noted_rows import cells_of, choice_of, number_within, read_noted, spread_of

COLUMNS = (
    "when",
    "actor",
    "partner",
    "third_parties",
    "type",
    "mode",
    "channel",
    "instrument",
    "direction",
    "intensity",
    "modality",
    "summary",
    "said",
    "speaker",
    "source",
    "address",
    "document",
    "grade",
    "coder",
    "confidence",
)
"""Columns of the layout; ``act`` may stand before them and is made from the others where it does not."""

REQUIRED = ("when", "actor", "type", "channel", "summary", "source", "grade")
INSTRUMENTS = ("diplomacy", "security", "trade", "finance", "energy", "transport", "information")
LONGEST = 2_000

CARD = Card(
    name="expert_acts",
    title="Acts coded by a person",
    publisher="the user; the shipped ones: the equidistance developers",
    licence="the user's; the shipped ones: as the package",
    citation="Acts coded by hand, each with its own source.",
    address="docs/claims.md",
    files={"*acts*.csv": ", ".join(COLUMNS)},
    tables=("acts",),
    coverage=(date(1991, 1, 1), None),
    states="those the user coded",
    cadence="whenever the user reviews",
    caveats=(
        "Never complete: that no act is listed is not evidence that none happened.",
        "Which acts a person notes depends on what that person reads.",
    ),
    rows=(1, 1_000_000),
)


def read(paths: Sequence[Path]) -> Reading:
    """Read acts; the source covers no interval, because a list of noted acts is never complete.

    Raises:
        BadFile: other columns, or no usable row.
    """
    return read_noted(paths, REQUIRED, checked, "acts", "act")


def act_id(*parts: object) -> str:
    """Sixteen hex digits of what an act's row says."""
    return sha256("\n".join("" if part is None else str(part) for part in parts).encode()).hexdigest()[:16]


def checked(row: dict[str, str]) -> dict[str, object]:
    """The record of one row of the layout.

    Raises:
        MalformedRowError: a cell that the layout does not take.
    """
    cells = cells_of(row, ("act", *COLUMNS), LONGEST)
    first, last, precision = spread_of(cells["when"])
    if not cells["summary"] or not cells["source"]:
        raise MalformedRowError("an act needs a summary and a source")
    record: dict[str, object] = {
        "first": first,
        "last": last,
        "precision": precision,
        "actor": _name(cells["actor"], "actor"),
        "partner": _name(cells["partner"], "partner") if cells["partner"] else None,
        "third_parties": cells["third_parties"] or None,
        "type": choice_of(cells["type"].upper(), PLOVER_TYPES, "type"),
        "mode": cells["mode"] or None,
        "channel": choice_of(cells["channel"], ("word", "deed"), "channel"),
        "instrument": choice_of(cells["instrument"] or "diplomacy", INSTRUMENTS, "instrument"),
        "direction": int(number_within(cells["direction"] or "0", -1, 1, "direction")),
        "intensity": number_within(cells["intensity"] or "0.5", 0, 1, "intensity"),
        "modality": choice_of(cells["modality"] or "done", MODALITIES, "modality"),
        "summary": cells["summary"],
        "said": cells["said"] or None,
        "speaker": cells["speaker"] or None,
        "source": cells["source"],
        "address": cells["address"] or None,
        "document": cells["document"] or None,
        "grade": choice_of(cells["grade"].upper(), GRADES, "grade"),
        "coder": cells["coder"] or "hand",
        "confidence": number_within(cells["confidence"] or "1", 0, 1, "confidence"),
    }
    key = ("first", "last", "actor", "partner", "type", "mode", "modality", "direction")
    record["act"] = cells["act"] or act_id(*(record[name] for name in key), fold(cells["summary"]))
    record["told_by"] = act_id(record["source"], record["address"], record["document"])
    return record


def _name(text: str, field: str) -> str:
    """A code where the name is a state's or bloc's, else (a company, an organisation) the name as it stands."""
    try:
        return resolve_power(text).code
    except EquidistanceError:
        if len(text) == 3 and text.isupper():
            raise MalformedRowError(f"{field}: there is no state with the code {text!r}") from None
        if not text:
            raise MalformedRowError(f"an act needs {field}") from None
        return text


SOURCE = Source(CARD, read)
