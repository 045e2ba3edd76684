"""The months of a trajectory that a claim is about."""

from dataclasses import dataclass
from datetime import date

from equidistance.claims.bench import Bench, Trajectory
from equidistance.claims.chances import Floats
from equidistance.claims.words import name_of, window_words
from equidistance.reading.records import Claim

SHORTEST = 6
"""Months a window must have."""


@dataclass(frozen=True)
class Cut:
    """Part of a trajectory: positions of its first and last month."""

    path: Trajectory
    begin: int
    end: int

    @property
    def start(self) -> date:
        """Its first month."""
        return self.path.months[self.begin]

    @property
    def stop(self) -> date:
        """Its last month."""
        return self.path.months[self.end]

    @property
    def years(self) -> float:
        """How long it is."""
        return (self.end - self.begin) / 12


def window(path: Trajectory, claim: Claim, bench: Bench, years: int) -> Cut | str:
    """The months a claim is about, or why there is no evidence in them."""
    last = last_observed(path, claim)
    who = f"{name_of(claim.subject)} and the power"
    if last is None:
        return f"There is no observation of {who} in this channel and instrument."
    stated = claim.until or (claim.when.last if claim.when else None) or bench.published
    stop = min(stated, last) if stated else last
    end = position(path, stop)
    if end is None:
        return f"There is no estimate at {stop:%B %Y}."
    since = claim.since or (claim.when.first if claim.when and claim.form == "trend" else None)
    begin = max(0, end - 12 * years) if since is None else position(path, max(since, path.months[0]))
    if begin is None or end - begin < SHORTEST:
        return (
            f"Evidence ends in {last:%B %Y}: fewer than {SHORTEST} months of it lie in the window "
            f"{window_words(since, stated)}."
        )
    return Cut(path, begin, end)


def last_observed(path: Trajectory, claim: Claim) -> date | None:
    """The last day observed in the claim's channel."""
    seen = {"deed": path.observed[:1], "word": path.observed[1:], None: path.observed}[claim.channel]
    return max((day for day in seen if day is not None), default=None)


def position(path: Trajectory, day: date) -> int | None:
    """Where a day's month stands in a trajectory."""
    month = date(day.year, day.month, 1)
    return path.months.index(month) if month in path.months else None


def mean_of(cut: Cut, weights: Floats) -> Floats:
    """(D,) mean over the window."""
    mean: Floats = cut.path.draws[:, cut.begin : cut.end + 1].mean(axis=1) @ weights
    return mean
