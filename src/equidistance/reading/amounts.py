"""Magnitudes with units, English and Russian: "USD 2.5 billion", "over 40 British companies", "5 times", "12 percent".

Words and units are those of ``units.csv``; what can be counted, those of ``counted.csv``.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from equidistance.reading.records import Amount
from equidistance.reading.tables import rows

Kind = Literal["money", "measure", "share", "times", "count"]

_PREFIX = re.compile(
    r"(?:(?P<least>over|more than|at least|no fewer than|no less than|exceed\w*|above|upwards of|свыше|более|больше|"
    r"не менее)|(?P<about>about|around|approximately|nearly|almost|some|roughly|около|почти|примерно|порядка)|"
    r"(?P<most>up to|at most|less than|fewer than|under|no more than|до|менее|не более))\s+(?:the\s+)?$",
    re.IGNORECASE,
)
MOST_DIGITS = 18  # no quantity of politics has more


@dataclass(frozen=True)
class AmountMention:
    """A magnitude in a text: its offsets, what it means, and the counted noun phrase as written where there is one."""

    start: int
    end: int
    amount: Amount
    kind: Kind
    noun: str = ""


def find_amounts(text: str) -> list[AmountMention]:
    """The magnitudes of a text in order; what looks like a year or a part of a date is none."""
    found: list[AmountMention] = []
    for pattern, kind in _patterns():
        for match in pattern.finditer(text):
            if any(match.start() < one.end and one.start < match.end() for one in found):
                continue
            read = _read(match, kind, text)
            if read is not None:
                found.append(read)
    return sorted(found, key=lambda one: one.start)


def _read(match: re.Match[str], kind: Kind, text: str) -> AmountMention | None:
    groups = match.groupdict()
    if (fraction := groups.get("fraction")) is not None:
        share = Amount(float(_meaning("fraction", fraction)), "percent", "about")
        return AmountMention(match.start(), match.end(), share, "share")
    if (word := groups.get("fold")) is not None:
        times = Amount(float(_meaning("fold", word)), "times", "about")
        return AmountMention(match.start(), match.end(), times, "times")
    if kind == "count" and re.fullmatch(r"(?:19|20)\d\d", groups["number"]) and not groups.get("scale"):
        return None  # a year
    value = _number(groups["number"], groups.get("scale"))
    if value is None:
        return None
    unit = "percent" if kind == "share" else kind if kind == "times" else groups["unit"].lower()
    if kind in ("money", "measure"):
        unit = _meaning(kind, groups["unit"])
    before = _PREFIX.search(text, max(0, match.start() - 24), match.start())
    comparison: Literal["exactly", "about", "at least", "at most"] = "exactly"
    if before is not None:
        comparison = "at least" if before["least"] else "about" if before["about"] else "at most"
    noun = " ".join(match.group().split()) if kind == "count" else ""
    return AmountMention(match.start(), match.end(), Amount(value, unit, comparison), kind, noun)


def _number(text: str, scale: str | None) -> float | None:
    if text[0].isalpha():
        value = float(_meaning("number", text))
    else:
        plain = re.sub(r"[\u00a0\u202f ]", "", text)
        if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", plain):
            plain = plain.replace(",", "")
        if len(plain) > MOST_DIGITS:
            return None
        value = float(plain.replace(",", "."))
    return value * float(_meaning("scale", scale.rstrip("."))) if scale else value


@cache
def _units(kind: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """The words of a kind, the longest first, with what they mean."""
    listed = sorted(
        (row for row in rows("units.csv") if row["kind"] == kind), key=lambda row: -len(row["word"])
    )
    return tuple((re.compile(_word(row["word"]), re.IGNORECASE), row["means"]) for row in listed)


def _meaning(kind: str, text: str) -> str:
    return next(means for pattern, means in _units(kind) if pattern.fullmatch(" ".join(text.split())))


def _word(word: str) -> str:
    return re.escape(word).replace(r"\*", r"\w{0,8}").replace(r"\ ", r"\s+")


def _any(kind: str, *, signs: bool = False) -> str:
    listed = [row["word"] for row in rows("units.csv") if row["kind"] == kind]
    if signs:  # what stands before the number: "$", "USD"
        listed = [word for word in listed if (not word[-1].isalpha() and word[-1] != "*") or word.isupper()]
    return "|".join(_word(word) for word in sorted(listed, key=len, reverse=True))


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], Kind], ...]:
    digits = r"\d{1,3}(?:[,\u00a0\u202f ]\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?"
    number = rf"(?P<number>{digits}|{_any('number')})"
    scale = rf"(?:[\s-]*(?P<scale>{_any('scale')})\.?(?!\w))?"
    counted = "|".join(
        sorted((row["noun"].replace("*", r"\w{0,4}") for row in rows("counted.csv")), key=len, reverse=True)
    )
    patterns: list[tuple[str, Kind]] = [
        (rf"(?P<unit>{_any('money', signs=True)})\s?{number}{scale}", "money"),
        (rf"{number}{scale}\s+(?:of\s+)?(?P<unit>{_any('money')})", "money"),
        (rf"{number}\s?(?P<unit>%|percent|per cent|процент\w*)", "share"),
        (
            rf"(?P<fraction>{_any('fraction')})(?=\s+(?:of|the|[а-яё])|(?<!half)\s*[,.;]|(?<=quarters)\s)",
            "share",
        ),
        (rf"(?:в\s+)?{number}[\s-]*(?P<unit>times|fold|раза?)", "times"),
        (rf"(?P<fold>{_any('fold')})", "times"),
        (rf"{number}{scale}[\s-]+(?:square |кв\. )?(?P<unit>{_any('measure')})", "measure"),
        (rf"(?!(?:19|20)\d\d\s){number}{scale}\s+(?:[^\W\d][\w’'-]*\s+){{0,3}}?(?P<unit>{counted})", "count"),
    ]
    return tuple(
        (re.compile(rf"(?<![\w.,-])(?:{pattern})(?!\w)", re.IGNORECASE), kind) for pattern, kind in patterns
    )
