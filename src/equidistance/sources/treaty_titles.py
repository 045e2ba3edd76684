"""What the title of a trade agreement tells: its form, and who stands on which side."""

import re
from collections.abc import Collection
from datetime import date

from equidistance.ground.blocs import get_bloc
from equidistance.ground.states import find

FORMS = ("customs union", "free trade", "other")
"""How far a trade agreement goes, from deep to shallow."""

_UNION = re.compile(
    r"\b(customs union|cu|common market|economic union|economic community|economic area|eea|single european act"
    r"|maastricht|amsterdam|nice|lisbon|treaty of rome|andean community|caricom|mercosur|ecowas)\b",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\b(framework|preferen\w+|gstp|trade negotiations|partial scope|cooperation|partnership and cooperation"
    r"|auto agreement|trade agreement \(ecota\)|ecota|lome|cotonou|bangkok agreement|association of caribbean)\b",
    re.IGNORECASE,
)
_UNION_OF_EUROPE = re.compile(r"\b(EC|EU|EEC|Cotonou|Lome|European Economic Area)\b")
_LONGEST_NAME = 6  # words in the name of a state


def form_of(title: str, sides: Collection[str] = ()) -> str:
    """One of :data:`FORMS`, read off the title; between two sides nobody forms a customs union by default.

    The publishers' lists carry no measure of depth, and a title is a coarse one: "Belarus Kazakhstan Russia" of 2009
    is a customs union and does not say so.

    Args:
        title: as published.
        sides: the sides its parties stand on; a union with a third state is free trade.
    """
    if _OTHER.search(title):
        return "other"
    if _UNION.search(title) and not {"a", "b", "unknown"} & set(sides):
        return "customs union"
    return "free trade"


def named_states(title: str) -> set[str]:
    """Codes of the states whose whole names (or "UK") occur in a title; codes of three letters are not read."""
    words = re.findall(r"[\w'’.-]+", title)
    found: set[str] = set()
    for start in range(len(words)):
        for length in range(1, _LONGEST_NAME + 1):
            name = " ".join(words[start : start + length])
            if len(name) == 3:  # "and" is no Andorra, "SAA" no state
                continue
            if (state := find(name)) is not None:
                found.add(state.code)
    return found


def sides_of(title: str, parties: Collection[str], year: int | None, *, two_sided: bool) -> dict[str, str]:
    """On which side of an agreement each party stands: one of :data:`equidistance.evidence.schema.SIDES`.

    Of an agreement between a group and a third state the title names the state ("EC Kazakhstan"); the members of the
    group are not bound to each other by it. Between two groups only the European Union can be told from the others.

    Args:
        title: as published.
        parties: codes of its parties.
        year: when it was signed.
        two_sided: whether it stands between a group and others.
    """
    if not two_sided or len(parties) <= 2:
        return dict.fromkeys(parties, "all")
    named = named_states(title) & set(parties)
    if named and named != set(parties):
        return {state: "a" if state in named else "b" for state in parties}
    if year and _UNION_OF_EUROPE.search(title):
        union = get_bloc("EU").members(date(year, 7, 1))
        if union & set(parties) and not set(parties) <= union:
            return {state: "b" if state in union else "a" for state in parties}
    return dict.fromkeys(parties, "unknown")
