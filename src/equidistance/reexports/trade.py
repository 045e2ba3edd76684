"""From records of trade by product to the arrays a screen works on: one report per flow, one currency, one level.

The rows are summed inside DuckDB, which streams them; only the sums come into memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from equidistance.errors import BadFile, InvalidRequest
from equidistance.ground.time import from_index, to_index
from equidistance.reexports.surge import Floats

if TYPE_CHECKING:
    import duckdb

WORLD = "WLD"


@dataclass(frozen=True)
class Report:
    """Whose figures are used for a flow: reporter, direction as declared, edition, digits, currency, periods."""

    reporter: str
    flow: str
    vintage: str
    digits: int
    currency: str
    classifications: tuple[str, ...]
    first: date
    last: date
    periods: int
    rows: int


@dataclass(frozen=True)
class Flows:
    """Sums by product, destination and period.

    Attributes:
        products: six-digit codes, length P.
        destinations: state codes, length D.
        periods: first days, length T.
        value: amounts, shape (P, D, T); no record is a zero.
        kg: net weight where every record has one, else NaN, shape (P, D, T).
        currency: of the amounts.
        season: periods in a year, 12 or 1.
        reports: whose figures these are.
        notes: what was decided on the way.
    """

    products: tuple[str, ...]
    destinations: tuple[str, ...]
    periods: tuple[date, ...]
    value: Floats
    kg: Floats
    currency: str
    season: int
    reports: tuple[Report, ...]
    notes: tuple[str, ...]

    def of(self, destination: str) -> Floats:
        """Amounts to one destination, shape (P, T)."""
        if destination not in self.destinations:
            return np.zeros((len(self.products), len(self.periods)))
        return self.value[:, self.destinations.index(destination)]

    def weight_of(self, destination: str) -> Floats:
        """Net weight to one destination, shape (P, T)."""
        if destination not in self.destinations:
            return np.full((len(self.products), len(self.periods)), np.nan)
        return self.kg[:, self.destinations.index(destination)]


def open_files(paths: Sequence[Path], memory: str = "3GB") -> "duckdb.DuckDBPyConnection":
    """A connection on Parquet files in the layout of the evidence table ``goods``, for what is too big for a store.

    The rows are checked and then streamed at every question; they are never in memory together.

    Args:
        paths: Parquet files.
        memory: most that DuckDB may hold.

    Raises:
        BadFile: not Parquet, columns missing, or rows that cannot be screened.
    """
    import duckdb

    from equidistance.evidence.schema import TABLES

    connection = duckdb.connect(config={"memory_limit": memory})
    connection.execute("set preserve_insertion_order = false")
    connection.execute("set enable_progress_bar = false")  # it would write to standard output
    columns = [name for name in TABLES["goods"].schema.names if name not in ("file", "row")]
    try:
        connection.read_parquet([str(path) for path in paths]).create_view("given")
        listed = ", ".join(f'"{name}"' for name in columns)
        connection.execute(f"create view goods as select {listed}, 'files' as source_id from given")
    except duckdb.Error as error:
        raise BadFile(
            f"{', '.join(map(str, paths))} cannot be read as trade by product: {str(error).splitlines()[0]}.",
            choices=columns,
            hint="The columns of the evidence table goods are needed, as Parquet.",
        ) from error
    for name in ("exchange_rates", "hs_correlations"):
        fields = ", ".join(f"null::{_SQL[str(field.type)]} as {field.name}" for field in TABLES[name].schema)
        connection.execute(f"create view {name} as select {fields} where false")
    check(connection)
    return connection


_SQL = {"string": "varchar", "date32[day]": "date", "double": "double", "int64": "bigint"}


def prepare(
    connection: "duckdb.DuckDBPyConnection", exporters: Sequence[str], *, overlapping: bool = False
) -> None:
    """Make the view ``screened``: the current records of what these states sent to anybody.

    Args:
        connection: with the view ``goods``.
        exporters: state codes.
        overlapping: several source versions hold trade by product; finding the current records then takes a sort,
            which is done once and kept.
    """
    listed = ", ".join(f"'{code}'" for code in sorted(set(exporters)))
    what = "table" if overlapping else "view"
    connection.execute(f"""
        create or replace temp {what} screened as
        select exporter, importer, period, frequency, flow, classification, product, reporter, value, currency, kg,
            vintage
        from goods
        where exporter in ({listed}) and product <> 'TOTAL'""")


def check(connection: "duckdb.DuckDBPyConnection", name: str = "goods") -> None:
    """Refuse rows that no reader would have let in; for files that are screened without a store.

    Raises:
        BadFile: codes without digits enough, trade of a state with itself, negative amounts, nobody as a partner, or
            one flow twice; the message counts them.
    """
    counted = connection.execute(f"""
        select count(*),
            count(*) filter (not regexp_full_match(product, '[0-9]{{4}}|[0-9]{{6}}|[0-9]{{8}}|TOTAL')),
            count(*) filter (exporter = importer),
            count(*) filter (value < 0 or not isfinite(value) or kg < 0),
            count(*) filter (exporter is null or importer is null or exporter = '' or importer = ''),
            count(*) filter (reporter <> exporter and reporter <> importer),
            count(*) filter (frequency not in ('month', 'year') or period is null or value is null)
        from {name}""").fetchall()[0]
    said = (
        "rows whose product is no code of 4, 6 or 8 digits (a leading zero lost?)",
        "rows in which a state trades with itself",
        "rows with a negative or endless amount",
        "rows without a partner",
        "rows whose reporter is neither side",
        "rows without a month, year or value",
    )
    wrong = [f"{number:,} {what}" for number, what in zip(counted[1:], said, strict=True) if number]
    if wrong:
        raise BadFile(
            f"The trade rows cannot be screened: {'; '.join(wrong)} of {counted[0]:,}.",
            hint="Read the publisher's file instead, which repairs or refuses each row: equidistance ingest",
        )


def flows(
    connection: "duckdb.DuckDBPyConnection",
    origins: Sequence[str],
    destinations: Sequence[str],
    *,
    side: str = "exporter",
    flow: str | None = None,
    until: date | None = None,
) -> Flows | None:
    """Sum what the origins sent to each destination, by six-digit product and period.

    Of several editions of one reporter's figures the longest is taken, and one level of digits of it: the same trade
    must not be counted twice.

    Args:
        connection: with the views ``goods``, ``exchange_rates`` and ``hs_correlations``.
        origins: state codes.
        destinations: state codes; :data:`WORLD` for a publisher's total over partners.
        side: whose figures: ``exporter`` or ``importer``.
        flow: ``export``, ``import`` or ``re-export``; by default what the side declares.
        until: last period wanted.

    Returns:
        None when there is no record.

    Raises:
        InvalidRequest: several currencies without exchange rates.
    """
    query = _query(connection, origins, destinations, side, flow)
    if query is None:
        return None
    sums = query.run(
        connection,
        "g.importer as destination, g.period as period",
        f"and g.period <= date '{until or date(2100, 1, 1)}'",
    )
    return _arrays(sums, destinations, query) if sums.num_rows else None


def by_origin(
    connection: "duckdb.DuckDBPyConnection",
    origins: Sequence[str],
    destination: str,
    products: Sequence[str],
    since: date,
    until: date,
) -> list[tuple[str, float]]:
    """Who sent how much of some products to one destination between two periods, the largest first."""
    query = _query(connection, origins, [destination], "exporter", None)
    if query is None:
        return []
    sums = query.run(
        connection,
        "g.exporter as origin",
        f"and g.period between date '{since}' and date '{until}'",
    )
    sums = sums.filter(pc.is_in(sums["product"], value_set=pa.array(list(products), pa.string())))
    # in one order and on one thread: a sum of floats must not depend on who came first
    sums = sums.sort_by([("origin", "ascending"), ("product", "ascending")])
    grouped = sums.group_by("origin", use_threads=False).aggregate([("value", "sum")])
    pairs = zip(grouped["origin"].to_pylist(), grouped["value_sum"].to_pylist(), strict=True)
    return sorted(pairs, key=lambda pair: -pair[1])


@dataclass(frozen=True)
class _Query:
    """What is needed to sum one kind of flow; the chosen reports are joined as a small table."""

    chosen: tuple[Report, ...]
    origins: tuple[str, ...]
    destinations: tuple[str, ...]
    flow: str
    season: int
    currency: str
    joins: str
    product: str
    share: str
    weight: str
    notes: tuple[str, ...]

    def run(self, connection: "duckdb.DuckDBPyConnection", by: str, further: str) -> pa.Table:
        names = ("reporter", "vintage", "digits")
        connection.register(
            "_chosen",
            pa.Table.from_pylist([{name: getattr(one, name) for name in names} for one in self.chosen]),
        )
        sums = connection.sql(
            f"""
            select {self.product} as product, {by}, round(kahan_sum(g.value * {self.weight}), 2) as value,
                case when count(*) = count(g.kg) then round(kahan_sum(g.kg * {self.share}), 3) end as kg
            from screened g join _chosen c
                on g.reporter = c.reporter and g.vintage = c.vintage and length(g.product) = c.digits
            {self.joins}
            where g.flow = ? and g.frequency = ? and list_contains(?, g.exporter)
                and list_contains(?, g.importer) and g.product <> 'TOTAL' {further}
            group by all""",
            params=[
                self.flow,
                "month" if self.season == 12 else "year",
                list(self.origins),
                list(self.destinations),
            ],
        ).to_arrow_table()
        connection.unregister("_chosen")
        return sums


def _query(
    connection: "duckdb.DuckDBPyConnection",
    origins: Sequence[str],
    destinations: Sequence[str],
    side: str,
    flow: str | None,
) -> _Query | None:
    declared = flow or ("export" if side == "exporter" else "import")
    sides = (origins, destinations) if side == "exporter" else (destinations, origins)
    found = reports_between(connection, *sides, declared)
    season = 12 if any(frequency == "month" for frequency, _ in found) else 1
    wanted = "month" if season == 12 else "year"  # months and years are never mixed
    chosen, notes = _chosen([report for frequency, report in found if frequency == wanted])
    if not chosen:
        return None
    currency, rate_join, rate = _currency(connection, chosen)
    convert_join, product, share, said = _revisions(connection, chosen)
    return _Query(
        tuple(chosen),
        tuple(origins),
        tuple(destinations),
        declared,
        season,
        currency,
        f"{rate_join} {convert_join}",
        product,
        share,
        f"{share} * {rate}",
        (*notes, *said),
    )


def reports_between(
    connection: "duckdb.DuckDBPyConnection", reporters: Sequence[str], partners: Sequence[str], flow: str
) -> list[tuple[str, Report]]:
    """Frequency and report of each edition in which the reporters declare the flow with any of the partners."""
    found = connection.execute(
        """
        select reporter, flow, vintage, frequency, length(product), currency, min(period), max(period),
            count(distinct period), count(*), list_sort(list_distinct(list(distinct classification)))
        from screened
        where flow = ? and product <> 'TOTAL' and length(product) >= 6
            and list_contains(?, reporter)
            and list_contains(?, case when reporter = exporter then importer else exporter end)
        group by all order by all""",
        [flow, list(reporters), list(partners)],
    ).fetchall()
    return [
        (
            row[3],
            Report(row[0], row[1], row[2], row[4], row[5], tuple(row[10]), row[6], row[7], row[8], row[9]),
        )
        for row in found
    ]


def _chosen(found: Sequence[Report]) -> tuple[list[Report], list[str]]:
    """One edition and level of digits for each reporter: the longest, then the one with more rows."""
    best: dict[str, Report] = {}
    others: dict[str, set[str]] = {}
    for report in sorted(found, key=lambda one: (one.periods, one.last, one.rows, one.vintage)):
        if report.reporter in best:
            others.setdefault(report.reporter, set()).add(best[report.reporter].vintage)
        best[report.reporter] = report
    notes = [
        f"{reporter} is there in several editions or levels; {best[reporter].vintage} with {best[reporter].digits} "
        "digits is used, the longest."
        for reporter in sorted(others)
    ]
    return list(best.values()), notes[:3]


def _currency(connection: "duckdb.DuckDBPyConnection", chosen: Sequence[Report]) -> tuple[str, str, str]:
    """Currency of the sums, the join with the rates, and the factor."""
    currencies = sorted({one.currency for one in chosen})
    rated = connection.execute("select count(*) from exchange_rates where currency = 'USD'").fetchall()[0]
    if currencies == ["USD"]:
        return "USD", "", "1"
    if rated[0]:
        monthly = """left join (
            select e.currency, date_trunc('month', e.date) as month, avg(u.per_eur / e.per_eur) as usd
            from (select currency, date, per_eur from exchange_rates
                  union all select 'EUR', date, 1.0 from exchange_rates where currency = 'USD') e
            join exchange_rates u on u.currency = 'USD' and u.date = e.date
            group by all) r on r.currency = g.currency and r.month = date_trunc('month', g.period)"""
        missing = connection.execute(
            f"select count(*) from screened g {monthly} where r.usd is null and list_contains(?, g.reporter)",
            [[one.reporter for one in chosen]],
        ).fetchall()[0]
        if not missing[0]:
            return "USD", monthly, "r.usd"
    if len(currencies) == 1:
        return currencies[0], "", "1"
    raise InvalidRequest(
        f"The flows are in {' and '.join(currencies)}, and the store has no exchange rates for all their months.",
        hint="Get the rates first: equidistance pull exchange_rates",
    )


def _revisions(
    connection: "duckdb.DuckDBPyConnection", chosen: Sequence[Report]
) -> tuple[str, str, str, list[str]]:
    """The join that converts codes to HS 2022, the product, each row's share, and what to say of it."""
    plain: tuple[str, str, str, list[str]] = ("", "left(g.product, 6)", "1", [])
    names = {name for one in chosen for name in one.classifications}
    if names <= {"HS"} or names == {"HS2022"}:
        return plain
    has = connection.execute(
        "select count(*) from hs_correlations where to_classification = 'HS2022'"
    ).fetchall()[0][0]
    mixed = len(names) > 1 or names == {"CN"}
    if not has:
        said = (
            "Codes stand as published, in several revisions of the Harmonized System; a code without trade with "
            "anybody before (or after) the date is set aside as a change of codes. A correlation table in the store "
            "would convert them: equidistance ingest hs_correlations FILE"
        )
        return (*plain[:3], [said] if mixed else [])
    join = """left join (
        select *, 1.0 / count(*) over (partition by from_classification, from_code) as share
        from hs_correlations where to_classification = 'HS2022') h
        on h.from_code = left(g.product, 6) and h.from_classification = case
            when g.classification = 'CN' then case
                when year(g.period) < 2007 then 'HS2002' when year(g.period) < 2012 then 'HS2007'
                when year(g.period) < 2017 then 'HS2012' when year(g.period) < 2022 then 'HS2017' else 'HS2022' end
            else g.classification end"""
    said = (
        "Codes are converted to HS 2022 with the correlation tables in the store; a code that became several is "
        "divided among them in equal parts."
    )
    return join, "coalesce(h.to_code, left(g.product, 6))", "coalesce(h.share, 1)", [said]


def _arrays(sums: pa.Table, destinations: Sequence[str], query: _Query) -> Flows:
    products = pc.unique(sums["product"]).sort()
    first, last = pc.min(sums["period"]).as_py(), pc.max(sums["period"]).as_py()
    step = 12 // query.season
    length = to_index(last, first) // step + 1
    months = pc.add(
        pc.multiply(pc.subtract(pc.year(sums["period"]), first.year), 12),
        pc.subtract(pc.month(sums["period"]), first.month),
    )
    index = (
        pc.index_in(sums["product"], value_set=products).to_numpy(),
        pc.index_in(sums["destination"], value_set=pa.array(list(destinations))).to_numpy(),
        months.to_numpy() // step,
    )
    shape = (len(products), len(destinations), length)
    value, kg = np.zeros(shape), np.zeros(shape)
    np.add.at(value, index, sums["value"].to_numpy())
    np.add.at(kg, index, pc.fill_null(sums["kg"], np.nan).to_numpy())
    kg[(value > 0) & ~(kg > 0)] = np.nan
    return Flows(
        tuple(products.to_pylist()),
        tuple(destinations),
        tuple(from_index(place * step, first) for place in range(length)),
        value,
        kg,
        query.currency,
        query.season,
        query.chosen,
        query.notes,
    )


def aligned(flow: Flows, products: Sequence[str], periods: Sequence[date]) -> Flows:
    """The same sums on other axes; what is not there is zero."""
    rows = {code: i for i, code in enumerate(flow.products)}
    columns = {period: i for i, period in enumerate(flow.periods)}
    taken = np.array([rows.get(code, -1) for code in products], dtype=np.int64)
    at = np.array([columns.get(period, -1) for period in periods], dtype=np.int64)

    def on(array: Floats) -> Floats:
        padded = np.pad(array, ((0, 1), (0, 0), (0, 1)))
        result: Floats = padded[taken][:, :, at]
        return result

    return replace(
        flow, products=tuple(products), periods=tuple(periods), value=on(flow.value), kg=on(flow.kg)
    )
