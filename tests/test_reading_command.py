"""``equidistance read``: tables, JSON and CSV; a hostile text is harmless on the terminal and in a spreadsheet."""

import csv
import io
import json
from pathlib import Path

import pytest

import equidistance as eq
from command import run
from equidistance.reading.export import to_dict

ARTICLE = """Published 1 March 2024

Serbia accused Hungary of spying in January 2024. Hungary will join nothing, and its puppet regime must explain itself.
About 40 Serbian companies work in Hungary.
"""


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "article.txt"
    path.write_text(ARTICLE, encoding="utf-8")
    return path


def test_json_has_the_promised_keys(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], article: Path
) -> None:
    status, out, _ = run(monkeypatch, capsys, "read", article, "--format", "json")
    assert status == 0
    content = json.loads(out)
    keys = {
        "start",
        "end",
        "quote",
        "actor",
        "partner",
        "date",
        "type",
        "channel",
        "direction",
        "attribution",
        "confidence",
    }
    for act in content["acts"]:
        assert keys <= set(act)
        assert ARTICLE[act["start"] : act["end"]] == act["quote"]
        assert act["quote"] in act["sentence"]
    for claim in content["claims"]:
        assert keys | {"form"} <= set(claim)
    assert [(act["actor"], act["partner"], act["type"], act["date"]) for act in content["acts"]] == [
        ("SRB", "HUN", "ACCUSE", "2024-01-01")
    ]
    assert {claim["form"] for claim in content["claims"]} >= {"event", "forecast", "count", "opinion"}
    assert content["document"]["published"] == "2024-03-01"
    assert [one["quote"] for one in content["loaded"]] == ["puppet", "regime"]


def test_the_command_and_the_function_give_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], article: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.json"
    status, _, err = run(monkeypatch, capsys, "read", article, "--out", out)
    assert status == 0
    assert "Written" in err
    assert json.loads(out.read_text()) == json.loads(json.dumps(to_dict(eq.read(article))))


def test_table_shows_acts_claims_and_notes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], article: Path
) -> None:
    status, out, _ = run(monkeypatch, capsys, "read", article, "--published", "2024-01-01")
    assert status == 0
    for word in ("ACCUSE", "SRB", "forecast", "puppet (label)"):
        assert word in out
    status, out, _ = run(monkeypatch, capsys, "read", article, "--language", "ru")
    assert status == 0


def test_hostile_text_reaches_neither_terminal_nor_formula(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "a.txt"
    path.write_text(
        "\x1b[31m[bold]=HYPERLINK(1)[/bold] Serbia accused Hungary of \x1b]8;;http://x\x07spying.\n"
        "=1+1 Serbia thanked Hungary.\n"
    )
    for output in ("table", "csv", "json"):
        status, out, _ = run(monkeypatch, capsys, "read", path, "--format", output)
        assert status == 0
        assert "\x1b" not in out
        assert "\x07" not in out
    _, out, _ = run(monkeypatch, capsys, "read", path, "--format", "csv")
    table = list(csv.DictReader(io.StringIO(out)))
    assert {row["actor"] for row in table} == {"SRB"}
    assert not any(cell.startswith(("=", "@")) for row in table for cell in row.values())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["absent.txt"], "cannot be read"),
        (["http://127.0.0.1:9/a"], "no public address"),
        (["ftp://example.org/a"], "neither http nor https"),
        (["a.txt", "--reader", "llm"], "needs a model"),
        (["a.txt", "--published", "soon"], "not a date"),
        (["a.txt", "--published", "2090-01-01"], "has not come"),
        (["a.txt", "--out", "a.xyz"], "ending"),
    ],
)
def test_mistakes_get_one_message_and_status_2(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("Serbia left.")
    status, _, err = run(monkeypatch, capsys, "read", *arguments)
    assert status == 2
    assert err.startswith("Error: ")
    assert message in err
    assert err.count("\n") == 1


def test_numbers_agree_with_their_nouns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Serbia left.")
    assert "1 sentence: 0 acts, 0 claims, 0 loaded wordings" in run(monkeypatch, capsys, "read", path)[1]
