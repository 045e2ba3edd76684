"""What stands beside the ranked goods: mirror gaps, who sent what, sources, gaps, intermediaries compared."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from equidistance.reexports import mirror as mirrors
from equidistance.reexports import trade
from equidistance.reexports.findings import Finding
from equidistance.reexports.null import holm
from equidistance.reexports.products import GoodsList
from equidistance.reexports.tabular import finite, table_of
from equidistance.tables import Table

if TYPE_CHECKING:
    import duckdb

    from equidistance.reexports.axes import Axes
    from equidistance.reexports.screen import Screen


def mirror(
    connection: "duckdb.DuckDBPyConnection",
    axes: "Axes",
    members: Sequence[str],
    listing: GoodsList | None,
    since: date,
) -> Table:
    """Gaps between both sides' reports of W to S, W to T and S to T, by tier and span."""
    day = axes.listed_on()
    rows: list[dict[str, Any]] = []
    for name, origins, destination in (
        ("W to S", members, axes.state),
        ("S to T", (axes.state,), axes.target),
        ("W to T", members, axes.target),
    ):
        sent = trade.flows(connection, origins, [destination])
        arrived = trade.flows(connection, origins, [destination], side="importer")
        if sent is None or arrived is None or sent.currency != arrived.currency:
            continue
        products = {*sent.products, *arrived.products}
        lines = listing.at(day).lines(products) if listing else {}
        group = mirrors.listed_group([(code, entry.group or "listed") for code, entry in lines.items()])
        found, _ = mirrors.gaps(sent, arrived, destination, group, since)
        rows += [
            {
                "flow": name,
                "group": gap.group,
                "span": gap.span,
                "goods": gap.goods,
                "currency": sent.currency,
                "sent": gap.sent,
                "arrived": gap.arrived,
                "median_log_ratio": gap.median,
                "low": finite(gap.low),
                "high": finite(gap.high),
                "never_arrived": gap.never,
            }
            for gap in found
        ]
    return table_of(
        "mirror",
        rows,
        {
            "flow": "which flow both sides report",
            "group": "tier or family, or not listed",
            "span": "before or after the date",
            "goods": "goods in the median",
            "currency": "of the amounts",
            "sent": "by the exporters' figures",
            "arrived": "by the importer's figures",
            "median_log_ratio": "median over goods of log(arrived / sent); imports carry freight, so a little above 0 "
            "is usual",
            "low": "90% interval of the median (order statistics)",
            "high": "90% interval of the median",
            "never_arrived": "value of goods sent of which the importer reports nothing",
        },
    )


def who(
    connection: "duckdb.DuckDBPyConnection", axes: "Axes", members: Sequence[str], listing: GoodsList | None
) -> Table:
    """The links of the picture: each exporter to S, and S to T, listed goods, after the date and before."""
    goods = [code for code, inside in zip(axes.products, axes.pool & axes.eligible, strict=True) if inside]
    after = [period for period, later in zip(axes.periods, axes.post, strict=True) if later]
    rows = []
    links = (
        (axes.inbound, members, axes.state),
        (axes.outbound, (axes.state,), axes.pooled),
    )
    for flow, origins, destination in links:
        if flow is None:
            continue
        now = trade.by_origin(connection, origins, destination, goods, after[0], after[-1])
        rows += [
            {"origin": origin, "destination": destination, "value": value, "currency": flow.currency}
            for origin, value in now
            if value > 0
        ]
    return table_of(
        "flows",
        rows,
        {
            "origin": "who sent",
            "destination": "to whom (WLD: all partners together)",
            "value": "amount after the date, the goods of the list",
            "currency": "of the amount",
        },
    )


def gaps_table(found: Sequence[Finding]) -> Table:
    """What the data do not hold."""
    rows = [{"kind": one.kind, "who": one.who, "since": one.since, "finding": one.sentence} for one in found]
    described = {
        "kind": "stopped, not there, codes, quantities, no comparison",
        "who": "state, list or side",
        "since": "last period published, where it stopped",
        "finding": "in words",
    }
    return table_of("gaps", rows, described)


def sources_table(versions: Sequence[Any]) -> Table:
    """The source versions that hold trade by product."""
    rows = [
        {
            "source": one.source,
            "title": one.title,
            "licence": one.licence,
            "address": one.address,
            "source_id": one.source_id,
            "rows": int(one.rows.get("goods", 0)),
        }
        for one in versions
        if one.rows.get("goods")
    ]
    described = {
        "source": "source",
        "title": "title",
        "licence": "licence or terms",
        "address": "where it comes from",
        "source_id": "version in the store",
        "rows": "records of trade by product",
    }
    return table_of("sources", rows, described)


def compared(results: "Mapping[str, Screen]", failed: Mapping[str, str]) -> Table:
    """Intermediaries side by side; p values of the whole list, adjusted for their number."""
    rows: list[dict[str, Any]] = []
    for code, one in results.items():
        for flow in ("inbound", "outbound"):
            whole = [r for r in one.baskets if r["flow"] == flow and r["basket"] == "all of them"]
            if not whole:
                continue
            totals = [r for r in one.totals if r["flow"] == flow]
            best = next(
                (r for r in totals if r["counterfactual"] == "comparable goods"), totals[0] if totals else {}
            )
            strengths = [r["evidence"] for r in one.products]
            rows.append(
                {
                    "state": code,
                    "name": one.state.name,
                    "flow": flow,
                    "currency": best.get("currency", ""),
                    "before": best.get("before"),
                    "after": best.get("after"),
                    "expected": best.get("expected"),
                    "expected_low": best.get("expected_low"),
                    "expected_high": best.get("expected_high"),
                    "excess": best.get("excess"),
                    "excess_low": best.get("excess_low"),
                    "excess_high": best.get("excess_high"),
                    "against": whole[0]["against"],
                    "matched_p": whole[0]["matched_p"],
                    "strong": strengths.count("strong"),
                    "moderate": strengths.count("moderate"),
                    "goods": len(strengths),
                    "note": "",
                }
            )
    adjusted = holm(np.array([row["matched_p"] if row["matched_p"] is not None else np.nan for row in rows]))
    for row, value in zip(rows, adjusted, strict=True):
        row["matched_p_adjusted"] = finite(float(value))
    for code, message in failed.items():
        rows.append({"state": code, "name": code, "flow": "", "note": message})
    return table_of(
        "compared",
        rows,
        {
            "state": "intermediary",
            "name": "its name",
            "flow": "inbound or outbound",
            "currency": "of the amounts",
            "before": "the list at the level of before",
            "after": "the list after the date",
            "expected": "by comparable goods (else the first counterfactual), median",
            "expected_low": "5% quantile",
            "expected_high": "95% quantile",
            "excess": "after minus expected",
            "excess_low": "5% quantile",
            "excess_high": "95% quantile",
            "against": "what the list is compared with",
            "matched_p": "p value of the whole list",
            "matched_p_adjusted": "adjusted for the number of rows (Holm)",
            "strong": "goods with strong evidence",
            "moderate": "goods with moderate evidence",
            "goods": "goods of the list in the data",
            "note": "why a state could not be screened",
        },
    )
