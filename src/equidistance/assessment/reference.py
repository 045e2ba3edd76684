"""The reference fit: the shared parameters that put every assessment on one scale.

The parameters are estimated once, on all states and the default powers, and ship with the package. An assessment of one
state uses them as they are, so that +1 means the same for everybody and a state can be assessed in a moment;
``refit`` estimates them again on the evidence at hand.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from equidistance.ground.blocs import Bloc
from equidistance.ground.states import State
from equidistance.indicators import panel
from equidistance.indicators.declare import Indicator
from equidistance.models import em, fitting, uncertainty
from equidistance.models.alignment import ARRAYS, Observations, Parameters, Tails, with_arrays
from equidistance.models.kalman import Layout

DEFAULT_POWERS = ("RUS", "CHN", "USA", "EU", "GBR", "TUR")
"""The powers assessed unless others are asked for, and those the reference fit rests on."""

CHANNELS = ("deed", "word")
"""Latent channels in the order of the model's state vector."""

FIRST_YEAR = 1992
"""First year of the reference fit: the first full year of the states that succeeded the Soviet Union."""

TAILS = Tails(innovation=4.0, own=4.0, noise=4.0)
"""Degrees of freedom of the reference fit: those that predict hidden evidence best (docs, "Method")."""

DRAWS = 32
"""Draws of the shared parameters that go with the reference fit."""

BORROWED = {"expert_words": "verbal_cooperation", "expert_deeds": "material_cooperation"}
"""Indicators of a user's own ledger, no part of the reference fit, and the indicator of the same scale, frequency and
error whose parameters they take."""

_SCHEMA = 2


@dataclass(frozen=True)
class Reference:
    """Shared parameters by indicator name.

    Attributes:
        names: K indicator names, in the order of the parameters' arrays.
        channels: K channel names the fit used.
        parameters: the parameters, on the reported scale.
        facts: what the fit rests on (dyads, observations, iterations, log likelihood, evidence digest).
        draws: draws of the parameters: how well they are known.
    """

    names: tuple[str, ...]
    channels: tuple[str, ...]
    parameters: Parameters
    facts: dict[str, Any]
    draws: tuple[Parameters, ...] = ()

    @property
    def identity(self) -> str:
        """Twelve hex digits that change whenever a parameter does."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:12]

    def knows(self, name: str) -> bool:
        """Whether there are parameters for an indicator: its own, or those it borrows (:data:`BORROWED`)."""
        return name in self.names or BORROWED.get(name) in self.names

    def select(self, indicators: Sequence[Indicator]) -> Parameters:
        """The parameters of some of the indicators, in their order."""
        return _some(self.parameters, self._places(indicators))

    def members(self, indicators: Sequence[Indicator], number: int) -> list[Parameters]:
        """As many draws of some indicators' parameters, in turns; the estimate where there are no draws."""
        places = self._places(indicators)
        every = self.draws or (self.parameters,)
        return [_some(every[i % len(every)], places) for i in range(number)]

    def _places(self, indicators: Sequence[Indicator]) -> list[int]:
        names = [one.name if one.name in self.names else BORROWED[one.name] for one in indicators]
        return [self.names.index(name) for name in names]

    def to_json(self) -> str:
        """A readable, reproducible text (6 significant digits, far finer than the estimates are known)."""
        p = self.parameters
        indicators = {
            name: {
                "channel": channel,
                "intercept": _digits(p.intercept[k]),
                "loading": _digits(p.loading[k]),
                "noise_variance": _digits(p.noise[k]),
                "effect_variance": _digits(p.effect[k]),
                "wander_variance": _digits(p.wander[k]),
            }
            for k, (name, channel) in enumerate(zip(self.names, self.channels, strict=True))
        }
        content = {
            "schema": _SCHEMA,
            "channels": list(CHANNELS),
            "innovation": [[_digits(v) for v in row] for row in p.innovation],
            "mean": [_digits(v) for v in p.mean],
            "initial": [[_digits(v) for v in row] for row in p.initial],
            "degrees_of_freedom": {
                name: value if np.isfinite(value) else None for name, value in vars(p.tails).items()
            },
            "indicators": indicators,
            "fit": self.facts,
        }
        text = json.dumps(content, indent=1, ensure_ascii=False)
        draws = ",\n".join("  " + json.dumps(_plain(draw)) for draw in self.draws)
        return text.removesuffix("\n}") + f',\n "draws": [\n{draws}\n ]\n}}\n'

    @classmethod
    def from_json(cls, text: str) -> "Reference":
        """Read what :meth:`to_json` wrote."""
        content = json.loads(text)
        rows = content["indicators"].values()

        def column(key: str) -> NDArray[np.float64]:
            return np.array([row[key] for row in rows], dtype=float)

        parameters = Parameters(
            column("intercept"),
            column("loading"),
            column("noise_variance"),
            column("effect_variance"),
            column("wander_variance"),
            np.array(content["innovation"]),
            np.array(content["mean"]),
            np.array(content["initial"]),
            Tails(**{k: np.inf if v is None else v for k, v in content["degrees_of_freedom"].items()}),
        )
        draws = tuple(
            with_arrays(parameters, {name: np.array(values) for name, values in draw.items()})
            for draw in content["draws"]
        )
        channels = tuple(row["channel"] for row in rows)
        return cls(tuple(content["indicators"]), channels, parameters, content["fit"], draws)


_PER_INDICATOR = ("intercept", "loading", "noise", "effect", "wander")


def _some(whole: Parameters, index: list[int]) -> Parameters:
    """The parameters of some indicators."""
    return with_arrays(whole, {name: getattr(whole, name)[index] for name in _PER_INDICATOR})


def _plain(parameters: Parameters) -> dict[str, Any]:
    """Arrays as lists of numbers with four significant digits: a draw is known no better.

    Covariances keep nine, so that one of nearly perfect correlation stays a covariance.
    """
    digits = {"innovation": 9, "initial": 9}
    return {
        name: [
            [float(f"{value:.{digits.get(name, 4)}g}") for value in row]
            if array.ndim == 2
            else float(f"{row:.4g}")
            for row in array
        ]
        for name in ARRAYS
        for array in (getattr(parameters, name),)
    }


def layout_of(indicators: Sequence[Indicator]) -> Layout:
    """The model's layout for some indicators."""
    return Layout(
        channel=np.array([CHANNELS.index(one.channel) for one in indicators], dtype=np.int64),
        span=np.array([panel.MONTHS_PER_PERIOD[one.freq] for one in indicators], dtype=np.int64),
        channels=len(CHANNELS),
    )


def availability(state: State, power: State | Bloc, grid: panel.Panel) -> NDArray[np.bool_]:
    """(T,) months in which both exist and the state is not a member of the power."""
    months = [grid.date_of(t) for t in range(grid.months)]
    inside = np.array([_exists(state, day) and _exists(power, day) for day in months])
    if isinstance(power, Bloc):
        inside &= np.array([state.code not in power.members(day) for day in months])
    return inside


def _exists(actor: State | Bloc, month: date) -> bool:
    """Whether the actor exists at the end of the month (its first month counts)."""
    last_day = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return actor.start < last_day and (actor.end is None or actor.end > month)


def fit_reference(
    rows: pa.Table,
    actors: dict[tuple[str, str], tuple[State, State | Bloc]],
    indicators: Sequence[Indicator],
    *,
    first_year: int = FIRST_YEAR,
    tails: Tails = TAILS,
    on_iteration: Callable[[int, float], None] | None = None,
) -> Reference:
    """Estimate the shared parameters from indicator rows.

    Args:
        rows: in :data:`equidistance.indicators.declare.INDICATOR_SCHEMA`.
        actors: the dyads to fit on; those without any evidence are left out.
        indicators: indicators to use; those without any row are left out.
        first_year: first year of the grid.
        tails: degrees of freedom.
        on_iteration: progress callback, see :func:`equidistance.models.fitting.fit_tails`.
    """
    present = set(pc.unique(rows["indicator"].cast(pa.string())).to_pylist())
    used = [one for one in indicators if one.name in present]
    pairs = pc.unique(
        pc.binary_join_element_wise(rows["state"].cast(pa.string()), rows["power"].cast(pa.string()), ">")
    )
    with_evidence = set(pairs.to_pylist())
    dyads = [pair for pair in actors if ">".join(pair) in with_evidence]
    last_year = int(pc.max(pc.year(rows["period"])).as_py())
    grid = panel.build(rows, dyads, used, first_year, last_year)
    observations = Observations(grid.value, grid.error)
    layout = layout_of(used)
    exists = np.stack([availability(*actors[pair], grid) for pair in dyads], axis=1)
    result = fitting.fit_tails(layout, observations, tails, on_iteration=on_iteration)
    parameters = em.standardise(layout, result.packed, result.parameters, exists, result.weights)
    states = sorted({state for state, _ in dyads})
    clusters = np.array([states.index(state) for state, _ in dyads])
    moved = uncertainty.parameter_draws(
        layout, result.packed, result.normal, clusters, DRAWS, np.random.default_rng(1)
    )
    draws = tuple(
        em.standardise(layout, result.packed, fitting.with_tails(one, tails), exists, result.weights)
        for one in moved
    )
    facts = {
        "dyads": len(dyads),
        "months": grid.months,
        "observations": int(np.isfinite(grid.value).sum()),
        "first_year": first_year,
        "last_year": last_year,
        "log_likelihood": round(result.log_likelihood[-1], 2),
        "converged": result.converged,
    }
    names, channels = tuple(one.name for one in used), tuple(one.channel for one in used)
    return Reference(names, channels, parameters, facts, draws)


def _digits(value: float) -> float:
    return float(f"{value:.6g}")
