"""How readings are compared with a person's judgement: recall and precision of acts and claims.

An act is right when actor, partner and PLOVER type are among those judged right in its sentence; AGREE, CONSULT and
COOPERATE go both ways. A claim is right when its form and subject are, and one of its powers where powers were judged.
A judgement is used once: a second proposal for it is wrong. What a person marked as optional is right when found and no
miss when not; everything else that is proposed is wrong.
"""

import csv
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from equidistance.reading.read import read_document
from equidistance.reading.records import Act, Claim, Document, Reading, Sentence
from equidistance.reading.text import _document

SENTENCES = Path(__file__).parent / "reading_sentences" / "sentences.tsv"
PUBLISHED = "2024-06-15"
MUTUAL = ("AGREE", "CONSULT", "COOPERATE")


@dataclass(frozen=True)
class Judged:
    """One act or claim as a person judged it; alternatives in sets, ``*`` for any, the empty string for nobody."""

    kinds: frozenset[str]
    first: frozenset[str]
    second: frozenset[str]
    required: bool
    mutual: bool = False
    label: str = ""

    def fits(self, kind: str, first: str, seconds: Sequence[str]) -> bool:
        if not ({kind, "*"} & self.kinds):
            return False
        return self._parties(first, seconds) or (
            (self.mutual or kind in MUTUAL) and any(self._parties(second, [first]) for second in seconds)
        )

    def _parties(self, first: str, seconds: Sequence[str]) -> bool:
        if not ({first, "*"} & self.first):
            return False
        return not self.second or "*" in self.second or bool(self.second & set(seconds or [""]))


@dataclass
class Score:
    """Counts, and what was right, wrong and missed."""

    right: int = 0
    wrong: int = 0
    found: int = 0
    required: int = 0
    rows: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.found / self.required if self.required else 1.0

    @property
    def precision(self) -> float:
        total = self.right + self.wrong
        return self.right / total if total else 1.0

    def __str__(self) -> str:
        return (
            f"recall {self.found}/{self.required} = {self.recall:.0%}, "
            f"precision {self.right}/{self.right + self.wrong} = {self.precision:.0%}"
        )


def alternatives(text: str) -> frozenset[str]:
    return frozenset("YIELD" if one == "RETREAT" else one for one in text.split("|"))


def compare(
    judged: Sequence[Judged], proposals: Iterable[tuple[str, str, list[str], str]], score: Score, where: str
) -> None:
    """Add one sentence to a score; proposals are (kind, first, seconds, words)."""
    pending = [
        ("YIELD" if kind == "RETREAT" else kind, first, seconds, words)
        for kind, first, seconds, words in proposals
    ]
    matched = _matching(judged, pending)
    used = set(matched.values())
    for number, (kind, first, seconds, words) in enumerate(pending):
        proposal = f"{kind} {first}>{','.join(seconds)}"
        if number in matched:
            score.right += 1
            score.rows.append((where, "right", f"{proposal}: {judged[matched[number]].label or words}"))
        else:
            score.wrong += 1
            score.rows.append((where, "wrong", f"{proposal}: {words}"))
    for number, one in enumerate(judged):
        if one.required:
            score.required += 1
            score.found += number in used
            if number not in used:
                name = f"{'|'.join(sorted(one.kinds))} {'|'.join(sorted(one.first))}>{'|'.join(sorted(one.second))}"
                score.rows.append((where, "missed", f"{name}: {one.label}"))


def _matching(judged: Sequence[Judged], pending: Sequence[tuple[str, str, list[str], str]]) -> dict[int, int]:
    """Proposal -> judgement, each used once, as many required judgements as can be (augmenting paths)."""
    taken: dict[int, int] = {}  # proposal -> judgement

    def place(number: int, tried: set[int]) -> bool:
        for proposal, (kind, first, seconds, _) in enumerate(pending):
            if proposal in tried or not judged[number].fits(kind, first, seconds):
                continue
            tried.add(proposal)
            if proposal not in taken or place(taken[proposal], tried):
                taken[proposal] = number
                return True
        return False

    for number in sorted(range(len(judged)), key=lambda i: not judged[i].required):
        place(number, set())
    return taken


def act_proposals(acts: Iterable[Act]) -> list[tuple[str, str, list[str], str]]:
    return [(act.type, act.actor, [act.partner or ""], act.rule) for act in acts]


def claim_proposals(claims: Iterable[Claim]) -> list[tuple[str, str, list[str], str]]:
    return [(claim.form, claim.subject or "", list(claim.powers), claim.rule) for claim in claims]


# --- the set of sentences ---------------------------------------------------------------------------------


def sentences(part: str) -> list[dict[str, str]]:
    """One part of the sentences.

    Of the author's first set every second by the order of their hashes is ``held-out``, the others ``development``;
    ``development2`` to ``development4`` are sets of their own in longer prose, all of them to write rules by. ``fresh``
    was written and judged by someone who did not know the rules, and measured once before any of it was read; then one
    half, ``fresh-development``, was opened to write rules by, and ``fresh-held-out`` measured once more. No rule may be
    written by the latter, and once its rows have been read it measures nothing any more.
    """
    name, _, half = part.partition("-") if part.startswith("fresh") else (part, "", "")
    if part in ("development", "held-out"):
        name, half = SENTENCES.stem, part
    with SENTENCES.with_name(f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    if not half:
        return found
    found.sort(key=lambda row: hashlib.sha256(row["sentence"].encode()).hexdigest())
    return found[1::2] if half == "held-out" else found[::2]


def judged_acts(text: str) -> list[Judged]:
    found = []
    for one in filter(None, text.split(";")):
        match = re.fullmatch(r"(\??)([A-Z|*]+)([>~])([A-Z|*]+):([A-Z|*]+)", one.strip())
        assert match, one
        found.append(
            Judged(
                alternatives(match[5]),
                frozenset(match[2].split("|")),
                frozenset(match[4].split("|")),
                not match[1],
                match[3] == "~",
            )
        )
    return found


def judged_claims(text: str) -> list[Judged]:
    found = []
    for one in filter(None, (text or "").split(";")):
        match = re.fullmatch(r"(\??)([a-z|]+):([A-Z|*]+)(?:/([A-Z|*]+))?", one.strip())
        assert match, one
        second = frozenset(match[4].split("|")) if match[4] else frozenset()
        # which of two states a claim about both of them is filed under does not matter
        found.append(
            Judged(
                frozenset(match[2].split("|")),
                frozenset(match[3].split("|")),
                second,
                not match[1],
                mutual=True,
            )
        )
    return found


def read_text(text: str, published: str = PUBLISHED, language: str | None = None) -> Reading:
    from datetime import date

    document = _document(
        text.encode(), "text/plain; charset=utf-8", "test", date.fromisoformat(published), language
    )
    return read_document(document)


def score_sentences(part: str) -> tuple[Score, Score]:
    """Scores of acts and claims on one part of the sentences, each read as a text of its own."""
    acts, claims = Score(), Score()
    for row in sentences(part):
        reading = read_text(row["sentence"], language=row["language"])
        compare(judged_acts(row["acts"] or ""), act_proposals(reading.acts), acts, row["sentence"])
        compare(judged_claims(row["claims"] or ""), claim_proposals(reading.claims), claims, row["sentence"])
    return acts, claims


# --- the articles -----------------------------------------------------------------------------------------


def judgement(directory: Path, name: str, article: str) -> list[tuple[int, Judged]]:
    """The judged acts or claims of an article with the offset each stands at."""
    with (directory / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["article"] == article]
    first, second, kinds = ("actor", "partner", "types") if name == "acts" else ("subject", "powers", "forms")
    return [
        (
            int(row["start"]),
            Judged(
                alternatives(row[kinds]),
                frozenset(row[first].split("|")),
                frozenset(row[second].split("|")) if row[second] or name == "acts" else frozenset(),
                row["required"] == "yes",
                mutual=name == "claims",
                label=row["label"],
            ),
        )
        for row in rows
    ]


def score_article(directory: Path, reading: Reading, article: str) -> tuple[Score, Score]:
    acts, claims = Score(), Score()
    document: Document = reading.document
    judged = [judgement(directory, "acts", article), judgement(directory, "claims", article)]
    for number, sentence in enumerate(document.sentences):
        where = f"{number + 1}"
        compare(
            _at(judged[0], sentence),
            act_proposals(a for a in reading.acts if _in(a.start, sentence)),
            acts,
            where,
        )
        compare(
            _at(judged[1], sentence),
            claim_proposals(c for c in reading.claims if c.start is not None and _in(c.start, sentence)),
            claims,
            where,
        )
    return acts, claims


def _in(start: int, sentence: Sentence) -> bool:
    return sentence.start <= start < sentence.end


def _at(judged: list[tuple[int, Judged]], sentence: Sentence) -> list[Judged]:
    return [one for start, one in judged if _in(start, sentence)]
