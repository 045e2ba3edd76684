"""The forms a claim can take: which fields each one needs and may have, and what tests it (CLAIMS.md)."""

from dataclasses import dataclass, fields
from datetime import date
from typing import Any, get_args

from equidistance.claims.asked import asked
from equidistance.errors import EquidistanceError
from equidistance.evidence.schema import PLOVER_TYPES
from equidistance.ground.blocs import resolve_power
from equidistance.indicators.declare import Instrument
from equidistance.reading.records import Channel, Claim, Form

INSTRUMENTS: tuple[str, ...] = get_args(Instrument)
CHANNELS: tuple[str, ...] = get_args(Channel)
UNITS = ("USD", "EUR", "RUB", "KZT", "km", "t", "percent", "times")
"""Units with a meaning of their own; any other unit is the noun that is counted."""

FIRST_YEAR, LAST_YEAR = 1946, 2100
"""The ground knows the states since 1946; a later year is a typing error."""

EQUAL = "equal"
"""The leader of a balance claim that says that nobody leads."""


@dataclass(frozen=True)
class FormSpec:
    """What one form is.

    Attributes:
        name: the form.
        title: what it says, in words.
        needs: fields that must be there.
        may: fields that mean something to its test; others are refused in a file, ignored in a reading.
        test: what tests it, in words.
        example: fields of an example, besides form and quote.
        quote: a sentence that says the example.
    """

    name: Form
    title: str
    needs: tuple[str, ...]
    may: tuple[str, ...]
    test: str
    example: dict[str, Any]
    quote: str


_WINDOW = ("since", "until")
_ANYWHERE = ("attribution", "negated", "rule", "confidence", "start", "end")
_NUMBERS = ("subject", "powers", "when", *_WINDOW, "instrument")

FORMS: dict[str, FormSpec] = {
    spec.name: spec
    for spec in (
        FormSpec(
            "trend",
            "relations with somebody move closer, move away, or stay",
            ("subject", "powers", "direction"),
            ("channel", "instrument", "when", "quantity", *_WINDOW),
            "the posterior of the drift over the window; of trade in goods of a list its growth in the store",
            {"subject": "KAZ", "powers": ["RUS"], "direction": "away", "since": "2022-02"},
            "Kazakhstan has been drifting away from Russia since the war began.",
        ),
        FormSpec(
            "level",
            "a quantity has a value, or relations stand high or low",
            ("subject",),
            ("quantity", "amount", "direction", "channel", *_NUMBERS),
            "published numbers of that quantity, or the posterior of the alignment",
            {
                "subject": "KAZ",
                "powers": ["CHN"],
                "quantity": "share of exports to China",
                "amount": {"value": 15, "unit": "percent", "comparison": "about"},
                "when": "2023",
            },
            "About 15 percent of Kazakhstan's exports went to China in 2023.",
        ),
        FormSpec(
            "ratio",
            "one value is a multiple of another",
            ("subject", "quantity", "amount"),
            _NUMBERS,
            "pairs of published numbers from one account each",
            {
                "subject": "KAZ",
                "powers": ["RUS"],
                "quantity": "cost of carrying grain by rail",
                "amount": {"value": 5, "unit": "times"},
                "when": "2022",
            },
            "Carrying grain through Kazakhstan costs five times what it costs through Russia.",
        ),
        FormSpec(
            "count",
            "there are so many of something",
            ("quantity", "amount"),
            _NUMBERS,
            "published numbers of that quantity",
            {
                "subject": "KAZ",
                "powers": ["GBR"],
                "quantity": "British companies operating in Kazakhstan",
                "amount": {"value": 550, "unit": "companies", "comparison": "at least"},
                "when": "2025",
            },
            "More than 550 British companies operate in Kazakhstan.",
        ),
        FormSpec(
            "amount",
            "something has a size",
            ("quantity", "amount"),
            _NUMBERS,
            "published numbers of that quantity",
            {
                "subject": "RUS",
                "powers": ["KAZ", "MNG", "CHN"],
                "quantity": "money for railways and border crossings",
                "amount": {"value": 30.8e9, "unit": "USD"},
                "when": "2022-07",
            },
            "Russia set aside 30.8 billion dollars for railways and border crossings.",
        ),
        FormSpec(
            "event",
            "somebody did something to somebody at a date",
            ("subject", "type"),
            ("powers", "mode", "when", "quantity", "said", "channel", "instrument", "direction", *_WINDOW),
            "a record from another source than the article, within the date's precision",
            {"subject": "RUS", "powers": ["KAZ"], "type": "CONSULT", "mode": "visit", "when": "2024-11"},
            "Russia's president paid a state visit to Kazakhstan in November 2024.",
        ),
        FormSpec(
            "gap",
            "words differ from deeds",
            ("subject",),
            ("powers", "direction", "instrument", "when", *_WINDOW),
            "the posterior of words minus deeds",
            {"subject": "KAZ", "powers": ["RUS"], "direction": "away"},
            "Toward Russia, Kazakhstan's words are cooler than its deeds.",
        ),
        FormSpec(
            "balance",
            "a state keeps equal distance, or one power leads",
            ("subject", "leader"),
            ("powers", "direction", "channel", "instrument", "when", *_WINDOW),
            "the probability that the power leads, or that all stand alike",
            {"subject": "KAZ", "powers": ["RUS", "CHN", "WEST"], "leader": "equal"},
            "Kazakhstan keeps equal distance from Russia, China and the West.",
        ),
        FormSpec(
            "break",
            "things changed more at one date than at others",
            ("subject", "when"),
            ("powers", "direction", "channel", "instrument", "quantity", *_WINDOW),
            "the posterior of the change across the date, against changes across other dates; of trade in goods of a "
            "list the date of its change of level in the store",
            {"subject": "KAZ", "powers": ["RUS"], "direction": "away", "when": "2022-07"},
            "Relations with Russia changed the most after July 2022.",
        ),
        FormSpec(
            "analogue",
            "a state becomes a second somebody else",
            ("subject", "powers"),
            ("when", *_WINDOW),
            "how much more alike the two states' paths are than those of other pairs of states",
            {"subject": "KAZ", "powers": ["UKR"]},
            "Kazakhstan is turning into a second Ukraine.",
        ),
        FormSpec(
            "dependence",
            "something depends on somebody",
            ("subject",),
            ("powers", "quantity", "amount", "when", "instrument", *_WINDOW),
            "shares of exports, imports and organisations, and published shares",
            {"subject": "KAZ", "powers": ["RUS"], "quantity": "imports"},
            "Kazakhstan depends on Russia for its imports.",
        ),
        FormSpec(
            "forecast",
            "something will happen",
            (),
            (
                "subject",
                "powers",
                "type",
                "mode",
                "direction",
                "channel",
                "instrument",
                "when",
                "quantity",
                *_WINDOW,
            ),
            "kept with its date; scored as an event or a trend when the date has come",
            {"subject": "KAZ", "powers": ["RUS"], "direction": "closer", "until": "2030-12"},
            "By 2030 Kazakhstan and Russia will find a common language.",
        ),
        FormSpec(
            "cause",
            "something happened because of something else",
            (),
            (
                "subject",
                "powers",
                "type",
                "mode",
                "direction",
                "channel",
                "instrument",
                "when",
                "quantity",
                *_WINDOW,
            ),
            "nothing decides it; the order of the records is told",
            {"subject": "KAZ", "powers": ["USA"], "type": "SANCTION", "when": "2022-07"},
            "Kazakhstan dropped Russian payment cards because of American threats.",
        ),
        FormSpec(
            "quotation",
            "somebody said something",
            ("said",),
            ("speaker", "subject", "powers", "type", "when", "quantity", "channel", *_WINDOW),
            "the words in a document of the store",
            {"subject": "KAZ", "speaker": "the president", "said": "the closest neighbours are two"},
            'The president said: "the closest neighbours are two".',
        ),
        FormSpec(
            "opinion",
            "the author judges",
            (),
            ("subject", "powers", "quantity", "direction", "when", *_WINDOW),
            "nothing: no record could show it right or wrong",
            {"subject": "KAZ"},
            "The speeches about a bright future were pompous.",
        ),
    )
}

FIELDS = tuple(field.name for field in fields(Claim))


@dataclass(frozen=True)
class Problem:
    """What is wrong with one field of a claim (``field`` is empty for the claim as a whole)."""

    field: str
    message: str


def problems(claim: Claim, today: date | None = None) -> list[Problem]:
    """Everything that keeps a claim from being understood: missing fields, unknown codes, impossible dates.

    Args:
        claim: the claim.
        today: dates of what has happened may not lie after it; not checked when not given.
    """
    spec = FORMS.get(claim.form)
    if spec is None:
        return [Problem("form", f"There is no form {claim.form!r}. Choices: {', '.join(FORMS)}.")]
    found = [
        Problem(name, f"A {claim.form} claim needs {name}: {_WHAT[name]}.")
        for name in spec.needs
        if getattr(claim, name) in (None, ()) and not (name == "powers" and asked(claim))
    ]
    found += _names(claim)
    found += _values(claim)
    found += _dates(claim, today)
    if claim.form in ("trend", "break") and claim.quantity and claim.rule == "hand" and asked(claim) is None:
        found.append(
            Problem(
                "quantity",
                f"A {claim.form} of a quantity is tested for trade in goods of a list, with at most one power: e.g. "
                f"'exports of high priority goods'; {claim.quantity!r} is none.",
            )
        )
    return found


def _names(claim: Claim) -> list[Problem]:
    found = []
    named = [("subject", claim.subject), *(("powers", one) for one in claim.powers)]
    named += [("leader", claim.leader)] if claim.leader != EQUAL else []
    for field, name in named:
        if name is None:
            continue
        try:
            resolve_power(name)
        except EquidistanceError as error:
            found.append(Problem(field, error.render()))
    if claim.subject is not None and claim.subject in claim.powers:
        found.append(Problem("powers", f"{claim.subject} is the subject and cannot be its own power."))
    if len(set(claim.powers)) < len(claim.powers):
        found.append(Problem("powers", "A power is named twice."))
    return found


def _values(claim: Claim) -> list[Problem]:
    found = []
    for field, value, choices in (
        ("instrument", claim.instrument, INSTRUMENTS),
        ("channel", claim.channel, CHANNELS),
        ("type", claim.type, PLOVER_TYPES),
    ):
        if value is not None and value not in choices:
            found.append(Problem(field, f"There is no {field} {value!r}. Choices: {', '.join(choices)}."))
    if claim.direction not in (None, -1, 0, 1):
        found.append(Problem("direction", f"The direction {claim.direction!r} is none of -1, 0 and 1."))
    if not 0 <= claim.confidence <= 1:
        found.append(Problem("confidence", f"The confidence {claim.confidence} is not between 0 and 1."))
    if claim.amount is not None and claim.amount.value < 0:
        found.append(Problem("amount", f"The amount {claim.amount.value} is negative."))
    return found


def _dates(claim: Claim, today: date | None) -> list[Problem]:
    found = []
    if claim.since is not None and claim.until is not None and claim.until < claim.since:
        found.append(
            Problem("until", f"The window ends on {claim.until}, before it starts on {claim.since}.")
        )
    if claim.when is not None and claim.when.last < claim.when.first:
        found.append(Problem("when", f"The date ends on {claim.when.last}, before {claim.when.first}."))
    days = {"since": claim.since, "until": claim.until}
    days |= {"when": claim.when.first if claim.when else None}
    for field, day in days.items():
        if day is None:
            continue
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            found.append(Problem(field, f"The year {day.year} is not between {FIRST_YEAR} and {LAST_YEAR}."))
        elif today is not None and day > today and claim.form != "forecast" and field != "until":
            found.append(
                Problem(field, f"{day} lies in the future: only a forecast is about what has not happened.")
            )
    return found


_WHAT = {
    "subject": "the state it is about, by code or name",
    "powers": "the powers or states it is about toward whom",
    "direction": "closer, away or same",
    "quantity": "what is counted or compared, in words",
    "amount": "the magnitude claimed, with its unit",
    "type": "the PLOVER type of what was done, e.g. AGREE",
    "leader": "the power said to lead, or 'equal'",
    "when": "the date, e.g. 2022-07",
    "said": "the words quoted",
}


def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a claim file, after YAML has been read."""
    day = {
        "type": ["string", "integer"],
        "description": "2022, 2022-07, 2022-07-15, 2022-Q3, 2022-summer or 2020s",
    }
    code = {"type": "string", "minLength": 2, "maxLength": 100}
    text = {"type": "string", "minLength": 1, "maxLength": 5000}
    when = {
        "anyOf": [
            day,
            {
                "type": "object",
                "required": ["first", "last", "precision"],
                "additionalProperties": False,
                "properties": {
                    "first": day,
                    "last": day,
                    "precision": {"enum": ["day", "month", "season", "quarter", "year", "decade"]},
                    "relative": {"type": "boolean"},
                },
            },
        ]
    }
    amount = {
        "type": "object",
        "required": ["value", "unit"],
        "additionalProperties": False,
        "properties": {
            "value": {"type": "number", "minimum": 0},
            "unit": {"type": "string", "minLength": 1, "maxLength": 100},
            "comparison": {"enum": ["exactly", "about", "at least", "at most"]},
        },
    }
    known: dict[str, Any] = {
        "quote": text,
        "start": {"type": "integer", "minimum": 0},
        "end": {"type": "integer", "minimum": 0},
        "subject": code,
        "powers": {"type": "array", "items": code, "uniqueItems": True, "maxItems": 30},
        "channel": {"enum": list(CHANNELS)},
        "instrument": {"enum": list(INSTRUMENTS)},
        "direction": {"enum": [*DIRECTIONS, -1, 0, 1]},
        "since": day,
        "until": day,
        "when": when,
        "type": {"enum": list(PLOVER_TYPES)},
        "mode": {"type": "string", "minLength": 1, "maxLength": 100},
        "quantity": text,
        "amount": amount,
        "leader": code,
        "speaker": text,
        "said": text,
        "negated": {"type": "boolean"},
        "attribution": {"type": "array", "items": text, "minItems": 1, "maxItems": 10},
        "rule": text,
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
    }
    forms = [
        {
            "type": "object",
            "title": spec.name,
            "description": f"{spec.title}; tested by {spec.test}",
            "required": ["form", "quote", *spec.needs],
            "additionalProperties": False,
            "properties": {"form": {"const": spec.name}, "quote": text}
            | {name: known[name] for name in (*spec.needs, *spec.may, *_ANYWHERE)},
        }
        for spec in FORMS.values()
    ]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Claims to be checked by equidistance",
        "type": "object",
        "required": ["format", "claims"],
        "additionalProperties": False,
        "properties": {
            "format": {"const": 1},
            "title": text,
            "source": text,
            "published": day,
            "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "claims": {"type": "array", "minItems": 1, "maxItems": 2000, "items": {"oneOf": forms}},
        },
    }


DIRECTIONS = {"closer": 1, "same": 0, "away": -1}
"""Words for a direction in a file."""


def allowed(form: str) -> set[str]:
    """Fields that a claim of this form may have in a file."""
    spec = FORMS[form]
    return {"form", "quote", *spec.needs, *spec.may, *_ANYWHERE}
