"""Positions in UN roll calls over the sessions: one line per state, with its 90 % band."""

from collections.abc import Mapping

import altair as alt
import pyarrow as pa


def chart(positions: pa.Table, names: Mapping[str, str]) -> alt.LayerChart:
    """Positions of the states in ``names`` over the years."""
    raise NotImplementedError
