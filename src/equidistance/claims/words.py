"""Claims, dates and numbers in words: how a claim was understood."""

from datetime import date

from equidistance.claims.asked import asked
from equidistance.claims.forms import EQUAL
from equidistance.claims.matching import stems
from equidistance.errors import EquidistanceError
from equidistance.ground.blocs import resolve_power
from equidistance.printable import printable
from equidistance.reading.records import Amount, Claim, When


def name_of(code: str | None) -> str:
    """The name of a state or bloc; a name that is neither as it stands."""
    if code is None:
        return "somebody"
    try:
        return resolve_power(code).name
    except EquidistanceError:
        return printable(code, 100)


def names_of(codes: tuple[str, ...]) -> str:
    """Names as an enumeration, in the order given."""
    names = [name_of(code) for code in codes]
    return (
        names[0]
        if len(names) == 1
        else ", ".join(names[:-1]) + " and " + names[-1]
        if names
        else "the powers"
    )


def when_words(when: When | None) -> str:
    """A date as far as it is known."""
    if when is None:
        return "at no stated date"
    first, last = when.first, when.last
    if when.precision == "day":
        return f"on {first:%d %B %Y}".replace(" 0", " ")
    if when.precision == "month" and (first.year, first.month) == (last.year, last.month):
        return f"in {first:%B %Y}"
    if when.precision == "year" and first.year == last.year:
        return f"in {first.year}"
    return f"between {first:%d %B %Y} and {last:%d %B %Y}".replace(" 0", " ")


def window_words(since: date | None, until: date | None) -> str:
    """A window."""
    if since and until:
        return f"from {since:%B %Y} to {until:%B %Y}"
    return f"since {since:%B %Y}" if since else f"until {until:%B %Y}" if until else "over the last years"


def amount_words(amount: Amount | None) -> str:
    """A magnitude with its unit."""
    if amount is None:
        return "no stated magnitude"
    comparison = "" if amount.comparison == "exactly" else f"{amount.comparison} "
    return f"{comparison}{amount.value:,.12g} {printable(amount.unit, 100)}"


def channel_words(claim: Claim) -> str:
    """In words, in deeds or in both."""
    chosen = {"word": ", in words", "deed": ", in deeds", None: ""}[claim.channel]
    return f"{chosen}, in {claim.instrument}" if claim.instrument else chosen


def understood(claim: Claim) -> str:
    """The claim as its test takes it, in one sentence."""
    sentence = _SENTENCES[claim.form](claim)
    denied = "It is denied that: " if claim.negated else ""
    return f"{denied}{sentence[0].upper()}{sentence[1:].rstrip('.')}."


def _trend(claim: Claim) -> str:
    how = {1: "moves closer to", -1: "moves away from", 0: "stays where it is toward", None: "moves toward"}
    window = window_words(claim.since, claim.until)
    wanted = asked(claim)
    if wanted is not None:
        grow = {1: "grew", -1: "fell", 0: "stayed as they were", None: "changed"}[claim.direction]
        return f"{wanted.words()} {grow} {when_words(claim.when) if claim.when else window}"
    return f"{name_of(claim.subject)} {how[claim.direction]} {names_of(claim.powers)}{channel_words(claim)} {window}"


def _level(claim: Claim) -> str:
    if claim.amount is None and (claim.direction is None or not claim.powers):
        return f"something is said to be so: {printable(claim.quote, 300)}"
    if claim.amount is None:
        how = {
            1: "closer than usual",
            -1: "farther than usual",
            0: "neither close nor far",
            None: "somewhere",
        }
        where = f"{names_of(claim.powers)}{channel_words(claim)}"
        return f"{name_of(claim.subject)} stands {how[claim.direction]} to {where}"
    return _number(claim)


def _number(claim: Claim) -> str:
    about = f" ({name_of(claim.subject)}" if claim.subject else ""
    about += f"; {names_of(claim.powers)}" if about and claim.powers else ""
    about += ")" if about else ""
    date_told = f" {when_words(claim.when)}" if claim.when else ""
    return f"{_quantity(claim)}{about} is {amount_words(claim.amount)}{date_told}"


def _ratio(claim: Claim) -> str:
    wanted = asked(claim)
    if wanted is not None and wanted.change:
        date_told = f" {when_words(claim.when)}" if claim.when else ""
        return f"{wanted.words()}{date_told} are {amount_words(claim.amount)} those of the same months a year before"
    return (
        f"{_quantity(claim)}: the value of {name_of(claim.subject)} is "
        f"{amount_words(claim.amount)} that of {names_of(claim.powers)}"
    )


def _quantity(claim: Claim) -> str:
    """What is counted: the quantity's words, or the sentence's where those are a mere number."""
    words = claim.quantity if claim.quantity and stems(claim.quantity) else claim.quote
    return printable(words, 300)


def _event(claim: Claim) -> str:
    toward = f" toward {names_of(claim.powers)}" if claim.powers else ""
    mode = f" ({printable(claim.mode, 60)})" if claim.mode else ""
    return f"{name_of(claim.subject)} did {claim.type or 'something'}{mode}{toward} {when_words(claim.when)}"


def _gap(claim: Claim) -> str:
    how = {1: "warmer than", -1: "cooler than", 0: "no different from", None: "different from"}[
        claim.direction
    ]
    toward = names_of(claim.powers) if claim.powers else "at least one of the powers"
    return f"{name_of(claim.subject)}'s words toward {toward} are {how} its deeds"


def _balance(claim: Claim) -> str:
    if claim.leader == EQUAL:
        return (
            f"{name_of(claim.subject)} stands equally close to {names_of(claim.powers)}{channel_words(claim)}"
        )
    among = f" among {names_of(claim.powers)}" if len(claim.powers) > 1 else ""
    leader = name_of(claim.leader)
    return f"{name_of(claim.subject)} stands closest to {leader}{among}{channel_words(claim)}"


def _break(claim: Claim) -> str:
    how = {1: "moved closer to", -1: "moved away from", 0: "changed toward", None: "changed toward"}
    toward = names_of(claim.powers)
    wanted = asked(claim)
    if wanted is not None:
        return f"{wanted.words()} changed their level {when_words(claim.when)}"
    moved = f"{name_of(claim.subject)} {how[claim.direction]} {toward}{channel_words(claim)}"
    return f"{moved} more {when_words(claim.when)} than at other dates"


def _analogue(claim: Claim) -> str:
    return f"{name_of(claim.subject)}'s path is more like that of {names_of(claim.powers)} than like others'"


def _dependence(claim: Claim) -> str:
    what = f" for {printable(claim.quantity, 200)}" if claim.quantity else ""
    on = names_of(claim.powers) if claim.powers else "it"
    size = f" ({amount_words(claim.amount)})" if claim.amount else ""
    return f"{name_of(claim.subject)} depends on {on}{what}{size}"


def _forecast(claim: Claim) -> str:
    due = claim.when.last if claim.when else claim.until
    by = f"by {due:%d %B %Y}" if due else "at no stated date"
    return f"it is foretold of {name_of(claim.subject)} {by}: {printable(claim.quantity or claim.quote, 300)}"


def _cause(claim: Claim) -> str:
    return f"one thing is said to come from another: {printable(claim.quote, 300)}"


def _quotation(claim: Claim) -> str:
    who = printable(claim.speaker or "", 100) or name_of(claim.subject)
    return f"{who} said: {printable(claim.said or claim.quote, 300)}"


def _opinion(claim: Claim) -> str:
    return f"the author judges: {printable(claim.quote, 300)}"


_SENTENCES = {
    "trend": _trend,
    "level": _level,
    "ratio": _ratio,
    "count": _number,
    "amount": _number,
    "event": _event,
    "gap": _gap,
    "balance": _balance,
    "break": _break,
    "analogue": _analogue,
    "dependence": _dependence,
    "forecast": _forecast,
    "cause": _cause,
    "quotation": _quotation,
    "opinion": _opinion,
}
