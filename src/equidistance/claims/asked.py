"""Which trade a claim is about: goods of a list, from whom to whom, a sum or its growth. Words only, no data."""

import re
from dataclasses import dataclass

from equidistance.errors import EquidistanceError
from equidistance.ground.blocs import resolve_power
from equidistance.reading.goods_claims import DOWN, UP
from equidistance.reading.records import Claim

_LISTS = (
    ("chpl", re.compile(r"high[- ]priority|battlefield|\bchpl\b", re.IGNORECASE)),
    (
        "eu-annexes",
        re.compile(
            r"\b(?:sanctioned|listed|forbidden|restricted) (?:goods|products)\b"
            r"|\bon the eu(?:'s|’s)? (?:sanctions )?list\b|\beu-annexes\b",
            re.IGNORECASE,
        ),
    ),
)
"""What goods under sanctions are called, and the list that a claim with those words is counted on."""

_TRADE = re.compile(
    r"\b(re-?exports?|re-?exported|exports?|exported|imports?|imported|trade|shipments)\b", re.IGNORECASE
)
FORMS = ("ratio", "count", "amount", "level", "trend", "break")
"""Forms that trade by product can test."""


@dataclass(frozen=True)
class Asked:
    """Trade that a claim is about.

    Attributes:
        goods: name of the shipped list.
        origin: code of the state or bloc that sends.
        destination: code of the one that receives, or None for all partners together.
        flow: ``export`` or ``re-export``.
        change: +1 or -1 where the claim is that it grew or fell, 0 where it is of a size.
    """

    goods: str
    origin: str
    destination: str | None
    flow: str
    change: int

    def words(self) -> str:
        """In words."""
        to = f"to {_name(self.destination)}" if self.destination else "to all partners"
        return f"{self.flow}s of goods of the list {self.goods} from {_name(self.origin)} {to}"


def asked(claim: Claim) -> Asked | None:
    """The trade a claim is about, or None: its quantity must name goods of a list, and that they are traded.

    Who sends: the subject, unless the quantity says imports, or the claim's words say exports to the subject.
    """
    if claim.form not in FORMS or claim.subject is None or not claim.quantity or len(claim.powers) > 1:
        return None
    goods = next((name for name, words in _LISTS if words.search(claim.quantity)), None)
    traded = _TRADE.search(claim.quantity)
    if goods is None or traded is None:
        return None
    text = f"{claim.quantity} {claim.quote}"
    to = re.search(rf"\bto\s+(?:the\s+)?{re.escape(_name(claim.subject))}\b", text, re.IGNORECASE)
    inward = traded[1].lower().startswith("import") or to is not None
    other = claim.powers[0] if claim.powers else None
    if inward and other is None:
        return None  # what arrived from all the world is not among the records
    up, down = UP.search(text), DOWN.search(text)
    return Asked(
        goods,
        other if inward and other else claim.subject,
        claim.subject if inward else other,
        "re-export" if traded[1].lower().startswith("re") else "export",
        1 if up else -1 if down else 0,
    )


def _name(code: str | None) -> str:
    try:
        return resolve_power(code or "").name
    except EquidistanceError:
        return code or ""
