"""The shipped coder against the sentences it was trained on, and the figures that docs and manifest state."""

from pathlib import Path

import numpy as np
import pytest

from equidistance.reading import coder_train
from equidistance.reading.coder_model import STEP, load, shipped_manifest, shipped_model

pytestmark = [pytest.mark.shared, pytest.mark.slow]

PUBLISHED = {"quad_accuracy": 0.805, "type_accuracy": 0.700}
"""TF-IDF with logistic regression, on sentences unseen by it."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, Path]:
    root = Path(__file__).resolve().parents[3] / "shared" / "data" / "coding" / "PLV_train.tsv"
    if not root.is_file():
        pytest.skip(f"needs {root.name}")
    weights = tmp_path_factory.mktemp("weights") / "coder_weights.npz"
    manifest, rejected = coder_train.train_file(root, weights)
    assert rejected == []
    return manifest, weights


def test_the_shipped_weights_are_made_by_the_projects_command(
    trained: tuple[dict, Path], shared_data: Path
) -> None:
    """To the byte on one machine; between machines the last digit before rounding may differ."""
    manifest, weights = trained
    again, shipped = load(weights), shipped_model()
    for name in ("full", "bare"):
        assert again.members[name].rows == shipped.members[name].rows
        apart = np.abs(again.members[name].weights - shipped.members[name].weights)
        assert apart.max() <= 5 * STEP
    assert manifest["trained_on"]["sha256"] == shipped_manifest()["trained_on"]["sha256"]


def test_cross_validation_is_as_stated_and_clearly_beats_the_plain_classifier(
    trained: tuple[dict, Path],
) -> None:
    measured = trained[0]["cross_validation"]["together"]
    stated = shipped_manifest()["cross_validation"]["together"]
    for name, value in stated.items():
        assert measured[name] == pytest.approx(value, abs=0.005)  # five of a thousand sentences
    for name, bar in PUBLISHED.items():
        assert measured[name] > bar + 0.05
