"""Dates in words, English and Russian, as closed intervals of days; relative ones count from the day of publication."""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from equidistance.reading.records import Precision, When

_EN = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_RU = [
    "январ",
    "феврал",
    "март",
    "апрел",
    "ма",
    "июн",
    "июл",
    "август",
    "сентябр",
    "октябр",
    "ноябр",
    "декабр",
]
_SHORT = {
    "jan": 1,
    "feb": 2,
    "mar": 3,
    "apr": 4,
    "jun": 6,
    "jul": 7,
    "aug": 8,
    "sep": 9,
    "sept": 9,
    "oct": 10,
    "nov": 11,
    "dec": 12,
}
_MONTH = (
    rf"(?P<month>{'|'.join(_EN)}|(?:{'|'.join(k for k in _SHORT)})(?=\.? \d)|"
    r"(?:январ|феврал|апрел|июн|июл|сентябр|октябр|ноябр|декабр)[ьяею]|март[ае]?|августа?е?|ма[йяею])\.?"
)
_SEASON = r"(?P<season>spring|summer|autumn|fall|winter|весн[аоуы]й?|лет[оау]м?|осен[ьию]ю?|зим[аоуы]й?)"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_PART = (
    r"(?:(?P<part>early|late|mid|(?:the )?(?:very )?(?:beginning|start|end|middle)(?: of)?|начал[ео]|кон(?:ец|це)|"
    r"середин[аеу])[\s-]+(?:in |of |the )*)?"
)
_NUMBERS = {
    "one": 1,
    "a": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "ten": 10,
    "два": 2,
    "три": 3,
    "пять": 5,
}


@dataclass(frozen=True)
class DateMention:
    """A date in a text.

    Attributes:
        start, end: offsets in the text searched.
        when: what it means.
        since: the words before it open a window ("since 2014").
    """

    start: int
    end: int
    when: When
    since: bool


def find_dates(text: str, published: date | None) -> list[DateMention]:
    """The dates of a text in order, the longest reading of each place; relative ones need ``published``."""
    found: list[DateMention] = []
    taken: list[tuple[int, int]] = []
    for pattern, read in _RULES:
        for match in pattern.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            when = read(match, published)
            if when is not None:
                taken.append(match.span())
                before = text[max(0, match.start() - 22) : match.start()].lower()
                since = bool(
                    re.search(r"(?:\bsince|\bfrom|\bback in|\bс|\bстарт\w* в)\s+(?:the\s+)?$", before)
                )
                found.append(DateMention(match.start(), match.end(), when, since))
    return sorted(found, key=lambda mention: mention.start)


def read_day(text: str) -> date | None:
    """The first full date in a short text ("Published 24 November 2022", "2025-02-04"), or None."""
    for mention in find_dates(text, None):
        if mention.when.precision == "day" and mention.when.first == mention.when.last:
            return mention.when.first
    return None


def month_of(word: str) -> int | None:
    """The month a word names, in either language and any case."""
    word = word.lower().rstrip(".")
    if word in _EN:
        return _EN.index(word) + 1
    if word in _SHORT:
        return _SHORT[word]
    for number, stem in enumerate(_RU, 1):
        if (
            word.startswith(stem)
            and (number != 5 or word in ("май", "мая", "мае", "маю"))
            and len(word) - len(stem) <= 2
        ):
            return number
    return None


def _iso(match: re.Match[str], _: date | None) -> When | None:
    return _day(int(match["year"]), int(match["m"]), int(match["d"]))


def _full(match: re.Match[str], _: date | None) -> When | None:
    month = month_of(match["month"])
    return None if month is None else _day(int(match["year"]), month, int(match["d"]))


def _day_month(match: re.Match[str], published: date | None) -> When | None:
    month = month_of(match["month"])
    if month is None or published is None:
        return None
    year = (
        published.year if (month, int(match["d"])) <= (published.month, published.day) else published.year - 1
    )
    when = _day(year, month, int(match["d"]))
    return None if when is None else When(when.first, when.last, "day", True)


def _month(match: re.Match[str], published: date | None) -> When | None:
    month = month_of(match["month"])
    if month is None:
        return None
    year, relative = _year(match, published, lambda day: day.year if month <= day.month else day.year - 1)
    if year is None:
        return None
    first, last = date(year, month, 1), date(year, month, monthrange(year, month)[1])
    part = (match["part"] or "").lower()
    if part.startswith(("early", "the beginning", "beginning", "start", "the start", "начал")):
        last = first.replace(day=10)
    elif part.startswith(("late", "end", "the end", "the very end", "very end", "кон")):
        first = first.replace(day=21)
    elif part:
        first, last = first.replace(day=11), first.replace(day=20)
    return When(first, last, "month", relative)


def _season(match: re.Match[str], published: date | None) -> When | None:
    word = match["season"].lower()
    start = next(m for stems, m in _SEASONS if word.startswith(stems))
    year, relative = _year(match, published, lambda day: _last_season(start, day, match["which"]))
    if year is None:
        return None
    first = date(year, start, 1)
    end_year, end_month = (year + 1, 2) if start == 12 else (year, start + 2)
    last = date(end_year, end_month, monthrange(end_year, end_month)[1])
    part = (match["part"] or "").lower()
    if any(word in part for word in ("early", "beginning", "start", "начал")):
        return When(first, date(year, start, monthrange(year, start)[1]), "month", relative)
    if any(word in part for word in ("late", "end", "кон")):
        return When(last.replace(day=1), last, "month", relative)
    return When(first, last, "season", relative)


_SEASONS = (
    (("spring", "весн"), 3),
    (("summer", "лет"), 6),
    (("autumn", "fall", "осен"), 9),
    (("winter", "зим"), 12),
)


def _last_season(start: int, published: date, which: str | None) -> int:
    """The year in which the season meant began: "last" is the last that was over, "this" the one of the year."""
    if which and which.lower().startswith(("this", "эт")):
        return published.year
    for year in (published.year, published.year - 1, published.year - 2):
        end = date(year + 1, 3, 1) if start == 12 else date(year, start + 3, 1)
        begun = date(year, start, 1) <= published
        if end <= published or (begun and not which):
            return year
    return published.year - 1


def _year(
    match: re.Match[str], published: date | None, guess: Callable[[date], int]
) -> tuple[int | None, bool]:
    groups = match.groupdict()
    if groups.get("year"):
        return int(groups["year"]), False
    if published is None:
        return None, True
    said = (groups.get("yearword") or "").lower()
    if said.startswith(("last", "прошл", "минувш", "the previous", "previous")):
        return published.year - 1, True
    if said.startswith(("this", "эт", "текущ", "the current")):
        return published.year, True
    return guess(published), True


def _quarter(match: re.Match[str], _: date | None) -> When | None:
    word = match["q"].lower()
    names = {
        "first": 1,
        "1": 1,
        "q1": 1,
        "second": 2,
        "2": 2,
        "q2": 2,
        "third": 3,
        "3": 3,
        "q3": 3,
        "fourth": 4,
        "4": 4,
        "q4": 4,
    }
    quarter = names.get(word)
    if quarter is None:
        return None
    year, month = int(match["year"]), 3 * quarter
    return When(date(year, month - 2, 1), date(year, month, monthrange(year, month)[1]), "quarter")


def _decade(match: re.Match[str], _: date | None) -> When | None:
    year = int(match["decade"])
    part = (match["part"] or "").lower()
    first, last = year, year + 9
    if part.startswith(("early", "the beginning", "beginning", "начал")):
        last = year + 3
    elif part.startswith(("late", "the end", "end", "кон")):
        first = year + 6
    elif part:
        first, last = year + 3, year + 6
    return When(date(first, 1, 1), date(last, 12, 31), "decade")


def _plain_year(match: re.Match[str], _: date | None) -> When | None:
    year = int(match["year"])
    part = (match["part"] or "").lower()
    first, last = date(year, 1, 1), date(year, 12, 31)
    if part.startswith(("early", "beginning", "the beginning", "start", "the start", "начал")):
        last = date(year, 4, 30)
    elif part.startswith(("late", "end", "the end", "кон")):
        first = date(year, 9, 1)
    elif part:
        first, last = date(year, 5, 1), date(year, 8, 31)
    return When(first, last, "year")


def _relative(match: re.Match[str], published: date | None) -> When | None:
    if published is None:
        return None
    unit, which = match["unit"].lower(), match["which"].lower()
    back = which.startswith(("last", "previous", "прошл", "минувш"))
    if unit.startswith(("year", "год")):
        year = published.year - (1 if back else 0)
        return When(date(year, 1, 1), date(year, 12, 31) if back else published, "year", True)
    if unit.startswith(("month", "месяц")):
        last = published.replace(day=1) - timedelta(days=1) if back else published
        return When(last.replace(day=1), last, "month", True)
    monday = published - timedelta(days=published.weekday() + (7 if back else 0))
    return When(monday, monday + timedelta(days=6), "day", True)


def _ago(match: re.Match[str], published: date | None) -> When | None:
    number = match["n"].lower()
    count = int(number) if number.isdigit() else _NUMBERS.get(number)
    if published is None or count is None or count > 200:
        return None
    unit = match["unit"].lower()
    if unit.startswith(("year", "год", "лет")):
        year = published.year - count
        return None if year < 1000 else When(date(year, 1, 1), date(year, 12, 31), "year", True)
    days = {"d": 1, "w": 7, "m": 30, "д": 1, "н": 7, "м": 30}[unit[0]] * count
    middle = published - timedelta(days=days)
    if unit[0] in "mм":
        return When(
            middle.replace(day=1), middle.replace(day=monthrange(middle.year, middle.month)[1]), "month", True
        )
    return When(middle, middle, "day", True)


def _near(match: re.Match[str], published: date | None) -> When | None:
    if published is None:
        return None
    word = match.group().lower()
    day = published - timedelta(days=1) if word in ("yesterday", "вчера") else published
    return When(day, day, "day", True)


def _day(year: int, month: int, day: int) -> When | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return When(found, found, "day")


def _rule(
    pattern: str, read: Callable[[re.Match[str], date | None], When | None]
) -> tuple[re.Pattern[str], Callable[[re.Match[str], date | None], When | None]]:
    return re.compile(rf"(?<!\w){pattern}(?!\w)", re.IGNORECASE), read


_OF_YEAR = (
    rf"(?:,?\s+(?:of\s+)?(?:{_YEAR}|(?P<yearword>(?:of\s+)?(?:last|this|the previous) year|"
    r"(?:прошлого|этого|минувшего|текущего) года)))"
)
_RULES = (
    _rule(r"(?P<year>(?:19|20)\d\d)-(?P<m>\d\d)-(?P<d>\d\d)(?:T[\d:.+Z-]*)?", _iso),
    _rule(r"(?P<d>\d{1,2})[./](?P<m>\d{1,2})[./](?P<year>(?:19|20)\d\d)", _iso),
    _rule(rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH},?\s+{_YEAR}(?:\s+г(?:ода|\.))?", _full),
    _rule(rf"{_MONTH}\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+{_YEAR}", _full),
    _rule(rf"{_PART}{_MONTH}{_OF_YEAR}(?:\s+г(?:ода|\.))?", _month),
    _rule(rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}", _day_month),
    _rule(rf"{_MONTH}\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?", _day_month),
    _rule(
        rf"{_PART}(?:(?P<which>last|this|прошл\w+|эт\w+)\s+)?(?:the\s+)?{_SEASON}{_OF_YEAR}(?:\s+г(?:ода|\.))?",
        _season,
    ),
    _rule(rf"{_PART}(?P<which>last|this|прошл\w+|эт(?:им|ой))\s+{_SEASON}", _season),
    _rule(
        r"(?P<part>early|late|(?:at |in )?the (?:beginning|start|end) of|в начале|"
        r"в конце)[\s-]+(?:the\s+)?(?P<which>\b)"
        rf"{_SEASON}",
        _season,
    ),
    _rule(
        r"(?P<q>first|second|third|fourth|q[1-4]|[1-4])(?:-?[йм]\w*)?\s+(?:(?:quarter|квартал\w*)\s+)?(?:of\s+)?"
        + _YEAR,
        _quarter,
    ),
    _rule(rf"{_PART}(?P<decade>(?:19|20)\d0)['’]?(?:s|-е|-х)(?:\s+год\w*)?", _decade),
    _rule(
        r"(?P<which>last|this|previous|прошл\w+|эт\w+|минувш\w+|текущ\w+)\s+(?P<unit>year|month|week|год\w*|месяц\w*|недел\w*)",
        _relative,
    ),
    _rule(
        r"(?P<n>\d{1,3}|a|one|two|three|four|five|six|ten|два|три|пять)\s+(?P<unit>years?|months?|weeks?|days?|лет|год\w?|"
        r"месяц\w*|недел\w|дн\w+)\s+(?:ago|earlier|назад)",
        _ago,
    ),
    _rule(r"yesterday|today|вчера|сегодня", _near),
    _rule(
        rf"(?:in|during|since|by|from|until|before|after|of|throughout|в|с|к|до|после)\s+{_PART}{_MONTH}(?!\s+\d)",
        _month,
    ),
    _rule(rf"(?P<part>early|late|mid)[\s-]+{_MONTH}", _month),
    _rule(
        rf"{_PART}{_YEAR}(?:\s+(?:год[уа]?|г\.))?(?!\s*(?:km|km/h|%|percent|dollars|companies|tons|troops))",
        _plain_year,
    ),
)


def precision_days(precision: Precision) -> int:
    """Slack in days within which two dates of this precision are the same."""
    return {"day": 3, "month": 15, "season": 45, "quarter": 45, "year": 180, "decade": 1800}[precision]
