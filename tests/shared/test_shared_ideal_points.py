"""Ideal points on the real roll calls: what is known of who stands where, by the fast method."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from equidistance.assessment.ideal_points import IdealPoints, ideal_points, read_evidence
from equidistance.assessment.voting_request import select
from equidistance.evidence.store import Store
from equidistance.sources.ingest import ingest

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def store(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with Voeten's roll calls to June 2024."""
    path = tmp_path_factory.mktemp("ideal") / "store.duckdb"
    names = ("unga_votes_1946_2024_voeten_long.parquet", "unga_rollcall_meta_1946_2024_voeten.csv")
    with Store.open(path, mode="write", create=True) as opened:
        ingest("un_votes", [shared_data / "un" / name for name in names], opened)
    return path


@pytest.fixture(scope="module")
def points(store: Path) -> IdealPoints:
    return ideal_points(store=store)


@pytest.fixture(scope="module")
def table(points: IdealPoints) -> pd.DataFrame:
    return points.positions.to_pandas().set_index(["state", "session"])


def test_every_state_has_a_finite_position(points: IdealPoints, table: pd.DataFrame) -> None:
    assert points.converged
    assert len(table) > 10_000
    assert np.isfinite(table[["mean", "sd", "q05", "q95"]].to_numpy()).all()
    assert table["n"].sum() > 900_000
    assert any("items bridge sessions" in note for note in points.notes)


def test_who_stands_where(table: pd.DataFrame) -> None:
    """Since 2000 the United States and Israel stand alone at one end; Cuba, China and Russia on the other side."""
    late = table[table["year"] >= 2000].groupby("state")["mean"].mean()
    assert set(late.nlargest(2).index) == {"USA", "ISR"}
    assert late[["USA", "ISR"]].min() > 1.5
    assert late[["CHN", "CUB"]].max() < 0
    assert table["mean"][[("RUS", 77), ("CHN", 77), ("CUB", 77)]].max() < 0


def test_russia_of_1992_stands_far_from_the_soviet_union_of_1985(table: pd.DataFrame) -> None:
    soviet, russia = table.loc[("SUN", 40)], table.loc[("RUS", 47)]
    assert russia["q05"] - soviet["q95"] > 1


def test_kazakhstan_in_2022_stands_by_russia(points: IdealPoints) -> None:
    table = points.distances("Kazakhstan", ["RUS", "USA"]).to_pandas().set_index(["power", "session"])
    assert table["q95"]["RUS", 77] < table["q05"]["USA", 77] - 1
    assert table["p_above"]["USA", 77] == 0


def test_published_positions(points: IdealPoints, table: pd.DataFrame, shared_data: Path) -> None:
    """Another edition of the votes, other links between sessions, another method: the same line all the same."""
    published = pd.read_csv(
        shared_data / "un" / "idealpoints" / "IdealpointestimatesAll_Apr2020.csv", encoding="latin-1"
    )
    codes = {"USA", "GBR", "FRA", "RUS", "CHN", "IND", "BRA", "KAZ", "CUB", "ISR", "TUR", "EGY", "POL", "UKR"}
    mine = table["mean"].rename("mine").reset_index().replace({"state": {"SUN": "RUS"}})
    both = published.merge(mine, left_on=["iso3c", "session"], right_on=["state", "session"])
    both = both[both["iso3c"].isin(codes)]
    assert len(both) > 700
    within = [part[["IdealPoint", "mine"]].corr().iloc[0, 1] for _, part in both.groupby("session") if len(part) > 9]
    assert both[["IdealPoint", "mine"]].corr().iloc[0, 1] > 0.95
    assert np.median(within) > 0.98


def test_an_issue_of_its_own(store: Path) -> None:
    rights = ideal_points(store=store, issue="human-rights", since=1992)
    late = rights.positions.to_pandas().groupby("state")["mean"].mean()
    assert late["USA"] > 1 > 0 > late["CHN"]
    table = rights.pivotal("KAZ", 5).to_pandas()
    assert (table["moved"].abs() > 0).all()
    assert (table["date"].map(lambda day: day.year) >= 1992).all()


def test_the_authors_links_make_the_items_that_their_file_says(store: Path, shared_data: Path) -> None:
    """Counted apart, from the raw votes: roll calls that repeat each other are one item, divided items alone count."""
    file = shared_data / "un" / "idealpoints" / "Matches.csv"
    arranged = read_evidence(None, store, select(None, "2020-08", None, False), file).arranged
    earlier = pd.read_csv(file).groupby("rcid2")["rcid1"].min().to_dict()
    votes = pd.read_parquet(shared_data / "un" / "unga_votes_1946_2024_voeten_long.parquet")
    votes = votes[votes["vote"].isin((1, 2, 3)) & (votes["date"].astype(str) < "2020-09")]
    item, known = {}, set(votes["rcid"])
    for number in sorted(known):  # the earliest at hand: the file also names roll calls that this edition lacks
        item[number], before = number, number
        while (before := earlier.get(before)) is not None:
            item[number] = before if before in known else item[number]
    divided = votes.groupby(votes["rcid"].map(item))["vote"].nunique() > 1
    assert len(arranged.item_names) == divided.sum()
    assert divided.sum() < votes["rcid"].nunique() - 500  # links there are
