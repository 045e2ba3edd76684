"""The event coder's third member, an extra: a linear model on the embedding of the clause between source and target.

    log-scores = (1 - share) * log-scores of the other members + share * log softmax(W' e + b)

``e`` is the embedding (:mod:`equidistance.reading.coder_embeddings`) of the words around source and target after every
name has become a placeholder: swapping two names gives the same text, hence the same type and confidence. English
only: the model behind the embeddings has read nothing else. Weights ship in ``data/reading``.
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
from equidistance.reading.coder_embeddings import Encoder, encoder
from equidistance.reading.coder_model import ORDER, STEP, WEIGHTS, softmax
from equidistance.reading.coder_text import DATE, NAME, NUMBER, SOURCE, TARGET, Marked, actor_names

AROUND = 3
"""How many words before the first and behind the last of source and target are embedded with those between."""

PLACEHOLDERS: Mapping[str, str] = {
    SOURCE: "alpha",
    TARGET: "beta",
    NAME: "gamma",
    NUMBER: "ten",
    DATE: "today",
}
"""What stands for a marker in the text that is embedded: plain words, none of which says who acts."""


def clause(marked: Marked) -> str:
    """The text that is embedded: the words around source and target, all names, numbers and dates replaced.

    Where source or target is not known, it is the whole sentence. Names of states and blocs are replaced even where no
    capital shows them (a sentence all in lower case, a first word).
    """
    tokens = [token.text for token in marked.tokens]
    words: list[str] = []
    ends: list[int] = []
    place = 0
    while place < len(tokens):
        length = _name_length(tokens, place)
        named = bool(length) or tokens[place] in (SOURCE, TARGET, NAME)
        if named and words[-1:] == ["the"]:
            words.pop()  # "the Netherlands" and "Norway" leave the same text
        if place in (marked.source, marked.target):
            ends.append(len(words))
        words.append(PLACEHOLDERS[NAME] if length else PLACEHOLDERS.get(tokens[place], tokens[place]))
        place += length or 1
    if len(ends) == 2:
        words = words[max(ends[0] - AROUND, 0) : ends[1] + 1 + AROUND]
    return " ".join(words)


def _name_length(tokens: list[str], place: int) -> int:
    """How many tokens from a place on are the name of a state or bloc."""
    names, longest = _names()
    for length in range(longest.get(tokens[place], 0), 0, -1):
        if tuple(tokens[place : place + length]) in names:
            return length
    return 0


@cache
def _names() -> tuple[frozenset[tuple[str, ...]], Mapping[str, int]]:
    """All names in words, and first word -> words of its longest name."""
    names = frozenset(name for name in actor_names() if name and name != ("us",))  # "us" is a pronoun
    longest: dict[str, int] = {}
    for name in names:
        longest[name[0]] = max(longest.get(name[0], 0), len(name))
    return names, longest


@dataclass(frozen=True)
class Embedded:
    """The member with all it needs.

    Attributes:
        weights: shape (dimensions + 1, types); the last row is the bias.
        share: its weight in the mean of the log-scores.
        temperature: multiplier of that mean, fitted on held-out sentences.
        encoder: what embeds a text.
    """

    weights: NDArray[np.float64]
    share: float
    temperature: float
    encoder: Encoder

    def scores(self, marked: Marked) -> NDArray[np.float64]:
        """Log-scores of a sentence, shape (types,), normalised to sum to one in probability."""
        return scores(self.encoder.encode(clause(marked)), self.weights)

    def probabilities(self, marked: Marked, others: NDArray[np.float64]) -> NDArray[np.float64]:
        """Calibrated probabilities of the types, shape (types,).

        Args:
            marked: the sentence.
            others: log-scores of the other members.
        """
        return softmax(self.temperature * ((1 - self.share) * others + self.share * self.scores(marked)))


def scores(vectors: NDArray[np.floating[Any]], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-scores of embeddings of shape (..., dimensions), shape (..., types)."""
    total: NDArray[np.float64] = vectors @ weights[:-1] + weights[-1]
    total -= np.logaddexp.reduce(total, axis=-1, keepdims=True)
    return total


def beside(weights: Path) -> Path:
    """Where this member's weights lie: ``coder_weights.npz`` -> ``coder_embeddings.npz``."""
    return weights.with_name(f"{weights.stem.removesuffix('_weights')}_embeddings.npz")


def save(member: Embedded, path: Path) -> None:
    """Write the weights; the same member gives the same bytes."""
    np.savez_compressed(
        path,
        settings=np.array([member.share, member.temperature]),
        weights=np.round(member.weights / STEP).astype(np.int16),
    )


def load(path: Path, used: Encoder | None = None) -> Embedded:
    """Read weights that :func:`save` wrote.

    Args:
        path: the file.
        used: what embeds texts (default: the installed model).

    Raises:
        BadFile: the file is missing or no such file.
        MissingExtra: no model is installed.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            share, temperature = (float(value) for value in arrays["settings"])
            weights = arrays["weights"].astype(np.float64) * STEP
        if weights.ndim != 2 or weights.shape[1] != len(ORDER):
            raise ValueError(f"shape {weights.shape}")
    except (OSError, KeyError, ValueError, EOFError, BadZipFile) as error:
        raise BadFile(
            f"{path.name} holds no weights of the coder's embeddings ({type(error).__name__}).",
            hint="Train them: equidistance code --train FILE.tsv --weights FILE.npz --embeddings",
        ) from error
    return Embedded(weights, share, temperature, encoder() if used is None else used)


def of_weights(weights: Path | None) -> Embedded:
    """The member that belongs to weights of the coder (default: those that ship)."""
    return shipped() if weights is None else load(beside(weights))


@cache
def shipped() -> Embedded:
    """The member that ships, with the installed model."""
    return load(beside(WEIGHTS))


def shipped_manifest() -> dict[str, Any]:
    """Where the shipped weights come from, with the figures of their cross-validation."""
    path = manifest_path(beside(WEIGHTS))
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return manifest


def manifest_path(path: Path) -> Path:
    """The manifest beside weights."""
    return path.with_name(f"{path.stem}_manifest.json")
