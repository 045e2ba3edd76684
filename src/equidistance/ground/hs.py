"""Product codes of the Harmonized System: how they are written, which revision they belong to.

A code names a chapter (2 digits), a heading (4) or a subheading (6); the Combined Nomenclature of the EU adds two
digits. The World Customs Organization revises the system every five years, so that a code belongs to a revision.
"""

import re

from equidistance.errors import InvalidRequest

REVISIONS = {
    "H0": "HS1992",
    "H1": "HS1996",
    "H2": "HS2002",
    "H3": "HS2007",
    "H4": "HS2012",
    "H5": "HS2017",
    "H6": "HS2022",
}
"""What UN Comtrade calls each revision, and what it is called here."""

_YEARS = (1992, 1996, 2002, 2007, 2012, 2017, 2022)
_WRITTEN = re.compile(r"(?:HS|H|CN)?[ -]?(\d{4})(?: edition)?", re.IGNORECASE)


def revision(name: str) -> str:
    """The revision that a name means: ``H6``, ``HS 2022``, ``HS22``, ``2022`` are all ``HS2022``; ``CN`` stays.

    ``HS`` alone (as reported, whatever the revision) stays ``HS``.

    Raises:
        InvalidRequest: not a revision of the Harmonized System.
    """
    text = name.strip().upper()
    if text in REVISIONS:
        return REVISIONS[text]
    if text in ("HS", "CN"):
        return text
    if match := re.fullmatch(r"HS(\d{2})", text):
        text = ("19" if int(match[1]) > 80 else "20") + match[1]
    match = _WRITTEN.fullmatch(text)
    if match is None or int(match[1]) not in _YEARS:
        raise InvalidRequest(
            f"{name!r} is not a revision of the Harmonized System.", choices=[*REVISIONS.values(), "HS", "CN"]
        )
    return f"HS{match[1]}"


def revision_of_year(year: int) -> str:
    """The revision in force in a year; the Combined Nomenclature of a year stands on it.

    Raises:
        InvalidRequest: before the first revision.
    """
    in_force = [start for start in _YEARS if start <= year]
    if year < 1988 or not in_force:
        raise InvalidRequest(f"No revision of the Harmonized System was in force in {year}.")
    return f"HS{in_force[-1]}"


def product_code(text: str) -> str:
    """A product code as typed by a person, with 4, 6 or 8 digits; dots and blanks do not count.

    Raises:
        InvalidRequest: not such a code; one digit too few is taken for a leading zero that a spreadsheet ate.
    """
    digits = re.sub(r"[.\s]", "", text)
    if not (digits.isascii() and digits.isdigit()) or len(digits) not in (4, 6, 8):
        hint = f"Did you mean 0{digits}?" if digits.isdigit() and len(digits) in (3, 5, 7) else ""
        raise InvalidRequest(f"{text!r} is not a product code of 4, 6 or 8 digits.", hint=hint)
    return digits
