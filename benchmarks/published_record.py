"""The record behind the published ideal points (to session 74), with the authors' own filters.

The filters are those of the program that Bailey, Strezhnev and Voeten distribute with the estimates of April 2020: no
votes on paragraphs and amendments after 1989, no session 19, not Zanzibar, not South Africa's single vote of session
48; roll calls that repeat each other (Matches.csv) share an item; unanimous items are left out.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from equidistance.ground.states import find
from equidistance.models.roll_calls import RollCalls, arrange

SETS = {
    "All": (0, ()),
    "Important": (0, ()),
    "NoNukes": (0, ()),
    "MiddleEast": (28, ()),
    "HumanRights": (24, (713,)),
    "Nuclear": (32, (626,)),
}
"""Published sets: sessions after this one, without these voters (too few votes)."""
_NUMBERS = {"Federal Republic of Germany": 260, "Yemen": 679}
"""States whose number changed, under the one that the publisher uses."""
_CODES = {"MiddleEast": "me", "HumanRights": "hr", "Nuclear": "nu"}


@dataclass(frozen=True)
class Record:
    """Votes as the models take them, and the published estimates of the same state-sessions.

    Attributes:
        votes: arranged votes; voters are Correlates of War numbers.
        published: published mean of each position, shape (P,), NaN where there is none.
        width: published distance from the 5 % to the 95 % quantile, shape (P,).
        counts: published number of votes of each position, shape (P,).
    """

    votes: RollCalls
    published: npt.NDArray[np.float64]
    width: npt.NDArray[np.float64]
    counts: npt.NDArray[np.float64]


def cast_votes(directory: Path) -> pd.DataFrame:
    """Every vote cast (yes, abstain, no) with voter, session, roll call and its flags; ``directory`` holds the files."""
    import pyreadr

    def table(name: str) -> pd.DataFrame:
        return next(iter(pyreadr.read_r(str(directory / f"{name}.rda")).values()))

    votes, rolls = table("un_votes"), table("un_roll_calls")
    issues = table("un_roll_call_issues")
    for code in issues["short_name"].unique():
        rolls[code] = rolls["rcid"].isin(issues.loc[issues["short_name"] == code, "rcid"])
    votes = votes.merge(rolls, on="rcid")
    late = pd.to_datetime(votes["date"]).dt.year > 1989
    votes = votes[~(late & ((votes["para"] == 1) | (votes["amend"] == 1)))]
    votes = votes.assign(
        voter=votes["country"].map({name: _voter(name) for name in votes["country"].unique()}),
        session=votes["session"].astype(int),
        rcid=votes["rcid"].astype(int),
        vote=votes["vote"].map({"yes": 0, "abstain": 1, "no": 2}).astype(int),
    )
    single = (votes["voter"] == 560) & (votes["session"] == 48)
    return votes[~single & (votes["session"] != 19) & (votes["voter"] != 511)]


def _voter(name: str) -> int:
    if name in _NUMBERS:
        return _NUMBERS[name]
    state = find(name) or find(name, date(1980, 1, 1))
    assert state is not None, name
    return min(state.cow)


def items_of(rolls: npt.NDArray[np.int64], directory: Path) -> npt.NDArray[np.int64]:
    """Linked number of each roll call, by the authors' rule: the earliest that it repeats, in chains."""
    matches = pd.read_csv(directory / "idealpoints" / "Matches.csv")
    earlier = matches.groupby("rcid2")["rcid1"].min().to_dict()

    def root(number: int) -> int:
        while number in earlier:
            number = earlier[number]
        return number

    names, place = np.unique(rolls, return_inverse=True)
    return np.array([root(int(name)) for name in names])[place]


def record(directory: Path, name: str = "All") -> Record:
    """One of :data:`SETS`, from the development data's folder ``un``."""
    votes = cast_votes(directory)
    after, without = SETS[name]
    votes = votes[(votes["session"] > after) & ~votes["voter"].isin(without)]
    if name in _CODES:
        votes = votes[votes[_CODES[name]]]
    elif name == "Important":
        votes = votes[votes["importantvote"] == 1]
    elif name == "NoNukes":
        votes = votes[~votes["nu"]]
    columns = [votes[column].to_numpy().astype(np.int64) for column in ("voter", "session", "rcid", "vote")]
    arranged = arrange(columns[0], columns[1], items_of(columns[2], directory), columns[3])
    suffix = "" if name == "All" else name
    published = pd.read_csv(
        directory / "idealpoints" / f"Idealpointestimates{name}_Apr2020.csv", encoding="latin-1"
    ).set_index(["ccode", "session"])
    order = pd.MultiIndex.from_arrays([arranged.voter, arranged.session])
    found = published.reindex(order)
    return Record(
        arranged,
        found[f"IdealPoint{suffix}"].to_numpy(),
        (found[f"Q95%{suffix}"] - found[f"Q5%{suffix}"]).to_numpy(),
        found[f"NVotes{suffix}"].to_numpy(),
    )


def agreement(
    mean: npt.NDArray[np.float64], data: Record
) -> tuple[float, float, float, float, float]:
    """Correlation with the published points: overall, within session (median, least), within state (median, pooled)."""
    known = ~np.isnan(data.published)
    x, y = mean[known], data.published[known]
    session, voter = data.votes.session[known], data.votes.voter[known]

    def by(group: npt.NDArray[np.int64], least: int) -> list[float]:
        parts = (np.flatnonzero(group == one) for one in np.unique(group))
        return [float(np.corrcoef(x[part], y[part])[0, 1]) for part in parts if len(part) >= least]

    def centred(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        _, place = np.unique(voter, return_inverse=True)
        return values - (np.bincount(place, values) / np.bincount(place))[place]

    sessions = by(session, 3)
    return (
        float(np.corrcoef(x, y)[0, 1]),
        float(np.median(sessions)),
        min(sessions),
        float(np.median(by(voter, 3))),
        float(np.corrcoef(centred(x), centred(y))[0, 1]),
    )
