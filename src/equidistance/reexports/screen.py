"""The screen: what passed from W through S to T, good by good, and whether it is more than picking finds anyway."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from equidistance.errors import InvalidRequest
from equidistance.evidence.store import Store
from equidistance.ground.blocs import Bloc, resolve_power
from equidistance.ground.states import State, resolve
from equidistance.ground.time import parse_month
from equidistance.reexports import axes as windows
from equidistance.reexports import beside, screen_tables, trade, words
from equidistance.reexports.axes import Axes
from equidistance.reexports.findings import Finding, data_gaps
from equidistance.reexports.judge import Judged, judge
from equidistance.reexports.products import GoodsList, get_list
from equidistance.reexports.surge import Floats
from equidistance.reexports.trade import Flows
from equidistance.tables import Table

if TYPE_CHECKING:
    import duckdb

Progress = Callable[[str, int, int], None]

NULLS = ("auto", "products", "destinations", "dates")
_SANCTIONED = "eu-annexes"

LIMITS = (
    "A customs code holds more than the listed good: trade in a code is not trade in a weapon's part.",
    "The figures do not say who traded, who owned the goods, what they were used for or what anybody knew.",
    "Goods that were imported may have stayed: new domestic demand, relocated firms and transit look alike here.",
    "Goods declared for S that never arrived are in the exporters' figures and in nobody else's.",
    "Evidence strength says how unlike comparable trade a flow is; it is no finding of guilt about a state or a firm.",
)
"""What an aggregate cannot show; printed with every result."""


@dataclass(frozen=True)
class Screen:
    """A screened intermediary.

    Attributes:
        state: the intermediary S.
        origins: the sanctioning exporters W, in words.
        target: the sanctioned destination T.
        goods: the list screened, or None for all products.
        since, until: first and last period after the date.
        before: first period it is compared with.
        headline, summary: one sentence, and a few.
        products: the ranked goods.
        baskets: the list and the fastest goods, with the naive and the selection-matched p value.
        totals: what flowed after the date against each counterfactual.
        series: the listed goods' flows by period.
        goods_series: flows of the goods on top, by period.
        flows: who sent how much to whom.
        mirror: gaps between the two sides' reports.
        gaps: what the data do not hold.
        sources: source versions in use.
        lag: sentence on the lag between inbound and outbound.
        limits: what the figures cannot show.
        notes: what was decided on the way.
        settings: arguments as given.
        version: of the program.
    """

    state: State
    origins: str
    target: State
    goods: GoodsList | None
    since: date
    until: date
    before: date
    headline: str
    summary: str
    products: Table
    baskets: Table
    totals: Table
    series: Table
    goods_series: Table
    flows: Table
    mirror: Table
    gaps: Table
    sources: Table
    lag: str
    limits: tuple[str, ...]
    notes: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""


def screen(
    state: str,
    *,
    origins: str = "WEST",
    target: str = "RUS",
    goods: str | Path | None = "chpl",
    since: str | date = "2022-03",
    until: str | date | None = None,
    before: int = 24,
    against: Sequence[str] = (),
    picked: Sequence[str] = (),
    k: int = 10,
    null: str = "auto",
    gravity: bool = False,
    outbound: str = "export",
    whole: bool = False,
    draws: int = 2000,
    seed: int = 1,
    store: "Path | Store | duckdb.DuckDBPyConnection | None" = None,
    progress: Progress | None = None,
) -> Screen:
    """Screen an intermediary for goods that may pass through it.

    Args:
        state: the intermediary S.
        origins: sanctioning exporters W: a bloc, or states separated by commas.
        target: the sanctioned destination T.
        goods: a shipped list, a CSV file, or None for all products.
        since: first month after the sanctions.
        until: last month; by default the last that the data hold.
        before: how many months before the date are compared with.
        against: placebo destinations; by default all in the data that are no usual intermediaries.
        picked: product codes that somebody picked because they surged, judged as a basket of their own.
        k: size of the basket of the fastest goods.
        null: what surges are compared with, one of :data:`NULLS`.
        gravity: whether to add the gravity counterfactual (needs pyfixest).
        outbound: which outbound flow: ``export`` or ``re-export``.
        whole: leave out goods whose six-digit code the list names only in part.
        draws: placebo baskets and draws of the counterfactuals.
        seed: of all draws.
        store: a store, its path, or a connection with the view ``goods``; by default the user's store.
        progress: called with what is being done.

    Raises:
        UnknownName, AmbiguousName: a state, bloc or list that is not known.
        InvalidRequest: S among W or equal to T, no trade in the store, too few periods on a side of the date.
        StoreError: no store.
    """
    tell = progress or (lambda what, done, total: None)
    day = parse_month(since)
    who = resolve(state)
    where = resolve(target)
    members, origin_words = origin_states(origins, day)
    if who.code == where.code or who.code in members or where.code in members:
        raise InvalidRequest(
            f"{who.code} cannot stand between {origin_words} and {where.code}: the three must differ.",
            hint="Name another intermediary, or other exporters with --from.",
        )
    if null not in NULLS:
        raise InvalidRequest(f"There is no comparison {null!r}.", choices=NULLS)
    listing = None if goods is None else get_list(goods)
    with ExitStack() as stack:
        connection, versions = _opened(store, stack)
        tell("Reading trade", 0, 5)
        placebo = tuple(resolve(name).code for name in against)
        overlapping = sum(bool(one.rows.get("goods")) for one in versions) > 1
        trade.prepare(connection, [*members, who.code], overlapping=overlapping)
        axes, notes = windows.load(
            connection, who.code, members, where.code, listing, day, until, before, placebo, outbound, whole
        )
        tell("Ranking goods", 1, 5)
        judged = {
            name: one
            for name, one in (
                ("inbound", _judged(axes, axes.inbound, who.code, picked, k, null, draws, seed, listing)),
                (
                    "outbound",
                    _judged(axes, axes.outbound, axes.pooled, picked, k, null, draws, seed, listing),
                ),
            )
            if one is not None
        }
        notes += _doubtful_placebos(axes, judged)
        tell("Counterfactuals", 2, 5)
        tables = screen_tables.build(axes, judged, listing, gravity=gravity, draws=draws, seed=seed)
        tell("Comparing both sides' reports", 3, 5)
        mirrored = beside.mirror(connection, axes, members, listing, day)
        tell("Who sent what to whom", 4, 5)
        senders = beside.who(connection, axes, members, listing)
        found = data_gaps(connection, axes, members, listing)
    lag = words.lag_sentence(axes, judged, seed)
    after = [period for period, later in zip(axes.periods, axes.post, strict=True) if later]
    headline, summary = words.words(who, where, origin_words, axes, judged, tables, listing)
    if any(one.null == "none" for one in judged.values()):
        found = [
            *found,
            Finding(
                "no comparison",
                who.code,
                "",
                (
                    "No goods outside the list, no other destinations and no earlier years to compare with: only the "
                    "naive p values can be given."
                ),
            ),
        ]
    return Screen(
        state=who,
        origins=origin_words,
        target=where,
        goods=listing,
        since=after[0],
        until=after[-1],
        before=axes.periods[0],
        headline=headline,
        summary=summary,
        products=tables["products"],
        baskets=tables["baskets"],
        totals=tables["totals"],
        series=tables["series"],
        goods_series=tables["goods_series"],
        flows=senders,
        mirror=mirrored,
        gaps=beside.gaps_table(found),
        sources=beside.sources_table(versions),
        lag=lag,
        limits=LIMITS,
        notes=tuple(dict.fromkeys(notes)),
        settings={
            "state": who.code,
            "origins": origins,
            "target": where.code,
            "goods": listing.name if listing else None,
            "since": day.isoformat(),
            "before": before,
            "against": list(axes.controls),
            "picked": list(picked),
            "k": k,
            "null": null,
            "whole": whole,
            "draws": draws,
            "seed": seed,
        },
        version=_version(),
    )


def compare(
    states: Sequence[str], *, progress: Progress | None = None, **settings: Any
) -> tuple[Table, dict[str, Screen]]:
    """Screen several intermediaries and set them side by side, p values adjusted for their number (Holm).

    Args:
        states: the intermediaries; those without any record are listed with that.
        progress: called with what is being done.
        settings: as for :func:`screen`.
    """
    tell = progress or (lambda what, done, total: None)
    results: dict[str, Screen] = {}
    failed: dict[str, str] = {}
    for done, name in enumerate(states):
        tell(f"Screening {name}", done, len(states))
        try:
            results[resolve(name).code] = screen(name, **settings)
        except InvalidRequest as error:
            failed[resolve(name).code] = error.message
    if not results:
        raise InvalidRequest(
            f"None of {', '.join(failed)} can be screened: {next(iter(failed.values()), 'none was named')}",
            hint="Look at the first with: equidistance screen STATE",
        )
    return beside.compared(results, failed), results


def origin_states(names: str, day: date) -> tuple[tuple[str, ...], str]:
    """The states that a bloc or a comma-separated list stands for on a day, and the words for them."""
    codes: list[str] = []
    words = []
    for name in (part.strip() for part in names.split(",")):
        if not name:
            continue
        actor = resolve_power(name, day)
        words.append(actor.name)
        codes.extend(sorted(actor.members(day)) if isinstance(actor, Bloc) else [actor.code])
    if not codes:
        raise InvalidRequest("No exporters were named.", choices=("WEST", "EU", "USA,JPN"))
    return tuple(dict.fromkeys(codes)), ", ".join(words)


def _opened(
    store: "Path | Store | duckdb.DuckDBPyConnection | None", stack: ExitStack
) -> "tuple[duckdb.DuckDBPyConnection, Sequence[Any]]":
    if isinstance(store, Store):
        return store.connection(), store.versions()
    if store is None or isinstance(store, Path):
        opened = stack.enter_context(Store.open(store))
        return opened.connection(), opened.versions()
    return store.cursor(), ()


def _judged(
    axes: Axes,
    flow: Flows | None,
    destination: str,
    picked: Sequence[str],
    k: int,
    null: str,
    draws: int,
    seed: int,
    listing: GoodsList | None,
) -> Judged | None:
    if flow is None:
        return None
    others: Floats | None = None
    if flow is axes.inbound:
        places = [flow.destinations.index(code) for code in axes.controls]
        others = flow.value[:, places]
        others = others[:, others.any(axis=(0, 2))]
    own = np.array([code in set(picked) for code in axes.products]) if picked else None
    value = flow.of(destination)
    return judge(
        value,
        axes.post,
        axes.season,
        axes.pool,
        axes.eligible & value.any(axis=1),
        axes.headings,
        others=others,
        history=axes.history["inbound" if flow is axes.inbound else "outbound"],
        listed=listing is not None,
        picked=own,
        k=k,
        wanted=null,
        draws=draws,
        seed=seed,
    )


def _doubtful_placebos(axes: Axes, judged: Mapping[str, Judged]) -> list[str]:
    """Say so when most comparison goods are themselves sanctioned: then a surge of all sanctioned goods is no surge."""
    sanctioned = get_list(_SANCTIONED).at(axes.periods[-1])
    said = []
    for name, one in judged.items():
        goods = [code for code, inside in zip(axes.products, one.placebo, strict=True) if inside]
        share = len(sanctioned.lines(goods)) / len(goods) if goods else 0.0
        if one.null == "products" and share > 0.5:
            said.append(
                f"{share:.0%} of the comparison goods of the {name} flow are in annexes of the EU's regulation "
                f"({_SANCTIONED}): the test says whether the list grew more than other sanctioned goods, and misses "
                "growth common to all."
            )
    return said


def _version() -> str:
    from equidistance import __version__

    return __version__
