"""The main text of HTML pages (trafilatura) and the text of PDF files (pypdf)."""

import io
import logging
from contextlib import suppress
from datetime import date

from equidistance.errors import BadFile
from equidistance.reading.dates import read_day

MOST_PAGES = 500


def html_text(page: str, name: str) -> tuple[str, str | None, date | None]:
    """Main text, title and date of publication of a page.

    Raises:
        BadFile: the page holds no text of its own (a page that scripts fill).
    """
    from trafilatura import bare_extraction

    logging.getLogger("trafilatura").setLevel(
        logging.CRITICAL
    )  # broken pages are reported here, in one message
    try:
        found = bare_extraction(
            page, include_comments=False, include_tables=False, favor_recall=True, with_metadata=True
        )
    except (ValueError, RecursionError, AssertionError, UnicodeError, LookupError):
        found = None
    text = getattr(found, "text", None)
    if not text:
        raise BadFile(
            f"{name} has no article text: it may be filled by scripts or hold pictures only.",
            hint="Save the text of the article in a file and read that.",
        )
    day: date | None = None
    with suppress(ValueError):
        day = date.fromisoformat(str(getattr(found, "date", None) or "")[:10])
    return str(text), getattr(found, "title", None) or None, day


def pdf_text(body: bytes, name: str) -> tuple[str, str | None, date | None]:
    """Text, title and date of a PDF.

    Raises:
        BadFile: not a readable PDF, encrypted, or scans without text.
    """
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(body))
        if reader.is_encrypted and not reader.decrypt(""):
            raise BadFile(f"{name} is encrypted.", hint="Save a copy without a password.")
        pages = [page.extract_text() for page in reader.pages[:MOST_PAGES]]
        info = reader.metadata
        title = str(info.title) if info and info.title else None
        day = read_day(str(info.get("/CreationDate", ""))[2:10]) if info else None
        if day is None and info and info.get("/CreationDate"):
            stamp = str(info["/CreationDate"])[2:10]
            with suppress(ValueError):
                day = date.fromisoformat(f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}")
    except BadFile:
        raise
    except (
        PyPdfError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        RecursionError,
        OSError,
        NotImplementedError,
        AssertionError,
        ImportError,
    ) as error:
        raise BadFile(
            f"{name} is no PDF that can be read ({type(error).__name__}).", hint="Save its text in a file."
        ) from None
    text = "\n\n".join(pages)
    if len("".join(text.split())) < 20 * max(1, min(len(pages), 3)):
        raise BadFile(
            f"{name} has {len(pages)} pages but no text: it is a PDF of scans.",
            hint="Run it through character recognition first.",
        )
    return text, title, day
