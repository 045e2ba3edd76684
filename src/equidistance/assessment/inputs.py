"""What the model was given for one state."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from equidistance.indicators.panel import Panel
from equidistance.models.alignment import Observations, Parameters
from equidistance.models.kalman import Layout


@dataclass(frozen=True)
class Inputs:
    """What the model was given for one state: kept so that ``why`` can take the estimate apart.

    Attributes:
        grid: the panel of the state's dyads.
        layout: the model's layout.
        parameters: the shared parameters used.
        rows: the indicator rows the panel was made from.
        available: (T, P) months in which the dyad exists.
    """

    grid: Panel
    layout: Layout
    parameters: Parameters
    rows: pa.Table
    available: NDArray[np.bool_]

    @property
    def observations(self) -> Observations:
        """The panel as the model takes it."""
        return Observations(self.grid.value, self.grid.error)
