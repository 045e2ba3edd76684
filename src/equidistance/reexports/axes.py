"""The window of a screen: flows on common axes, and which goods are listed, compared with or left aside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from equidistance.errors import InvalidRequest
from equidistance.ground.time import from_index, parse_month
from equidistance.reexports import trade
from equidistance.reexports.products import Entry, GoodsList
from equidistance.reexports.surge import Booleans, Floats
from equidistance.reexports.trade import Flows, aligned

if TYPE_CHECKING:
    import duckdb

NEIGHBOURS = ("KAZ", "KGZ", "ARM", "GEO", "UZB", "TUR", "ARE")
"""The intermediaries that are compared unless others are named."""

SUSPECTS = frozenset((*NEIGHBOURS, "BLR", "TJK", "TKM", "AZE", "MDA", "MNG", "SRB", "CHN", "RUS"))
"""Destinations that are no control unless a user names them: goods may pass through them too."""

_MOST_CONTROLS = 40


@dataclass(frozen=True)
class Axes:
    """What the arrays of a screen stand for, and the flows on common axes; any flow may be missing.

    Attributes:
        products: six-digit codes, length P.
        periods: first days, length T.
        post: periods after the date, shape (T,).
        season: periods in a year.
        lines: product -> the line of the list that names it in the first period after the date.
        listed: products with such a line, shape (P,).
        aside: products that are neither listed nor comparison, shape (P,): listed only later or no longer, or in part
            where only whole codes are wanted.
        later: product -> the line that lists it later.
        pool: products that may be picked, shape (P,).
        eligible: products that traded at all and whose code neither began nor ended, and that are not aside, (P,).
        changed: products whose code a revision began or ended, shape (P,).
        headings: number of each product's heading, shape (P,).
        inbound, outbound: the flows.
        state, target: S and T.
        pooled: the destination of the outbound flow: T, or all partners together.
        controls: placebo destinations.
        history: name of a flow -> its amounts before the window, shape (P, H).
    """

    products: tuple[str, ...]
    periods: tuple[date, ...]
    post: Booleans
    season: int
    lines: Mapping[str, Entry]
    listed: Booleans
    aside: Booleans
    later: Mapping[str, Entry]
    pool: Booleans
    eligible: Booleans
    changed: Booleans
    headings: "np.ndarray[Any, np.dtype[np.int64]]"
    inbound: Flows | None
    outbound: Flows | None
    state: str
    target: str
    pooled: str
    controls: tuple[str, ...]
    history: Mapping[str, Floats]

    def listed_on(self) -> date:
        """The day whose list is screened: the last of the first period after the date."""
        return _last_day(self.periods[int(self.post.argmax())], self.season)


def load(
    connection: "duckdb.DuckDBPyConnection",
    state: str,
    members: tuple[str, ...],
    target: str,
    listing: GoodsList | None,
    since: date,
    until: str | date | None,
    before: int,
    placebo: tuple[str, ...],
    outward: str,
    whole: bool,
) -> tuple[Axes, list[str]]:
    """The flows, cut to the window and put on common axes.

    Args:
        connection: with the view ``screened``.
        state: the intermediary S.
        members: the exporters W.
        target: the destination T.
        listing: the list, or None for all products.
        since: first month after the date.
        until: last month, or None for the last there is.
        before: months before the date.
        placebo: destinations as a control; all that are no usual intermediaries where none is named.
        outward: which outbound flow.
        whole: whether codes that are listed in part are left out.

    Returns:
        The axes, and what was decided on the way.

    Raises:
        InvalidRequest: no trade between them, or too few periods on a side of the date.
    """
    last = parse_month(until, last=True) if until is not None else None
    there = [
        row[0]
        for row in connection.execute(
            "select importer from screened where list_contains(?, exporter) group by 1", [list(members)]
        ).fetchall()
    ]
    controls = placebo or tuple(
        sorted(code for code in there if code not in {*members, *SUSPECTS, state, target, trade.WORLD})
    )
    controls = tuple(code for code in controls if code not in (state, target))
    if len(controls) > _MOST_CONTROLS:
        controls = _largest(connection, members, controls)
    inbound = trade.flows(connection, members, [state, target, *controls], until=last)
    if inbound is not None and not inbound.of(state).any():
        inbound = None
    pooled = target
    outgoing = trade.flows(connection, [state], [target], flow=outward, until=last)
    notes = []
    if outgoing is None:
        outgoing = trade.flows(connection, [state], [trade.WORLD], flow=outward, until=last)
        if outgoing is not None:
            pooled = trade.WORLD
            notes.append(
                f"{state}'s {outward}s are published for all partners together: what is called outbound here went "
                f"anywhere, not to {target} alone."
            )
    if outgoing is None:
        mirrored = trade.flows(connection, [state], [target], side="importer", until=last)
        if mirrored is not None:
            outgoing = mirrored
            notes.append(f"{state} publishes no exports to {target}; {target}'s own import figures are used.")
    if inbound is None and outgoing is None:
        raise InvalidRequest(
            f"There is no trade by product between {', '.join(members[:5])}{' ...' if len(members) > 5 else ''}, "
            f"{state} and {target} in the store.",
            hint="Read some first, e.g.: equidistance ingest trade_comext FILE (see: equidistance sources)",
        )
    for flow in (inbound, outgoing):
        notes.extend(flow.notes if flow else ())
    axes = _axes(inbound, outgoing, state, target, pooled, controls, listing, since, before, whole, notes)
    return axes, notes


def _largest(
    connection: "duckdb.DuckDBPyConnection", members: Sequence[str], controls: Sequence[str]
) -> tuple[str, ...]:
    found = connection.execute(
        "select importer from screened where flow = 'export' and list_contains(?, exporter) "
        "and list_contains(?, importer) group by 1 order by sum(value) desc limit ?",
        [list(members), list(controls), _MOST_CONTROLS],
    ).fetchall()
    return tuple(sorted(row[0] for row in found))


def _axes(
    inbound: Flows | None,
    outbound: Flows | None,
    state: str,
    target: str,
    pooled: str,
    controls: tuple[str, ...],
    listing: GoodsList | None,
    since: date,
    before: int,
    whole: bool,
    notes: list[str],
) -> Axes:
    known = [flow for flow in (inbound, outbound) if flow is not None]
    season = known[0].season
    if any(flow.season != season for flow in known):
        raise InvalidRequest(
            "One side's trade is monthly and the other's yearly; they cannot be screened together.",
            hint="Read figures of one frequency for both.",
        )
    first = max(flow.periods[0] for flow in known) if len(known) > 1 else known[0].periods[0]
    last = min(flow.periods[-1] for flow in known) if len(known) > 1 else known[0].periods[-1]
    periods = [period for period in known[0].periods if first <= period <= last]
    past = [period for period in periods if period < since][-max(1, before * season // 12) :]
    after = [period for period in periods if period >= since]
    least = (6, 3) if season == 12 else (2, 1)
    if len(past) < least[0] or len(after) < least[1]:
        raise InvalidRequest(
            f"The trade reaches from {first:%Y-%m} to {last:%Y-%m}: too little on one side of {since:%Y-%m} "
            f"(at least {least[0]} periods before and {least[1]} after are needed).",
            hint="Choose another --since, or read longer series.",
        )
    window = [*past, *after]
    products = sorted({code for flow in known for code in flow.products})
    post = np.array([period >= since for period in window])
    lines, later, named = membership(listing, products, _last_day(after[0], season), whole, notes)
    listed = np.array([code in lines for code in products], dtype=bool)
    aside = np.array([code in named and code not in lines for code in products], dtype=bool)
    kept = {id(flow): aligned(flow, products, window) for flow in known}
    inside = kept.get(id(inbound)) if inbound is not None else None
    outside = kept.get(id(outbound)) if outbound is not None else None
    changed = np.zeros(len(products), dtype=bool)
    if inside is not None:  # one state's exports alone cannot tell a new code from new trade
        covered = np.isin(np.array(products), np.array(inbound.products if inbound else []))
        changed = covered & _code_changes(inside.value.sum(axis=1), window, season)
    traded = np.zeros(len(products), dtype=bool)
    if inside is not None:
        traded |= inside.of(state).any(axis=1)
    if outside is not None:
        traded |= outside.of(pooled).any(axis=1)
    codes = {heading: place for place, heading in enumerate(sorted({code[:4] for code in products}))}
    if listing is not None and not listed.any():
        notes.append(
            f"No product of the list {listing.name} as it stood in {after[0]:%Y-%m} is in the data."
            if later
            else f"No product of the list {listing.name} is in the data."
        )
    return Axes(
        tuple(products),
        tuple(window),
        post,
        season,
        lines,
        listed,
        aside,
        later,
        listed if listing is not None else np.ones(len(products), dtype=bool),
        traded & ~changed & ~aside,
        changed & traded,
        np.array([codes[code[:4]] for code in products], dtype=np.int64),
        inside,
        outside,
        state,
        target,
        pooled,
        controls if inbound is not None else (),
        {
            name: aligned(flow, products, [period for period in flow.periods if period < window[0]]).of(where)
            for name, flow, where in (("inbound", inbound, state), ("outbound", outbound, pooled))
            if flow is not None
        },
    )


def _code_changes(anywhere: Floats, window: Sequence[date], season: int) -> Booleans:
    """Codes that nobody traded until a January and somebody after, or the other way round; shape (P,).

    The nomenclature changes in January. Trade with all destinations counts, the sanctioned one included: a code in
    use has some.
    """
    changed = np.zeros(len(anywhere), dtype=bool)
    side = season // 2 or 1
    for place, period in enumerate(window):
        if period.month == 1 and side <= place <= len(window) - side:
            old, new = anywhere[:, :place].sum(axis=1), anywhere[:, place:].sum(axis=1)
            changed |= (old <= 0) != (new <= 0)
    return changed


def membership(
    listing: GoodsList | None, products: Sequence[str], day: date, whole: bool, notes: list[str]
) -> tuple[dict[str, Entry], dict[str, Entry], frozenset[str]]:
    """Which products a list names on a day, which only later, and which at any time.

    A good that is listed after the day is no sanctioned good yet and no innocent one either: it is neither screened
    nor compared with. The same holds for codes listed in part where only whole ones are wanted.

    Args:
        listing: the list, or None.
        products: six-digit codes.
        day: last day of the first period after the date.
        whole: whether codes that are listed in part are left out.
        notes: what was decided is added to them.

    Returns:
        Product -> line on that day; product -> line of a later day; products that the list ever names.
    """
    if listing is None:
        return {}, {}, frozenset()
    ever = listing.lines(products)
    lines = listing.at(day).lines(products)
    later = {
        code: entry
        for code, entry in ever.items()
        if code not in lines and entry.start is not None and entry.start > day
    }
    if later:
        first = min(entry.start for entry in later.values() if entry.start)
        notes.append(
            f"{len(later)} of {len(ever)} goods of the list {listing.name} were listed only after {day}, the first on "
            f"{first}: they are neither screened nor compared with. To screen them: --since {first:%Y-%m} or later."
        )
    if whole:
        partly = [code for code, entry in lines.items() if entry.partly()]
        lines = {code: entry for code, entry in lines.items() if not entry.partly()}
        notes.append(
            f"{len(partly)} goods whose code the list {listing.name} names only in part are left out; "
            f"{len(lines)} are listed as a whole."
        )
    return lines, later, frozenset(ever)


def _last_day(period: date, season: int) -> date:
    return from_index(12 // season, period) - timedelta(days=1)
