"""The report of a check: the text annotated sentence by sentence, and each claim with its verdict and evidence.

One HTML file without scripts that opens offline. The article is hostile input: its text is escaped, control and
reordering characters are made visible, and no link of it is followed or kept.
"""

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from equidistance.claims.check import Checked
from equidistance.claims.verdicts import LEANS, RELIABILITY, SURE, WORDS, Number, Record, Verdict
from equidistance.claims.words import when_words
from equidistance.figures import theme
from equidistance.printable import printable
from equidistance.report import vega
from equidistance.report.html import templates
from equidistance.tables import Table

if TYPE_CHECKING:
    from equidistance.reading.records import Act

MOST_TEXT = 400_000
"""Characters of the text that the page shows; the claims of the rest still stand in the table."""

MOST_RECORDS = 40
"""Records shown with one claim; the JSON has all."""

KEYS = {word: word.replace(" ", "-") for word in WORDS}


@dataclass(frozen=True)
class Piece:
    """A run of the text with one marking.

    Attributes:
        text: the characters.
        kind: a verdict's key, ``loaded``, or empty for plain text.
        number: of the claim it belongs to; 0 for none.
        title: what a reader who cannot see colours is told.
    """

    text: str
    kind: str = ""
    number: int = 0
    title: str = ""


@dataclass(frozen=True)
class Marked:
    """One sentence: its pieces, the numbers of its claims, and its acts in words."""

    pieces: tuple[Piece, ...]
    claims: tuple[int, ...]
    acts: tuple[str, ...]
    opens: bool


def write(checked: Checked, path: Path) -> Path:
    """Write the page.

    Raises:
        OSError: the directory cannot be written; a file that was there before is as it was.
    """
    vega.write_whole(path, render(checked))
    return path


def render(checked: Checked) -> str:
    """The page as text; the same check gives the same text."""
    pages = templates()
    pages.filters["number"] = number_words
    pages.filters["web"] = web_address
    sentences, cut = annotated(checked)
    return pages.get_template("claims.html").render(
        checked=checked,
        title=printable(checked.title or "Claims checked", 300),
        sentences=sentences,
        cut=cut,
        keys=KEYS,
        most=MOST_RECORDS,
        sure=SURE,
        leans=LEANS,
        reliability=RELIABILITY,
        acts=_acts_table(checked),
        href=lambda table: "data:text/csv;charset=utf-8," + quote(table.to_csv()),
        settings=json.dumps(
            {
                name: printable(value) if isinstance(value, str) else value
                for name, value in checked.settings.items()
            },
            indent=2,
            ensure_ascii=False,
        ),
        style=pages.get_template("report.css").render(theme=theme),
    )


def annotated(checked: Checked) -> tuple[list[Marked], bool]:
    """The text's sentences with what was found in them, and whether the text was cut."""
    if checked.reading is None:
        return [], False
    reading = checked.reading
    text = reading.document.text
    spans = [
        (verdict.claim.start, verdict.claim.end, KEYS[verdict.word], i + 1, f"claim {i + 1}: {verdict.word}")
        for i, verdict in enumerate(checked.verdicts)
        if verdict.claim.start is not None and verdict.claim.end is not None
    ]
    loaded = [(one.start, one.end, "loaded", 0, f"loaded wording: {one.kind}") for one in reading.loaded]
    found: list[Marked] = []
    before = 0
    for sentence in reading.document.sentences:
        if sentence.start >= MOST_TEXT:
            return found, True
        inside = [span for span in (*spans, *loaded) if span[0] < sentence.end and span[1] > sentence.start]
        acts = [act for act in reading.acts if sentence.start <= act.start < sentence.end]
        found.append(
            Marked(
                tuple(_pieces(text, sentence.start, min(sentence.end, MOST_TEXT), inside)),
                tuple(sorted({span[3] for span in inside if span[3]})),
                tuple(act_words(act) for act in acts),
                "\n" in text[before : sentence.start],
            )
        )
        before = sentence.end
    return found, False


def _pieces(text: str, start: int, end: int, spans: Sequence[tuple[int, int, str, int, str]]) -> list[Piece]:
    """Cut a sentence where a marking begins or ends; loaded wording shows inside a claim, of two claims the shorter."""
    edges = {start, end}
    for first, last, *_ in spans:
        edges |= {edge for edge in (first, last) if start < edge < end}
    ordered = sorted(edges)
    found = []
    for a, b in pairwise(ordered):
        covering = sorted(
            (span for span in spans if span[0] <= a and span[1] >= b),
            key=lambda span: (span[2] != "loaded", span[1] - span[0], span[3]),
        )
        told = "; ".join(dict.fromkeys(span[4] for span in covering))
        number = next((span[3] for span in covering if span[3]), 0)
        kind = " ".join(dict.fromkeys(span[2] for span in covering[:2])) if covering else ""
        found.append(Piece(visible(text[a:b]), kind, number, told))
    return found


def visible(text: str) -> str:
    """Text with its spaces, without characters that steer or reorder."""
    return "".join(
        " "
        if char in "\n\t\r"
        else "\ufffd"
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn")
        else char
        for char in text
    )


def act_words(act: "Act") -> str:
    """An act in a line."""
    toward = f" → {act.partner_text or act.partner}" if act.partner else ""
    sign = {1: "closer", 0: "neither", -1: "away"}.get(act.direction, "")
    mode = f" {act.mode}" if act.mode else ""
    said = " says " + " says ".join(act.attribution) if act.attribution != ("author",) else ""
    return printable(
        f"{act.actor_text or act.actor}{toward}: {act.type}{mode} "
        f"({act.channel}, {act.instrument}, {sign}, {act.modality}), "
        f"{when_words(act.when)}; rule {act.rule}, confidence {act.confidence:.2f}{said}",
        500,
    )


def number_words(number: Number) -> str:
    """A number with its interval, with true minus signs."""
    interval = "" if number.low is None else f" ({number.low:,.4g} to {number.high:,.4g})"
    return printable(f"{number.name}: {number.value:,.4g}{interval} {number.unit}".replace("-", "−"), 500)


def web_address(address: str) -> str:
    """An address that may stand in a link: a web address, nothing else; empty otherwise."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    plain = (
        parts.scheme in ("http", "https") and parts.netloc and address.isprintable() and " " not in address
    )
    return address if plain else ""


def shown_records(verdict: Verdict) -> list[Record]:
    """The records for and against first."""
    return sorted(verdict.records, key=lambda record: -abs(record.says))[:MOST_RECORDS]


def _acts_table(checked: Checked) -> Table | None:
    if checked.reading is None or not checked.reading.acts:
        return None
    import pyarrow as pa

    rows: list[dict[str, Any]] = [
        {
            "start": act.start,
            "end": act.end,
            "quote": visible(act.quote),
            "actor": act.actor,
            "partner": act.partner,
            "date": when_words(act.when),
            "type": act.type,
            "mode": act.mode,
            "channel": act.channel,
            "instrument": act.instrument,
            "direction": act.direction,
            "modality": act.modality,
            "attribution": " > ".join(act.attribution),
            "rule": act.rule,
            "confidence": act.confidence,
        }
        for act in checked.reading.acts
    ]
    return Table("acts", pa.Table.from_pylist(rows))
