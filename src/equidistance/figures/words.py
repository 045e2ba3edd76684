"""Small helpers for the sentences around charts: articles, lists, plurals, how sure a first place is."""

from collections.abc import Sequence
from typing import Any

_WITH_ARTICLE = ("United ", "European Union", "West", "Netherlands", "Philippines", "Commonwealth", "Soviet Union")


def the(name: str) -> str:
    """The name as it stands inside a sentence: ``the United States``, ``Russia``."""
    return f"the {name}" if name.startswith(_WITH_ARTICLE) else name


def first_upper(text: str) -> str:
    """The text with a capital first letter, the rest untouched."""
    return text[:1].upper() + text[1:]


def listed(parts: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def plural(count: int, noun: str) -> str:
    """``1 month``, ``2 months``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def interval(row: dict[str, Any], number: str) -> str:
    """``+0.42 (+0.10 to +0.71)``: the mean and its 90% interval."""
    return f"{row['mean']:{number}} ({row['q05']:{number}} to {row['q95']:{number}})"


def first(ranked: Sequence[dict[str, Any]]) -> tuple[str, bool]:
    """The name of the row with the highest mean, and whether its 90% interval is clear of all others."""
    by_mean = sorted(ranked, key=lambda row: -row["mean"])
    clear = all(by_mean[0]["q05"] > other["q95"] for other in by_mean[1:])
    return the(by_mean[0]["power_name"]), clear
