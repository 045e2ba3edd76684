"""Acts as rows of the ledger: their keys, whether they can be evidence, and which of them tell one act."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from equidistance.claims.matching import overlap, topic
from equidistance.errors import InvalidRequest
from equidistance.evidence.schema import MUTUAL
from equidistance.ground.time import parse_spread, spread_text
from equidistance.reading.records import Act
from equidistance.sources.expert_acts import COLUMNS, act_id

DEFAULT_GRADE = "C"
"""Grade of an act told by an article: a single report. Whoever reviews it may raise or lower it."""


@dataclass(frozen=True)
class Telling:
    """Where an act is told: document (SHA-256), address, source in words, the words, and their offsets."""

    document: str | None
    address: str | None
    source: str
    quote: str
    start: int | None = None
    end: int | None = None


def as_row(act: Act) -> dict[str, str]:
    """An act as the layout has it, without where it is told."""
    when = act.when
    spread = "" if when is None else spread_text(when.first, when.last, when.precision)
    if when is not None and spread is None:
        spread = f"{when.first}..{when.last}"
    speaker = act.attribution[-1] if len(act.attribution) > 1 else ""
    return {
        "when": spread or "",
        "actor": act.actor,
        "partner": act.partner or "",
        "third_parties": ";".join(act.third_parties),
        "type": act.type,
        "mode": act.mode or "",
        "channel": act.channel,
        "instrument": act.instrument,
        "direction": str(act.direction),
        "intensity": f"{act.intensity:g}",
        "modality": act.modality,
        "summary": " ".join(act.quote.split())[:1000],
        "said": "",
        "speaker": speaker,
        "source": "",
        "address": "",
        "document": "",
        "grade": DEFAULT_GRADE,
        "coder": act.rule,
        "confidence": f"{act.confidence:g}",
    }


def key_of(row: dict[str, str], quote: str) -> str:
    """Key of a proposal: the words and what was coded of them, not who coded it how surely, nor where it stands."""
    coded = ("when", "actor", "partner", "third_parties", "type", "mode", "channel", "direction", "modality")
    return act_id(" ".join(quote.split()), *(row[name] for name in coded))


def usable(row: dict[str, str], tellings: Sequence[Telling]) -> str | None:
    """Why an act cannot be evidence as it stands, or ``None``."""
    from equidistance.sources.expert_acts import checked
    from equidistance.sources.lookup import MalformedRowError

    if not row["when"]:
        return "it has no date"
    if not tellings:
        return "nothing tells it any more"
    try:
        checked(row | {"source": tellings[0].source})
    except MalformedRowError as error:
        return str(error)
    return None


def refuse_unusable(row: dict[str, str], tellings: Sequence[Telling]) -> None:
    """Raise what :func:`usable` says."""
    why = usable(row, tellings)
    if why is not None:
        raise InvalidRequest(
            f"This act cannot be accepted: {why}.", hint="Edit it: e, then e.g. when=2022-07."
        )


def same_act(a: dict[str, str], b: dict[str, str]) -> bool:
    """Whether two rows tell one act: same pair, type, channel and modality, dates that overlap, and one matter.

    A date no finer than a year says too little to tell two acts of a kind apart; such rows stay separate unless their
    words are the same.
    """
    if a["channel"] != b["channel"] or a["type"] != b["type"] or a["modality"] != b["modality"]:
        return False
    pair_a, pair_b = (a["actor"], a["partner"]), (b["actor"], b["partner"])
    if pair_a != pair_b and not (a["type"] in MUTUAL and pair_a == pair_b[::-1]):
        return False
    if a["mode"] and b["mode"] and a["mode"] != b["mode"]:
        return False
    (first_a, last_a, _), (first_b, last_b, _) = parse_spread(a["when"]), parse_spread(b["when"])
    if first_a > last_b or first_b > last_a:
        return False
    if a["summary"] == b["summary"]:
        return True
    if max((last_a - first_a).days, (last_b - first_b).days) > 92:
        return False
    codes = (*pair_a, *pair_b)
    alike = overlap(topic(a["summary"], codes), topic(b["summary"], codes))
    return alike >= 0.25 or (
        last_a == first_a and last_b == first_b and bool(a["mode"]) and a["mode"] == b["mode"]
    )


def with_act_ids(rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Give rows that tell one act one id.

    Rows with the finest dates go first; a coarse one that fits two acts of a finer date joins neither, because nobody
    can say which.
    """

    def span(row: dict[str, str]) -> tuple[int, date, str, str]:
        first, last, _ = parse_spread(row["when"])
        return (last - first).days, first, row["summary"], row["address"]

    groups: list[list[dict[str, str]]] = []
    for row in sorted(rows, key=span):
        fitting = [group for group in groups if any(same_act(row, member) for member in group)]
        if len(fitting) == 1:
            fitting[0].append(row)
        else:
            groups.append([row])
    found = []
    for group in groups:
        head = group[0]
        name = act_id(
            *(head[column] for column in ("when", "actor", "partner", "type", "mode", "modality", "summary"))
        )
        found += [row | {"act": name} for row in group]
    return found


def to_csv(rows: Sequence[dict[str, str]]) -> str:
    """Rows in the layout as CSV, byte for byte what they are (for the program itself, not for a spreadsheet)."""
    out = io.StringIO()
    writer = csv.DictWriter(out, ["act", *COLUMNS], lineterminator="\n", extrasaction="ignore", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
