"""The panels that the model is measured on: the real one, parts of it, and a simulated one."""

from dataclasses import replace

import numpy as np

from equidistance.assessment.evidence import dyads
from equidistance.assessment.reference import (
    DEFAULT_POWERS,
    FIRST_YEAR,
    Reference,
    availability,
    layout_of,
)
from equidistance.ground.blocs import resolve_power
from equidistance.indicators import panel
from equidistance.indicators.declare import Indicator, all_indicators
from equidistance.indicators.snapshot import shipped
from equidistance.models.alignment import Observations, Parameters
from equidistance.models.kalman import Booleans, Floats, Layout

LAST_YEAR = 2025


class Real:
    """The panel the reference fit rests on, from the shipped snapshot.

    Attributes:
        indicators, dyads: what its axes stand for.
        layout, observations, parameters: what the model takes.
    """

    def __init__(self) -> None:
        reference = Reference.from_json(shipped().reference_text())
        every = all_indicators()
        self.indicators: list[Indicator] = [every[name] for name in reference.names]
        self._actors = dyads([resolve_power(code) for code in DEFAULT_POWERS])
        rows = shipped().rows(powers=list(DEFAULT_POWERS))
        present = set(zip(rows["state"].to_pylist(), rows["power"].to_pylist(), strict=True))
        self.dyads = [pair for pair in self._actors if pair in present]
        self._grid = panel.build(rows, self.dyads, self.indicators, FIRST_YEAR, LAST_YEAR)
        self.observations = Observations(self._grid.value, self._grid.error)
        self.layout = layout_of(self.indicators)
        self.parameters = reference.select(self.indicators)

    def exists(self) -> Booleans:
        """(T, N) months in which state and power exist and the one is no member of the other."""
        return np.stack([availability(*self._actors[pair], self._grid) for pair in self.dyads], axis=1)

    def of_states(self, number: int, seed: int = 1) -> Observations:
        """All dyads of some states drawn at random."""
        states = sorted({state for state, _ in self.dyads})
        chosen = set(np.random.default_rng(seed).permutation(states)[:number].tolist())
        return self.observations.select(
            np.array([n for n, (state, _) in enumerate(self.dyads) if state in chosen])
        )

    def of_indicators(self, kept: list[int]) -> tuple[Layout, Observations, Parameters]:
        """The panel and parameters of some indicators."""
        layout = Layout(self.layout.channel[kept], self.layout.span[kept], self.layout.channels)
        parameters = replace(
            self.parameters,
            intercept=self.parameters.intercept[kept],
            loading=self.parameters.loading[kept],
            noise=self.parameters.noise[kept],
            effect=self.parameters.effect[kept],
            wander=self.parameters.wander[kept],
        )
        return layout, Observations(self.observations.value[kept], self.observations.error[kept]), parameters

    def by_year(self) -> tuple[Layout, Observations, Parameters]:
        """Every indicator's yearly mean on a grid of years."""
        K, months, dyads_ = self.observations.value.shape
        years = self.observations.value.reshape(K, months // 12, 12, dyads_)
        seen = np.isfinite(years)
        count = np.maximum(seen.sum(axis=2), 1)
        value = np.where(seen.any(axis=2), np.nansum(years, axis=2) / count, np.nan)
        squares = np.where(seen, self.observations.error.reshape(years.shape) ** 2, 0.0).sum(axis=2)
        layout = Layout(self.layout.channel, np.ones(K, dtype=np.int64), self.layout.channels)
        return layout, Observations(value, np.sqrt(squares) / count), self.parameters


def one_channel(
    series: int, months: int, indicators: int, missing: float
) -> tuple[Layout, Observations, Parameters]:
    """Simulated series of one channel, a share of the values missing at random."""
    generator = np.random.default_rng(3)
    shape = (indicators, months, series)
    level = 0.3 * np.cumsum(0.1 * generator.standard_normal((months, series)), axis=0)
    value: Floats = level + 0.5 * generator.standard_normal(shape)
    value[generator.random(shape) < missing] = np.nan
    layout = Layout(np.zeros(indicators, np.int64), np.ones(indicators, np.int64), 1)
    parameters = Parameters(
        intercept=np.zeros(indicators),
        loading=np.ones(indicators),
        noise=np.linspace(0.15, 0.35, indicators),
        effect=np.full(indicators, 0.1),
        wander=np.full(indicators, 0.001),
        innovation=np.array([[0.001]]),
        mean=np.zeros(1),
        initial=np.array([[1.0]]),
    )
    return layout, Observations(value, np.zeros(shape)), parameters
