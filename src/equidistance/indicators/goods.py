"""Trade by product: whether a state lets goods through that a power keeps from another."""

from typing import Any

import pyarrow as pa

from equidistance.indicators.declare import INDICATOR_SCHEMA, indicator

_SCHEMA = pa.schema([field for field in INDICATOR_SCHEMA if field.name != "indicator"])

SANCTIONED = "RUS"
SMOOTHING = 1_000.0
"""Added to each sum, in units of its currency: a month without trade has a logarithm."""
BASE_MONTHS = 24
"""Months before the sanctions that a month is compared with: two of each calendar month."""
FEWEST_GOODS = 5
"""With fewer listed goods in trade the spread over goods says nothing about the error."""

_COMPLIANCE = """
with reports as (
    -- a state's exports to the sanctioned one, in either's figures; what the sanctioning states sent to it
    select exporter as state, case when flow = 'export' then 0 else 1 end as preference, *
    from goods
    where importer = $sanctioned and exporter not in (select state from sanctioning)
      and ((flow = 'export' and reporter = exporter) or (flow = 'import' and reporter = importer))
    union all
    select importer as state, 2 as preference, *
    from goods
    where flow = 'export' and reporter = exporter and exporter in (select state from sanctioning)
      and importer not in (select state from sanctioning)
),
usable as (
    select * from reports
    where frequency = 'month' and length(product) >= 6 and state in (select state from states)
      and state not in (select state from sanctioned)
),
editions as (  -- one edition and one level of digits of each report: the longest, the same trade must not count twice
    select state, preference, reporter, vintage, length(product) as digits
    from usable group by state, preference, reporter, vintage, length(product)
    qualify row_number() over (
        partition by state, preference, reporter
        order by count(distinct period) desc, max(period) desc, count(*) desc, vintage, length(product)
    ) = 1
),
sums as (
    select u.state, u.preference, u.period, left(u.product, 6) as product, sum(u.value) as value,
        max(u.source_id) as source_id
    from usable u join editions e
      on e.state = u.state and e.preference = u.preference and e.reporter = u.reporter
     and e.vintage = u.vintage and e.digits = length(u.product)
    group by all
),
since as (select min(since) as since from sanctioning),
base_span as (
    select distinct state, preference, period from sums, since
    where period < since and period >= since - to_months($base::int)
),
complete as (  -- where the base is there in full: the best figures that a state has
    select state, min(preference) as preference from (
        select state, preference from base_span group by all having count(*) = $base
    ) group by state
),
kept as (select s.* from sums s join complete using (state, preference)),
base as (
    select k.state, month(k.period) as month, k.product, sum(k.value) / ($base / 12) as value
    from kept k semi join base_span b on b.state = k.state and b.preference = k.preference and b.period = k.period
    group by all
),
later as (select k.* from kept k, since where k.period >= since),
months as (select distinct state, period, max(source_id) as source_id from later group by state, period),
paired as (  -- every good of the month or of its base
    select m.state, m.period, m.source_id, p.product, coalesce(l.value, 0) as now, coalesce(b.value, 0) as before,
        p.product in (select product from listed_goods) as listed
    from months m
    join (select distinct state, product from kept) p using (state)
    left join later l on l.state = m.state and l.period = m.period and l.product = p.product
    left join base b on b.state = m.state and b.month = month(m.period) and b.product = p.product
    where l.value is not null or b.value is not null
),
totals as (
    select state, period, source_id,
        sum(now) filter (listed) as listed_now, sum(before) filter (listed) as listed_before,
        sum(now) filter (not listed) as other_now, sum(before) filter (not listed) as other_before,
        count(*) filter (listed)::int as n
    from paired group by all
    having n >= $fewest and count(*) filter (not listed) >= $fewest
),
without as (  -- delete one listed good
    select t.state, t.period, ln((t.listed_now - p.now + $c) / (t.listed_before - p.before + $c)) as value
    from totals t join paired p on p.state = t.state and p.period = t.period and p.listed
),
errors as (
    select state, period, sqrt((count(*) - 1) * var_pop(value)) as se from without group by all
),
excess as (
    select t.state, t.period, t.source_id, t.n, e.se,
        ln((t.listed_now + $c) / (t.listed_before + $c)) - ln((t.other_now + $c) / (t.other_before + $c)) as value
    from totals t join errors e using (state, period)
),
sides as (  -- +1: the sanctioned state; -1: a power all of whose members sanction it
    select power, case when bool_and(member = $sanctioned) then 1 else -1 end as sign
    from power_members p, since
    where p.start <= since and p."end" > since
    group by power
    having bool_and(member = $sanctioned) or bool_and(member in (select state from sanctioning))
)
select x.state, w.power, x.period, 'month' as freq, w.sign * x.value as value, x.se, x.n, x.source_id
from excess x join sides w on x.state <> w.power
order by all
"""


@indicator(
    name="sanctions_compliance",
    title="Goods under sanctions: let through, or not",
    channel="deed",
    instrument="trade",
    link="log_ratio",
    freq="month",
    sources=("trade_comtrade", "trade_comext", "trade_products"),
    default=False,  # trade by product is at hand for a few states only: too few to set the indicator's scale
)
def sanctions_compliance(connection: Any) -> pa.Table:
    """Whether goods of the Common High Priority List pass through the state to Russia since March 2022.

    For each month: the growth of the state's trade in listed goods over the mean of the same calendar month in the two
    years before March 2022, as a logarithm, minus the same growth of all other goods of the same flow, so that a boom
    in everything is no sign of anything. The flow is the state's exports to Russia in its own figures; where it
    publishes none, in Russia's; where neither does, what the sanctioning states (the bloc WEST on 1 March 2022) sent to
    it. A surge counts as closer to Russia (+) and against each power that keeps these goods from Russia (-): who
    complies with one side's sanctions disappoints the other. Powers on neither side have no value, nor have the
    sanctioning states, Russia and Belarus.

    Error: the jackknife over the listed goods (delete one good), because a few goods make most of a month's sum.
    ``n`` counts the listed goods with trade in the month or its base; with fewer than five there is no value.

    Limits: a customs code holds civilian goods too; what came in may have stayed; Russia's own embargo of 2014 is not
    looked at. Where the store holds mostly goods that are under sanctions themselves, growth common to all of them is
    not seen. ``equidistance screen`` asks the same question product by product, with the chance that picking alone
    would find as much.
    """
    known = connection.execute("select 1 from duckdb_views() where view_name = 'listed_goods'").fetchall()
    if not known:
        return _SCHEMA.empty_table()
    rows = connection.sql(
        _COMPLIANCE,
        params={"sanctioned": SANCTIONED, "base": BASE_MONTHS, "fewest": FEWEST_GOODS, "c": SMOOTHING},
    ).to_arrow_table()
    return rows.select(_SCHEMA.names).cast(_SCHEMA)
