"""What the page of a check may hold, and a check made of any bytes: for the property tests and the fuzzer.

The page's own elements and attributes are listed; anything else on it came from the article.
"""

import re
from datetime import date
from html.parser import HTMLParser

from equidistance.claims.check import Checked, completed
from equidistance.claims.verdicts import Finding, Number, Record, judged
from equidistance.claims.words import understood
from equidistance.reading.read import read_document
from equidistance.reading.text import _document
from equidistance.report import claims_page

_ELEMENTS = (
    "html head meta link title style body a main p h1 h2 h3 nav ul li section div table caption thead tbody tr th td "
    "span article mark sup details summary small blockquote dl dt dd pre"
)
ELEMENTS = frozenset(_ELEMENTS.split())
_NAMES = "lang charset http-equiv content name rel href class id role tabindex scope title download"
ATTRIBUTES = frozenset((*_NAMES.split(), "aria-label", "aria-labelledby"))
CLASSES = re.compile(r"[a-z -]*")
LINK = re.compile(r"#[a-z0-9-]+|data:,|data:text/csv;charset=utf-8,[\w.%/~-]*|https?://\S+")
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


class Allowed(HTMLParser):
    """Fails on the first thing that is not the page's own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.styles: list[str] = []
        self._style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ELEMENTS, tag
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, names)
        for name, value in attrs:
            assert name in ATTRIBUTES, (tag, name)
            if name == "href":
                assert tag in ("a", "link"), tag
                assert LINK.fullmatch(value or ""), (tag, value)
            if name in ("class", "id"):
                assert CLASSES.fullmatch(re.sub(r"\d", "", value or "")), (tag, value)
            if name == "http-equiv":
                assert value == "Content-Security-Policy", value
            if name == "title":
                assert tag == "mark", tag
        if tag == "link":
            assert dict(attrs) == {"rel": "icon", "href": "data:,"}, attrs
        if tag == "style":
            self.styles.append("")
            self._style = True

    def handle_endtag(self, tag: str) -> None:
        assert tag in ELEMENTS, tag
        self._style = self._style and tag != "style"

    def handle_data(self, data: str) -> None:
        if self._style:
            self.styles[-1] += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data!r}")

    def handle_decl(self, decl: str) -> None:
        assert decl == "doctype html", decl

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"a processing instruction: {data!r}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data!r}")


def only_its_own(page: str, style: str) -> None:
    """Fail if a page holds anything that is not in the list, by two parsers that repair mistakes differently.

    Args:
        page: the page.
        style: the style sheet of a harmless page; a hostile one may not add to it.
    """
    import lxml.html

    parser = Allowed()
    parser.feed(page)
    parser.close()
    assert parser.styles == [style]
    assert UNSEEN.search(page) is None, UNSEEN.search(page)
    for element in lxml.html.document_fromstring(page.encode()).iter():
        assert isinstance(element.tag, str), element
        assert element.tag in ELEMENTS, element.tag
        assert set(element.attrib) <= ATTRIBUTES, (element.tag, dict(element.attrib))


def checked_of(body: bytes, media: str, address: str | None = None) -> Checked:
    """A check of any bytes, with verdicts that quote the article wherever a verdict can quote anything.

    Raises:
        EquidistanceError: the bytes are refused.
    """
    reading = read_document(_document(body, media, address or "fuzz", date(2024, 6, 15), None))
    document = reading.document
    verdicts = []
    for claim in (completed(one, document) for one in reading.claims):
        said = claim.quote
        records = (
            Record("act", said, said, said, said, "B", 1),
            Record("act", said, said, said, address, "C", -1),
        )
        numbers = (Number(said, 1.0, 0.0, 2.0, said),)
        finding = Finding(0.5, said, numbers=numbers, records=records, missing=(said,), would_change=(said,))
        verdicts.append(judged(claim, understood(claim), finding))
    return Checked(
        tuple(verdicts),
        reading,
        document.title,
        address or document.address,
        document.published,
        document.sha256,
        document.notes,
        {"today": "2026-01-01", "store": document.title},
    )


def style_of(page: str) -> str:
    """The style sheet of a page."""
    return page.partition("<style>")[2].partition("</style>")[0]


def harmless_page() -> str:
    """The page of an article that attacks nobody."""
    return claims_page.render(checked_of(b"Kazakhstan and China signed an agreement.", "text/plain"))
