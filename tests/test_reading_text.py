"""Documents from text, HTML, PDF, Markdown and standard input; what is hostile or broken gets one clear error."""

import io
import sys
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from equidistance.errors import BadFile, EquidistanceError, InvalidRequest
from equidistance.reading import actors
from equidistance.reading import text as text_module
from equidistance.reading.actors import find_actors
from equidistance.reading.read import read_document
from equidistance.reading.sentences import LONGEST_SENTENCE, split
from equidistance.reading.text import _document, open_document

PAGE = """<!doctype html><html><head><title>Baku and Ankara</title>
<meta property="article:published_time" content="2024-02-03T10:00:00Z">
<script>document.write('Moscow attacked Baku')</script>
</head><body><nav><a href="/">Home</a><a href="/news">News</a></nav><article><h1>Baku and Ankara</h1>
<p>Turkey and Azerbaijan signed a gas agreement in Baku. The ministers said that supplies will begin in the spring.</p>
<p>Georgia welcomed the agreement, which its government had sought for many years, and promised to open its ports.</p>
<p>Observers expect that the new line will carry ten billion cubic metres of gas in a year when it is finished.</p>
</article><footer>All rights reserved. Armenia attacked nobody here.</footer></body></html>"""


def pdf_with_text(lines: list[str]) -> bytes:
    """A small PDF with one page of text, written by hand."""
    content = "BT /F1 12 Tf 50 750 Td " + " ".join(f"({line}) Tj 0 -20 Td" for line in lines) + " ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        "<< /CreationDate (D:20240315120000Z) /Title (On transit) >>",
    ]
    out, offsets = "%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n" + "".join(
        f"{o:010} 00000 n \n" for o in offsets
    )
    out += f"trailer << /Size {len(objects) + 1} /Root 1 0 R /Info 6 0 R >>\nstartxref\n{start}\n%%EOF"
    return out.encode("latin-1")


def write(tmp_path: Path, name: str, content: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def test_plain_text_keeps_its_offsets_and_finds_its_date(tmp_path: Path) -> None:
    body = "Published 24 November 2022\n\nGeorgia thanked Japan. It was late.\n"
    document = open_document(write(tmp_path, "a.txt", body.encode()))
    assert document.text == body
    assert document.published == date(2022, 11, 24)
    assert document.language == "en"
    for one in document.sentences:
        assert document.text[one.start : one.end] == one.text
    assert [one.text for one in document.sentences][1:] == ["Georgia thanked Japan.", "It was late."]


def test_html_gives_main_text_title_and_date_and_no_script(tmp_path: Path) -> None:
    document = open_document(write(tmp_path, "a.html", PAGE.encode()))
    assert "signed a gas agreement" in document.text
    assert "Moscow attacked" not in document.text
    assert "document.write" not in document.text
    assert document.published == date(2024, 2, 3)
    assert document.title == "Baku and Ankara"
    assert any("main text" in note for note in document.notes)


def test_pdf_with_text_is_read_and_a_scan_is_called_one(tmp_path: Path) -> None:
    pdf = pdf_with_text(["Iran opened a consulate in Armenia.", "Kazakhstan and China signed a treaty."])
    document = open_document(write(tmp_path, "a.pdf", pdf))
    assert "Kazakhstan and China signed a treaty." in document.text
    assert document.published == date(2024, 3, 15)
    from pypdf import PdfWriter

    writer = PdfWriter()
    for _ in range(3):
        writer.add_blank_page(200, 200)
    out = io.BytesIO()
    writer.write(out)
    with pytest.raises(BadFile, match="scans"):
        open_document(write(tmp_path, "scan.pdf", out.getvalue()))
    writer.encrypt("secret")
    out = io.BytesIO()
    writer.write(out)
    with pytest.raises(BadFile, match="encrypted"):
        open_document(write(tmp_path, "locked.pdf", out.getvalue()))
    with pytest.raises(BadFile, match="no PDF that can be read"):
        open_document(write(tmp_path, "broken.pdf", b"%PDF-1.7\nnothing"))


def test_markdown_loses_its_marks_and_keeps_its_words(tmp_path: Path) -> None:
    body = "# Talks\n\n**Georgia** and [Armenia](https://example.org/x) met.\n\n```\ncode\n```\n- Iran <b>agreed</b>\n"
    document = open_document(write(tmp_path, "a.md", body.encode()))
    assert "Georgia and Armenia met." in document.text
    assert "https://" not in document.text
    assert "code" not in document.text
    assert "Iran agreed" in document.text


def test_standard_input_and_a_text_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    class Input:
        buffer = io.BytesIO("Казахстан и Китай подписали договор.".encode())

    monkeypatch.setattr(sys, "stdin", Input())
    assert open_document("-").language == "ru"
    assert open_document("Georgia left.\nArmenia came.").address == "text"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251", "koi8-r"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    words = "Президент Казахстана прибыл с визитом в Пекин. Стороны подписали соглашение о торговле."
    document = open_document(write(tmp_path, "a.txt", words.encode(encoding)))
    assert document.text == words
    assert document.language == "ru"
    assert any("encoding" in note for note in document.notes) == (encoding in ("cp1251", "koi8-r"))


def test_invisible_and_direction_characters_leave_the_text(tmp_path: Path) -> None:
    hidden = "Geor\u200bgia \u202ethanked\u202c Ja\u00adpan.\ufeff"
    document = open_document(write(tmp_path, "a.txt", hidden.encode()), published="2024-01-01")
    assert document.text == "Georgia thanked Japan."
    assert any("invisible" in note for note in document.notes)
    acts = read_document(document).acts
    assert [(act.actor, act.partner, act.type) for act in acts] == [("GEO", "JPN", "SUPPORT")]


def test_dates_unknown_and_in_the_future_are_noted(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", b"Georgia left last summer.")
    assert any("no date of publication" in note for note in open_document(path).notes)
    line = f"Published: {date.today().year + 2}-02-03\nGeorgia left last summer.\n"
    told = write(tmp_path, "b.txt", line.encode())
    assert any("future" in note for note in open_document(told).notes)
    with pytest.raises(InvalidRequest, match="has not come"):
        open_document(path, published="2999-01-01")
    assert open_document(path, published="2024-03").published == date(2024, 3, 1)
    with pytest.raises(InvalidRequest, match="not a date"):
        open_document(path, published="yesterday")
    with pytest.raises(InvalidRequest, match="'de'"):
        open_document(path, language="de")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b" \n\t ", "empty"),
        (b"\x7fELF\x02\x01\x01\x00\x00\x00", "binary"),
        (b"...!?\n--", "no text"),
    ],
)
def test_what_holds_no_text_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(BadFile, match=message):
        open_document(write(tmp_path, "a.txt", content))


def test_missing_files_and_directories_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="is a directory"):
        open_document(tmp_path)
    with pytest.raises(BadFile, match="cannot be read"):
        open_document(tmp_path / "absent.txt")
    with pytest.raises(BadFile, match="cannot be read"):
        open_document("no\0name")


def test_fifty_megabytes_are_refused_before_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(text_module.MOST_BYTES + 1)
    with pytest.raises(BadFile, match="larger than 50 MB"):
        open_document(path)


def test_one_sentence_of_a_megabyte_is_cut_and_read(tmp_path: Path) -> None:
    body = "Georgia thanked Japan and " * 40_000
    document = open_document(write(tmp_path, "a.txt", body.encode()), published="2024-01-01")
    assert max(len(one.text) for one in document.sentences) <= LONGEST_SENTENCE
    assert any("cut" in note for note in document.notes)
    whole = "".join(document.text[one.start : one.end] for one in document.sentences)
    assert len(whole) > 0.99 * len(body.strip())


def test_sentences_end_where_they_should() -> None:
    text = 'Mr. Smith met U.S. officials. "We agreed. We signed," he said. On 3 Jan. 2024 it ended! Why? Then "No."'
    assert [one.text for one in split(text)] == [
        "Mr. Smith met U.S. officials.",
        '"We agreed. We signed," he said.',
        "On 3 Jan. 2024 it ended!",
        "Why?",
        'Then "No."',
    ]
    assert [one.text for one in split("В 2023 г. товарооборот вырос до 5 млрд. долл. США. Это рекорд.")][
        -1
    ] == "Это рекорд."
    wrapped = "Georgia and\narmenia met in\nthe evening and\nparted late. It\nrained."
    assert len(split(wrapped)) == 2


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(
        st.binary(max_size=400),
        st.text(max_size=400).map(lambda text: text.encode("utf-8", "replace")),
        st.lists(
            st.sampled_from(
                ["Russia", "«", "»", '"', "“", "said", "Kazakhstan", " banned ", ", ", ". ", "<p>", "<script>", "$",
                 "last summer", "не", "Китай", "подписал", "and", "of", "\n\n", "\u202e", "after", "threats", "'s", "(",
                 "5 billion"]
            ),
            max_size=60,
        ).map(lambda words: " ".join(words).encode()),
    ),
    st.sampled_from(["", "text/html", "application/pdf", "text/markdown"]),
)  # fmt: skip
def test_whatever_arrives_is_read_or_refused_and_offsets_hold(body: bytes, media: str) -> None:
    document = None
    with suppress(EquidistanceError):
        document = _document(body, media, "fuzz", date(2024, 6, 15), None)
    if document is None:
        return
    reading = read_document(document)
    for sentence in document.sentences:
        assert document.text[sentence.start : sentence.end] == sentence.text
    for record in (*reading.acts, *reading.claims, *reading.loaded):
        assert record.start is not None
        assert record.end is not None
        assert document.text[record.start : record.end] == record.quote
        assert record.quote


def test_mentions_of_a_span_are_those_wholly_in_it() -> None:
    document = open_document("The United States met Serbia.\nThe country and Hungary left. They met Serbia.\n")
    cast = find_actors(document)
    for start in range(0, len(document.text), 3):
        for end in range(start, len(document.text), 7):
            slow = [one for one in cast.mentions if start <= one.start and one.end <= end]
            assert cast.within(start, end) == slow


def test_one_text_introduces_a_bounded_number_of_persons(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "Serbian President Abc Xyzab, Serbian President Abc Xyzcd and Serbian President Abc Xyzef met.\n"
    monkeypatch.setattr(actors, "MOST_INTRODUCED", 2)
    people = {one.person for one in find_actors(open_document(text)).mentions if one.person}
    assert people == {"Xyzab", "Xyzcd"}
