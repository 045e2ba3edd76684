"""The tables of a fit of ideal points, and what the reader must know about it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from equidistance.tables import Table

if TYPE_CHECKING:
    from equidistance.models.roll_calls import Fit, RollCalls

CAST = ("yes", "abstain", "no")
MIXED = 1.01
"""Chains agree where split R-hat is below this."""
_FEW = 5
"""A state-session with fewer votes than this stands mostly where its neighbours in time do."""

POSITIONS = {
    "session": "session of the General Assembly",
    "year": "year in which the session opens: 1945 + session",
    "mean": "position; 0 and 1 are mean and standard deviation over all state-sessions, the United States positive",
    "sd": "standard deviation of the position",
    "q05": "lower end of the 90 % interval",
    "q95": "upper end of the 90 % interval",
    "n": "votes behind the position",
}
ITEMS = {
    "item": "roll call, the earliest where several repeat each other",
    "roll_calls": "roll calls that share the item",
    "beta": "discrimination: positive where states at the positive end rather vote no",
    "low": "cutpoint between yes and abstention, on the scale of beta times position",
    "high": "cutpoint between abstention and no",
}


def _quantiles(fit: "Fit") -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    from equidistance.models.scores import NORMAL_QUANTILES

    if fit.draws is not None:
        low, high = np.quantile(fit.draws, [0.05, 0.95], axis=0)
        return low.astype(np.float64), high.astype(np.float64)
    return fit.mean + NORMAL_QUANTILES["q05"] * fit.sd, fit.mean + NORMAL_QUANTILES["q95"] * fit.sd


def positions_table(votes: "RollCalls", fit: "Fit", names: Sequence[str]) -> Table:
    """Mean, standard deviation and 90 % interval of each position; ``names`` are the codes of the states."""
    low, high = _quantiles(fit)
    columns = {
        "state": pa.array(names, pa.string()),
        "session": pa.array(votes.session, pa.int16()),
        "year": pa.array(1945 + votes.session, pa.int16()),
        "mean": pa.array(fit.mean),
        "sd": pa.array(fit.sd),
        "q05": pa.array(low),
        "q95": pa.array(high),
        "n": pa.array(votes.votes_of_position, pa.int64()),
    }
    return Table("positions", pa.table(columns), POSITIONS)


def items_table(votes: "RollCalls", fit: "Fit", rolls: pa.Table, items: npt.NDArray[np.int64]) -> Table:
    """Parameters of each item; ``rolls`` are all roll calls, ``items`` the item (a row of them) of each."""
    first = rolls.take(pa.array(votes.item_names))
    session = rolls["session"].to_numpy().astype(np.int64)
    latest = np.full(len(rolls), -1, dtype=np.int64)
    np.maximum.at(latest, items, session)
    size = np.bincount(items, minlength=len(rolls))
    tally = votes.tallies
    columns: dict[str, Any] = {
        "item": first["roll_call"],
        "roll_calls": pa.array(size[votes.item_names], pa.int64()),
        "session": first["session"],
        "last_session": pa.array(latest[votes.item_names], pa.int16()),
        "resolution": first["resolution"],
        "title": first["title"],
    }
    columns |= {name: pa.array(tally[:, number], pa.int64()) for number, name in enumerate(CAST)}
    for name in ("beta", "low", "high"):
        columns[name] = pa.array(getattr(fit.items, name))
        columns[f"{name}_sd"] = pa.array(getattr(fit.items_sd, name))
    return Table("items", pa.table(columns), ITEMS)


def diagnostics_table(votes: "RollCalls", fit: "Fit") -> tuple[Table, bool]:
    """Level and spread of each session, how well their chains mixed, and whether all positions' chains did."""
    from equidistance.models.convergence import effective_size, split_r_hat

    sessions, place = np.unique(votes.session, return_inverse=True)
    members = [np.flatnonzero(place == number) for number in range(len(sessions))]
    columns: dict[str, Any] = {
        "session": pa.array(sessions, pa.int16()),
        "level": pa.array([float(fit.mean[rows].mean()) for rows in members]),
        "spread": pa.array([float(fit.mean[rows].std()) for rows in members]),
    }
    units = {
        "level": "mean position of the session's states",
        "spread": "standard deviation of their positions",
        "r_hat_level": "split R-hat of the level; near 1 where the chains agree",
        "r_hat_spread": "split R-hat of the spread",
        "effective_level": "effective number of draws of the level",
        "r_hat_worst": "largest split R-hat of a position of the session",
    }
    mixed = True
    if fit.draws is not None and fit.chain is not None:
        chains = int(fit.chain.max()) + 1
        draws = fit.draws.astype(np.float64).reshape(chains, -1, len(fit.mean))
        level = np.stack([draws[:, :, rows].mean(axis=2) for rows in members], axis=2)
        spread = np.stack([draws[:, :, rows].std(axis=2) for rows in members], axis=2)
        worst = split_r_hat(draws)
        columns["r_hat_level"] = pa.array(split_r_hat(level))
        columns["r_hat_spread"] = pa.array(split_r_hat(spread))
        columns["effective_level"] = pa.array(effective_size(level))
        columns["r_hat_worst"] = pa.array([float(worst[rows].max()) for rows in members])
        mixed = bool(worst.max() < MIXED)
    return Table("diagnostics", pa.table(columns), units), mixed


def notes_on_fit(
    votes: "RollCalls",
    fit: "Fit",
    method: str,
    items: Table,
    diagnostics: Table,
    mixed: bool,
    asked: int,
) -> list[str]:
    """What the reader must know: what was left out, what bridges sessions, whether the method came to rest.

    Args:
        votes, fit, method: the fit.
        items, diagnostics: its tables.
        mixed: whether all chains agree.
        asked: number of items before unanimous ones were left out.
    """
    notes = []
    if left := asked - len(votes.item_names):
        notes.append(
            f"{left:,} unanimous item{'s are' if left > 1 else ' is'} left out: "
            f"{'they say' if left > 1 else 'it says'} nothing about positions."
        )
    shared = items.arrow["roll_calls"].to_numpy()
    bridges = int((items.arrow["session"].to_numpy() < items.arrow["last_session"].to_numpy()).sum())
    known = f"{len(votes.vote):,} votes in {int(shared.sum()):,} roll call{'s' if shared.sum() > 1 else ''}"
    if bridges:
        notes.append(f"{known}; {bridges:,} item{'s bridge' if bridges > 1 else ' bridges'} sessions.")
    elif len(diagnostics) > 1:
        notes.append(
            f"{known}; no item bridges sessions, so that the level of a session is known only through the states' past."
        )
    else:
        notes.append(f"{known}.")
    if few := int((votes.votes_of_position < _FEW).sum()):
        others = (
            "mostly those of the same state before and after decide where it stands."
            if len(diagnostics) > 1
            else "there is no other session to hold it, so take it as rough."
        )
        notes.append(
            f"{few:,} position{'s rest' if few > 1 else ' rests'} on fewer than {_FEW} votes: {others}"
        )
    if not fit.converged:
        notes.append("The fit did not come to rest: take these positions as rough.")
    elif not mixed:
        worst = diagnostics.arrow["r_hat_worst"].to_numpy()
        unmixed = np.flatnonzero(worst >= MIXED)
        notes.append(
            f"The chains have not fully mixed: the largest R-hat of a position is {np.nanmax(worst):.2f} ({MIXED} is "
            f"wanted), and {len(unmixed)} of {len(worst)} sessions have one that is too large. More sweeps help; the "
            "table of diagnostics says which sessions are concerned."
        )
    if method == "fast":
        notes.append(
            "Intervals are those of a position given the items, narrower than the posterior's: for these take --method "
            "posterior."
        )
    return notes
