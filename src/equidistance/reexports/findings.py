"""What the data do not hold: a reporter that stopped publishing is a finding, not a blank."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equidistance.ground.time import to_index
from equidistance.reexports.products import GoodsList

if TYPE_CHECKING:
    import duckdb

    from equidistance.reexports.axes import Axes


@dataclass(frozen=True)
class Finding:
    """One gap: what kind, who, since when (empty where not dated), and a sentence."""

    kind: str
    who: str
    since: str
    sentence: str


def data_gaps(
    connection: "duckdb.DuckDBPyConnection", axes: "Axes", members: Sequence[str], listing: GoodsList | None
) -> list[Finding]:
    """Reporters that stopped or never published, sides without figures, codes without data or without a past."""
    found: list[Finding] = []
    last = axes.periods[-1]
    spoken = {
        (reporter, flow): end
        for reporter, flow, end in connection.execute(
            "select reporter, flow, max(period) from screened where product <> 'TOTAL' group by all"
        ).fetchall()
    }
    ends = [end for (reporter, flow), end in spoken.items() if reporter in members and flow == "export"]
    latest = max(ends, default=last)
    for (reporter, flow), end in sorted(spoken.items()):
        if reporter in members and flow == "export" and to_index(latest, end) > 12 // axes.season:
            found.append(
                Finding(
                    "stopped",
                    reporter,
                    f"{end:%Y-%m}",
                    f"{reporter} has no exports after {end:%Y-%m} in the "
                    f"store, others reach {latest:%Y-%m}: what it sent later is missing from the sums.",
                )
            )
    silent = [code for code in members if (code, "export") not in spoken]
    if silent and ends:
        named = ", ".join(silent[:8]) + (" ..." if len(silent) > 8 else "")
        found.append(
            Finding(
                "not there",
                "exporters",
                "",
                f"No exports by product of {len(silent)} of {len(members)} "
                f"sanctioning exporters are in the store ({named}): the totals are of the others.",
            )
        )
    for code, flow, words in (
        (axes.state, "import", f"{axes.state}'s own imports"),
        (axes.state, "export", f"{axes.state}'s exports"),
        (axes.target, "import", f"{axes.target}'s imports"),
    ):
        end = spoken.get((code, flow))
        if end is None:
            found.append(
                Finding(
                    "not there",
                    code,
                    "",
                    f"{words} by product are not in the store: what arrived, and "
                    "from where, cannot be checked against the exporters' figures.",
                )
            )
        elif to_index(last, end) > 12 // axes.season:
            found.append(
                Finding(
                    "stopped",
                    code,
                    f"{end:%Y-%m}",
                    f"{words} end in {end:%Y-%m}, before the window does ({last:%Y-%m}).",
                )
            )
    if axes.inbound is None:
        found.append(
            Finding(
                "not there",
                axes.state,
                "",
                "No inbound flow: growth of what left says nothing of where it came from.",
            )
        )
    if axes.outbound is None:
        found.append(
            Finding("not there", axes.state, "", "No outbound flow: goods that arrived may have stayed.")
        )
    if listing is not None:
        wanted = set(listing.at(axes.listed_on()).groups())  # whole chapters and headings name no single code
        seen = {code for code, inside in zip(axes.products, axes.listed, strict=True) if inside}
        if missing := sorted(wanted - seen):
            named = ", ".join(missing[:6]) + (" ..." if len(missing) > 6 else "")
            found.append(
                Finding(
                    "codes",
                    listing.name,
                    "",
                    f"{len(missing)} of {len(wanted)} listed codes have no trade in the "
                    f"data ({named}): not published, or none.",
                )
            )
    changed = [code for code, one in zip(axes.products, axes.changed & axes.pool, strict=True) if one]
    if changed:
        named = ", ".join(changed[:6]) + (" ..." if len(changed) > 6 else "")
        found.append(
            Finding(
                "codes",
                "classification",
                "",
                f"{len(changed)} codes trade with nobody on one side of the date "
                f"({named}): a new revision of the nomenclature renamed them, and they are not judged.",
            )
        )
    if axes.inbound is not None and not (axes.inbound.kg > 0).any():
        found.append(
            Finding(
                "quantities",
                "exporters",
                "",
                "No weights: growth in value cannot be told from growth in "
                "price, except by comparison with other goods.",
            )
        )
    return found
