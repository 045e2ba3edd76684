"""What size, distance, border and shared history predict for trade: the fit, what ships of it, and the views of it.

The regression (:mod:`equidistance.models.gravity`) has an effect of every exporter and of every importer in every year,
and covariates that no government of today chose: distance of the capitals, a land border, a common official language,
rule of one by the other, having been one state. It has no effect of the pair: that would hold whatever lasts between
the two, so that a lasting choice would be called expected and ``chosen`` would be near zero for every pair by
construction. Trade agreements, alliances and sanctions are left out for the same reason: they are choices. Coefficients
are the same in all years, so that trade between the heirs of one state that fades is read as their choice.

Trade of an economy with itself is not used. That equals giving every economy a border effect of its own in every year
(such an effect would fit its one domestic flow exactly), so a jump in measured domestic sales, such as Kazakhstan's of
2010, cannot move an expectation. A flow that is not listed is unknown and stays out; a listed zero stays in, except one
between two years of trade (:data:`equidistance.indicators.flows.GAP_USD`), which is a gap.
"""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from equidistance.ground import history
from equidistance.indicators.flows import WITHOUT_GAPS
from equidistance.models import gravity

Floats = NDArray[np.float64]

EARTH_KM = 6371.0088
"""Mean radius of the Earth, IUGG."""

COVARIATES = ("log_distance", "land_border", "common_language", "ruled", "one_state")
"""What the regression knows of a pair, in the order of its coefficients."""

REACH = 10
"""Years before the first and after the last year of the fit for which the nearest year's effects are used."""

_SCHEMA = 1


@dataclass(frozen=True)
class Expectations:
    """A fitted regression, by state and year.

    Attributes:
        states: S codes.
        years: Y years.
        coefficients: (K,) of :data:`COVARIATES`.
        se: (K,) their standard errors.
        exporter, importer: (Y, S) effects, NaN where the state has none in that year.
        places: (S, 2) latitude and longitude of the capitals, degrees.
        borders: pairs of states with a land border, in alphabetical order.
        wander: standard deviation of the yearly change of (exporters', importers') effects, weighted by trade.
        facts: rows, zeros, gaps, share of the deviance explained beyond the effects.
    """

    states: tuple[str, ...]
    years: tuple[int, ...]
    coefficients: Floats
    se: Floats
    exporter: Floats
    importer: Floats
    places: Floats
    borders: frozenset[tuple[str, str]]
    wander: tuple[float, float]
    facts: dict[str, Any]

    def friction(self) -> Floats:
        """(S, S) what the covariates add to the log of a pair's trade; the diagonal means nothing."""
        return covariates(self.states, self.places, self.borders) @ self.coefficients

    def to_json(self) -> str:
        """A readable, reproducible text (effects to 4 decimals: far finer than they are known)."""
        content = {
            "schema": _SCHEMA,
            "coefficients": {
                name: {"value": _digits(b), "se": _digits(se)}
                for name, b, se in zip(COVARIATES, self.coefficients, self.se, strict=True)
            },
            "wander": {"exporter": _digits(self.wander[0]), "importer": _digits(self.wander[1])},
            "fit": self.facts,
            "capitals": {
                state: [round(float(v), 3) for v in place]
                for state, place in zip(self.states, self.places, strict=True)
            },
            "land_borders": sorted(f"{a}-{b}" for a, b in self.borders),
            "years": list(self.years),
            "effects": {
                state: {"exporter": _row(self.exporter[:, s]), "importer": _row(self.importer[:, s])}
                for s, state in enumerate(self.states)
            },
        }
        # one line for each state: a list of 17 numbers in a column is no easier to read
        lines = [f" {json.dumps(key)}: {_compact(value)}" for key, value in content.items()]
        return "{\n" + ",\n".join(lines) + "\n}\n"

    @classmethod
    def from_json(cls, text: str) -> "Expectations":
        """Read what :meth:`to_json` wrote."""
        content = json.loads(text)
        states = tuple(content["capitals"])
        effects = content["effects"]

        def side(name: str) -> Floats:
            return np.array([effects[state][name] for state in states], dtype=float).T

        b = content["coefficients"]
        return cls(
            states,
            tuple(content["years"]),
            np.array([b[name]["value"] for name in COVARIATES]),
            np.array([b[name]["se"] for name in COVARIATES]),
            side("exporter"),
            side("importer"),
            np.array(list(content["capitals"].values()), dtype=float),
            frozenset(tuple(pair.split("-")) for pair in content["land_borders"]),
            (content["wander"]["exporter"], content["wander"]["importer"]),
            content["fit"],
        )


NEEDED = ("trade_itpde", "distances")
"""Sources a store must hold to make a fit of its own."""

FALLBACK = (
    "Chosen trade is measured against the shipped gravity fit: the store holds what a fit of its own needs, but "
    "pyfixest is not installed (pip install 'equidistance[gravity]')."
)


def own_fit(held: Collection[str]) -> bool:
    """Whether a store with these sources gets a gravity fit of its own; else the shipped one serves."""
    return set(NEEDED) <= set(held) and find_spec("pyfixest") is not None


def fell_back(held: Collection[str]) -> bool:
    """Whether a store could have a fit of its own but for the missing package."""
    return set(NEEDED) <= set(held) and find_spec("pyfixest") is None


def covariates(states: tuple[str, ...], places: Floats, borders: frozenset[tuple[str, str]]) -> Floats:
    """(S, S, K) covariates of every ordered pair; symmetric.

    Args:
        states: S codes.
        places: (S, 2) degrees.
        borders: pairs with a land border, in alphabetical order.
    """
    z = np.zeros((len(states), len(states), len(COVARIATES)))
    z[:, :, 0] = np.log(np.maximum(distances(places), 1.0))  # capitals less than 1 km apart do not occur
    for i, one in enumerate(states):
        for j, other in enumerate(states[:i]):
            z[i, j, 1:] = z[j, i, 1:] = (
                (other, one) in borders or (one, other) in borders,
                history.share_language(one, other),
                history.ruled(one, other),
                history.were_one(one, other),
            )
    return z


def distances(places: Floats) -> Floats:
    """(S, S) great-circle distances in km of (S, 2) places in degrees (haversine)."""
    latitude, longitude = np.radians(places).T
    half = (
        np.sin((latitude[:, None] - latitude) / 2) ** 2
        + np.cos(latitude[:, None]) * np.cos(latitude) * np.sin((longitude[:, None] - longitude) / 2) ** 2
    )
    km: Floats = 2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(half, 1)))
    return km


def estimate(connection: Any, progress: Callable[[str, int, int], None] | None = None) -> Expectations:
    """Fit the regression to the reconciled trade of a store.

    Args:
        connection: a store's connection with the views ``trade``, ``capitals`` and ``land_borders``.
        progress: told before the fit.

    Raises:
        EquidistanceError: pyfixest is not installed.
    """
    if progress is not None:
        progress("Estimating what size and distance predict of trade", 0, 0)
    places = {
        state: (latitude, longitude)
        for state, latitude, longitude in connection.execute(
            "select state, latitude, longitude from capitals order by state, start"
        ).fetchall()  # of several capitals the last remains
    }
    borders = frozenset(
        connection.execute(
            """
            select state_a, state_b from land_borders
            group by state_a, state_b
            -- a border that was lost while both states lived on is none
            having bool_or("end" is null)
                or max("end") in (select "end" from states where state in (state_a, state_b))
            """
        ).fetchall()
    )
    flows = connection.sql(
        f"""
        select exporter, importer, year, value_usd from ({WITHOUT_GAPS})
        where reporter = 'reconciled' order by year, exporter, importer
        """
    ).to_arrow_table()
    listed, gaps = connection.execute(
        f"""
        select count(*), count(*) - (select count(*) from ({WITHOUT_GAPS}) where reporter = 'reconciled')
        from trade where reporter = 'reconciled' and exporter <> importer
        """
    ).fetchall()[0]
    names = [flows[side].to_numpy(zero_copy_only=False).astype(str) for side in ("exporter", "importer")]
    states = tuple(sorted({*np.unique(names[0]), *np.unique(names[1])} & places.keys()))
    number = {state: at for at, state in enumerate(states)}
    i, j = (np.array([number.get(name, -1) for name in side]) for side in names)
    known = (i >= 0) & (j >= 0)
    i, j = i[known], j[known]
    year = flows["year"].to_numpy()[known].astype(np.int64)
    value = flows["value_usd"].to_numpy()[known] / 1e6  # millions: the optimiser likes moderate numbers
    years = tuple(int(y) for y in np.unique(year))
    t = np.searchsorted(np.array(years), year)
    S, Y = len(states), len(years)
    z = covariates(states, np.array([places[state] for state in states]), borders)
    fitted = gravity.fit(value, t * S + i, t * S + j, i * S + j, z[i, j])
    exporter, importer = (_laid_out(effect, Y, S) for effect in (fitted.origin, fitted.destination))
    sent, received = (
        np.bincount(t * S + side, value, Y * S).reshape(Y, S).astype(np.float64) for side in (i, j)
    )
    facts = {
        "flows": int(known.sum()),
        "zeros": int((value == 0).sum()),
        "zeros_taken_as_gaps": int(gaps),
        "listed": int(listed),
        "explained": round(fitted.explained, 4),
    }
    return Expectations(
        states,
        years,
        fitted.coefficients,
        fitted.se,
        exporter,
        importer,
        np.array([places[state] for state in states]),
        frozenset(pair for pair in borders if set(pair) <= set(states)),
        (gravity.yearly_change(exporter, sent), gravity.yearly_change(importer, received)),
        facts,
    )


def register(connection: Any, expectations: Expectations) -> None:
    """Make the temporary tables that the chosen indicators read.

    ``expected_effects(state, year, as_exporter, as_importer, exporter_variance, importer_variance)``: the variances are
    those of a walk over the years between the year and the fit's nearest one, 0 inside the fit;
    ``expected_friction(state, partner, friction)``.
    """
    E = expectations
    first, last = E.years[0], E.years[-1]
    parts = []
    for year in range(first - REACH, last + REACH + 1):
        at = int(np.abs(np.array(E.years) - year).argmin())
        away = abs(E.years[at] - year)
        known = np.flatnonzero(np.isfinite(E.exporter[at]) | np.isfinite(E.importer[at]))
        parts.append(
            pa.table(
                {
                    "state": np.array(E.states)[known],
                    "year": np.full(len(known), year),
                    "as_exporter": pa.array(E.exporter[at, known], from_pandas=True),
                    "as_importer": pa.array(E.importer[at, known], from_pandas=True),
                    "exporter_variance": np.full(len(known), away * E.wander[0] ** 2),
                    "importer_variance": np.full(len(known), away * E.wander[1] ** 2),
                }
            )
        )
    S = len(E.states)
    one, other = np.nonzero(~np.eye(S, dtype=bool))
    friction = pa.table(
        {
            "state": np.array(E.states)[one],
            "partner": np.array(E.states)[other],
            "friction": E.friction()[one, other],
        }
    )
    for name, table in (("expected_effects", pa.concat_tables(parts)), ("expected_friction", friction)):
        connection.register(f"{name}_rows", table)
        connection.execute(f"create or replace temp table {name} as from {name}_rows")
        connection.unregister(f"{name}_rows")


def _laid_out(effect: Floats, years: int, states: int) -> Floats:
    """(Y, S) from an effect for each number that occurred."""
    whole = np.full(years * states, np.nan)
    whole[: len(effect)] = effect
    return whole.reshape(years, states)


def _row(values: Floats) -> list[float | None]:
    return [round(float(v), 4) if np.isfinite(v) else None for v in values]


def _compact(value: Mapping[str, Any] | list[Any] | Any) -> str:
    if not isinstance(value, dict) or not any(isinstance(one, (dict, list)) for one in value.values()):
        return json.dumps(value, ensure_ascii=False)
    inner = [f"  {json.dumps(key)}: {json.dumps(one, ensure_ascii=False)}" for key, one in value.items()]
    return "{\n" + ",\n".join(inner) + "\n }"


def _digits(value: float) -> float:
    return float(f"{value:.6g}")
