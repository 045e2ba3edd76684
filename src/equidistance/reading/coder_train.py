"""Training of the statistical coder: penalised multinomial regression, cross-validated, reproducible to the byte.

    minimise  sum_i w_i * -log p(y_i | x_i)  +  |W|^2 / (2 C)

by L-BFGS from zero, which has one minimum. Sentences enter three times: with source and target, without the target, and
without both (at a lower weight), because a reader of articles often knows neither.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from equidistance.errors import BadFile
from equidistance.reading.coder_features import features
from equidistance.reading.coder_lexicon import TYPES, lexicon
from equidistance.reading.coder_model import BARE_FAMILIES, ORDER, QUADS, Member, Model, decide, save, softmax
from equidistance.reading.coder_rules import apply_rules
from equidistance.reading.coder_table import read_sentences
from equidistance.reading.coder_text import mark
from equidistance.sources.card import Rejected

if TYPE_CHECKING:
    from equidistance.reading.coder_embeddings import Encoder

PENALTY = 2.0
"""C of the full member."""
BARE_PENALTY = 1.0
LEXICON_WEIGHT = 0.03
"""Weight of one of the lexicon's own sentences beside a real one."""
SHARE = 0.85
"""Weight of the full member in the mean of the log-scores."""
MINIMUM_SENTENCES = 2
"""A feature counts if this many training sentences have it."""
VARIANTS = ((True, True, 1.0), (True, False, 0.2), (False, False, 0.1))
"""Whether source and target are told, and the weight of such a copy."""
FOLDS = 5
FOLD_SEED = 1


@dataclass(frozen=True)
class Example:
    """One training sentence.

    Attributes:
        sentence, source, target: as for :func:`equidistance.reading.coder.code_sentence`.
        type: PLOVER root.
    """

    sentence: str
    source: str | None
    target: str | None
    type: str


Found = Mapping[str, float]


def lexicon_examples() -> list[Example]:
    """One plain sentence for each verb of the lexicon that needs no condition or one from a list of its own.

    They teach the model that an expression it never met in training means what the lexicon says, and what a short
    sentence looks like.
    """
    examples = []
    for pattern in sorted(
        {id(one): one for patterns in lexicon(False).first.values() for one in patterns}.values(),
        key=lambda one: (one.type, one.mode, one.expression, sorted(one.followed)),
    ):
        if pattern.role != "act" or pattern.kind != "verb" or pattern.weight < 1.5 or pattern.preceded:
            continue
        past = next(form for form, tags in pattern.slots[0].items() if "d" in tags)
        words = [past, *pattern.expression.split(" ")[1:], *sorted(pattern.followed)[:1]]
        examples.append(Example(f"Aland {' '.join(words)} Bland .", "Aland", "Bland", pattern.type))
    return examples


def all_features(examples: Sequence[Example]) -> list[list[Found]]:
    """Features of every variant of every example, in the order of :data:`VARIANTS`."""
    found = []
    for example in examples:
        row: list[Found] = []
        for with_source, with_target, _ in VARIANTS:
            marked = mark(
                example.sentence,
                example.source if with_source else None,
                example.target if with_target else None,
            )
            row.append(features(marked, apply_rules(marked)))
        found.append(row)
    return found


def fit(found: Sequence[Sequence[Found]], types: Sequence[str], share: float = SHARE) -> Model:
    """Fit both members; the temperatures are 1 until :func:`train` sets them.

    Args:
        found: features of the variants of every example, as :func:`all_features` gives them.
        types: PLOVER root of every example.
        share: weight of the full member.
    """
    full = _member(found, types, PENALTY, None)
    bare = _member(found, types, BARE_PENALTY, BARE_FAMILIES)
    return Model({"full": full, "bare": bare}, share, 1.0, 1.0)


def _member(
    found: Sequence[Sequence[Found]], types: Sequence[str], penalty: float, families: frozenset[str] | None
) -> Member:
    from scipy.sparse import csr_matrix

    def wanted(name: str) -> bool:
        return families is None or name.partition(":")[0] in families

    counts = Counter(name for variants in found for name in variants[0])
    counts.update(name for one, _ in _lexicon_features() for name in one if name[:2] == "x:")
    names = sorted(name for name, count in counts.items() if count >= MINIMUM_SENTENCES and wanted(name))
    rows = {name: row for row, name in enumerate(names)}
    values, columns, starts, labels, weights = [], [], [0], [], []
    lessons = [(one, kind, LEXICON_WEIGHT) for one, kind in _lexicon_features()] if LEXICON_WEIGHT else []
    for variants, kind in zip(found, types, strict=True):
        lessons += [(one, kind, weight) for one, (_, _, weight) in zip(variants, VARIANTS, strict=True)]
    for one, kind, weight in lessons:
        for name, value in sorted(one.items()):
            if name in rows:
                values.append(value)
                columns.append(rows[name])
        starts.append(len(values))
        labels.append(ORDER.index(kind))
        weights.append(weight)
    design = csr_matrix((values, columns, starts), shape=(len(labels), len(names)))
    return Member(rows, minimum(design, labels, weights, penalty))


def minimum(
    design: Any, labels: Sequence[int], weights: Sequence[float], penalty: float
) -> NDArray[np.float64]:
    """The coefficients that minimise the penalised loss, shape (features, types).

    Args:
        design: sparse or dense, shape (lessons, features).
        labels: column of the type of every lesson.
        weights: weight of every lesson.
        penalty: C.
    """
    from scipy.optimize import minimize

    transposed = design.T.tocsr() if hasattr(design, "tocsr") else design.T
    shape = (design.shape[1], len(ORDER))
    truth = np.eye(len(ORDER))[list(labels)]
    weight_column = np.array(weights)[:, None]

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        coefficients = flat.reshape(shape)
        scores = design @ coefficients
        scores -= np.logaddexp.reduce(scores, axis=1, keepdims=True)
        value = -float((weight_column * truth * scores).sum()) + float((flat * flat).sum()) / (2 * penalty)
        gradient = transposed @ (weight_column * (np.exp(scores) - truth)) + coefficients / penalty
        return value, gradient.ravel()

    start = np.zeros(shape[0] * shape[1])
    result = minimize(
        loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500, "ftol": 1e-9, "gtol": 1e-4}
    )
    found: NDArray[np.float64] = result.x.reshape(shape)
    return found


@cache
def _lexicon_features() -> tuple[tuple[Found, str], ...]:
    lessons = []
    for example in lexicon_examples():
        marked = mark(example.sentence, example.source, example.target)
        lessons.append((features(marked, apply_rules(marked)), example.type))
    return tuple(lessons)


def folds(examples: Sequence[Example], count: int = FOLDS, seed: int = FOLD_SEED) -> NDArray[np.int64]:
    """A fold for every example, shape (examples,): types evenly spread, the same sentence always in one fold."""
    random = np.random.default_rng(seed)
    order = random.permutation(len(examples))
    fold_of: dict[str, int] = {}
    dealt: Counter[str] = Counter()
    for place in order:
        example = examples[place]
        if example.sentence not in fold_of:
            fold_of[example.sentence] = dealt[example.type] % count
            dealt[example.type] += 1
    # Each type is dealt round from fold 0: shift by type, so that the rest does not pile up in fold 0.
    shift = {kind: place for place, kind in enumerate(ORDER)}
    return np.array([(fold_of[one.sentence] + shift[one.type]) % count for one in examples])


def held_out(
    found: Sequence[Sequence[Found]], types: Sequence[str], fold: NDArray[np.int64], variant: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Log-scores of every example by models that have not seen its fold, shape (examples, types) each.

    Returns:
        the full member's, the bare member's.
    """
    full = np.zeros((len(types), len(ORDER)))
    bare = np.zeros_like(full)
    for one in sorted(set(fold.tolist())):
        seen = [place for place in range(len(types)) if fold[place] != one]
        model = fit([found[place] for place in seen], [types[place] for place in seen])
        for place in np.flatnonzero(fold == one).tolist():
            full[place] = model.members["full"].scores(found[place][variant])
            bare[place] = model.members["bare"].scores(found[place][variant])
    return full, bare


def temperature(scores: NDArray[np.float64], types: Sequence[str]) -> float:
    """The multiplier of log-scores that makes the truth likeliest (a grid of steps of 0.05 from 0.3 to 3)."""
    truth = np.array([ORDER.index(kind) for kind in types])
    places = np.arange(len(truth))
    grid = np.arange(0.3, 3.0001, 0.05)
    losses = [-np.log(softmax(value * scores)[places, truth] + 1e-12).sum() for value in grid]
    return round(float(grid[int(np.argmin(losses))]), 2)


def accuracy(scores: NDArray[np.float64], types: Sequence[str], quads: Sequence[int]) -> dict[str, float]:
    """Quad and type accuracy and macro-F1 of log-scores."""
    chosen = [decide(row) for row in softmax(scores)]
    said = [ORDER[column] for column in chosen]
    said_quads = [int(QUADS[column]) for column in chosen]
    return {
        "quad_accuracy": float(np.mean([a == b for a, b in zip(said_quads, quads, strict=True)])),
        "quad_macro_f1": macro_f1(said_quads, list(quads)),
        "type_accuracy": float(np.mean([a == b for a, b in zip(said, types, strict=True)])),
        "type_macro_f1": macro_f1(said, list(types)),
    }


def macro_f1(said: Sequence[object], truth: Sequence[object]) -> float:
    """Mean over the classes of the truth of 2 TP / (2 TP + FP + FN)."""
    values = []
    for kind in sorted(set(truth), key=str):
        hit = sum(a == kind and b == kind for a, b in zip(said, truth, strict=True))
        wrong = sum((a == kind) != (b == kind) for a, b in zip(said, truth, strict=True))
        values.append(2 * hit / (2 * hit + wrong))
    return float(np.mean(values))


def train(
    examples: Sequence[Example],
    quads: Sequence[int],
    weights: Path,
    origin: Mapping[str, Any],
    encoder: "Encoder | None" = None,
) -> dict[str, Any]:
    """Cross-validate, calibrate, fit on everything, write weights and manifest.

    Args:
        examples: the training sentences.
        quads: quad class of every example as its annotators gave it.
        weights: where the weights go; the manifest goes beside them.
        origin: what the manifest says of the file they came from.
        encoder: also train the member that sees embeddings; its weights and manifest go beside the others.

    Returns:
        The manifest; with an encoder that of the embeddings too, as ``embeddings``.
    """
    types = [example.type for example in examples]
    found = all_features(examples)
    full, bare = held_out(found, types, folds(examples))
    together = SHARE * full + (1 - SHARE) * bare
    members = fit(found, types).members
    model = Model(members, SHARE, temperature(together, types), temperature(bare, types))
    save(model, weights)
    manifest: dict[str, Any] = {
        "what": "weights of the statistical event coder",
        "made_by": "equidistance code --train",
        "trained_on": dict(origin),
        "sentences": len(examples),
        "types": {kind: types.count(kind) for kind in TYPES},
        "features": {name: len(member.rows) for name, member in members.items()},
        "folds": FOLDS,
        "cross_validation": {
            "together": rounded(accuracy(together, types, quads)),
            "bare": rounded(accuracy(bare, types, quads)),
        },
        "temperature": model.temperature,
        "bare_temperature": model.bare_temperature,
        "weights_sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
    }
    path = weights.with_name(weights.stem.replace("_weights", "") + "_manifest.json")
    path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    if encoder is None:
        return manifest
    from equidistance.reading.coder_train_embedded import train_embedded

    return manifest | {"embeddings": train_embedded(examples, quads, together, weights, origin, encoder)}


def rounded(figures: Mapping[str, float]) -> dict[str, float]:
    """Figures as manifests state them."""
    return {name: round(value, 4) for name, value in figures.items()}


def train_file(
    path: Path, weights: Path, encoder: "Encoder | None" = None
) -> tuple[dict[str, Any], list[Rejected]]:
    """Train on a table of sentences.

    Args:
        path: TSV, CSV or Parquet with ``sentence``, ``source``, ``target``, ``type`` (or ``gold_root``) and, if known,
            ``quad`` (or ``gold_penta``).
        weights: where the weights go.
        encoder: also train the member that sees embeddings.

    Returns:
        The manifest, and the rows left out with their reasons.

    Raises:
        BadFile: no such table, or fewer than :data:`FOLDS` sentences with a known type.
    """
    rows, rejected = read_sentences(path, ("sentence", "source", "target"))
    names = rows[0].keys() if rows else ()
    type_column = next((name for name in ("type", "gold_root") if name in names), None)
    quad_column = next((name for name in ("quad", "gold_penta") if name in names), None)
    if type_column is None:
        raise BadFile(f"{path} has no column type.", hint="Training needs the PLOVER root of every sentence.")
    examples, quads = [], []
    for place, row in enumerate(rows):
        kind = row[type_column].strip().upper()
        if kind not in TYPES:
            rejected.append(
                Rejected(path.name, place + 2, f"unknown type {row[type_column]!r}", row["sentence"][:500])
            )
            continue
        told = (row[quad_column] or "").strip() if quad_column else ""
        examples.append(Example(row["sentence"], row["source"] or None, row["target"] or None, kind))
        quads.append(int(told) if told in {"1", "2", "3", "4"} else TYPES[kind])
    if len(examples) < 10 * FOLDS:
        raise BadFile(
            f"{path} holds {len(examples)} sentences of known type; at least {10 * FOLDS} are needed."
        )
    origin = {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "rows": len(rows)}
    return train(examples, quads, weights, origin, encoder), rejected
