"""How an indicator declares itself, and the registry of all indicators.

An indicator is one function with one declaration. The function takes a DuckDB connection on which these views exist:

- every evidence table of :data:`equidistance.evidence.schema.TABLES`, restricted to current records (one row per
  natural key), with a ``source_id`` column;
- ``coverage(source_id, source, start, "end")``: closed date intervals; outside them a value is unknown, never zero;
- ``power_members(power, member, start, "end", is_bloc)``: the powers asked for. A state power has one row, itself, with
  its own existence; a bloc has one row per membership spell. "end" is exclusive and never null (9999-12-31 = open);
- ``states(state, start, "end")``: when each state existed ("end" exclusive);
- where votes or trade by product are at hand, ``ideal_points(state, session, mean, sd, n, source_id)``,
  ``listed_goods(product)``, ``sanctioning(state, since)`` and ``sanctioned(state)``
  (:mod:`equidistance.assessment.views`).

It returns an Arrow table with :data:`INDICATOR_SCHEMA`'s columns except ``indicator`` (MODEL.md section 1). Rows for
dyads that must not exist (a state with itself, a state inside the bloc at that date) are left out by the function.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Literal

import pyarrow as pa

from equidistance.errors import UnknownName

Channel = Literal["word", "deed"]
Instrument = Literal["diplomacy", "security", "trade", "finance", "energy", "transport", "information"]
Link = Literal["logit", "log_ratio", "log", "log_share", "mean", "depth", "distance"]

INDICATOR_SCHEMA = pa.schema(
    [
        pa.field("state", pa.string(), nullable=False),
        pa.field("power", pa.string(), nullable=False),
        pa.field("period", pa.date32(), nullable=False),
        pa.field("freq", pa.string(), nullable=False),  # "month" or "year"
        pa.field("indicator", pa.string(), nullable=False),
        pa.field("value", pa.float64(), nullable=False),
        pa.field("se", pa.float64(), nullable=False),  # 0 where the source implies no error
        pa.field("n", pa.int32(), nullable=False),
        pa.field("source_id", pa.string(), nullable=False),
    ]
)


@dataclass(frozen=True)
class Indicator:
    """An indicator's declaration.

    Attributes:
        name: e.g. ``un_vote_agreement``.
        title: what a reader sees in a chart legend.
        channel: ``word`` or ``deed`` (a user may move it).
        instrument: which instrument of policy it observes.
        link: the scale of ``value`` (MODEL.md section 1).
        freq: ``month`` or ``year``.
        sources: names of the sources it is made from.
        direction: +1 where higher means closer (all values are oriented so that this holds), kept for the docs.
        default: whether an assessment uses it unless asked otherwise.
        expectation: whether size, distance and border predict it, so that a gravity expectation will apply.
        description: what it measures, its error, its limits.
        compute: the function.
    """

    name: str
    title: str
    channel: Channel
    instrument: Instrument
    link: Link
    freq: Literal["month", "year"]
    sources: tuple[str, ...]
    direction: int
    expectation: bool
    default: bool
    description: str
    compute: Callable[..., pa.Table]


_REGISTRY: dict[str, Indicator] = {}
_MODULES = ("votes", "events", "speeches", "agreements", "visits", "flows", "goods")


def indicator(
    *,
    name: str,
    title: str,
    channel: Channel,
    instrument: Instrument,
    link: Link,
    freq: Literal["month", "year"],
    sources: tuple[str, ...],
    expectation: bool = False,
    direction: int = 1,
    default: bool = True,
) -> Callable[[Callable[..., pa.Table]], Callable[..., pa.Table]]:
    """Register the decorated function as an indicator; its docstring becomes the description."""

    def register(compute: Callable[..., pa.Table]) -> Callable[..., pa.Table]:
        _REGISTRY[name] = Indicator(
            name,
            title,
            channel,
            instrument,
            link,
            freq,
            sources,
            direction,
            expectation,
            default,
            (compute.__doc__ or "").strip(),
            compute,
        )
        return compute

    return register


def all_indicators() -> dict[str, Indicator]:
    """Every indicator by name, in the order of the modules and of declaration within them."""
    modules = [import_module(f"equidistance.indicators.{module}").__name__ for module in _MODULES]
    # the registry itself is in the order in which the modules happened to be imported
    return dict(sorted(_REGISTRY.items(), key=lambda item: modules.index(item[1].compute.__module__)))


def get_indicator(name: str) -> Indicator:
    """The indicator called ``name``.

    Raises:
        UnknownName: no such indicator; the choices list all.
    """
    indicators = all_indicators()
    if name not in indicators:
        raise UnknownName(f"There is no indicator {name!r}.", choices=list(indicators))
    return indicators[name]
