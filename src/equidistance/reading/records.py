"""What reading a text yields: acts (things said or done) and claims (what the author concludes).

Offsets count characters of the document's text as :mod:`equidistance.reading.text` returns it; ``quote`` is always
``text[start:end]`` to the letter. States, powers and blocs are codes of :mod:`equidistance.ground`; names that are not
states (companies, organisations, persons) stand as written in the text. The design is CLAIMS.md's.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

Channel = Literal["word", "deed"]
Modality = Literal["done", "announced", "planned", "denied", "threatened"]
Precision = Literal["day", "month", "season", "quarter", "year", "decade"]
Form = Literal[
    "trend",
    "level",
    "ratio",
    "count",
    "amount",
    "event",
    "gap",
    "balance",
    "break",
    "analogue",
    "dependence",
    "forecast",
    "cause",
    "quotation",
    "opinion",
]


@dataclass(frozen=True)
class When:
    """A date as far as the text tells it.

    Attributes:
        first, last: closed interval of days that the words allow ("summer 2021": 2021-06-01 to 2021-08-31).
        precision: how finely the text tells it.
        relative: whether it was worked out from the date of publication ("last summer").
    """

    first: date
    last: date
    precision: Precision
    relative: bool = False


@dataclass(frozen=True)
class Amount:
    """A magnitude with its unit as the text gives it.

    Attributes:
        value: the number, multiplied out ("30.8 billion" is 3.08e10).
        unit: ``USD``, ``EUR``, ``km``, ``t``, ``percent``, ``times``, or the noun counted ("companies").
        comparison: ``about``, ``at least`` ("over"), ``at most`` ("up to") or ``exactly``.
    """

    value: float
    unit: str
    comparison: Literal["exactly", "about", "at least", "at most"] = "exactly"


@dataclass(frozen=True)
class Act:
    """One thing that was said or done.

    Attributes:
        start, end, quote: the words that tell it.
        actor: who acts: a code of a state or bloc, or the name of a company or organisation with no state behind it.
        actor_text: the actor as the text calls it.
        partner: towards whom (as ``actor``), or ``None``.
        partner_text: the partner as the text calls it.
        third_parties: codes of others concerned (a ban that A sets on goods from B carried by C).
        when: date, or ``None`` where the text gives none.
        type: PLOVER event type, e.g. ``CONSULT``.
        mode: PLOVER mode, e.g. ``visit``, or ``None``.
        channel: ``word`` or ``deed``. An official's statement is a word of that official's state.
        instrument: diplomacy, security, trade, finance, energy, transport or information.
        direction: +1 closer to the partner, 0, -1 away.
        intensity: 0 (hardly) to 1 (strongest).
        amounts: magnitudes told with it.
        place: place as written, or ``None``.
        attribution: who says so, outermost first: ``("author",)``, ``("author", "experts")``,
            ``("author", "experts", "Petro Poroshenko")`` for a quotation inside a quotation.
        modality: done, announced, planned, denied or threatened.
        rule: name of the rule, model or language model (with prompt version) that found it.
        confidence: 0 to 1.
    """

    start: int
    end: int
    quote: str
    actor: str
    actor_text: str
    partner: str | None
    partner_text: str | None
    third_parties: tuple[str, ...]
    when: When | None
    type: str
    mode: str | None
    channel: Channel
    instrument: str
    direction: int
    intensity: float
    amounts: tuple[Amount, ...]
    place: str | None
    attribution: tuple[str, ...]
    modality: Modality
    rule: str
    confidence: float


@dataclass(frozen=True)
class Claim:
    """One thing that an author concludes, in a typed form. Which fields a form needs, claims/forms.py declares.

    Attributes:
        form: see :data:`Form`.
        quote: the words that make it (for a claim written by hand: a sentence that says it).
        start, end: their offsets, or ``None`` for a claim written by hand.
        subject: code of the state (or bloc) the claim is about.
        powers: codes of the powers or states it is about toward whom; for an analogue the state it would become.
        channel: words, deeds, or ``None`` for both.
        instrument: one instrument, or ``None`` for all.
        direction: +1 closer, rising, leading; -1 away, falling; 0 no change, equal distance.
        since, until: the window.
        when: date of an event or break.
        type, mode: PLOVER type and mode of an event.
        quantity: what is counted, shared or compared, in words ("British companies operating in Kazakhstan").
        amount: the magnitude claimed.
        leader: for balance: code of the power said to lead, or ``equal`` for equal distance.
        speaker: for a quotation: who is quoted.
        said: for a quotation: the words quoted.
        negated: the text denies it ("has not become a second Ukraine").
        attribution: who claims it, outermost first, as in :class:`Act`.
        rule, confidence: as in :class:`Act`; a claim written by hand has rule ``hand`` and confidence 1.
    """

    form: Form
    quote: str
    start: int | None = None
    end: int | None = None
    subject: str | None = None
    powers: tuple[str, ...] = ()
    channel: Channel | None = None
    instrument: str | None = None
    direction: int | None = None
    since: date | None = None
    until: date | None = None
    when: When | None = None
    type: str | None = None
    mode: str | None = None
    quantity: str | None = None
    amount: Amount | None = None
    leader: str | None = None
    speaker: str | None = None
    said: str | None = None
    negated: bool = False
    attribution: tuple[str, ...] = ("author",)
    rule: str = "hand"
    confidence: float = 1.0


@dataclass(frozen=True)
class LoadedWording:
    """Words that judge instead of telling, with their span and the lexicon class that names them."""

    start: int
    end: int
    quote: str
    kind: str


@dataclass(frozen=True)
class Sentence:
    """One sentence with its offsets in the document."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Document:
    """A text ready to be read.

    Attributes:
        text: the main text, everything else taken out; offsets of all records count its characters.
        sentences: in order, not overlapping.
        language: ``en`` or ``ru``.
        published: date of publication, or ``None`` where neither metadata, text nor the user tells it.
        title: or ``None``.
        address: file name or URL it came from.
        sha256: of the bytes that came in.
        notes: what the reader must know (encoding guessed, boilerplate left out, a future date).
    """

    text: str
    sentences: tuple[Sentence, ...]
    language: str
    published: date | None
    title: str | None
    address: str
    sha256: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """Everything found in one document."""

    document: Document
    acts: tuple[Act, ...]
    claims: tuple[Claim, ...]
    loaded: tuple[LoadedWording, ...]


@dataclass(frozen=True)
class Coding:
    """A sentence's event as :func:`equidistance.reading.coder.code_sentence` codes it.

    Attributes:
        type: PLOVER event type.
        mode: PLOVER mode, or ``None``.
        quad: 1 verbal cooperation, 2 material cooperation, 3 verbal conflict, 4 material conflict.
        modality: see :data:`Modality`.
        rule: what decided (a pattern's name, or the model).
        confidence: 0 to 1, calibrated on held-out sentences.
    """

    type: str
    mode: str | None
    quad: int
    modality: Modality
    rule: str
    confidence: float
