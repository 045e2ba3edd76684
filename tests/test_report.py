"""The report: complete, the same twice, deaf to hostile text, silent on the network, fit for all."""

import base64
import csv
import dataclasses
import gzip
import hashlib
import io
import json
import os
import re
import shutil
from collections.abc import Iterator
from datetime import date
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import vl_convert

from equidistance.report import cite, html, twins, vega
from synthetic_assessment import Named, SyntheticAssessment, synthetic

SECTIONS = (
    "alignment",
    "orientation",
    "equidistance",
    "gap",
    "breaks",
    "drift",
    "exposure",
    "evidence",
    "sources",
    "cite",
    "method",
)
FIGURES = ("alignment", "orientation", "leads", "equidistance", "gap", "breaks", "drift", "exposure", "evidence")
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
MOST_BYTES = 3_500_000


class Page(HTMLParser):
    """Elements of a page: tags with attributes, and the raw text of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self._script: dict[str, str | None] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self._script = dict(attrs)
            self.scripts.append((dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._script = None

    def handle_data(self, data: str) -> None:
        if self._script is not None:
            attrs, text = self.scripts[-1]
            self.scripts[-1] = (attrs, text + data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture(scope="session")
def vega_bundle() -> str:
    """The real bundle, put together once for all tests."""
    return vega.inside_script(vl_convert.javascript_bundle())


@pytest.fixture
def _bundle(monkeypatch: pytest.MonkeyPatch, vega_bundle: str) -> None:
    monkeypatch.setattr(vega, "bundle", lambda: vega_bundle)


@pytest.fixture(scope="module")
def kazakhstan() -> SyntheticAssessment:
    return synthetic()


@pytest.fixture(scope="module")
def report(kazakhstan: SyntheticAssessment, vega_bundle: str) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vega, "bundle", lambda: vega_bundle)
        return html.render(kazakhstan)


@pytest.fixture(scope="module")
def page(report: str) -> Page:
    return Page(report)


def test_the_page_says_everything_in_order(report: str, page: Page, kazakhstan: SyntheticAssessment) -> None:
    sections = [attrs["id"] for attrs in page.of("section") if attrs.get("id")]
    assert tuple(sections) == SECTIONS
    assert tuple(attrs["data-figure"] for attrs in page.of("figure")) == FIGURES
    assert (
        report.index(kazakhstan.headline) < report.index(kazakhstan.summary) < report.index('id="alignment"')
    )
    assert page.of("html")[0]["lang"] == "en"
    assert escape(kazakhstan.notes[0], quote=True).replace("&#x27;", "&#39;") in report
    for sentence in (*cite.METHOD, *cite.LIMITS):
        assert sentence.replace("'", "&#39;") in report
    assert len(cite.METHOD) == 6


def test_every_chart_has_words_a_picture_and_a_table(report: str, page: Page) -> None:
    labels = [attrs["aria-label"] for attrs in page.of("div") if attrs.get("role") == "img"]
    assert len(labels) == len(FIGURES)
    assert all(label and len(label) > 60 for label in labels)
    assert len(page.of("svg")) == len(FIGURES)
    for body in re.findall(r"<figure.*?</figure>", report, flags=re.DOTALL):
        assert "<table>" in body
        assert '<th scope="row">' in body


def test_specifications_come_back_from_the_page(page: Page) -> None:
    specs = [json.loads(text) for attrs, text in page.scripts if attrs.get("class") == "spec"]
    assert len(specs) == len(FIGURES)
    assert all(spec["$schema"].startswith("https://vega.github.io/schema/vega-lite/v6") for spec in specs)


def test_downloads_hold_every_month(page: Page, kazakhstan: SyntheticAssessment) -> None:
    packed = {attrs["id"]: text for attrs, text in page.scripts if attrs.get("type") == "application/gzip"}
    wanted = {f"csv-{attrs['data-download']}" for attrs in page.of("button")}
    assert wanted == set(packed)
    text = gzip.decompress(base64.b64decode(packed["csv-alignment"])).decode("utf-8")
    found = list(csv.DictReader(io.StringIO(text)))
    table = kazakhstan.alignment.to_pylist()
    assert len(found) == len(table) == 6 * 3 * 408
    assert found[0].keys() == table[0].keys()
    assert max(abs(float(a["q95"]) - b["q95"]) for a, b in zip(found, table, strict=True)) < 1e-5


def test_the_page_asks_no_network(report: str, page: Page) -> None:
    (policy,) = [attrs["content"] for attrs in page.of("meta") if attrs.get("http-equiv")]
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    assert "unsafe-eval" not in policy
    assert "unsafe-inline" not in policy.partition("style-src")[0]
    for tag, attrs in page.tags:
        assert "src" not in attrs, tag
        assert not [name for name in attrs if name.startswith("on")], tag
        if tag in ("link", "use", "image"):
            assert not (attrs.get("href") or "").startswith(("http", "//")), tag
    style = re.search(r"<style>(.*?)</style>", report, flags=re.DOTALL)
    assert style is not None
    assert "@import" not in style.group(1)
    assert "url(" not in style.group(1)


def test_only_the_scripts_of_the_page_may_run(page: Page) -> None:
    (policy,) = [attrs["content"] for attrs in page.of("meta") if attrs.get("http-equiv")]
    running = [text for attrs, text in page.scripts if "type" not in attrs]
    assert len(running) == 2
    for text in running:
        digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
        assert f"'sha256-{digest}'" in (policy or "")


@pytest.mark.usefixtures("_bundle")
def test_hostile_text_stays_text(page: Page) -> None:
    state = Named("KAZ", HOSTILE)
    powers = (("RUS", HOSTILE), ("CHN", "China"))
    hostile = dataclasses.replace(
        synthetic(state=state, powers=powers, source_title=HOSTILE),
        notes=(HOSTILE,),
        settings={HOSTILE: HOSTILE},
        version=HOSTILE,
    )
    attacked = Page(html.render(hostile))
    assert [attrs for attrs, _ in attacked.scripts] == [attrs for attrs, _ in page.scripts]
    assert attacked.of("img") == []
    assert not [attrs for _, attrs in attacked.tags if "onerror" in attrs]
    assert HOSTILE in next(text for attrs, text in attacked.scripts if attrs.get("class") == "spec").replace(
        "\\u003c", "<"
    )


@pytest.mark.usefixtures("_bundle")
def test_only_web_addresses_become_links(kazakhstan: SyntheticAssessment) -> None:
    table = kazakhstan.sources.arrow
    place = table.column_names.index("address")
    address = ["javascript:alert(1)"] + ["https://example.org/a?b=1&c"] * (len(kazakhstan.sources) - 1)
    sources = dataclasses.replace(kazakhstan.sources, arrow=table.set_column(place, "address", [address]))
    links = {
        attrs["href"] for attrs in Page(html.render(dataclasses.replace(kazakhstan, sources=sources))).of("a")
    }
    assert not [link for link in links if link and link.startswith("javascript")]
    assert "https://example.org/a?b=1&c" in links


@pytest.mark.usefixtures("_bundle")
def test_the_same_assessment_gives_the_same_bytes(report: str) -> None:
    assert html.render(synthetic()) == report
    assert len(report.encode("utf-8")) < MOST_BYTES


@pytest.mark.usefixtures("_bundle")
def test_empty_tables_leave_their_chart_out(kazakhstan: SyntheticAssessment) -> None:
    def empty(name: str) -> Any:
        table = getattr(kazakhstan, name)
        return dataclasses.replace(table, arrow=table.arrow.slice(0, 0))

    bare = dataclasses.replace(
        kazakhstan, **{name: empty(name) for name in ("equidistance", "breaks", "drift", "exposure")}
    )
    figures = [attrs["data-figure"] for attrs in Page(html.render(bare)).of("figure")]
    assert figures == ["alignment", "orientation", "leads", "gap", "evidence"]


@pytest.mark.usefixtures("_bundle")
def test_one_power_and_one_month_can_be_reported() -> None:
    small = synthetic(powers=(("RUS", "Russia"),), start=date(2020, 5, 1), end=date(2020, 5, 1))
    assert "May 2020" in html.render(small)


def test_twins_hold_the_last_month_of_each_year(kazakhstan: SyntheticAssessment) -> None:
    deeds, said, overall = twins.alignment(kazakhstan.alignment)
    assert [len(table.rows) for table in (deeds, said, overall)] == [34] * 3
    assert deeds.header == ("year", *(power.name for power in kazakhstan.powers))
    december = next(
        row
        for row in kazakhstan.alignment
        if (row["power"], row["channel"], row["period"]) == ("CHN", "word", date(2001, 12, 1))
    )
    cell = next(row for row in said.rows if row[0] == "2001")[2]
    assert cell.startswith(f"{december['mean']:+.2f} (".replace("-", "−"))
    (counts,) = twins.evidence(kazakhstan.evidence)
    verbal = next(row for row in counts.rows if row[0].startswith("Verbal"))
    shown = dict(zip(counts.header, verbal, strict=True))
    assert (shown["2018"], shown["2019"], shown["2021"]) == ("72", twins.NONE, "72")


def test_citation_is_whole_and_escaped() -> None:
    odd = synthetic(state=Named("BIH", "Bosnia & Herzegovina"))
    entry = cite.bibtex(odd)
    assert "Bosnia \\& Herzegovina" in entry
    assert entry.count("{") == entry.count("}")
    readme = cite.readme(odd)
    assert "Licence: none stated" in readme
    assert "BIH-alignment.csv" in readme


def test_a_failed_write_leaves_the_old_report(
    tmp_path: Path, kazakhstan: SyntheticAssessment, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    path.write_text("old", encoding="utf-8")

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(html, "render", lambda assessment: "<!doctype html>\n")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(OSError, match="No space"):
            html.write(kazakhstan, path)
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]
    assert html.write(kazakhstan, path) == path
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_bundle_is_kept_and_made_anew_when_damaged(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("EQUIDISTANCE_CACHE", str(tmp_path / "cache"))
    made: list[str] = []

    def bundle(snippet: str) -> str:
        made.append(snippet)
        return "const text = '</script><!-- ';" + snippet

    monkeypatch.setattr(vl_convert, "javascript_bundle", bundle)
    first = vega.bundle()
    assert "</script" not in first
    assert "<!--" not in first
    assert vega.bundle() == first
    assert len(made) == 1
    (kept,) = (tmp_path / "cache").iterdir()
    for damage in (first[:20].encode(), b"\xff\xfe", (first.replace("\\x3c", "<")).encode()):
        kept.write_bytes(damage)
        assert vega.bundle() == first
    assert len(made) == 4


def test_a_cache_that_cannot_be_written_is_no_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("EQUIDISTANCE_CACHE", str(tmp_path / "file"))
    monkeypatch.setattr(vl_convert, "javascript_bundle", lambda snippet: snippet)
    assert "vegaEmbed" in vega.bundle()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A Chromium; its absence skips a test locally and fails it in CI."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        message = "needs a Chromium browser, and none is on the path"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def address(report: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(report, encoding="utf-8")
    return path.as_uri()


def _draw_all(page: Any) -> None:
    """Scroll to each chart and wait until it is interactive."""
    for key in FIGURES:
        page.locator(f"#figure-{key}").scroll_into_view_if_needed()
        page.wait_for_selector(f"#figure-{key}[data-drawn] .vega-embed svg")


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (1200, "dark"), (360, "light")])
def test_the_page_works_offline_at_every_width(browser: Any, address: str, width: int, scheme: str) -> None:
    page = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
    ).new_page()
    requests: list[str] = []
    faults: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.goto(address)
    _draw_all(page)
    assert requests == [address]
    assert faults == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = page.evaluate(
        "[...document.querySelectorAll('.stage')].filter(stage => "
        "stage.querySelector('svg').getBoundingClientRect().width > stage.clientWidth + 1).length"
    )
    assert wide == 0
    ink = page.evaluate(
        "getComputedStyle(document.querySelector('#figure-alignment .role-axis-label text')).fill"
    )
    assert ink == ("rgb(166, 175, 184)" if scheme == "dark" else "rgb(90, 98, 107)")


@pytest.mark.browser
def test_pointer_keyboard_and_download(browser: Any, address: str, kazakhstan: SyntheticAssessment) -> None:
    page = browser.new_page(viewport={"width": 1200, "height": 1000})
    page.goto(address)
    _draw_all(page)
    chart = page.locator("#figure-equidistance .stage")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 80)
    page.mouse.move(box["x"] + 301, box["y"] + 80)
    page.wait_for_selector("#vg-tooltip-element.visible")
    assert re.search(
        r"equidistance\s+0\.\d\d \(0\.\d\d to [01]\.\d\d\)", page.inner_text("#vg-tooltip-element")
    )
    with page.expect_download() as waiting:
        page.click("button[data-download=gap]")
    assert waiting.value.suggested_filename == "KAZ-gap.csv"
    text = Path(waiting.value.path()).read_text(encoding="utf-8")
    assert text.splitlines()[0] == ",".join(kazakhstan.gap.arrow.column_names)
    assert len(text.splitlines()) == len(kazakhstan.gap) + 1
    page.focus("#figure-drift summary")
    page.keyboard.press("Enter")
    assert page.locator("#figure-drift td").first.is_visible()


@pytest.mark.browser
def test_without_javascript_pictures_and_tables_remain(browser: Any, address: str) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(address)
    assert page.locator(".stage svg").count() == len(FIGURES)
    assert page.locator(".stage svg").first.is_visible()
    assert page.locator("button:visible").count() == 0
    assert page.locator("noscript p").is_visible()
    page.click("#figure-alignment summary")
    assert page.locator("#figure-alignment td").first.is_visible()
