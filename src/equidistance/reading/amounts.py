"""Magnitudes with units, English and Russian: "USD 30.8 billion", "over 550 British companies", "5 times", "12 percent"."""

import re
from dataclasses import dataclass
from typing import Literal

from equidistance.reading.records import Amount
from equidistance.reading.tables import rows

_SCALES = {
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "trillion": 1e12,
    "bn": 1e9,
    "mln": 1e6,
    "m": 1e6,
    "тыс": 1e3,
    "млн": 1e6,
    "млрд": 1e9,
    "трлн": 1e12,
    "миллион": 1e6,
    "миллиард": 1e9,
    "тысяч": 1e3,
}
_WORDS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "два": 2, "две": 2, "три": 3, "четыре": 4, "пять": 5, "шесть": 6, "семь": 7, "восемь": 8, "десять": 10, "двадцать": 20, "тридцать": 30}  # fmt: skip
_FRACTIONS = {"half": 50.0, "a third": 100 / 3, "one third": 100 / 3, "two thirds": 200 / 3, "a quarter": 25.0, "one quarter": 25.0, "three quarters": 75.0, "a fifth": 20.0, "a tenth": 10.0, "four fifths": 80.0, "three fifths": 60.0, "two fifths": 40.0, "половин": 50.0, "треть": 100 / 3, "четверть": 25.0}  # fmt: skip
_MONEY = {"$": "USD", "us$": "USD", "usd": "USD", "dollar": "USD", "доллар": "USD", "€": "EUR", "eur": "EUR", "euro": "EUR", "евро": "EUR", "£": "GBP", "pound": "GBP", "gbp": "GBP", "фунт": "GBP", "rubl": "RUB", "roubl": "RUB", "ruble": "RUB", "rouble": "RUB", "рубл": "RUB", "yuan": "CNY", "юан": "CNY", "tenge": "KZT", "тенге": "KZT", "lira": "TRY", "yen": "JPY", "ен": "JPY"}  # fmt: skip

_NUMBER = r"(?P<number>\d{1,3}(?:[,\u00a0\u202f ]\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?|" + "|".join(_WORDS) + ")"
_SCALE = r"(?:[\s-]*(?P<scale>thousand|million|billion|trillion|bn|mln|m|тыс\.?|тысяч\w*|млн\.?|млрд\.?|трлн\.?|миллион\w*|миллиард\w*)(?!\w))?"  # fmt: skip
_PREFIX = re.compile(
    r"(?:(?P<least>over|more than|at least|no fewer than|no less than|exceed\w*|above|upwards of|свыше|более|больше|не менее)|"
    r"(?P<about>about|around|approximately|nearly|almost|some|roughly|около|почти|примерно|порядка)|"
    r"(?P<most>up to|at most|less than|fewer than|under|no more than|до|менее|не более))\s+(?:the\s+)?$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class AmountMention:
    """A magnitude in a text: its offsets, what it means, and the counted noun phrase as written where there is one."""

    start: int
    end: int
    amount: Amount
    kind: Literal["money", "measure", "share", "times", "count"]
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


def _patterns() -> tuple[tuple[re.Pattern[str], Literal["money", "measure", "share", "times", "count"]], ...]:
    return _PATTERNS


def _read(
    match: re.Match[str], kind: Literal["money", "measure", "share", "times", "count"], text: str
) -> AmountMention | None:
    groups = match.groupdict()
    if (fraction := groups.get("fraction")) is not None:
        value = next(v for k, v in _FRACTIONS.items() if fraction.lower().startswith(k))
        return AmountMention(match.start(), match.end(), Amount(value, "percent", "about"), "share")
    if (word := groups.get("fold")) is not None:
        value = {"tw": 2.0, "dou": 2.0, "thr": 3.0, "tri": 3.0, "вдв": 2.0, "втр": 3.0}[_fold_stem(word)]
        return AmountMention(match.start(), match.end(), Amount(value, "times", "about"), "times")
    value_read = _number(groups["number"], groups.get("scale"))
    if value_read is None:
        return None
    if kind == "count" and re.fullmatch(r"(?:19|20)\d\d", groups["number"] or "") and not groups.get("scale"):
        return None  # a year
    unit = _unit(groups, kind)
    before = _PREFIX.search(text, max(0, match.start() - 24), match.start())
    comparison: Literal["exactly", "about", "at least", "at most"] = "exactly"
    if before is not None:
        comparison = "at least" if before["least"] else "about" if before["about"] else "at most"
    noun = " ".join(match.group().split()) if kind == "count" else ""
    return AmountMention(match.start(), match.end(), Amount(value_read, unit, comparison), kind, noun)


def _fold_stem(word: str) -> str:
    word = word.lower()
    return next(stem for stem in ("dou", "tri", "thr", "tw", "вдв", "втр") if word.startswith(stem))


def _number(text: str, scale: str | None) -> float | None:
    word = text.lower()
    if word in _WORDS:
        value = float(_WORDS[word])
    else:
        plain = re.sub(r"[\u00a0\u202f ]", "", text)
        if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", plain):
            plain = plain.replace(",", "")
        if len(plain) > 18:
            return None  # no quantity of politics has so many digits
        value = float(plain.replace(",", "."))
    if scale:
        stem = scale.lower().rstrip(".")
        value *= next(
            factor
            for key, factor in sorted(_SCALES.items(), key=lambda kv: -len(kv[0]))
            if stem.startswith(key)
        )
    return value


def _unit(groups: dict[str, str | None], kind: str) -> str:
    if kind == "money":
        word = (groups.get("sign") or groups.get("currency") or "").lower().replace(" ", "")
        return next(
            code for key, code in sorted(_MONEY.items(), key=lambda kv: -len(kv[0])) if word.startswith(key)
        )
    if kind == "share":
        return "percent"
    if kind == "times":
        return "times"
    noun = (groups.get("unit") or "").lower()
    if kind == "measure":
        return next(unit for stem, unit in _MEASURES if noun.startswith(stem))
    return noun


_MEASURES = (("km", "km"), ("kilomet", "km"), ("mile", "miles"), ("км", "km"), ("километ", "km"), ("tonne", "t"), ("ton", "t"), ("тонн", "t"), ("barrel", "barrels"), ("баррел", "barrels"), ("megawatt", "MW"), ("mw", "MW"), ("gw", "GW"), ("gigawatt", "GW"), ("cubic", "m3"), ("куб", "m3"), ("teu", "TEU"), ("hectare", "ha"), ("гектар", "ha"))  # fmt: skip


def _counted() -> str:
    return "|".join(
        sorted((row["noun"].replace("*", r"\w{0,4}") for row in rows("counted.csv")), key=len, reverse=True)
    )


_CURRENCY = r"(?P<currency>(?:U\.?S\.? )?dollars?|euros?|pounds?|r[ou]{1,2}bles?|yuan|tenge|lira|yen|USD|EUR|GBP|доллар\w*|евро|фунт\w*|рубл\w*|юан\w*|тенге)"  # fmt: skip
_PATTERNS: tuple[tuple[re.Pattern[str], Literal["money", "measure", "share", "times", "count"]], ...] = tuple(
    (re.compile(rf"(?<![\w.,])(?:{pattern})(?!\w)", re.IGNORECASE), kind)
    for pattern, kind in (
        (rf"(?P<sign>US\$|\$|€|£|USD|EUR|GBP)\s?{_NUMBER}{_SCALE}", "money"),
        (rf"{_NUMBER}{_SCALE}\s+(?:of\s+)?(?:американских\s+)?{_CURRENCY}", "money"),
        (rf"{_NUMBER}\s?(?P<unit>%|percent|per cent|процент\w*)", "share"),
        (
            r"(?P<fraction>half|(?:a|one) third|two thirds|(?:a|one) quarter|three quarters|a fifth|four fifths|three fifths|two fifths|a tenth)(?=\s+(?:of|the))",
            "share",
        ),
        (r"(?P<fraction>половин\w|треть|четверть)", "share"),
        (rf"(?:в\s+)?{_NUMBER}[\s-]*(?P<unit>times|fold|раза?)", "times"),
        (r"(?P<fold>twice|twofold|doubl\w{1,3}|tripl\w{1,3}|threefold|вдвое|втрое)", "times"),
        (
            rf"{_NUMBER}{_SCALE}[\s-]+(?:square |кв\. )?(?P<unit>km|kilomet\w+|miles?|км|километр\w*|tonnes?|tons?|тонн\w?|barrels?|"
            r"баррел\w*|megawatts?|MW|GW|gigawatts?|cubic met\w+|куб\w*|TEU|hectares?|гектар\w*)",
            "measure",
        ),
        (
            rf"(?!(?:19|20)\d\d\s){_NUMBER}{_SCALE}\s+(?:[^\W\d][\w’'-]*\s+){{0,3}}?(?P<unit>{_counted()})",
            "count",
        ),
    )
)
