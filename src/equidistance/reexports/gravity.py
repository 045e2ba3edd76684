"""The gravity counterfactual: what exporters sent everywhere, goods and pairs held apart, by Poisson regression."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from equidistance.models.gravity import poisson
from equidistance.reexports.surge import Booleans, Floats

FORMULA = "value ~ treated | good_destination + good_period + destination_period"


@dataclass(frozen=True)
class Gravity:
    """The effect of the event on listed goods to the destination.

    Attributes:
        effect: log ratio of actual to counterfactual trade.
        se: its standard error, clustered by good and destination.
        excess: actual minus counterfactual trade, in currency.
        low, high: 90% interval of the excess.
        rows: rows in the regression (those that fixed effects fit perfectly are left out).
    """

    effect: float
    se: float
    excess: float
    low: float
    high: float
    rows: int


def panel(
    value: Floats, listed: Booleans, post: Booleans, destination: int, skip: tuple[int, ...] = ()
) -> dict[str, Any]:
    """The rows of the regression as columns.

    Args:
        value: amounts, shape (P, D, T).
        listed: goods on the list, shape (P,).
        post: periods after the date, shape (T,).
        destination: place of the destination among D.
        skip: destinations left out (the sanctioned one: its own fall is no counterfactual).
    """
    P, D, T = value.shape
    kept = [d for d in range(D) if d not in skip]
    good, place, period = (
        axis.ravel() for axis in np.meshgrid(np.arange(P), kept, np.arange(T), indexing="ij")
    )
    return {
        "value": value[:, kept].ravel() / 1e3,  # thousands: the optimiser likes moderate numbers
        "treated": (listed[good] & (place == destination) & post[period]).astype(np.float64),
        "good_destination": good * D + place,
        "good_period": good * T + period,
        "destination_period": place * T + period,
    }


def gravity(
    value: Floats, listed: Booleans, post: Booleans, destination: int, skip: tuple[int, ...] = ()
) -> Gravity:
    """Estimate the effect with a Poisson pseudo maximum likelihood and three-way fixed effects.

    Structural gravity (Yotov, Piermartini, Monteiro and Larch 2016): good and period absorb supply and demand of the
    good, destination and period all that happens to the destination, good and destination distance, tastes and
    everything else that lasts. Zeros stay in (Santos Silva and Tenreyro 2006). The counterfactual divides what was
    traded by ``exp(effect)``.

    Args: as :func:`panel`.

    Raises:
        EquidistanceError: pyfixest is not installed.
    """
    columns = panel(value, listed, post, destination, skip)
    fit = poisson(columns, FORMULA, "good_destination")
    effect, se = float(fit.coef().iloc[0]), float(fit.se().iloc[0])
    traded = float(value[listed, destination][:, post].sum())
    low, middle, high = (
        traded * (1 - np.exp(-(effect + z * se))) for z in (-1.6448536269514722, 0.0, 1.6448536269514722)
    )
    return Gravity(effect, se, float(middle), float(low), float(high), int(fit._N))
