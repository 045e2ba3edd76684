"""The check command, the public function and the page: real runs, bad input, hostile text."""

import json
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import equidistance as eq
from claims_bench import act, reading
from command import run
from equidistance.claims.check import Checked, check
from equidistance.claims.files import load
from equidistance.claims.verdicts import Number, Record, Verdict
from equidistance.errors import EquidistanceError, StoreError
from equidistance.reading.records import Claim, LoadedWording, Reading
from equidistance.report import claims_page

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)> \u202eevil\x1b[31m"


@pytest.fixture(scope="module")
def claim_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("claims") / "claims.yaml"
    claims = [
        {
            "form": "event",
            "quote": "Putin came to Astana.",
            "subject": "RUS",
            "powers": ["KAZ"],
            "type": "CONSULT",
        }
        | {"mode": "visit", "when": "2024-11"},
        {"form": "opinion", "quote": "=1+1 pompous"},
        {"form": "trend", "quote": "It drifts.", "subject": "KAZ", "powers": ["RUS"], "direction": "away"},
        {"form": "trend", "quote": "Nauru drifts.", "subject": "NRU", "powers": ["UZB"], "direction": "away"},
    ]
    path.write_text(yaml.safe_dump({"format": 1, "published": "2025-02-04", "claims": claims}))
    return path


def text_claim(text: str, quote: str, form: str = "opinion") -> Claim:
    start = text.index(quote)
    return Claim(form, quote, start=start, end=start + len(quote), subject="KAZ", rule="made up")  # type: ignore[arg-type]


def article(text: str) -> Reading:
    loaded = LoadedWording(0, 4, text[:4], "emotive")
    made = reading(act(text[:3], start=0, end=3), text=text, claims=(text_claim(text, text[:5]),))
    return replace(made, loaded=(loaded,))


# The function


def test_check_is_public_and_takes_a_file(claim_file: Path) -> None:
    checked = eq.check(claim_file, store=False)
    assert [verdict.word for verdict in checked.verdicts][:2] == ["supported", "not testable"]
    assert checked.published == date(2025, 2, 4)
    assert checked.headline.startswith("4 claims: 1 supported")
    assert sum(checked.counts.values()) == 4
    assert not checked.failed
    assert "UZB" in checked.verdicts[3].missing[0] or "Uzbekistan" in checked.verdicts[3].missing[0]
    assert "<table>" in checked._repr_html_()
    assert checked.table.to_csv().count("\n") == 5


def test_the_same_check_gives_the_same_result(claim_file: Path) -> None:
    assert check(claim_file, store=False).to_json() == check(claim_file, store=False).to_json()


def test_a_reading_is_checked_and_its_claims_written(tmp_path: Path) -> None:
    text = "Pompous words were said. Kazakhstan drifts away."
    drift = replace(text_claim(text, "drifts away", "trend"), powers=("RUS",), direction=-1)
    incomplete = text_claim(text, "Kazakhstan", "trend")
    made = reading(text=text, claims=(text_claim(text, "Pompous"), drift, incomplete))
    checked = check(made, store=False, draws=200)
    assert [verdict.word for verdict in checked.verdicts][::2] == ["not testable", "not enough evidence"]
    assert "needs powers" in checked.verdicts[2].missing[0]
    again = load(checked.write(tmp_path / "claims.yaml"))
    assert again.claims == checked.claims[:2]
    assert (again.sha256, again.published, again.title) == ("a" * 64, date(2022, 11, 24), "A title")
    rerun = check(tmp_path / "claims.yaml", store=False, draws=200)
    assert rerun.verdicts == checked.verdicts[:2]


def test_claims_of_a_reading_take_what_their_sentence_says() -> None:
    text = "A treaty on water was signed. In reality there is only one vector. The policy is multi-vector. "
    text += "It is hard to stay multi-vector."
    spans = [
        ("event", "was signed"),
        ("balance", "only one"),
        ("balance", "policy is"),
        ("balance", "It is hard"),
    ]
    claims = tuple(text_claim(text, quote, form) for form, quote in spans)
    event, one, many, hard = check(reading(text=text, claims=claims), store=False, draws=200).claims
    assert event.quantity == "A treaty on water was signed."
    assert (one.leader, one.negated) == ("equal", True)
    assert (many.leader, many.negated) == ("equal", False)
    assert hard.leader is None


def test_a_claim_that_cannot_be_run_is_told_apart_from_one_without_evidence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from equidistance.claims import check as module

    def broken(claim: Claim, bench: object) -> None:
        raise EquidistanceError("The machine is on fire.")

    monkeypatch.setitem(module.TESTS, "opinion", broken)  # type: ignore[arg-type]
    checked = check([Claim("opinion", "a"), Claim("cause", "b")], store=False)
    assert [verdict.error for verdict in checked.verdicts] == ["The machine is on fire.", None]
    assert len(checked.failed) == 1


def test_a_store_that_is_not_there_is_an_error_for_all(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="There is no store"):
        check(
            [Claim("event", "a", subject="KAZ", type="AGREE", since=date(2020, 1, 1))],
            store=tmp_path / "none.duckdb",
        )


# The command


def test_the_command_prints_writes_and_exits_0_whatever_the_verdicts(
    claim_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outs = [tmp_path / name for name in ("r.html", "r.json", "r.csv")]
    status, out, err = run(
        monkeypatch,
        capsys,
        "check",
        claim_file,
        "--shipped-only",
        "--out",
        outs[0],
        "--write",
        tmp_path / "w.yaml",
    )
    assert status == 0
    assert "not testable" in out
    assert err.count("Written") == 2
    assert load(tmp_path / "w.yaml").claims == load(claim_file).claims
    status, out, _ = run(
        monkeypatch, capsys, "check", claim_file, "--shipped-only", "--format", "json", "--out", outs[1]
    )
    content = json.loads(out)
    assert json.loads(outs[1].read_text()) == content
    assert content["thresholds"] == {"supported": 0.95, "leans supported": 0.8}
    first = content["verdicts"][0]
    assert first["verdict"] == "supported"
    assert {record["says"] for record in first["records"]} == {1}
    assert set(first) == {
        "claim", "verdict", "probability", "understood", "because", "numbers", "records", "missing", "would_change",
        "due", "error",
    }  # fmt: skip
    status, out, _ = run(
        monkeypatch, capsys, "check", claim_file, "--shipped-only", "--format", "csv", "--out", outs[2]
    )
    assert outs[2].read_text() == out
    assert "'=1+1 pompous" in out  # no spreadsheet runs it
    status, out, _ = run(monkeypatch, capsys, "check", claim_file, "--shipped-only", "--details")
    assert status == 0
    for word in ("Because:", "Number:", "Missing:", "Would change it:", "grade B"):
        assert word in out


def test_a_claim_that_could_not_be_run_gives_another_exit_status(
    claim_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from equidistance.claims import check as module

    def broken(claim: Claim, bench: object) -> None:
        raise EquidistanceError("The machine is on fire.")

    monkeypatch.setitem(module.TESTS, "opinion", broken)  # type: ignore[arg-type]
    status, _, err = run(monkeypatch, capsys, "check", claim_file, "--shipped-only")
    assert status == 1
    assert "The machine is on fire." in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("check", "nowhere.yaml"), "Cannot read"),
        (("check", "EMPTY"), "is empty"),
        (("check", "FILE", "--out", "r.docx"), "ending"),
        (("check", "FILE", "--write", "w.txt"), "ending"),
        (("check", "FILE", "--write", "FILE"), "would overwrite"),
        (("check", "FILE", "--published", "2090-01-01"), "has not come"),
        (("check", "FILE", "--published", "soon"), "not a date"),
        (("check", "FILE", "--store", "x", "--shipped-only"), "Give one"),
        (("claims", "lint", "EMPTY"), "is empty"),
        (("claims", "new", "--form", "rumour"), "There is no form"),
        (("claims", "new", "--out", "FILE"), "is there already"),
    ],
)
def test_bad_requests_get_one_message(
    words: tuple[str, ...], message: str, claim_file: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    empty = tmp_path / "empty.yaml"
    empty.touch()
    stands = {"FILE": str(claim_file), "EMPTY": str(empty)}
    status, out, err = run(monkeypatch, capsys, *(stands.get(word, word) for word in words))
    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_new_lint_and_schema(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "new.yaml"
    assert run(monkeypatch, capsys, "claims", "new", "--out", path)[0] == 0
    status, out, _ = run(monkeypatch, capsys, "claims", "lint", path)
    assert status == 0
    assert out.endswith("15 claims, all complete.\n")
    assert (
        len(
            json.loads(run(monkeypatch, capsys, "claims", "schema")[1])["properties"]["claims"]["items"][
                "oneOf"
            ]
        )
        == 15
    )
    assert run(monkeypatch, capsys, "claims", "new", "--form", "gap")[1].count("- form:") == 1


# The page


class Tags(HTMLParser):
    """Elements with their attributes, and the visible text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._hidden = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._hidden += tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag == "style"

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text += data


def page_of(checked: Checked) -> Tags:
    return Tags(claims_page.render(checked))


def harmless(page: Tags) -> None:
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "img", "iframe", "object", "form", "base", "svg"}
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        link = attributes.get("href") or ""
        assert re.match(r"(#|https?://|data:,|data:text/csv|$)", link), (tag, link)
    policy = next(a["content"] for _, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "\u202e" not in page.text
    assert "\x1b" not in page.text


@pytest.fixture(scope="module")
def opinion_check() -> Checked:
    return check(article("Pompous words were said. Nothing came of it."), store=False, today=date(2026, 1, 1))


def test_the_page_marks_the_text_and_tells_every_claim(opinion_check: Checked, tmp_path: Path) -> None:
    page = page_of(opinion_check)
    harmless(page)
    marks = [attributes["class"] for tag, attributes in page.tags if tag == "mark"]
    assert "loaded not-testable claim" in marks
    shown = " ".join(page.text.split())
    assert "Pompous words were said." in shown
    assert "Nothing came of it." in shown
    assert "1 act" in shown
    assert {"claim-1", "claims", "text", "each", "how"} <= {a.get("id") for _, a in page.tags}
    target = opinion_check.report(tmp_path / "r.html")
    assert target.read_text() == claims_page.render(opinion_check)  # the same check, the same page


def test_everything_hostile_is_shown_and_nothing_runs(opinion_check: Checked) -> None:
    text = f"{HOSTILE} was said. {HOSTILE} again."
    claim = replace(text_claim(text, HOSTILE), speaker=HOSTILE, attribution=(HOSTILE,), rule=HOSTILE)
    verdict = Verdict(
        claim, "mixed", None, HOSTILE, HOSTILE, (Number(HOSTILE, 1.0, 0.0, 2.0, HOSTILE),),
        (
            Record("act", HOSTILE, HOSTILE, HOSTILE, "javascript:alert(1)", "B", 1),
            Record("act", "2022", "t", "s", "https://a.example/\"><script>alert(1)</script>", "B", -1),
            Record("act", "2022", "t", "s", "https://a.example/x", "B", -1),
        ),
        (HOSTILE,), (HOSTILE,), error=HOSTILE,
    )  # fmt: skip
    made = reading(act(HOSTILE, actor_text=HOSTILE, partner_text=HOSTILE, rule=HOSTILE), text=text)
    hostile = replace(
        opinion_check,
        verdicts=(verdict,),
        reading=replace(made, loaded=(LoadedWording(3, 9, text[3:9], HOSTILE),)),
        title=HOSTILE,
        source=HOSTILE,
        notes=(HOSTILE,),
        settings={"today": HOSTILE},
    )
    page = page_of(hostile)
    harmless(page)
    assert "<script>alert(1)</script>" in page.text
    links = [a["href"] for tag, a in page.tags if tag == "a" and (a.get("href") or "").startswith("http")]
    assert links[-1] == "https://a.example/x"


@settings(max_examples=40, deadline=None)
@given(
    st.text(min_size=6, max_size=120),
    st.lists(st.tuples(st.integers(0, 120), st.integers(0, 120)), max_size=6),
)
def test_any_text_and_any_spans_make_a_harmless_page(text: str, spans: list[tuple[int, int]]) -> None:
    claims = tuple(
        Claim("opinion", text[min(a, b) : max(a, b)], min(a, b), max(a, b)) for a, b in spans if a != b
    )
    made = reading(text=text, claims=claims)
    words = tuple(Verdict(one, "not testable", None, "u", "b") for one in claims)
    checked = Checked(words, made, None, None, None, None, (), {"today": "2026-01-01"})
    page = page_of(checked)
    harmless(page)
    pieces = "".join(piece.text for marked in claims_page.annotated(checked)[0] for piece in marked.pieces)
    kept = "".join(claims_page.visible(text[s.start : s.end]) for s in made.document.sentences)
    assert pieces == kept  # every character of every sentence is shown once


def test_a_long_text_is_cut_and_said_so(opinion_check: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims_page, "MOST_TEXT", 20)
    page = page_of(opinion_check)
    assert "longer than this page shows" in page.text
    assert "Nothing came" not in page.text


def test_a_claim_file_has_a_page_without_text(claim_file: Path) -> None:
    page = page_of(check(claim_file, store=False, draws=200))
    harmless(page)
    assert "text" not in {a.get("id") for _, a in page.tags}
    assert "Vladimir" not in page.text
    assert "News.az" in page.text


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://a.example/x?y=1", True),
        ("http://a.example", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("https://", False),
        ("https://a b", False),
        ("//a.example", False),
        ("http://[", False),
        ("https://a.example/\u202e", False),
    ],
)
def test_only_web_addresses_become_links(address: str, kept: bool) -> None:
    assert bool(claims_page.web_address(address)) is kept
