"""Text from outside made safe to show: no control characters, no invisible reordering; and numbers with their nouns."""

import unicodedata


def printable(text: str, limit: int = 200) -> str:
    """One line of text that cannot steer a terminal.

    Control characters (escape sequences) and marks that reorder text become ``\\ufffd``, line breaks a space;
    what is longer than ``limit`` characters is cut with an ellipsis.
    """
    line = " ".join(text[: 2 * limit].split())
    shown = "".join(
        "\ufffd" if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn") else c for c in line
    )
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def plural(count: int, noun: str) -> str:
    """``1 month``, ``2 months``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
