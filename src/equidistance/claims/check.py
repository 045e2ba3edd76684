"""Check claims: from an article or a claim file to verdicts."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from equidistance import __version__
from equidistance.claims import counted, measured, recorded, traded
from equidistance.claims.asked import asked
from equidistance.claims.bench import Bench, Progress
from equidistance.claims.files import ENDINGS, load
from equidistance.claims.forms import EQUAL, problems
from equidistance.claims.verdicts import LEANS, SURE, WORDS, Finding, Verdict, as_dict, judged
from equidistance.claims.words import understood
from equidistance.errors import EquidistanceError, InvalidRequest, StoreError, UnknownName
from equidistance.ground.blocs import resolve_power
from equidistance.ground.states import State
from equidistance.reading.records import Claim, Document, Reading
from equidistance.tables import Table

FORMAT_VERSION = 1
"""Raised only when a key of the JSON changes its meaning or goes away."""

Test = Callable[[Claim, Bench], Finding]


def _trend(claim: Claim, bench: Bench) -> Finding:
    return traded.trend(claim, bench) if asked(claim) else _named(claim, measured.trend(claim, bench))


def _break(claim: Claim, bench: Bench) -> Finding:
    return traded.break_(claim, bench) if asked(claim) else _named(claim, measured.break_(claim, bench))


def _named(claim: Claim, finding: Finding) -> Finding:
    """About trade, say how goods under sanctions are counted by themselves: among all evidence they weigh little."""
    if claim.instrument != "trade":
        return finding
    how = "Goods of a list, counted by themselves: name them in the claim's quantity (exports of high priority goods)."
    return replace(finding, would_change=(*finding.would_change, how))


TESTS: dict[str, Test] = {
    "trend": _trend,
    "level": counted.level,
    "ratio": counted.ratio,
    "count": counted.number,
    "amount": counted.number,
    "event": recorded.event,
    "gap": measured.gap,
    "balance": measured.balance,
    "break": _break,
    "analogue": measured.analogue,
    "dependence": counted.dependence,
    "forecast": recorded.forecast,
    "cause": recorded.cause,
    "quotation": recorded.quotation,
    "opinion": recorded.opinion,
}
"""One function for each form."""

_TEST_OF_STATES = ("trend", "gap", "balance", "break", "analogue")
"""Forms whose subject must be a state: the model estimates states, not blocs."""


@dataclass(frozen=True)
class Checked:
    """What :func:`check` returns.

    Attributes:
        verdicts: one for each claim, in the order of the text or file.
        reading: the reading of the article, where there was one.
        title, source, published, digest: of the text that makes the claims, as far as known.
        notes: what the reader must know.
        settings: everything needed to repeat the check.
        version: of the program.
    """

    verdicts: tuple[Verdict, ...]
    reading: Reading | None
    title: str | None
    source: str | None
    published: date | None
    digest: str | None
    notes: tuple[str, ...]
    settings: dict[str, Any]
    version: str = __version__

    @property
    def failed(self) -> tuple[Verdict, ...]:
        """Claims that could not be run."""
        return tuple(verdict for verdict in self.verdicts if verdict.error)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The claims, as they can be written to a file."""
        return tuple(verdict.claim for verdict in self.verdicts)

    @property
    def counts(self) -> dict[str, int]:
        """How many claims got each verdict, in the order of the verdicts."""
        found = {word: sum(verdict.word == word for verdict in self.verdicts) for word in WORDS}
        return {word: number for word, number in found.items() if number}

    @property
    def headline(self) -> str:
        """The counts in a sentence."""
        told = ", ".join(f"{number} {word}" for word, number in self.counts.items())
        return (
            f"{len(self.verdicts)} claims: {told}."
            if self.verdicts
            else "The text makes no claim that was found."
        )

    @property
    def table(self) -> Table:
        """One row for each claim."""
        rows = [
            {
                "claim": i + 1,
                "form": verdict.claim.form,
                "verdict": verdict.word,
                "probability": verdict.probability,
                "understood": verdict.understood,
                "because": verdict.because,
                "for": sum(record.says > 0 for record in verdict.records),
                "against": sum(record.says < 0 for record in verdict.records),
                "missing": " ".join(verdict.missing),
                "quote": verdict.claim.quote,
                "error": verdict.error,
            }
            for i, verdict in enumerate(self.verdicts)
        ]
        kinds = {"claim": pa.int64(), "probability": pa.float64(), "for": pa.int64(), "against": pa.int64()}
        names: tuple[str, ...] = ("claim", "form", "verdict", "probability", "understood", "because")
        names += ("for", "against", "missing", "quote", "error")
        schema = pa.schema([(name, kinds.get(name, pa.string())) for name in names])
        units = {
            "probability": "that the claim is right; empty where none was computed",
            "for": "records for the claim",
            "against": "records against it",
        }
        return Table("claims", pa.Table.from_pylist(rows, schema=schema), units)

    def to_dict(self) -> dict[str, Any]:
        """The content of ``--format json``."""
        return {
            "format": FORMAT_VERSION,
            "version": self.version,
            "title": self.title,
            "source": self.source,
            "published": self.published and self.published.isoformat(),
            "headline": self.headline,
            "counts": self.counts,
            "thresholds": {"supported": SURE, "leans supported": LEANS},
            "verdicts": [as_dict(verdict) for verdict in self.verdicts],
            "notes": list(self.notes),
            "settings": self.settings,
        }

    def to_json(self) -> str:
        """:meth:`to_dict` as text."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    def report(self, path: str | Path) -> Path:
        """Write the HTML report (one file that opens offline)."""
        from equidistance.report.claims_page import write

        return write(self, Path(path))

    def write(self, path: str | Path) -> Path:
        """Write the claims to a claim file, to be kept, edited and run again."""
        from equidistance.claims.files import write

        target = Path(path)
        head = {
            "title": self.title,
            "source": self.source,
            "published": self.published,
            "digest": self.digest,
        }
        write(target, self.claims, **head)
        return target

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


def check(
    what: str | Path | Reading | Sequence[Claim],
    *,
    published: str | date | None = None,
    store: str | Path | bool | None = None,
    draws: int = 2000,
    seed: int = 1,
    today: date | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Checked:
    """Test claims against the estimates, the ledger of acts and the published numbers.

    Args:
        what: a claim file (``.yaml``, ``.yml``), anything that :func:`equidistance.reading.read` takes (file, address,
            ``-``), a reading, or claims.
        published: date of the text, where neither it nor the claim file tells one.
        store: path of a store, ``False`` for what ships alone, ``None`` for the default store when there is one.
        draws: posterior draws.
        seed: seed of the draws.
        today: what counts as now: forecasts are scored when their date has come.
        progress: called with (what is being done, done, total) while something slow happens.
        options: further options of reading an article (``reader``, ``model`` ...).

    Raises:
        BadFile: a claim file that is no claim file; the message names the line.
        EquidistanceError: whatever reading an article raises.
        InvalidRequest: too few draws.
    """
    if draws < 100:
        raise InvalidRequest(f"{draws} draws are too few for a probability.", hint="Use at least 100.")
    text = _opened(what, published, options)
    bench = Bench(
        store,
        excluded=tuple(one for one in (text.digest, text.source) if one),
        published=text.published,
        today=today,
        draws=draws,
        seed=seed,
        progress=progress,
    )
    notes = list(text.notes)
    if text.published is None and any(claim.when is None and claim.until is None for claim in text.claims):
        notes.append("The text's date is not known: claims without a date are tested on the newest evidence.")
    _expect(bench, text.claims)
    verdicts = []
    for i, claim in enumerate(text.claims):
        if progress is not None:
            progress("Checking claims", i, len(text.claims))
        verdicts.append(verdict_on(claim, bench))
    settings = {
        "store": None if bench.store_path is None else str(bench.store_path),
        "draws": draws,
        "seed": seed,
        "today": bench.today.isoformat(),
        "published": text.published and text.published.isoformat(),
        "version": __version__,
    }
    return Checked(
        tuple(verdicts),
        text.reading,
        text.title,
        text.source,
        text.published,
        text.digest,
        tuple(notes),
        settings,
    )


def verdict_on(claim: Claim, bench: Bench) -> Verdict:
    """The verdict on one claim; what keeps it from being run is said in its ``error``, never raised.

    Raises:
        StoreError: the store cannot be opened: no claim could be run then.
    """
    told = understood(claim)
    lacking = problems(claim)
    if lacking:
        why = " ".join(problem.message for problem in lacking)
        return judged(claim, told, _not_enough("The claim is not complete.", why))
    if claim.form in _TEST_OF_STATES and not isinstance(resolve_power(claim.subject or ""), State):
        why = f"{claim.subject} is a bloc; the estimates are of states toward powers."
        return judged(claim, told, _not_enough("The subject cannot be estimated.", why))
    try:
        finding = TESTS[claim.form](replace(claim, negated=False), bench)
    except StoreError:
        raise
    except (InvalidRequest, UnknownName) as error:  # no evidence about these two, or none in that window
        finding = _not_enough("There is no estimate to test it on.", error.render())
    except EquidistanceError as error:
        failed = judged(claim, told, _not_enough("The claim could not be run.", error.render()))
        return replace(failed, error=error.render())
    return judged(claim, told, finding)


def _not_enough(because: str, missing: str) -> Finding:
    return Finding(None, because, missing=(missing,), would_change=("What is named as missing.",))


@dataclass(frozen=True)
class _Text:
    """Claims with what is known of the text that makes them."""

    claims: tuple[Claim, ...]
    reading: Reading | None = None
    title: str | None = None
    source: str | None = None
    published: date | None = None
    digest: str | None = None
    notes: tuple[str, ...] = ()


def _opened(
    what: str | Path | Reading | Sequence[Claim], published: str | date | None, options: dict[str, Any]
) -> _Text:
    from equidistance.reading.text import published_day

    day = published_day(published)
    if isinstance(what, Reading):
        return _of_reading(what, day)
    if not isinstance(what, str | Path):
        return _Text(tuple(what), published=day)
    if str(what).lower().endswith(ENDINGS) and "://" not in str(what):
        file = load(Path(what))
        return _Text(file.claims, None, file.title, file.source, day or file.published, file.sha256)
    return _of_reading(read_article(str(what), published, **options), day)


def read_article(what: str, published: str | date | None = None, **options: Any) -> Reading:
    """Read an article as :func:`equidistance.reading.read.read` does.

    Raises:
        InvalidRequest: the date of publication lies in the future.
        EquidistanceError: whatever reading raises.
    """
    from equidistance.reading.read import read

    reading: Reading = read(what, published=published, **options)
    return reading


def _of_reading(reading: Reading, published: date | None) -> _Text:
    document = reading.document
    return _Text(
        tuple(completed(claim, document) for claim in reading.claims),
        reading,
        document.title,
        document.address,
        published or document.published,
        document.sha256,
        document.notes,
    )


def completed(claim: Claim, document: Document) -> Claim:
    """A claim of a reader with what its sentence says besides its span.

    An event or cause takes its whole sentence for its matter, so that the claim file holds all that its test looks at.
    A balance without a leader is one of equal distance where it speaks of many vectors, and denies that where it speaks
    of one; where it speaks of a struggle to keep the balance, it stays incomplete.
    """
    if claim.start is None or claim.end is None:
        return claim
    middle = (claim.start + claim.end) // 2
    sentence = next((one.text for one in document.sentences if one.start <= middle < one.end), claim.quote)
    if claim.form in ("event", "cause") and claim.quantity is None:
        return replace(claim, quantity=" ".join(sentence.split())[:1000])
    if claim.form == "balance" and claim.leader is None and not _STRUGGLE.search(sentence):
        if _ONE_VECTOR.search(sentence):
            return replace(claim, leader=EQUAL, negated=not claim.negated, powers=())
        if _MANY_VECTORS.search(sentence):
            return replace(claim, leader=EQUAL, powers=claim.powers if len(claim.powers) > 1 else ())
    return claim


_ONE_VECTOR = re.compile(r"(?i)\b(?:one|single) vector\b|один вектор|единственный вектор")
_MANY_VECTORS = re.compile(r"(?i)multi-?vector|equidistan|многовектор|равноудал")
_STRUGGLE = re.compile(r"(?i)difficult|hard|struggl|no longer|end of|трудн|сложн|orient|ориентац")


def _expect(bench: Bench, claims: Sequence[Claim]) -> None:
    """Estimate together what several claims ask for; what cannot be estimated is left to each claim to say."""
    from equidistance.indicators.snapshot import shipped

    possible = set(shipped().powers)
    for claim in claims:
        if claim.form in (*_TEST_OF_STATES, "level", "dependence", "forecast") and claim.subject:
            named = [*claim.powers, *([claim.leader] if claim.leader not in (None, EQUAL) else [])]
            bench.expect(
                claim.subject, [code for code in named if code in possible and code != claim.subject]
            )
