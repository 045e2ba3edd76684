"""What a state depends on each power for, kind by kind: observed shares, counts and amounts, never modelled.

A kind is a query for its *parts*: what a state had with every partner in a year, and the whole they are parts of.
From the parts come the share of each power, the concentration over all partners (not only the powers listed), and the
largest partner. What is not recorded has no row, or no share; inside the coverage of a complete list nothing is zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from equidistance.indicators.annual import COVERED_YEARS, DYADS
from equidistance.indicators.exposure_queries import (
    ALLIANCES,
    ARMS,
    BLOCS,
    EXPORTS,
    FINANCE,
    IMPORTS,
    INVESTMENT,
    MEMBERSHIPS,
    OIL,
    PIPELINES,
    SANCTIONS_BY,
    SANCTIONS_ON,
    URANIUM,
)

EXPOSURE_ROWS = pa.schema(
    [
        pa.field("state", pa.string(), nullable=False),
        pa.field("power", pa.string(), nullable=False),
        pa.field("year", pa.int16(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("share", pa.float64()),  # null: the whole is not known
        pa.field("amount", pa.float64()),  # in the kind's unit
        pa.field("hhi", pa.float64()),  # null: parts overlap, or the whole is not known
        pa.field("top", pa.string()),
        pa.field("top_share", pa.float64()),
        pa.field("detail", pa.string()),
        pa.field("n", pa.int32(), nullable=False),
        pa.field("source_id", pa.string(), nullable=False),
    ]
)

KEY = ("state", "power", "year", "kind")

COUNTED = ("blocs", "cases")
"""Units of kinds whose count says more than the share."""


@dataclass(frozen=True)
class Kind:
    """One thing a state can depend on a power for.

    Attributes:
        name: short name, as in the tables.
        of: what the share is a share of, in words.
        unit: unit of the amount.
        substitutes: how easily another partner takes the power's place, in a sentence.
        sources: names of the sources its rows are made from; none: the project's own list of blocs.
        query: SQL with columns state, partner (null: not known), year, value, whole (null: not known), n, source_id; or
            final rows where ``form`` is ``rows``.
        form: ``parts`` add up to the whole; ``overlapping`` parts do not (a bloc's is its members' mean, and there is
            no concentration); ``rows`` are final: state, power, year, share, amount, detail, n, source_id.
        complete: inside the coverage a partner without a record has nothing (0), not an unknown part.
    """

    name: str
    of: str
    unit: str
    substitutes: str
    sources: tuple[str, ...]
    query: str
    form: Literal["parts", "overlapping", "rows"] = "parts"
    complete: bool = False


KINDS: tuple[Kind, ...] = (
    Kind(
        "exports",
        "the state's exports to the world",
        "USD (reconciled data: constant of 2010)",
        "Other buyers can be found, at a lower price; what goes by pipeline or by one railway cannot be turned soon.",
        ("trade_itpde", "trade_kazakhstan"),
        EXPORTS,
    ),
    Kind(
        "imports",
        "the state's imports from the world",
        "USD (reconciled data: constant of 2010)",
        "Other sellers can be found for most goods, farther away and dearer; not soon for a neighbour's power and gas.",
        ("trade_itpde", "trade_kazakhstan"),
        IMPORTS,
    ),
    Kind(
        "investment stock",
        "the stock of foreign direct investment in the state, by immediate investor",
        "million EUR at the end of the year",
        "Sunk for decades. The immediate investor is often a holding company that somebody else owns.",
        ("investment_wiiw",),
        INVESTMENT,
    ),
    Kind(
        "oil and gas output",
        "the output of the oil and gas fields whose owners are listed (not of all fields)",
        "Mt a year",
        "Contracts run for decades; an owner can be bought out, not replaced at will.",
        ("ownership",),
        OIL,
    ),
    Kind(
        "oil pipeline capacity",
        "what the pipelines with listed owners carry",
        "Mt a year",
        "A pipeline has one way: no other takes over within years.",
        ("ownership",),
        PIPELINES,
    ),
    Kind(
        "uranium output",
        "the output of the uranium mines whose owners are listed (not of all mines)",
        "t of uranium a year",
        "Mines are joint ventures for their whole life; conversion and enrichment are bought from few states.",
        ("ownership",),
        URANIUM,
    ),
    Kind(
        "official loans",
        "official loans of all lenders, which no source at hand lists: the share is missing",
        "constant USD of 2021, committed since 2000 (repayments are not known)",
        "A loan binds until it is repaid; refinancing elsewhere is possible at market terms.",
        ("finance_china",),
        FINANCE,
    ),
    Kind(
        "arms imports",
        "the deliveries of major arms of five years, in SIPRI trend-indicator values",
        "million TIV in five years",
        "Weapons need their maker's spares, ammunition and training for decades: the slowest of all to replace.",
        ("arms_sipri",),
        ARMS,
        complete=True,
    ),
    Kind(
        "defence pacts",
        "the weighted obligations of the state's pacts to fight together (weights as in alliance_commitment)",
        "depth, 0 to 10 for each ally",
        "Allies count by what they owe, not by how strong they are. Another must be willing; leaving takes notice.",
        ("alliances",),
        ALLIANCES,
        complete=True,
    ),
    Kind(
        "shared memberships",
        "the intergovernmental organisations that the state fully belongs to; shares overlap",
        "organisations",
        "Membership excludes little: most organisations are open to all.",
        ("memberships",),
        MEMBERSHIPS,
        form="overlapping",
    ),
    Kind(
        "blocs",
        "the blocs the state belongs to (of those the project lists); shares overlap",
        "blocs",
        "Leaving is possible and rare; a customs union also excludes agreements with others.",
        (),
        BLOCS,
        form="rows",
    ),
    Kind(
        "sanctions by the power",
        "the sanction cases in force against the state",
        "cases",
        "Only the sender can lift them.",
        ("sanctions_gsdb",),
        SANCTIONS_BY,
        form="rows",
    ),
    Kind(
        "sanctions on the power",
        "the sanction cases in force against the power, the share being those that the state takes part in",
        "cases",
        "Trade with the power carries the risk of secondary sanctions by the others.",
        ("sanctions_gsdb",),
        SANCTIONS_ON,
        form="rows",
    ),
)
"""Every kind made from the store; :mod:`equidistance.assessment.exposure_transit` adds transit from the corridors."""


def compute(connection: Any, held: Sequence[str] | None = None) -> pa.Table:
    """Exposure of the states registered as views to the powers registered as views.

    Args:
        connection: with the views of :mod:`equidistance.indicators.declare` and ``bloc_spells``.
        held: sources in the store; kinds made from none of them are left out. All kinds when not given.

    Returns:
        Rows in :data:`EXPOSURE_ROWS`, sorted by kind, state, power and year.
    """
    tables = []
    for kind in KINDS:
        if held is not None and not set(kind.sources) & set(held):
            continue
        rows = connection.sql(_sql(kind)).to_arrow_table()
        rows = rows.append_column("kind", pa.repeat(kind.name, rows.num_rows))
        rows = rows.select(EXPOSURE_ROWS.names).cast(EXPOSURE_ROWS)
        tables.append(rows.sort_by([(key, "ascending") for key in ("state", "power", "year")]))
    return pa.concat_tables(tables) if tables else EXPOSURE_ROWS.empty_table()


def _sql(kind: Kind) -> str:
    if kind.form == "rows":
        return f"""
            WITH {COVERED_YEARS},
            years AS (
                SELECT year, source_id FROM covered
                WHERE source IN ({", ".join(f"'{name}'" for name in kind.sources) or "''"})
            ),
            {kind.query}
            SELECT *, NULL::DOUBLE AS hhi, NULL::VARCHAR AS top, NULL::DOUBLE AS top_share FROM final
        """
    overlapping = kind.form == "overlapping"
    together = "avg" if overlapping else "sum"
    missing = "0" if kind.complete else "NULL"
    return f"""
        WITH {COVERED_YEARS},
        parts AS MATERIALIZED ({kind.query}),
        years AS (SELECT DISTINCT year FROM parts),
        {DYADS},
        wholes AS (
            SELECT state, year, any_value(whole) AS whole, max(source_id) AS source_id,
                   sum(CASE WHEN partner IS NOT NULL THEN (value / whole) ** 2 END) AS hhi,
                   arg_max(partner, value) FILTER (partner IS NOT NULL) AS top,
                   max(value / whole) FILTER (partner IS NOT NULL) AS top_share
            FROM parts
            WHERE whole IS NULL OR whole > 0
            GROUP BY state, year
        )
        SELECT d.state, d.power, d.year,
               {together}(coalesce(p.value, {missing})) / any_value(w.whole) AS share,
               {together}(coalesce(p.value, {missing})) AS amount,
               {"NULL" if overlapping else "any_value(w.hhi)"} AS hhi,
               {"NULL" if overlapping else "any_value(w.top)"} AS top,
               {"NULL" if overlapping else "any_value(w.top_share)"} AS top_share,
               NULL::VARCHAR AS detail,
               coalesce(sum(p.n), 0) AS n,
               coalesce(max(p.source_id), any_value(w.source_id)) AS source_id
        FROM dyads d
        JOIN wholes w ON w.state = d.state AND w.year = d.year
        LEFT JOIN parts p ON p.state = d.state AND p.partner = d.member AND p.year = d.year
        GROUP BY d.state, d.power, d.year
        HAVING amount IS NOT NULL
    """
