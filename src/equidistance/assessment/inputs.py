"""What the model was given for one state."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from equidistance.indicators.panel import Panel
from equidistance.models.alignment import Observations, Parameters, Weights, observed_slots
from equidistance.models.ensemble import Ensemble
from equidistance.models.kalman import Layout


@dataclass(frozen=True)
class Inputs:
    """What the model was given for one state: kept so that ``why`` can take the estimate apart.

    Attributes:
        grid: the panel of the state's dyads.
        layout: the model's layout.
        parameters: the shared parameters used, as estimated.
        ensemble: draws of the shared parameters and of the weights: what the posterior is a mixture of.
        rows: the indicator rows the panel was made from.
        available: (T, P) months in which the dyad exists.
    """

    grid: Panel
    layout: Layout
    parameters: Parameters
    ensemble: Ensemble
    rows: pa.Table
    available: NDArray[np.bool_]

    @property
    def observations(self) -> Observations:
        """The panel as the model takes it."""
        return Observations(self.grid.value, self.grid.error)

    @property
    def slots(self) -> NDArray[np.int64]:
        """(S, 2) month and indicator of every slot at which any of the dyads is observed."""
        return observed_slots(self.observations)

    def typical(self, observations: Observations) -> Weights:
        """Mean weights of the members, for these observations or others that lack some of them."""
        dyads = observations.value.shape[2]

        def mean(parts: list[NDArray[np.float64]]) -> NDArray[np.float64]:
            averaged: NDArray[np.float64] = np.mean([p.reshape(len(p), dyads, -1).mean(axis=2) for p in parts], axis=0)
            return averaged

        size = len(self.grid.indicators)
        every, kept = (when @ np.array([size, 1]) for when in (self.slots, observed_slots(observations)))
        rows = np.searchsorted(every, kept)
        members = self.ensemble.weights
        return Weights(
            mean([one.innovation for one in members]),
            mean([one.own for one in members])[rows],
            mean([one.noise for one in members])[rows],
        )

    def rows_of(self, p: int) -> NDArray[np.int64]:
        """The slots at which one of the dyads is observed."""
        when = self.slots
        rows: NDArray[np.int64] = np.flatnonzero(np.isfinite(self.grid.value[when[:, 1], when[:, 0], p]))
        return rows
