"""Small helpers for the sentences around charts: articles, lists, plurals, how sure a first place is."""

import math
from collections.abc import Iterable, Sequence
from statistics import NormalDist
from typing import Any

from equidistance.printable import plural as plural

CERTAIN, LIKELY = 0.95, 0.80
"""Probabilities from which a title states a thing flatly, or as probable."""

_WITH_ARTICLE = (
    "United ",
    "European Union",
    "West",
    "Netherlands",
    "Philippines",
    "Commonwealth",
    "Soviet Union",
)


def the(name: str) -> str:
    """The name as it stands inside a sentence: ``the United States``, ``Russia``."""
    return f"the {name}" if name.startswith(_WITH_ARTICLE) else name


def first_upper(text: str) -> str:
    """The text with a capital first letter, the rest untouched."""
    return text[:1].upper() + text[1:]


def listed(parts: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def percent(probability: float) -> str:
    """A probability as a reader should take it: never 0% or 100%."""
    if probability > 0.99:
        return "over 99%"
    return "under 1%" if probability < 0.01 else f"{probability:.0%}"


def interval(row: dict[str, Any], number: str) -> str:
    """``+0.42 (+0.10 to +0.71)``: the mean and its 90% interval."""
    return f"{row['mean']:{number}} ({row['q05']:{number}} to {row['q95']:{number}})"


def closest(ranked: Sequence[dict[str, Any]]) -> tuple[str, str]:
    """The name of the row with the highest mean, and how sure its lead over the next is.

    Args:
        ranked: rows with ``power_name, mean, sd``, and ``p_leads`` where it was computed. Otherwise the means are
            taken as independent normal variables, and the chance to be first as the product of the chances against
            each other one, which is never too high.

    Returns:
        The name, and ``"clear"``, ``"probable"`` or ``"open"``.
    """
    best, *others = sorted(ranked, key=lambda row: -row["mean"])
    if best.get("p_leads") is not None:
        return the(best["power_name"]), sureness(best["p_leads"])
    chances = [
        NormalDist().cdf((best["mean"] - other["mean"]) / (math.hypot(best["sd"], other["sd"]) or math.inf))
        for other in others
    ]
    return the(best["power_name"]), sureness(math.prod(chances))


def sureness(probability: float) -> str:
    """``"clear"`` from 0.95 on, ``"probable"`` from 0.80 on, ``"open"`` below."""
    if probability >= CERTAIN:
        return "clear"
    return "probable" if probability >= LIKELY else "open"


def signs(rows: Iterable[dict[str, Any]]) -> tuple[list[str], list[str]]:
    """Names of the powers whose quantity is surely above zero, and surely below (probability 0.95)."""
    known = [row for row in rows if row["p_positive"] is not None]
    above = [the(row["power_name"]) for row in known if row["p_positive"] >= CERTAIN]
    below = [the(row["power_name"]) for row in known if row["p_positive"] <= 1 - CERTAIN]
    return above, below
