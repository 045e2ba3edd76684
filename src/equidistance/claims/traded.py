"""Claims about trade in goods under sanctions, counted on the trade by product in the store.

A sum is what the reporters declare; the books of two sides differ by a tenth, which is taken as its error. Growth is
that of the same calendar months a year (for trends and breaks: up to two years) before, so that seasons cancel.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, log, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtr

from equidistance.claims.asked import Asked, asked
from equidistance.claims.verdicts import Finding, Number, Record
from equidistance.claims.words import name_of
from equidistance.ground.time import from_index
from equidistance.reading.records import Claim

if TYPE_CHECKING:
    from equidistance.claims.bench import Bench
    from equidistance.reexports.surge import Booleans, Floats
    from equidistance.reexports.trade import Flows

ERROR = 0.10
"""Relative standard error of a sum of trade: two countries' books differ by about that."""

SAME = 0.10
"""Growth by less than this, in logs, is no change."""

ACCOUNT = "added up from the store"
"""Whose account a sum of trade in the store is."""

_Z = 1.645
_BASE_YEARS = 2
_NEIGHBOURS = 1  # months on both sides of a date in which a break still is at that date
_BEFORE_BREAK = 3  # years before a date that its break is looked for in


@dataclass(frozen=True)
class Traded:
    """Trade of one flow by month: the listed goods' and all others'.

    Attributes:
        flow: sums by product.
        listed: products that the list names, shape (P,).
        value: amounts, shape (P, T).
        sources: titles and addresses of the sources.
        asked: what was asked.
    """

    flow: "Flows"
    listed: "Booleans"
    value: "Floats"
    sources: tuple[tuple[str, str], ...]
    asked: Asked

    def months(self, first: date, last: date) -> "Booleans":
        """Periods within some days, shape (T,)."""
        return np.array([first <= period <= last for period in self.flow.periods])

    def earlier(self, months: "Booleans", years: int) -> "list[Booleans]":
        """The same periods one, two ... years before, as far as the data hold all of them."""
        step = self.flow.season
        places = np.flatnonzero(months)
        found = []
        for back in range(1, years + 1):
            if places.size and places[0] - back * step >= 0:
                before = np.zeros_like(months)
                before[places - back * step] = True
                found.append(before)
        return found

    def total(self, months: "Booleans", goods: "Booleans | None" = None) -> float:
        """Sum of the listed (or some other) goods over some periods."""
        chosen = self.listed if goods is None else goods
        return float(self.value[chosen][:, months].sum())

    def span(self, months: "Booleans") -> str:
        """First and last of some periods, in words."""
        inside = [period for period, one in zip(self.flow.periods, months, strict=True) if one]
        form = "%Y-%m" if self.flow.season == 12 else "%Y"
        ends = [f"{inside[0]:{form}}", f"{inside[-1]:{form}}"]
        return ends[0] if ends[0] == ends[1] else " to ".join(ends)


def numbers(claim: Claim, bench: "Bench") -> list[dict[str, Any]]:
    """The sum, its growth, or how many goods were traded, in the layout of published numbers; empty where unknown."""
    wanted = asked(claim)
    if wanted is None or claim.amount is None:
        return []
    found = bench.traded(wanted, _window(claim, bench)[1])
    if found is None:
        return []
    months = found.months(*_window(claim, bench))
    if not months.any():
        return []
    unit = claim.amount.unit
    now = found.total(months)
    goods = int((found.value[found.listed][:, months] > 0).any(axis=1).sum())
    note = f"{goods} of {int(found.listed.sum())} goods, {found.span(months)}"
    if unit in ("times", "percent") and wanted.change:
        before = found.earlier(months, 1)
        base = found.total(before[0]) if before else 0.0
        if base <= 0 or now <= 0:
            return []
        spread = exp(_Z * ERROR * sqrt(2))
        values = [now / base / spread, now / base, now / base * spread]
        if unit == "percent":
            values = sorted(100 * wanted.change * (value - 1) for value in values)
        began = (found.value[found.listed][:, before[0]].sum(axis=1) <= 0).sum()
        note += f", over {found.span(before[0])}; {began} listed goods had no trade then"
        return [_row(claim, found, "growth of " + wanted.words(), values, unit, months, note)]
    if unit == found.flow.currency:
        values = [now * (1 - _Z * ERROR), now, now * (1 + _Z * ERROR)]
        return [_row(claim, found, wanted.words(), values, unit, months, note)]
    if unit in ("goods", "products", "codes"):
        return [_row(claim, found, f"goods in {wanted.words()}", [float(goods)] * 3, unit, months, note)]
    return []


def trend(claim: Claim, bench: "Bench") -> Finding:
    """Whether the listed goods' trade grew over the same months of up to two years before the window."""
    wanted = asked(claim)
    assert wanted is not None
    first, last = _window(claim, bench)
    found = bench.traded(wanted, last)
    months = found.months(first, last) if found else np.zeros(0, dtype=bool)
    if found is None or not months.any():
        return _nothing(wanted, found, first, last)
    past = found.earlier(months, _BASE_YEARS)
    past = [one for one in past if not (one & months).any()]
    base = sum(found.total(one) for one in past) / max(len(past), 1)
    now = found.total(months)
    if base <= 0 or now <= 0:
        return _nothing(wanted, found, first, last)
    error = ERROR * sqrt(1 + 1 / len(past))
    change = log(now / base)
    probability = _directed(change, error, claim.direction)
    numbers = [_times(f"growth of {wanted.words()}", change, error)]
    told = f"{_money(now, found)}, {_money(base, found)} in the same months before"
    record = _text(found, f"{found.span(months)}: {told}")
    others = _excess(found, months, past)
    if others is not None:
        rest = int((~found.listed & found.value.any(axis=1)).sum())
        numbers.append(_times(f"the same over the growth of the {rest:,} other goods in the data", *others))
    return Finding(
        probability,
        f"Declared trade in these goods is {exp(change):.3g} times what it was in the same months of the "
        f"{len(past)} year{'s' * (len(past) > 1)} before; each sum is taken to be right within {ERROR:.0%}.",
        None,
        tuple(numbers),
        _records(found, record, _sign(probability)),
        (),
        _would_change(found),
    )


def break_(claim: Claim, bench: "Bench") -> Finding:
    """How probable it is that the one change of level of this trade lies at the date, give or take a month."""
    from equidistance.reexports import onset

    wanted = asked(claim)
    assert wanted is not None
    assert claim.when is not None
    found = bench.traded(wanted, claim.until or bench.today)
    first, last = claim.when.first, claim.when.last
    if found is None:
        return _nothing(wanted, found, first, last)
    start = from_index(-12 * _BEFORE_BREAK, first)
    inside = found.months(claim.since or start, claim.until or bench.today)
    periods = [period for period, one in zip(found.flow.periods, inside, strict=True) if one]
    january = date(first.year, 1, 1)
    past = np.array([period < january for period in found.flow.periods])
    old = found.listed & found.value[:, past].any(axis=1)  # a revision renames codes in January
    series = found.value[old][:, inside].sum(axis=0)
    known = sum(period < january for period in periods)  # the year's pattern, whatever date is claimed
    changed = onset.onset(onset.deseasoned(series, found.flow.season, known)) if series.any() else None
    if changed is None or not periods[0] < first <= periods[-1]:
        return _nothing(wanted, found, first, last)
    early, late = from_index(-_NEIGHBOURS, first), from_index(_NEIGHBOURS, last)
    at = float(changed.probability[[early <= period <= late for period in periods]].sum())
    any_change = 1 / (1 + exp(-min(changed.bic, 500.0) / 2))
    agrees = claim.direction in (None, 0) or claim.direction * changed.change > 0
    probability = at * any_change if agrees else 0.0
    ends = [
        f"{periods[place]:%B %Y}"
        for place in (changed.mode, changed.low, min(changed.high, len(periods) - 1))
    ]
    record = _text(found, f"level changed in {ends[0]} (90% interval {ends[1]} to {ends[2]})")
    return Finding(
        probability,
        f"The level of this trade changed once, most probably in {ends[0]} (90% interval {ends[1]} to {ends[2]}); "
        f"{at:.0%} of that lies at the date claimed, give or take {_NEIGHBOURS} month. The {int(old.sum())} goods with "
        f"trade before {first.year} count.",
        None,
        (_times("change of the level", changed.change, ERROR * sqrt(2)),),
        _records(found, record, _sign(probability)),
        (),
        _would_change(found),
    )


def of_store(connection: Any, wanted: Asked, day: date) -> Traded | None:
    """The trade that is asked about, from a store's connection; None where it holds none.

    Args:
        connection: of a store.
        wanted: what is asked.
        day: the list is taken as it stood on this day.

    Raises:
        UnknownName: a state or bloc that is not known.
    """
    from equidistance.ground.blocs import Bloc, resolve_power
    from equidistance.reexports import trade
    from equidistance.reexports.products import get_list

    def states(code: str) -> list[str]:
        actor = resolve_power(code, day)
        return sorted(actor.members(day)) if isinstance(actor, Bloc) else [actor.code]

    origins = states(wanted.origin)
    destinations = states(wanted.destination) if wanted.destination else [trade.WORLD]
    several = connection.execute("select count(distinct source_id) > 1 from goods").fetchall()[0][0]
    trade.prepare(connection, origins, overlapping=several)
    flow = trade.flows(connection, origins, destinations, flow=wanted.flow)
    if flow is None:
        return None
    lines = get_list(wanted.goods).at(day).lines(flow.products)
    listed = np.array([code in lines for code in flow.products], dtype=bool)
    titles = connection.execute(
        "select distinct o.title, o.address from goods g join source_versions o using (source_id) "
        "where list_contains(?, g.reporter) and g.flow = ? and g.product <> 'TOTAL' order by all",
        [[one.reporter for one in flow.reports], wanted.flow],
    ).fetchall()
    return Traded(flow, listed, flow.value.sum(axis=1), tuple(titles), wanted) if listed.any() else None


def _window(claim: Claim, bench: "Bench") -> tuple[date, date]:
    """First and last day of the time a claim speaks of: its date, its window, or the year before it was made."""
    end = claim.until or bench.published or bench.today
    if claim.when is not None:
        return claim.when.first, claim.when.last
    return claim.since or from_index(-12, end), end


def _directed(change: float, error: float, direction: int | None) -> float:
    if direction == 0:
        return float(ndtr((SAME - change) / error) - ndtr((-SAME - change) / error))
    return float(ndtr((direction or 1) * change / error))


def _excess(found: Traded, months: "Booleans", past: "Sequence[Booleans]") -> tuple[float, float] | None:
    """Growth of the listed goods over that of all others, in logs, and its standard error over goods (jackknife)."""
    goods = ~found.listed
    now = found.value[:, months].sum(axis=1)
    before = np.mean([found.value[:, one].sum(axis=1) for one in past], axis=0)
    sums = [now[found.listed].sum(), before[found.listed].sum(), now[goods].sum(), before[goods].sum()]
    if min(sums) <= 0 or found.listed.sum() < 2:
        return None
    without = (sums[0] - now[found.listed]), (sums[1] - before[found.listed])
    if min(without[0].min(), without[1].min()) <= 0:
        return None
    left = np.log(without[0] / without[1])
    n = len(left)
    error = sqrt((n - 1) / n * float(((left - left.mean()) ** 2).sum()))
    return log(sums[0] / sums[1]) - log(sums[2] / sums[3]), error


def _times(what: str, change: float, error: float) -> Number:
    low, high = (exp(change + sign * _Z * error) for sign in (-1, 1))
    return Number(what, exp(change), low, high, "times")


def _row(
    claim: Claim,
    found: Traded,
    what: str,
    values: Sequence[float],
    unit: str,
    months: "Booleans",
    note: str,
) -> dict[str, Any]:
    inside = [period for period, one in zip(found.flow.periods, months, strict=True) if one]
    last = from_index(12 // found.flow.season, inside[-1]) - timedelta(days=1)
    title, address = found.sources[0] if found.sources else ("the store", "")
    return {
        "quantity": what,
        "subject": claim.subject,
        "partners": ";".join(claim.powers),
        "first": inside[0],
        "last": last,
        "value": values[1],
        "low": values[0],
        "high": values[2],
        "unit": unit,
        "account": ACCOUNT,
        "source": title,
        "address": address,
        "grade": "A",
        "note": note,
    }


def _text(found: Traded, what: str) -> str:
    return f"{found.asked.words()}: {what}"


def _money(value: float, found: Traded) -> str:
    from equidistance.reexports.tabular import money

    return money(value, found.flow.currency)


def _records(found: Traded, text: str, says: int) -> tuple[Record, ...]:
    span = f"{found.flow.periods[0]:%Y-%m} to {found.flow.periods[-1]:%Y-%m}"
    return tuple(
        Record("trade", span, text, title, address or "", "A", says) for title, address in found.sources[:1]
    )


def _sign(probability: float) -> int:
    return 1 if probability > 0.5 else -1


def _would_change(found: Traded) -> tuple[str, ...]:
    return (
        f"The receiving side's figures, or later ones than {found.flow.periods[-1]:%B %Y} "
        "(equidistance comtrade, equidistance ingest trade_comext FILE).",
        f"Whether it is more than picking surges finds: equidistance screen --list {found.asked.goods}",
    )


def _nothing(wanted: Asked, found: Traded | None, first: date, last: date) -> Finding:
    if found is None:
        why = f"The store holds no trade by product for {wanted.words()}."
    else:
        start, end = found.flow.periods[0], found.flow.periods[-1]
        why = (
            f"The store's figures of {wanted.words()} reach from {start:%B %Y} to {end:%B %Y}: not enough of "
            f"{first:%B %Y} to {last:%B %Y}, or of the same months before."
        )
    whose = name_of(wanted.origin)
    return Finding(
        None,
        why,
        missing=(why,),
        would_change=(
            f"Exports of {whose} by product: equidistance comtrade, or equidistance ingest trade_comext FILE.",
        ),
    )
