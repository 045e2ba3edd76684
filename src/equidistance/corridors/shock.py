"""Before and after: what a closure does to flows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from equidistance.corridors import rules as ruling
from equidistance.corridors.assignment import Assignment
from equidistance.corridors.demands import Demand
from equidistance.corridors.flows import Assigner
from equidistance.corridors.network import Network
from equidistance.corridors.routes import Weigh, on_day
from equidistance.corridors.rules import Rule
from equidistance.corridors.schema import COVERAGE
from equidistance.errors import InvalidRequest
from equidistance.tables import Table

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Shock:
    """Flows the day before a closure and on its first day.

    Attributes:
        closed: what was closed.
        before: flows the day before.
        after: flows on the first day.
    """

    closed: str
    before: Assignment
    after: Assignment

    @property
    def table(self) -> Table:
        """One row for each demand: corridors, dollars a tonne and what goes, before and after."""
        rows = []
        for number, demand in enumerate(self.before.demands):
            row: dict[str, object] = {"from": demand.origin, "to": demand.destination, "cargo": demand.cargo}
            for name, side in (("before", self.before), ("after", self.after)):
                mine = [route for route in side.routes if route.demand == number]
                mt = sum(route.mt for route in mine)
                row[f"mt_{name}"] = round(mt, 6)
                row[f"per_tonne_{name}"] = (
                    round(sum(r.mt * r.usd_tonne for r in mine) / mt, 2) if mt else None
                )
                row[f"corridors_{name}"] = (
                    ", ".join(dict.fromkeys(route.corridor for route in mine)) or "none"
                )
                row[f"states_{name}"] = " | ".join(" ".join(route.states) for route in mine)
            rows.append(row)
        units = {"mt_before": "million tonnes a year", "per_tonne_before": "dollars a tonne (or hours, km)"}
        columns = [("from", pa.string()), ("to", pa.string()), ("cargo", pa.string())]
        for name in ("before", "after"):
            columns += [
                (f"mt_{name}", pa.float64()),
                (f"per_tonne_{name}", pa.float64()),
                (f"corridors_{name}", pa.string()),
                (f"states_{name}", pa.string()),
            ]
        return Table("Before and after", pa.Table.from_pylist(rows, schema=pa.schema(columns)), units)

    @property
    def sentence(self) -> str:
        """What changed, in one line."""
        lost = float(self.after.unserved.sum() - self.before.unserved.sum())
        more = self.after.cost - self.before.cost
        unit = {"time": "million tonne-hours", "km": "million tonne-km"}.get(self.before.weigh, "million USD")
        return (
            f"Closing {self.closed}: {lost:.3f} Mt a year more find no way; what goes costs {more:+,.1f} {unit} a year "
            f"({self.before.cost:,.1f} before, {self.after.cost:,.1f} after)."
        )


def shock(
    demands: Sequence[Demand],
    close: str,
    *,
    start: date | str,
    end: date | str | None = None,
    avoid: str = "",
    rules: Sequence[Rule] = (),
    weigh: Weigh = "generalised",
    roads: bool = False,
    network: Network | None = None,
    progress: Progress = lambda what, done, total: None,
) -> Shock:
    """Assign demands the day before a closure and on its first day.

    Args:
        demands: what is to go.
        close: crossings (``BLR-POL``, ``Dostyk - Alashankou``), lines, services, sea passages, comma-separated.
        start: first day of the closure.
        end: last day, only checked against the first.
        avoid: territory or ports to avoid on both days.
        rules: rules on both days.
        weigh: what is minimised.
        roads: let trucks take main roads too.
        network: the network; the shipped one.
        progress: told what is being done.

    Raises:
        InvalidRequest: the closure ends before it starts, or starts on the first day of coverage.
        UnknownName: nothing of that name can be closed.
    """
    first = on_day(start)
    last = None if end is None else on_day(end)
    if last is not None and last < first:
        raise InvalidRequest(f"The closure ends on {last}, before it starts on {first}.")
    if first <= COVERAGE[0]:
        raise InvalidRequest(
            f"The network is kept from {COVERAGE[0]}; there is no day before {first} to compare with."
        )
    closures = ruling.close(close, first, last)
    if not closures:
        raise InvalidRequest("Nothing is to be closed.", hint="Name a crossing with --close, e.g. BLR-POL.")
    every = [*ruling.avoid(avoid), *rules, *closures]
    eve = first - timedelta(days=1)
    more: dict[str, Any] = {
        "rules": every,
        "weigh": weigh,
        "roads": roads,
        "network": network,
        "progress": progress,
    }
    before = Assigner(demands, on=eve, **more).solve()
    then = Assigner(demands, on=first, price_at_home=before.penalty, **more)
    closed = ", ".join(rule.id.removeprefix("close ") for rule in closures)
    return Shock(closed, before, then.solve(progress=progress))
