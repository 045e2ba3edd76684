"""Event coding: tokens, lexicon, rules, model, tables of sentences, the command; bad input and fuzzing."""

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import equidistance as eq
from command import run
from equidistance.errors import BadFile, InvalidRequest
from equidistance.reading import coder_train
from equidistance.reading.coder import CODE_COLUMNS, code, code_sentence
from equidistance.reading.coder_lexicon import DATA, TYPES, compositions, lexicon
from equidistance.reading.coder_model import (
    ORDER,
    Member,
    Model,
    decide,
    load,
    save,
    shipped_manifest,
    shipped_model,
    softmax,
)
from equidistance.reading.coder_rules import apply_rules
from equidistance.reading.coder_table import read_sentences
from equidistance.reading.coder_text import MAXIMUM_TOKENS, mark
from equidistance.reading.coder_words import plural, verb_forms
from equidistance.reading.records import Coding

MODALITIES = {"done", "announced", "planned", "denied", "threatened"}
MODES = {
    "CONSULT": {"visit", "third-party", "multilateral", "phone"},
    "YIELD": {"withdraw", "release", "disarm", "ceasefire", "access", "resign"},
    "REQUEST": {"assist", "change", "yield", "meet"},
    "REJECT": {"assist", "change", "yield", "meet"},
    "ACCUSE": {"disapprove", "investigate", "allege"},
    "THREATEN": {"restrict", "arrest", "relations", "expel", "territory", "violence"},
    "PROTEST": {"demo", "riot", "strike", "hunger", "boycott", "obstruct", "vandalize"},
    "SANCTION": {"convict", "expel", "withdraw", "discontinue"},
    "MOBILIZE": {"troops", "weapons", "police", "militia"},
    "COERCE": {
        "seize",
        "restrict",
        "censor",
        "curfew",
        "martial-law",
        "arrest",
        "deport",
        "withhold",
        "misinformation",
        "cyber",
    },
    "ASSAULT": {
        "abduct",
        "beat",
        "torture",
        "sexual",
        "targeted",
        "destroy",
        "primitive",
        "firearms",
        "explosives",
    }
    | {"suicide-attack", "aerial", "drone", "heavy-weapons", "crowd-control", "unconventional"},
}
"""PLOVER's modes, from its manual; the other types have none."""


def check(coding: Coding) -> None:
    """What holds of every coding, whatever went in."""
    assert coding.quad == TYPES[coding.type]
    assert coding.mode is None or coding.mode in MODES[coding.type]
    assert coding.modality in MODALITIES
    assert 0 < coding.confidence <= 1
    assert coding.rule


# Words and marks


def test_inflection_by_hand() -> None:
    assert verb_forms("condemn") == {"condemn": "b", "condemns": "s", "condemned": "dn", "condemning": "g"}
    assert verb_forms("expel")["expelled"] == "dn"
    assert verb_forms("deny")["denies"] == "s"
    assert verb_forms("seize")["seizing"] == "g"
    assert verb_forms("withdraw") == {
        "withdraw": "b",
        "withdraws": "s",
        "withdrew": "d",
        "withdrawing": "g",
        "withdrawn": "n",
    }
    assert verb_forms("retake")["retook"] == "d"
    assert [plural(word) for word in ("ally", "raid", "gunman", "breach")] == [
        "allies",
        "raids",
        "gunmen",
        "breaches",
    ]


def test_source_and_target_are_found_apart_and_whole() -> None:
    marked = mark("Mali and Somalia met Mali's envoy.", "Somalia", "Mali")
    assert marked.words[:4] == ["<t>", "and", "<s>", "met"]
    assert mark("The U.S. said it.", "u.s.", None).source == 1  # without regard to case
    overlapping = mark("Iran's Foreign Minister praised Iran.", "Iran's Foreign Minister", "Iran")
    assert (overlapping.source, overlapping.target) == (0, 2)
    assert mark("Nobody came.", "Chad", "Niger").source is None


def test_long_names_and_short_ones_leave_the_same_marks() -> None:
    long = mark("Bosnia and Herzegovina thanked the United Arab Emirates.", "Bosnia and Herzegovina", None)
    short = mark("Chad thanked Peru.", "Chad", None)
    assert [word for word in long.words if word != "the"] == short.words


# Lexicon


def test_every_row_of_the_lexicon_is_of_the_plover_manual() -> None:
    count = 0
    for name in ("acts.csv", "acts_ru.csv"):
        with (DATA / name).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                assert row["role"] in {"act", "govern"}, row
                assert row["kind"] in {"verb", "verb-last", "noun", "phrase", "stem"}, row
                assert all(row["words"].split("|")), row
                if row["role"] == "act":
                    assert row["type"] in TYPES, row
                    assert not row["mode"] or row["mode"] in MODES[row["type"]], row
                count += len(row["words"].split("|"))
    assert count > 4000
    governors = {
        pattern.type
        for russian in (False, True)
        for patterns in (*lexicon(russian).first.values(), *lexicon(russian).stems.values())
        for pattern in patterns
        if pattern.role == "govern"
    }
    composed = {governor for governor, _ in compositions()}
    assert governors - {"CONSULT"} <= composed
    assert {kind for _, kind in compositions()} <= set(TYPES)


@pytest.mark.parametrize(
    ("sentence", "kind", "rule"),
    [
        ("Kenya refused to send aid to Chad.", "REJECT", "refuse"),
        ("Kenya threatened to expel envoys of Chad.", "THREATEN", "threaten"),
        ("Kenya will shell Chad.", "THREATEN", "future"),
        ("Kenya stopped shelling Chad.", "YIELD", "stop"),
        ("Kenya did not aid Chad.", "REJECT", "not"),
        ("Kenya shot two guards from Chad dead.", "ASSAULT", "shoot"),
        ("Kenya released the prisoners from Chad.", "YIELD", "release"),
        ("Kenya released a song about Chad.", "YIELD", "release"),
        ("The visit of Chad was cut short by Kenya.", "CONSULT", "visit"),
    ],
)
def test_rules_say_which_words_decided(sentence: str, kind: str, rule: str) -> None:
    ruled = apply_rules(mark(sentence, "Kenya", "Chad"))
    assert rule in ruled.rule
    if "song" not in sentence:  # the weaker, unconditional entry: found, and rightly doubted
        assert ruled.type == kind


def test_conditions_of_the_lexicon_part_two_readings_of_a_verb() -> None:
    assert code_sentence("Kenya withdrew its troops from Chad.", "Kenya", "Chad").mode == "withdraw"
    assert code_sentence("Kenya withdrew its troops from Chad.", "Kenya", "Chad").type == "YIELD"
    assert code_sentence("Kenya withdrew its ambassador from Chad.", "Kenya", "Chad").type == "SANCTION"


@pytest.mark.parametrize(
    ("sentence", "source", "kind", "modality"),
    [
        ("Казахстан отказался признать независимость области", "Казахстан", "REJECT", "done"),
        ("Москва пригрозила перекрыть поставки нефти", "Москва", "THREATEN", "threatened"),
        ("Токаев встретился с Путиным в Сочи", "Токаев", "CONSULT", "done"),
        ("Китай предоставил Таджикистану грант в 50 млн долларов", "Китай", "AID", "done"),
        ("Грузия осудила обстрел посёлка", "Грузия", "ACCUSE", "done"),
        ("Грузия не осудила обстрел посёлка", "Грузия", "ACCUSE", "denied"),
        ("Польша выслала трёх российских дипломатов", "Польша", "SANCTION", "done"),
        ("Узбекистан и Турция провели совместные учения", "Узбекистан", "COOPERATE", "done"),
    ],
)
def test_russian_by_its_lexicon(sentence: str, source: str, kind: str, modality: str) -> None:
    coding = code_sentence(sentence, source)
    assert (coding.type, coding.modality) == (kind, modality)
    check(coding)


# Model


def test_the_type_belongs_to_the_quad() -> None:
    draw = np.random.default_rng(1)
    for row in softmax(draw.normal(size=(200, len(ORDER)))):
        column = decide(row)
        sums = {
            quad: sum(p for p, kind in zip(row, ORDER, strict=True) if TYPES[kind] == quad)
            for quad in (1, 2, 3, 4)
        }
        assert TYPES[ORDER[column]] == max(sums, key=lambda quad: sums[quad])


def test_saved_weights_come_back_and_damaged_ones_are_refused(tmp_path: Path) -> None:
    draw = np.random.default_rng(2)
    names = {f"w:слово{place}": place for place in range(40)} | {"bias": 40}
    members = {name: Member(names, draw.normal(size=(41, len(ORDER)))) for name in ("full", "bare")}
    model = Model(members, 0.7, 0.9, 1.1)
    path = tmp_path / "weights.npz"
    save(model, path)
    first = path.read_bytes()
    save(model, path)
    assert path.read_bytes() == first
    back = load(path)
    assert back.members["full"].rows == names
    np.testing.assert_allclose(
        back.members["full"].weights, members["full"].weights, atol=1 / 1000
    )  # half a step
    assert (back.share, back.temperature, back.bare_temperature) == (0.7, 0.9, 1.1)
    path.write_bytes(first[:200])
    with pytest.raises(BadFile, match="no weights"):
        load(path)
    with pytest.raises(BadFile, match="no weights"):
        load(tmp_path / "missing.npz")


def test_shipped_weights_are_the_manifests() -> None:
    import hashlib

    manifest = shipped_manifest()
    data = (DATA / "coder_weights.npz").read_bytes()
    assert hashlib.sha256(data).hexdigest() == manifest["weights_sha256"]
    assert len(data) < 1_000_000
    assert len(shipped_model().members["full"].rows) == manifest["features"]["full"]


def test_no_name_of_a_state_is_a_feature() -> None:
    """Otherwise swapping two states could change a type."""
    words = {
        word for name in shipped_model().members["full"].rows for word in name.partition(":")[2].split(" ")
    }
    states = {
        "russia",
        "ukraine",
        "china",
        "iran",
        "israel",
        "turkey",
        "syria",
        "iraq",
        "pakistan",
        "germany",
        "japan",
    }
    assert not words & states


def test_training_recovers_a_rule_from_sentences_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Invented verbs: only training can know them."""
    monkeypatch.setattr(coder_train, "LEXICON_WEIGHT", 0.0)  # quick: the lexicon's sentences are left out
    verbs = {"ASSAULT": "glorped", "AID": "frindled", "ACCUSE": "snabbed", "CONSULT": "wuggled"}
    rows = ["sentence\tsource\ttarget\ttype"]
    for place in range(25):
        for kind, verb in verbs.items():
            rows.append(f"Kenya {verb} the people of Chad on day {place}.\tKenya\tChad\t{kind}")
    rows.append("Kenya sang to Chad.\tKenya\tChad\tSINGING")
    path = tmp_path / "own.tsv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    weights = tmp_path / "own_weights.npz"
    manifest, rejected = coder_train.train_file(path, weights)
    assert [one.reason for one in rejected] == ["unknown type 'SINGING'"]
    assert rejected[0].line == 102
    assert manifest["sentences"] == 100
    assert manifest["cross_validation"]["together"]["type_accuracy"] == 1.0
    assert json.loads((tmp_path / "own_manifest.json").read_text(encoding="utf-8")) == manifest
    first = weights.read_bytes()
    coder_train.train_file(path, weights)
    assert weights.read_bytes() == first
    table = code(["Peru glorped the ships of Cuba."], source="Peru", target="Cuba", weights=weights)
    assert table.to_pylist()[0]["type"] == "ASSAULT"


def test_training_needs_types_and_enough_sentences(tmp_path: Path) -> None:
    path = tmp_path / "few.tsv"
    path.write_text("sentence\tsource\ttarget\nA met B.\tA\tB\n", encoding="utf-8")
    with pytest.raises(BadFile, match="no column type"):
        coder_train.train_file(path, tmp_path / "weights.npz")
    path.write_text("sentence\tsource\ttarget\ttype\nA met B.\tA\tB\tCONSULT\n", encoding="utf-8")
    with pytest.raises(BadFile, match="at least 50"):
        coder_train.train_file(path, tmp_path / "weights.npz")


def test_folds_are_even_and_keep_a_sentence_together() -> None:
    examples = [
        coder_train.Example(f"sentence {place // 2}", None, None, ORDER[place // 2 % 3])
        for place in range(300)
    ]
    fold = coder_train.folds(examples)
    assert set(np.bincount(fold)) == {60}
    assert all(fold[place] == fold[place + 1] for place in range(0, 300, 2))


def test_macro_f1_by_hand() -> None:
    # a: TP 1, FP 1, FN 1 -> 1/2; b: TP 1, FP 1, FN 1 -> 1/2; c: TP 1 -> 1
    assert coder_train.macro_f1(["a", "b", "a", "b", "c"], ["a", "a", "b", "b", "c"]) == pytest.approx(2 / 3)


# Tables of sentences


ROWS = [
    {"sentence": "Kenya praised Chad.", "source": "Kenya", "target": "Chad", "published": "2020-01-02"},
    {"sentence": "Chad attacked Kenya.", "source": "Chad", "target": "Kenya", "published": "2020-01-03"},
]


def test_the_same_rows_in_every_shape_give_the_same_codes(tmp_path: Path) -> None:
    expected = code(ROWS).to_pylist()
    assert [row["type"] for row in expected] == ["SUPPORT", "ASSAULT"]
    assert [row["published"] for row in expected] == ["2020-01-02", "2020-01-03"]
    frame = pd.DataFrame(ROWS)
    for name, separator in (("rows.tsv", "\t"), ("rows.csv", ",")):
        frame.to_csv(tmp_path / name, sep=separator, index=False)
        assert eq.code(tmp_path / name).to_pylist() == expected
    frame.to_parquet(tmp_path / "rows.parquet")
    assert code(str(tmp_path / "rows.parquet")).to_pylist() == expected
    assert code(frame).to_pylist() == expected
    assert code(pl.DataFrame(ROWS)).to_pylist() == expected
    assert code(pa.Table.from_pylist(ROWS)).to_pylist() == expected


def test_one_sentence_and_a_source_for_all() -> None:
    row = code("Kenya praised Chad.", source="Kenya", target="Chad").to_pylist()[0]
    coding = code_sentence("Kenya praised Chad.", "Kenya", "Chad")
    assert (row["type"], row["quad"], row["rule"]) == (coding.type, coding.quad, coding.rule)
    with pytest.raises(InvalidRequest, match="source of their own"):
        code(ROWS, source="Kenya")


@pytest.mark.parametrize("wrong", [3, None, {"sentence": "x"}, [1], [{"text": "x"}], [b"bytes"]])
def test_what_holds_no_sentences_is_refused(wrong: object) -> None:
    with pytest.raises(InvalidRequest, match="Cannot find sentences"):
        code(wrong)


def test_notes_say_what_was_not_found() -> None:
    rows = code(
        [
            {"sentence": "Kenya praised Chad.", "source": "Mali", "target": "Peru", "type": "old"},
            {"sentence": "   ", "source": "Mali", "target": "Peru", "type": None},
            {"sentence": None, "source": None, "target": None, "type": None},
        ]
    ).to_pylist()
    assert rows[0]["note"] == "source not in the sentence; target not in the sentence"
    assert rows[0]["type_given"] == "old"
    assert [row["type"] for row in rows[1:]] == [None, None]
    assert [row["note"] for row in rows[1:]] == ["no sentence", "no sentence"]


def test_a_megabyte_without_a_full_stop_is_read_at_its_beginning() -> None:
    row = code([{"sentence": "Kenya praised Chad " + "and so on " * 105_000, "source": "Kenya"}]).to_pylist()[
        0
    ]
    assert row["type"] == "SUPPORT"
    assert row["note"] == f"only the first {MAXIMUM_TOKENS} words were read"
    check(code_sentence("x" * 1_000_000))
    check(code_sentence("«" * 100_000, "«", "«"))


def test_quotes_in_tabbed_text_are_read_as_people_write_them(tmp_path: Path) -> None:
    path = tmp_path / "quotes.tsv"
    path.write_text(
        "sentence\tsource\n"
        '"We agree," Kenya said.\tKenya\n'
        'Kenya said "no".\tKenya\n'
        '"Kenya said ""no""\tor so."\tKenya\n'
        '"Kenya\nagreed."\tKenya\n'
        '"Unclosed, Kenya said.\tKenya\n'
        "\n"
        "too\tmany\tfields\n",
        encoding="utf-8",
    )
    rows, rejected = read_sentences(path)
    assert [row["sentence"] for row in rows] == [
        '"We agree," Kenya said.',
        'Kenya said "no".',
        'Kenya said "no"\tor so.',
        "Kenya\nagreed.",
        '"Unclosed, Kenya said.',
    ]
    assert [(one.line, one.reason) for one in rejected] == [(9, "3 fields where the header has 2")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"text\tsource\nx\ty\n", "no column sentence"),
        (b"sentence\tsentence\nx\ty\n", "more than one column"),
        ("sentence\tsource\nКения\tx\n".encode("cp1251"), "not UTF-8"),
        ("sentence\tsource\nx\ty\n".encode("utf-16"), "UTF-16"),
        (b"\x00\x01\x02sentence\n", "binary"),
        (b"<!doctype html><html>sentence\t</html>", "web page"),
        (b"sentence\tsource\n", "no sentence"),
    ],
)
def test_bad_files_get_one_clear_error(
    tmp_path: Path,
    content: bytes,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "bad.tsv"
    path.write_bytes(content)
    status, out, err = run(monkeypatch, capsys, "code", path)
    assert status == 2
    assert out == ""
    assert message in err
    assert "Traceback" not in err


def test_rows_with_nul_bytes_are_left_out_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "nul.tsv"
    filler = "Kenya praised Chad.\tKenya\n" * 300  # beyond what tells a binary file
    path.write_text("sentence\tsource\n" + filler + "Kenya\x00 fell.\tKenya\n", encoding="utf-8")
    status, out, err = run(monkeypatch, capsys, "code", path)
    assert status == 0
    assert out.count("\n") == 301
    assert "line 302: holds NUL bytes" in err
    with pytest.raises(BadFile, match="line 302: holds NUL"):
        code(path)


def test_the_command_writes_what_the_function_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rows.tsv"
    pd.DataFrame(ROWS).to_csv(path, sep="\t", index=False)
    expected = code(ROWS).to_pylist()
    for ending in ("tsv", "csv", "json", "parquet"):
        out_path = tmp_path / f"coded.{ending}"
        status, out, err = run(monkeypatch, capsys, "code", path, "--out", out_path)
        assert (status, out) == (0, "")
        assert "2 rows" in err
        match ending:
            case "tsv" | "csv":
                back = pd.read_csv(out_path, sep="\t" if ending == "tsv" else ",")
            case "json":
                back = pd.DataFrame(json.loads(out_path.read_text(encoding="utf-8")))
            case _:
                back = pd.read_parquet(out_path)
        assert list(back.columns) == [*ROWS[0], *CODE_COLUMNS]
        assert back["type"].tolist() == [row["type"] for row in expected]
        assert back["confidence"].tolist() == pytest.approx([row["confidence"] for row in expected])
    status, out, _ = run(monkeypatch, capsys, "code", path, "--format", "table")
    assert "SUPPORT" in out
    status, _, err = run(monkeypatch, capsys, "code", path, "--out", tmp_path / "coded.docx")
    assert status == 2
    assert ".tsv" in err
    status, _, err = run(monkeypatch, capsys, "code")
    assert (status, "Name a file" in err) == (2, True)
    status, _, err = run(monkeypatch, capsys, "code", "--train", path)
    assert (status, "where the weights go" in err) == (2, True)


# Fuzzing


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300), st.text(max_size=30) | st.none(), st.text(max_size=30) | st.none())
def test_any_text_is_coded_without_an_error(sentence: str, source: str | None, target: str | None) -> None:
    coding = code_sentence(sentence, source, target)
    check(coding)
    assert code_sentence(sentence, source, target) == coding


VOCABULARY = sorted(set(lexicon(False).first) | {"Kenya", "Chad", "not", "will", "by", ",", ".", "was"})


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(VOCABULARY), max_size=40))
def test_any_order_of_the_lexicons_words_is_coded(words: list[str]) -> None:
    check(code_sentence(" ".join(words), "Kenya", "Chad"))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_any_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "any.tsv"
    path.write_bytes(b"sentence\tsource\n" + content)
    try:
        rows, rejected = read_sentences(path)
    except BadFile:
        return
    assert all(set(row) == {"sentence", "source"} for row in rows)
    assert all(one.reason for one in rejected)
