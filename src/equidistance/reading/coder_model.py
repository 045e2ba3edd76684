"""The statistical coder: a linear model on named features, in numpy alone; weights ship in ``data/reading``.

    p(type | sentence) = softmax(temperature * (log-scores averaged over the members))
    log-scores of a member = sum of the weights of the features it has seen in training, one column per type

Two members: ``full`` sees all features, ``bare`` only the lexicon's and the rules' (families ``l`` and ``r``), which
mean the same in every language that has a lexicon. English is coded by both, other languages by ``bare``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from equidistance.errors import BadFile
from equidistance.reading.coder_lexicon import DATA, TYPES

WEIGHTS = DATA / "coder_weights.npz"
MANIFEST = DATA / "coder_manifest.json"

ORDER = tuple(TYPES)
"""The columns of every array of scores."""
QUADS = np.array([TYPES[kind] for kind in ORDER])

BARE_FAMILIES = frozenset({"l", "r", "bias"})
STEP = 1 / 500
"""Weights are stored in whole steps: far below what they are known to, and small files."""


@dataclass(frozen=True)
class Member:
    """One linear model.

    Attributes:
        rows: feature -> row of ``weights``.
        weights: shape (features, types).
    """

    rows: Mapping[str, int]
    weights: NDArray[np.float64]

    def scores(self, found: Mapping[str, float]) -> NDArray[np.float64]:
        """Log-scores of a sentence's features, shape (types,), normalised to sum to one in probability."""
        known = [(self.rows[name], value) for name, value in found.items() if name in self.rows]
        if not known:
            return np.full(len(ORDER), -np.log(len(ORDER)))
        rows, values = zip(*known, strict=True)
        total: NDArray[np.float64] = np.array(values) @ self.weights[list(rows)]
        total -= np.logaddexp.reduce(total)
        return total


@dataclass(frozen=True)
class Model:
    """The members, how much each counts, and the temperature that calibrates them together.

    Attributes:
        members: by name, ``full`` and ``bare``.
        share: weight of ``full``; ``bare`` has the rest.
        temperature, bare_temperature: multipliers of the log-scores, fitted on held-out sentences.
    """

    members: Mapping[str, Member]
    share: float
    temperature: float
    bare_temperature: float

    def probabilities(self, found: Mapping[str, float], bare: bool) -> NDArray[np.float64]:
        """Calibrated probabilities of the types, shape (types,), in the order of :data:`ORDER`.

        Args:
            found: features of the sentence.
            bare: whether only the member without words of a language may speak.
        """
        if bare:
            return softmax(self.bare_temperature * self.members["bare"].scores(found))
        return softmax(self.temperature * self.scores(found))

    def scores(self, found: Mapping[str, float]) -> NDArray[np.float64]:
        """Mean of the members' log-scores, shape (types,), before calibration."""
        full, bare = (self.members[name].scores(found) for name in ("full", "bare"))
        return self.share * full + (1 - self.share) * bare


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities of log-scores along the last axis."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    result: NDArray[np.float64] = powers / powers.sum(axis=-1, keepdims=True)
    return result


def decide(probabilities: NDArray[np.float64]) -> int:
    """Column of the chosen type: the likeliest type of the likeliest quad class, so that the two never disagree."""
    quad = 1 + int(np.argmax([probabilities[one == QUADS].sum() for one in (1, 2, 3, 4)]))
    return int(np.argmax(np.where(quad == QUADS, probabilities, -1.0)))


def save(model: Model, weights: Path) -> None:
    """Write the weights; the same model gives the same bytes."""
    arrays: dict[str, Any] = {
        "settings": np.array([model.share, model.temperature, model.bare_temperature]),
    }
    for name, member in model.members.items():
        names = sorted(member.rows, key=member.rows.__getitem__)
        arrays[f"{name}_names"] = np.frombuffer("\n".join(names).encode(), dtype=np.uint8)
        arrays[f"{name}_weights"] = np.round(member.weights / STEP).astype(np.int16)
    np.savez_compressed(weights, **arrays)


def load(weights: Path) -> Model:
    """Read weights that :func:`save` wrote.

    Raises:
        BadFile: the file is missing or no such file.
    """
    try:
        with np.load(weights, allow_pickle=False) as arrays:
            share, temperature, bare_temperature = (float(value) for value in arrays["settings"])
            members = {}
            for name in ("full", "bare"):
                names = arrays[f"{name}_names"].tobytes().decode().split("\n")
                values = arrays[f"{name}_weights"].astype(np.float64) * STEP
                members[name] = Member({word: row for row, word in enumerate(names)}, values)
    except (OSError, KeyError, ValueError, EOFError, BadZipFile) as error:
        raise BadFile(
            f"{weights.name} holds no weights of the coder ({type(error).__name__}).",
            hint="Reinstall equidistance, or train: equidistance code --train FILE.tsv --weights FILE.npz",
        ) from error
    return Model(members, share, temperature, bare_temperature)


@cache
def shipped_model() -> Model:
    """The model that ships."""
    return load(WEIGHTS)


def shipped_manifest() -> dict[str, Any]:
    """Where the shipped weights come from, with the figures of their cross-validation."""
    manifest: dict[str, Any] = json.loads(MANIFEST.read_text(encoding="utf-8"))
    return manifest
