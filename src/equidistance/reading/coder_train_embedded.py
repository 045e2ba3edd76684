"""Training of the member that sees embeddings: the same regression, lessons and folds as :mod:`coder_train`."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equidistance.reading.coder_embedded import Embedded, beside, clause, manifest_path, save, scores
from equidistance.reading.coder_embeddings import Encoder
from equidistance.reading.coder_model import ORDER
from equidistance.reading.coder_text import mark
from equidistance.reading.coder_train import (
    FOLDS,
    VARIANTS,
    Example,
    accuracy,
    folds,
    minimum,
    rounded,
    temperature,
)

PENALTY = 20.0
"""C: the figures hardly change from 10 to 50."""
SHARE = 0.5
"""Weight of this member in the mean of the log-scores: as much as all others together."""


def vectors(examples: Sequence[Example], encoder: Encoder) -> NDArray[np.float64]:
    """Embeddings of every variant of every example, shape (examples, variants, dimensions)."""
    rows = []
    for example in examples:
        rows.append(
            [
                encoder.encode(
                    clause(
                        mark(
                            example.sentence,
                            example.source if with_source else None,
                            example.target if with_target else None,
                        )
                    )
                )
                for with_source, with_target, _ in VARIANTS
            ]
        )
    return np.array(rows, dtype=np.float64)


def fit_embedded(seen: NDArray[np.float64], types: Sequence[str]) -> NDArray[np.float64]:
    """Coefficients of embeddings of shape (examples, variants, dimensions), shape (dimensions + 1, types)."""
    count, variants, dimensions = seen.shape
    design = np.ones((count * variants, dimensions + 1))
    design[:, :-1] = seen.reshape(-1, dimensions)
    labels = [ORDER.index(kind) for kind in types for _ in VARIANTS]
    weights = [weight for _ in types for _, _, weight in VARIANTS]
    return minimum(design, labels, weights, PENALTY)


def held_out_embedded(
    seen: NDArray[np.float64], types: Sequence[str], fold: NDArray[np.int64], variant: int = 0
) -> NDArray[np.float64]:
    """Log-scores of every example by a model that has not seen its fold, shape (examples, types)."""
    result = np.zeros((len(types), len(ORDER)))
    for one in sorted(set(fold.tolist())):
        inside = fold == one
        weights = fit_embedded(seen[~inside], [types[place] for place in np.flatnonzero(~inside).tolist()])
        result[inside] = scores(seen[inside, variant], weights)
    return result


def together_with(others: NDArray[np.float64], embedded: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of the other members' log-scores and this one's."""
    return (1 - SHARE) * others + SHARE * embedded


def train_embedded(
    examples: Sequence[Example],
    quads: Sequence[int],
    others: NDArray[np.float64],
    weights: Path,
    origin: Mapping[str, Any],
    encoder: Encoder,
) -> dict[str, Any]:
    """Cross-validate, calibrate, fit on everything, write weights and manifest.

    Args:
        examples, quads, origin: as for :func:`equidistance.reading.coder_train.train`.
        others: held-out log-scores of the other members in the same folds, shape (examples, types).
        weights: where the coder's weights lie; this member's go beside them.
        encoder: what embeds texts.

    Returns:
        The manifest.
    """
    types = [example.type for example in examples]
    seen = vectors(examples, encoder)
    alone = held_out_embedded(seen, types, folds(examples))
    together = together_with(others, alone)
    path = beside(weights)
    member = Embedded(fit_embedded(seen, types), SHARE, temperature(together, types), encoder)
    save(member, path)
    manifest = {
        "what": "weights of the event coder's member that sees embeddings",
        "made_by": "equidistance code --train --embeddings",
        "trained_on": dict(origin),
        "embeddings": "all-MiniLM-L6-v2",
        "dimensions": seen.shape[2],
        "folds": FOLDS,
        "cross_validation": {
            "together": rounded(accuracy(together, types, quads)),
            "alone": rounded(accuracy(alone, types, quads)),
        },
        "temperature": member.temperature,
        "weights_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    manifest_path(path).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return manifest
