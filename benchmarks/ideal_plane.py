"""Ideal points in two dimensions, and from an earlier result: speed, hidden votes, what a new session moves."""

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from ideal_points import RECORD
from measure import Section
from published_record import record

from equidistance.assessment.ideal_points import beside, ideal_points
from equidistance.models import ideal_points_fast, ideal_points_plane
from equidistance.models.ideal_points_plane import PlaneFit
from equidistance.models.normal import cdf_of
from equidistance.models.roll_calls import Fit, RollCalls, arrange, oriented, starting_items

Floats = npt.NDArray[np.float64]
_UNITED_STATES, _RUSSIA = 2, 365
_SPAN = 1000  # more than there are sessions
_RECENT = 68  # the recent window has the sessions after this one, which opened in September 2013
_LEAST_STATES = 20  # in a session, to correlate within it


def _kept(votes: RollCalls, keep: npt.NDArray[np.bool_]) -> RollCalls:
    """Some of the votes, arranged anew."""
    voter, session = votes.voter[votes.position], votes.session[votes.position]
    columns = (voter, session, votes.item_names[votes.item], votes.vote.astype(np.int64))
    return arrange(*(column[keep] for column in columns))


def _anchors(votes: RollCalls) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    return np.flatnonzero(votes.voter == _UNITED_STATES), np.flatnonzero(votes.voter == _RUSSIA)


def _line(votes: RollCalls) -> Fit:
    first, _ = _anchors(votes)
    return oriented(ideal_points_fast.fit(votes, beside(votes, first), starting_items(votes)), first)


def _plane(votes: RollCalls, line: Floats) -> PlaneFit:
    first, second = _anchors(votes)
    start = ideal_points_plane.crossed(line, beside(votes, second))
    return ideal_points_plane.turned(ideal_points_plane.fit(votes, start), first, second)


def _keys(votes: RollCalls) -> npt.NDArray[np.int64]:
    return votes.voter * _SPAN + votes.session


def _places(known: npt.NDArray[np.int64], asked: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Where each of the asked stands among the known, which are sorted; -1 where it does not."""
    place = np.searchsorted(known, asked).clip(max=len(known) - 1)
    return np.where(known[place] == asked, place, -1)


def _within(x: Floats, y: Floats, session: npt.NDArray[np.int64]) -> list[float]:
    """Correlation in each session, whatever its sign."""
    parts = [np.flatnonzero(session == one) for one in np.unique(session)]
    return [abs(float(np.corrcoef(x[part], y[part])[0, 1])) for part in parts if len(part) >= _LEAST_STATES]


def _best_direction(plane: Floats, line: Floats) -> float:
    """Multiple correlation of the line with both axes at once."""
    design = np.column_stack([plane, np.ones(len(line))])
    left = line - design @ np.linalg.lstsq(design, line, rcond=None)[0]
    return float(np.sqrt(1 - left.var() / line.var()))


def _hidden(votes: RollCalls) -> dict[str, str]:
    """Log loss and accuracy of 5 % of the votes, positions and items from the rest, in one and two dimensions."""
    hide = np.random.default_rng(1).random(len(votes.vote)) < 0.05
    kept = _kept(votes, ~hide)
    place = _places(_keys(kept), _keys(votes)[votes.position[hide]])
    item = _places(kept.item_names, votes.item_names[votes.item[hide]])
    can = (place >= 0) & (item >= 0)
    place, item, truth = place[can], item[can], votes.vote[hide][can].astype(int)

    def score(trait: Floats, low: Floats, high: Floats) -> str:
        yes, no = cdf_of(low[item] - trait), cdf_of(trait - high[item])
        chances = np.stack([yes, 1 - yes - no, no], axis=1)
        likely = np.clip(chances[np.arange(len(truth)), truth], 1e-6, 1)
        right = float((chances.argmax(axis=1) == truth).mean())
        return f"{-np.log(likely).mean():.4f}, {100 * right:.1f} %"

    line = _line(kept)
    plane = _plane(kept, line.mean)
    return {
        "votes hidden": f"{len(truth):,}",
        "one dimension: log loss, accuracy": score(
            line.items.beta[item] * line.mean[place], line.items.low, line.items.high
        ),
        "two dimensions: log loss, accuracy": score(
            (plane.beta[item] * plane.mean[place]).sum(axis=1), plane.low, plane.high
        ),
    }


def _last_session_added(votes: RollCalls, plane: PlaneFit) -> dict[str, str]:
    """How far the positions of all sessions but the last stand from where they stood without it."""
    earlier = _kept(votes, votes.session[votes.position] < votes.session.max())
    before = _plane(earlier, _line(earlier).mean)
    place = _places(_keys(votes), _keys(earlier))
    moved = plane.mean[place] - before.mean
    unit = np.sqrt(np.diagonal(before.covariance, axis1=1, axis2=2))
    left, _, right = np.linalg.svd(before.mean.T @ plane.mean[place])
    turn = left @ right
    angle = np.degrees(np.arctan2(turn[0, 1], turn[0, 0]))
    own = np.abs(moved) / unit
    worst = int(own.max(axis=1).argmax())
    return {
        "iterations without the last session": str(before.sweeps),
        "with it all is turned by": f"{abs(angle):.2f} degrees"
        + ("" if np.linalg.det(turn) > 0 else ", and reflected"),
        "root mean square change of the others, axis 1 and 2": ", ".join(
            f"{one:.3f}" for one in np.sqrt((moved**2).mean(axis=0))
        ),
        "the same in own sd": ", ".join(f"{one:.2f}" for one in np.sqrt((own**2).mean(axis=0))),
        "99 % change less than, in own sd": ", ".join(f"{one:.2f}" for one in np.quantile(own, 0.99, axis=0)),
        "largest change in own sd, axis 1 and 2": ", ".join(f"{one:.2f}" for one in own.max(axis=0)),
        "votes of the position that changed most": f"{earlier.votes_of_position[worst]:,}",
        "correlation before and after, axis 1 and 2": ", ".join(
            f"{np.corrcoef(before.mean[:, axis], plane.mean[place, axis])[0, 1]:.4f}" for axis in (0, 1)
        ),
    }


def plane() -> Section:
    """Two dimensions on the record behind the published estimates, and on its last sessions."""
    whole = record(RECORD).votes
    recent = _kept(whole, whole.session[whole.position] > _RECENT)
    columns: dict[str, dict[str, str]] = {}
    for votes in (recent, whole):  # the small one first: it compiles
        line = _line(votes)
        _plane(recent, _line(recent).mean)
        before = time.process_time()
        found = _plane(votes, line.mean)
        took = time.process_time() - before
        within = _within(found.mean[:, 0], line.mean, votes.session)
        columns[f"sessions {votes.session.min()} to {votes.session.max()}"] = {
            "votes": f"{len(votes.vote):,}",
            "positions": f"{len(votes.voter):,}",
            "iterations": f"{found.sweeps}" + ("" if found.converged else " (not at rest)"),
            "CPU s, the line's not counted": f"{took:.1f}",
            "first axis with the line": f"{np.corrcoef(found.mean[:, 0], line.mean)[0, 1]:.4f}",
            "within session, median": f"{np.median(within):.4f}",
            "within session, least": f"{min(within):.4f}",
            "best direction with the line": f"{_best_direction(found.mean, line.mean):.4f}",
            **_hidden(votes),
            **_last_session_added(votes, found),
        }
    rows = [[name, *(column[name] for column in columns.values())] for name in next(iter(columns.values()))]
    return Section(
        "Ideal points in two dimensions",
        "The votes behind the estimates published in April 2020. The plane by `fast`, beside the line by `fast` on the "
        "same votes; correlations are over all positions. A position's own standard deviation is that given the items.",
        ("", *columns),
        rows,
        ["Of the changes, those of the first axis come first. The axes run by the United States and Russia before and after."],
    )  # fmt: skip


def _timed(**request: Any) -> tuple[Any, float]:
    before = time.process_time()
    result = ideal_points(**request)
    return result, time.process_time() - before


def append() -> Section:
    """A session added to an earlier result: fitted anew, and from that result."""
    from equidistance.evidence.store import Store
    from equidistance.sources.ingest import ingest

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store.duckdb"
        names = ("unga_votes_1946_2024_voeten_long.parquet", "unga_rollcall_meta_1946_2024_voeten.csv")
        with Store.open(store, mode="write", create=True) as opened:
            ingest("un_votes", [RECORD / name for name in names], opened)
        ideal_points(since=2020, store=store)  # compiled
        for session in (74, 78):
            earlier, _ = _timed(until=f"{1945 + session}-08", store=store)
            cold, cold_seconds = _timed(until=f"{1946 + session}-08", store=store)
            warm, warm_seconds = _timed(until=f"{1946 + session}-08", store=store, start=earlier)
            apart = np.abs(cold.fit.mean - warm.fit.mean)
            rows.append(
                [str(session), f"{len(cold.positions):,}", str(cold.fit.sweeps), f"{cold_seconds:.1f}",
                 str(warm.fit.sweeps), f"{warm_seconds:.1f}", f"{apart.max():.4f}", f"{(apart / cold.fit.sd).max():.3f}",
                 f"{np.sqrt((apart**2).mean()):.5f}"]
            )  # fmt: skip
    return Section(
        "Ideal points: a session added",
        "All votes up to a session and with it, from a store with Voeten's roll calls to June 2024, by `fast`: anew (cold) and "
        "`start=` the result without the session (warm). CPU seconds of the whole call, reading the votes included.",
        ("session added", "positions", "cold, iterations", "CPU s", "warm, iterations", "CPU s", "largest difference",
         "in own sd", "root mean square"),
        rows,
    )  # fmt: skip


def parts() -> dict[str, Any]:
    """The parts by name."""
    return {"ideal-plane": plane, "ideal-append": append}
