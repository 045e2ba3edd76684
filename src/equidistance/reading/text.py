"""A document from whatever a person has: text, HTML, PDF, Markdown, a web address, standard input.

What arrives is hostile: sizes are bounded, control, zero-width and direction characters leave the text, scripts never
enter it. The text's offsets are those of :class:`Document.text`; nothing is reordered.
"""

import hashlib
import re
import sys
import unicodedata
from datetime import date
from pathlib import Path

from equidistance.errors import BadFile, InvalidRequest
from equidistance.ground.time import parse_spread
from equidistance.printable import printable
from equidistance.reading.dates import read_day
from equidistance.reading.records import Document
from equidistance.reading.sentences import LONGEST_SENTENCE, split

MOST_BYTES = 50_000_000
MOST_CHARACTERS = 2_000_000  # a thick book; an article has ten thousand
_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\U000e0000-\U000e007f]"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_DATE_LINE = re.compile(
    r"(?im)^\W{0,3}(?:(?P<published>(?:date of )?publi(?:shed|cation)(?: on)?|posted|date|дата публикации|"
    r"опубликовано)\b[\s:,]*|)"
    r"(?P<rest>[^\n]{0,40}\d{4}[^\n]{0,24})$"
)


def open_document(
    source: str | Path,
    *,
    published: date | str | None = None,
    allow_private: bool = False,
    language: str | None = None,
) -> Document:
    """Read a source into a document.

    Args:
        source: a file (.txt, .md, .html, .pdf; anything else is read by its content), an http(s) address, ``-`` for
            standard input, or the text itself when it has a line break or is longer than any file name.
        published: day of publication, where the source does not tell it or tells it wrongly.
        allow_private: also web addresses of this machine and private networks.
        language: ``en`` or ``ru``; found from the letters when not given.

    Raises:
        BadFile: missing, a directory, empty, binary, over 50 MB, a PDF without text, an HTML page without text.
        InvalidRequest: an address that may not be asked, a date that is none, an unknown language.
        FetchError: the page cannot be fetched.
    """
    if language not in (None, "en", "ru"):
        raise InvalidRequest(f"Texts in {language!r} cannot be read.", choices=("en", "ru"))
    told = published_day(published)
    body, media, address = _bytes(source, allow_private)
    return _document(body, media, address, told, language)


def published_day(published: date | str | None) -> date | None:
    """The day of publication that a caller states: a day, or the first of a month, quarter or year.

    Raises:
        InvalidRequest: it is no date, or has not come.
    """
    day = parse_spread(published)[0] if isinstance(published, str) else published
    if day is not None and day > date.today():
        raise InvalidRequest(f"The text cannot have been published on {day}: that day has not come.")
    return day


def _bytes(source: str | Path, allow_private: bool) -> tuple[bytes, str, str]:
    if isinstance(source, str):
        if re.match(r"(?i)[a-z][a-z0-9+.-]*://", source) and "\n" not in source.strip():
            from equidistance.reading.web import fetch_page

            return fetch_page(source.strip(), allow_private=allow_private)
        if "\n" in source or len(source) > 250:
            return source.encode("utf-8", "replace"), "text/plain; charset=utf-8", "text"
        if source == "-":
            return sys.stdin.buffer.read(MOST_BYTES + 1), "", "standard input"
    path = Path(source)
    try:
        if path.is_dir():
            raise BadFile(f"{printable(str(path))} is a directory.", hint="Name one article.")
        if path.stat().st_size > MOST_BYTES:
            raise BadFile(
                f"{printable(str(path))} is larger than {MOST_BYTES // 1_000_000} MB.",
                hint="Read it in parts.",
            )
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1), _MEDIA.get(path.suffix.lower(), ""), path.name
    except (OSError, ValueError) as error:
        hint = "Give a file, an http(s) address or - for standard input."
        reason = getattr(error, "strerror", None) or "no file name"
        raise BadFile(f"{printable(str(path))} cannot be read: {reason}.", hint=hint) from None


_MEDIA = {
    ".htm": "text/html",
    ".html": "text/html",
    ".pdf": "application/pdf",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
}


def _document(
    body: bytes, media: str, address: str, published: date | None, language: str | None
) -> Document:
    name = printable(address)
    if len(body) > MOST_BYTES:
        raise BadFile(f"{name} is larger than {MOST_BYTES // 1_000_000} MB.", hint="Read it in parts.")
    if not body.strip():
        raise BadFile(f"{name} is empty.")
    notes: list[str] = []
    title: str | None = None
    from_metadata: date | None = None
    if body[:5] == b"%PDF-" or "application/pdf" in media:
        from equidistance.reading.pages import pdf_text

        text, title, from_metadata = pdf_text(body, name)
    else:
        raw = _decode(body, media, name, notes)
        if "html" in media or re.search(r"(?i)<(?:!doctype html|html|body|article|p)\b", raw[:5000]):
            from equidistance.reading.pages import html_text

            text, title, from_metadata = html_text(raw, name)
            notes.append("main text taken from the page, everything else left out")
        else:
            text = _plain_markdown(raw) if "markdown" in media else raw
    text = clean(text, notes)
    if not any(char.isalnum() for char in text):
        raise BadFile(f"{name} has no text.")
    if len(text) > MOST_CHARACTERS:
        text = text[:MOST_CHARACTERS]
        notes.append(f"only the first {MOST_CHARACTERS:,} characters were read")
    day = published or from_metadata or _published_in(text)
    if day is None:
        notes.append("no date of publication found: relative dates stay open (--published gives one)")
    elif day > date.today():
        notes.append(f"the date of publication, {day}, lies in the future")
    sentences = split(text)
    if any(len(one.text) >= LONGEST_SENTENCE // 2 for one in sentences):
        notes.append(f"sentences longer than {LONGEST_SENTENCE:,} characters were cut")
    return Document(
        text=text,
        sentences=sentences,
        language=language or _language(text),
        published=day,
        title=printable(title, 300) if title else None,
        address=name,
        sha256=hashlib.sha256(body).hexdigest(),
        notes=tuple(notes),
    )


def _decode(body: bytes, media: str, name: str, notes: list[str]) -> str:
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if body.startswith(mark):
            return body.decode(encoding, "replace")
    if b"\x00" in body[:4096] or sum(byte < 9 for byte in body[:4096]) > 4:
        raise BadFile(
            f"{name} is binary, not text.", hint="Texts, HTML pages and PDF files with text can be read."
        )
    declared = re.search(r"charset=[\"']?([\w-]+)", media) or re.search(
        rb"charset=[\"']?([\w-]+)", body[:2000]
    )
    stated = declared[1] if declared else "utf-8"
    for encoding in (stated.decode("ascii", "replace") if isinstance(stated, bytes) else stated, "utf-8"):
        try:
            return body.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    guess = _legacy(body)
    notes.append(f"the encoding is not stated and not UTF-8: read as {guess}")
    return body.decode(guess, "replace")


def _legacy(body: bytes) -> str:
    """Windows-1251, KOI8-R or Windows-1252: the one in which small letters follow small letters most often."""
    sample = body[:20_000]
    high = sum(byte >= 0xC0 for byte in sample)
    if high < 0.15 * len(sample):
        return "cp1252"
    scores = {
        name: len(re.findall(r"[а-яё]{2}", sample.decode(name, "replace"))) for name in ("cp1251", "koi8-r")
    }
    return max(scores, key=lambda name: scores[name])


def clean(text: str, notes: list[str]) -> str:
    """Line ends as ``\\n``, composed letters, no invisible, control or direction characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n\n")
    text = unicodedata.normalize("NFC", text)
    bare = _INVISIBLE.sub("", text)
    if bare != text:
        notes.append(f"{len(text) - len(bare)} invisible or direction characters left out")
    bare = _CONTROL.sub(" ", bare)
    return re.sub(r"[\u00a0\u2007\u202f]", " ", bare).encode("utf-8", "replace").decode("utf-8")


def _plain_markdown(text: str) -> str:
    """Markdown without its marks; words stay in order. What is code is left out."""
    text = re.sub(r"(?ms)^(```|~~~).*?^\1[^\n]*$", "", text)
    text = re.sub(r"(?s)<!--.*?-->|<[^<>\n]{1,300}>", "", text)
    text = re.sub(r"!\[[^\]\n]{0,300}\]\([^)\n]{0,500}\)", "", text)
    text = re.sub(r"\[([^\]\n]{1,300})\]\([^)\n]{0,500}\)", r"\1", text)
    text = re.sub(r"(?m)^ {0,3}(?:#{1,6}|>|[-*+]|\d{1,3}\.)[ \t]+", "", text)
    return re.sub(r"(\*\*|__|`)(?=\S)([^\n]{0,500}?)(?<=\S)\1", r"\2", text)


def _published_in(text: str) -> date | None:
    """The date that the head of the text gives as its own: a line that says so before a line that is only a date."""
    head = text[:1500]
    bare: date | None = None
    for match in _DATE_LINE.finditer(head):
        day = read_day(match["rest"])
        if day is None:
            continue
        if match["published"]:
            return day
        if bare is None and len(match["rest"].strip()) <= 30:
            bare = day
    return bare


def _language(text: str) -> str:
    letters = re.findall(r"[A-Za-zА-Яа-яЁё]", text[:20_000])
    return "ru" if sum("а" <= char.lower() <= "я" for char in letters) > 0.4 * max(len(letters), 1) else "en"
