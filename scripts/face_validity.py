"""Print the tables of docs/face-validity.md: python scripts/face_validity.py"""

from datetime import date

import numpy as np

import equidistance as eq
from equidistance.assessment.evidence import choose_indicators, dyads
from equidistance.assessment.reference import FIRST_YEAR, Reference, availability, layout_of
from equidistance.ground.blocs import resolve_power
from equidistance.indicators import panel
from equidistance.indicators.snapshot import shipped
from equidistance.models.alignment import Observations, smooth

POWERS = ("RUS", "CHN", "USA", "EU", "GBR", "TUR")
STATES = ("Belarus", "Georgia", "Armenia", "Serbia", "Mongolia", "Israel", "Cuba", "Ukraine", "Kazakhstan")


def votes(state: str, years: range) -> None:
    """Mean agreement in the General Assembly by year: months weighted by their roll calls."""
    print(f"| {state} |" + "".join(f" {power} |" for power in POWERS))
    print("|---|" + "---|" * len(POWERS))
    rows = [row for row in shipped().rows([state]).to_pylist() if row["indicator"] == "un_vote_agreement"]
    for year in years:
        cells = []
        for power in POWERS:
            months = [row for row in rows if row["power"] == power and row["period"].year == year]
            n = np.array([row["n"] for row in months])
            share = 1 / (1 + np.exp(-np.array([row["value"] for row in months])))
            agreed = share * (n + 1) - 0.5  # undo the smoothing
            cells.append(f" {agreed.sum() / n.sum():.2f} |")
        print(f"| {year} |" + "".join(cells))


def positions(year: int) -> None:
    """Alignment in deeds and words in December of a year, with the leader and equidistance."""
    print(f"| December {year} | channel |" + "".join(f" {power} |" for power in POWERS) + " closest (probability) | equidistance |")
    print("|---|---|" + "---|" * len(POWERS) + "---|---|")
    for state in STATES:
        result = eq.assess(state, list(POWERS), until=None, store=False)
        month = date(year, 12, 1)
        balance = next(row for row in result.equidistance if row["period"] == month)
        for channel in ("deed", "word"):
            mean = {
                row["power"]: f"{row['mean']:+.1f} ± {1.645 * row['sd']:.1f}"
                for row in result.alignment
                if row["channel"] == channel and row["period"] == month
            }
            lead = f"{balance['leader_name']} ({balance['p_leader']:.2f}) | {balance['mean']:.2f}" if channel == "deed" else " |"
            print(
                f"| {state if channel == 'deed' else ''} | {channel}s |"
                + "".join(f" {mean.get(power, '')} |" for power in POWERS)
                + f" {lead} |"
            )


def levels(year: int) -> None:
    """Mean level in deeds of all states in December of a year, trade as it is and against expectations."""
    powers = [resolve_power(code) for code in POWERS]
    pairs = dyads(powers)
    print(f"| all states, December {year}, deeds |" + "".join(f" {power} |" for power in POWERS))
    print("|---|" + "---|" * len(POWERS))
    for raw in (True, False):
        reference = Reference.from_json(shipped().reference_text(raw=raw))
        used, _ = choose_indicators(None, raw=raw)
        used = tuple(one for one in used if one.name in reference.names)
        grid = panel.build(shipped().rows(powers=POWERS), list(pairs), used, FIRST_YEAR, year)
        posterior = smooth(layout_of(used), Observations(grid.value, grid.error), reference.select(used))
        exists = np.array([availability(*pair, grid)[-1] for pair in pairs.values()])
        cells = []
        for power in POWERS:
            mine = exists & np.array([pair[1] == power for pair in pairs])
            cells.append(f" {posterior.mean[-1, 0, 0, mine].mean():+.2f} |")
        print(f"| {'raw' if raw else 'chosen'} |" + "".join(cells))


if __name__ == "__main__":
    votes("KAZ", range(2007, 2023))
    for year in (2013, 2025):
        print()
        positions(year)
    print()
    levels(2016)
