"""Ideal points as findings: small tables with known answers, hostile input, the command, the picture and the page.

The models have tests of their own. All calls share the compiled kernels, which are kept on disk.
"""

import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import equidistance as eq
from command import run
from equidistance.assessment.ideal_points import IdealPoints, ideal_points
from equidistance.assessment.ideal_points_issues import issue_distances
from equidistance.assessment.ideal_points_plane import IdealPlane, ideal_plane
from equidistance.errors import BadFile, InvalidRequest, UnknownName
from equidistance.evidence.store import Store, default_path
from equidistance.figures import theme
from equidistance.indicators.roll_calls import ISSUES
from equidistance.report import vega
from equidistance.sources.ingest import ingest

STATES = ("USA", "GBR", "DEU", "JPN", "TUR", "KAZ", "IND", "BRA", "CHN", "RUS", "CUB", "PRK")
TRUTH = dict(zip(STATES, np.linspace(1.8, -1.8, len(STATES)), strict=True))
RESTING = 2e-3
"""The fit stops when no position moves by more than 1e-4 in a step; what is left to go is a few times that."""
ROUNDING = 1e-9  # sums of some thousand numbers of order one


def simulated(
    seed: int = 1, sessions: tuple[int, ...] = (60, 61, 62, 63), roll_calls: int = 40, **columns: object
) -> pd.DataFrame:
    """Votes from the model itself: twelve states that stay where ``TRUTH`` puts them, one in ten absent."""
    draw = np.random.default_rng(seed)
    rows = []
    for session in sessions:
        word = "".join(chr(97 + int(digit)) for digit in str(session))  # numbers in titles do not count
        for number in range(roll_calls):
            beta, middle, half = draw.normal(1.0, 0.8), draw.normal(0, 1), draw.uniform(0.1, 0.6)
            for state, position in TRUTH.items():
                trait = beta * position + draw.normal()
                vote = "yes" if trait < middle - half else "no" if trait > middle + half else "abstain"
                rows.append(
                    {
                        "roll_call": f"s{session}r{number:03}",
                        "state": state,
                        "vote": "absent" if draw.random() < 0.1 else vote,
                        "date": date(1945 + session, 10, 1) + timedelta(days=number),
                        "session": session,
                        "title": f"Subject {chr(97 + number // 26)}{chr(97 + number % 26)} of session {word}",
                        **columns,
                    }
                )
    return pd.DataFrame(rows)


def one_roll_call(name: str, day: date, **votes: str) -> pd.DataFrame:
    return pd.DataFrame(
        [{"roll_call": name, "state": state, "vote": vote, "date": day} for state, vote in votes.items()]
    )


def means(points: IdealPoints) -> pd.Series:
    return points.positions.to_pandas().set_index(["state", "session"])["mean"]


@pytest.fixture(scope="module")
def votes() -> pd.DataFrame:
    return simulated()


@pytest.fixture(scope="module")
def points(votes: pd.DataFrame) -> IdealPoints:
    return ideal_points(votes)


def finite(points: IdealPoints) -> None:
    """No estimate is missing, infinite or without a width."""
    table = points.positions.to_pandas()
    assert np.isfinite(table[["mean", "sd", "q05", "q95"]].to_numpy()).all()
    assert (table["sd"] > 0).all()
    assert (table["q05"] < table["mean"]).all()
    assert (table["mean"] < table["q95"]).all()
    items = points.items.to_pandas()
    assert np.isfinite(items[["beta", "beta_sd", "low", "low_sd", "high", "high_sd"]].to_numpy()).all()
    assert (items["low"] <= items["high"]).all()


# What comes back


def test_positions_are_those_that_made_the_votes(points: IdealPoints) -> None:
    found = means(points)
    true = np.array([TRUTH[state] for state, _ in found.index])
    assert len(found) == 12 * 4
    assert points.converged
    # 36 votes a position, and the extreme ones are nearly unanimous with their neighbours: .97 was seen; a wrong sign
    # gives -.97, and positions of the wrong rows about 0
    assert np.corrcoef(found, true)[0, 1] > 0.93
    assert found.mean() == pytest.approx(0, abs=ROUNDING)
    spread = found.to_numpy().var() + (points.positions.to_pandas()["sd"] ** 2).mean()
    assert spread == pytest.approx(1, abs=0.01)  # the variance of the step before is in the scale
    finite(points)


def test_tables_have_the_promised_columns(points: IdealPoints) -> None:
    assert points.positions.arrow.column_names == [
        "state",
        "session",
        "year",
        "mean",
        "sd",
        "q05",
        "q95",
        "n",
    ]
    row = points.positions.to_pandas().set_index(["state", "session"]).loc["KAZ", 61]
    assert row["year"] == 2006
    assert points.items.to_pandas()["item"].is_unique
    assert points.diagnostics.arrow["session"].to_pylist() == [60, 61, 62, 63]
    content = json.loads(points.to_json())
    assert {"positions", "items", "diagnostics", "sources", "settings", "notes", "converged"} <= set(content)
    assert eq.ideal_points is ideal_points


def test_votes_are_counted(points: IdealPoints, votes: pd.DataFrame) -> None:
    cast = votes[votes["vote"] != "absent"]
    divided = cast.groupby("roll_call")["vote"].transform("nunique") > 1
    expected = cast[divided].groupby(["state", "session"]).size()
    found = points.positions.to_pandas().set_index(["state", "session"])["n"]
    assert found.to_dict() == expected.to_dict()
    items = points.items.to_pandas().set_index("item")
    tally = cast[divided].groupby("roll_call")["vote"].value_counts().unstack(fill_value=0)
    assert (items[["yes", "abstain", "no"]] == tally[["yes", "abstain", "no"]].loc[items.index]).all(axis=None)


def test_distances_are_those_of_the_draws(points: IdealPoints) -> None:
    table = points.distances("North Korea", ["USA", "RUS"]).to_pandas()
    found = points.positions.to_pandas().set_index(["state", "session"])
    row = table[(table["power"] == "USA") & (table["session"] == 62)].iloc[0]
    (mine, one), (theirs, other) = (
        found.loc[(name, 62), ["mean", "sd"]].astype(float) for name in ("PRK", "USA")
    )
    spread = np.hypot(one, other)
    # so far apart that the absolute value is the difference; 1,000 draws: four standard errors of mean and sd
    assert abs(mine - theirs) > 5 * spread
    assert row["mean"] == pytest.approx(abs(mine - theirs), abs=4 * spread / np.sqrt(1000))
    assert row["sd"] == pytest.approx(spread, rel=4 / np.sqrt(2000))
    assert row["p_above"] == 0
    assert row["q05"] < row["mean"] < row["q95"]
    assert set(table["power"]) == {"USA", "RUS"}


def test_predicted_chances_add_up_and_fit(points: IdealPoints) -> None:
    table = points.predicted("IND").to_pandas()
    assert (table[["p_yes", "p_abstain", "p_no"]].sum(axis=1) - 1).abs().max() < 1e-6  # table look-ups
    expected = (table["vote"] == "yes").mean()
    assert table["p_yes"].mean() == pytest.approx(
        expected, abs=0.05
    )  # 150 votes that the fit has seen; .01 was
    shares = table["vote"].value_counts(normalize=True)
    assert table["p_cast"].mean() > (shares**2).sum() + 0.02  # more than who knows the shares alone; .06 more was seen


def test_a_pivotal_vote_moves_the_position_as_told(votes: pd.DataFrame, points: IdealPoints) -> None:
    row = points.pivotal("KAZ", 1).to_pylist()[0]
    without = votes[~((votes["roll_call"] == row["roll_call"]) & (votes["state"] == "KAZ"))]
    moved = means(points)["KAZ", row["session"]] - means(ideal_points(without))["KAZ", row["session"]]
    assert np.sign(moved) == np.sign(row["moved"])
    # one Newton step with all else fixed against a new fit, of a vote that was nearly impossible: the order of size
    assert 0.4 < moved / row["moved"] < 2.5
    sizes = np.abs(points.pivotal("KAZ", 30).arrow["moved"].to_numpy())
    assert (np.diff(sizes) <= 0).all()


# What must not matter


def test_order_of_rows_does_not_matter(votes: pd.DataFrame, points: IdealPoints) -> None:
    shuffled = ideal_points(votes.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(shuffled.positions.to_pandas(), points.positions.to_pandas())


def test_names_of_states_do_not_matter(votes: pd.DataFrame, points: IdealPoints) -> None:
    """Only the order of additions changes with the names' order: rounding, which the iterations enlarge a little."""
    others = dict(zip(STATES, ("ZWE", "YEM", "FRA", "ITA", "ALB", "NOR"), strict=False))
    named = ideal_points(
        votes.assign(state=votes["state"].map(lambda code: others.get(code, code))), polarity="ZWE"
    )
    found = means(named)
    expected = means(points)
    expected.index = pd.MultiIndex.from_tuples(
        [(others.get(code, code), session) for code, session in expected.index]
    )
    assert (found - expected[found.index]).abs().max() < RESTING


def test_the_same_row_twice_counts_once(votes: pd.DataFrame, points: IdealPoints) -> None:
    twice = ideal_points(pd.concat([votes, votes.head(200)]))
    pd.testing.assert_frame_equal(twice.positions.to_pandas(), points.positions.to_pandas())


def test_polarity_does_not_flip_when_data_are_added(votes: pd.DataFrame) -> None:
    for seed in range(5):
        more = pd.concat([votes[votes["session"] == 60], simulated(seed, (64, 65), 15)])
        found = means(ideal_points(more))
        assert found["USA"].mean() > 1 > -1 > found["PRK"].mean()


def test_polarity_is_a_choice(votes: pd.DataFrame, points: IdealPoints) -> None:
    mirrored = ideal_points(votes, polarity="Cuba")
    assert means(mirrored)["CUB"].mean() > 0 > means(mirrored)["USA"].mean()
    assert (means(mirrored) + means(points)).abs().max() < RESTING  # another start, the same answer
    assert mirrored.settings["polarity"] == "CUB"


def test_votes_of_everybody_turned_round_change_nothing_but_the_items(
    votes: pd.DataFrame, points: IdealPoints
) -> None:
    turned = ideal_points(votes.replace({"vote": {"yes": "no", "no": "yes"}}))
    assert (means(turned) - means(points)).abs().max() < RESTING
    beta = points.items.to_pandas().set_index("item")["beta"]
    assert np.corrcoef(turned.items.to_pandas().set_index("item")["beta"][beta.index], beta)[0, 1] < -0.999


def test_a_warm_start_comes_to_the_same_answer_sooner(votes: pd.DataFrame) -> None:
    before = ideal_points(votes)
    more = pd.concat([votes, simulated(9, (64,), 40)])
    cold, warm = ideal_points(more), ideal_points(more, start=before)
    assert (means(warm) - means(cold)).abs().max() < RESTING
    assert (warm.positions.to_pandas()["sd"] - cold.positions.to_pandas()["sd"]).abs().max() < RESTING
    assert warm.settings["sweeps"] <= cold.settings["sweeps"]
    other_way = ideal_points(more, start=ideal_points(votes, polarity="CUB"))
    assert (means(other_way) - means(cold)).abs().max() < RESTING


# Who votes


def test_a_state_and_the_one_it_continues_share_a_line() -> None:
    votes = simulated(3, (44, 45, 46, 47, 48), 30)
    soviet = (votes["state"] == "RUS") & (votes["date"] < date(1991, 12, 26))
    apart = votes.assign(state=votes["state"].mask(soviet, "SUN"))
    split, whole = ideal_points(apart), ideal_points(votes)
    codes = split.of(["Russia"]).to_pandas().set_index("session")["state"].to_dict()
    assert codes == {44: "SUN", 45: "SUN", 46: "SUN", 47: "RUS", 48: "RUS"}
    assert (split.of(["RUS"]).to_pandas()["mean"] - whole.of(["RUS"]).to_pandas()["mean"]).abs().max() < RESTING
    assert split.of(["SUN", "RUS"]).arrow.equals(split.of(["RUS"]).arrow)
    assert list(split.lines(["RUS", "USA"])) == ["Soviet Union / Russia", "United States"]
    assert set(split.distances("KAZ", ["RUS"]).arrow["session"].to_pylist()) == {44, 45, 46, 47, 48}
    with pytest.raises(InvalidRequest, match="no other state to measure Russia's distance"):
        split.distances("RUS", ["SUN"])
    assert split.distances("RUS", ["SUN", "USA"]).arrow["power"].unique().to_pylist() == ["USA"]
    assert set(split.pivotal("Russia", 200).arrow["state"].to_pylist()) == {"SUN", "RUS"}


@pytest.mark.parametrize(("switch", "code"), [(date(1991, 10, 26), "SUN"), (date(1991, 10, 6), "RUS")])
def test_a_session_in_which_one_follows_the_other_bears_the_name_of_most_votes(switch: date, code: str) -> None:
    votes = simulated(3, (46,), 30)
    before = (votes["state"] == "RUS") & (votes["date"] < switch)
    points = ideal_points(votes.assign(state=votes["state"].mask(before, "SUN")))
    assert points.of(["RUS"]).arrow["state"].to_pylist() == [code]


def test_both_of_one_line_in_one_roll_call_are_refused(votes: pd.DataFrame) -> None:
    ghost = votes[(votes["state"] == "RUS") & (votes["vote"] != "absent")].head(1).assign(state="SUN")
    with pytest.raises(InvalidRequest, match=r"RUS and SUN both voted in the roll call s60r\d+, and they are one"):
        ideal_points(pd.concat([votes, ghost]))


def test_codes_that_no_state_has_count_and_are_told(votes: pd.DataFrame) -> None:
    strange = ideal_points(votes.replace({"state": {"BRA": "ZZZ"}}))
    assert any("codes that no state has count as voters of their own: ZZZ." in note for note in strange.notes)
    assert len(strange.distances("KAZ", ["USA"])) == 4
    assert len(strange.pivotal("KAZ", 3)) == 3
    with pytest.raises(UnknownName):
        strange.of(["ZZZ"])


def test_a_state_with_three_votes_stands_and_is_told(votes: pd.DataFrame) -> None:
    few = votes[votes["roll_call"].isin(["s61r001", "s61r002", "s61r003"]) & (votes["state"] == "JPN")]
    few = few.assign(state="NRU").replace({"vote": {"absent": "yes"}})
    points = ideal_points(pd.concat([votes, few]))
    finite(points)
    [row] = points.of(["Nauru"]).to_pylist()
    assert row["n"] <= 3
    assert row["sd"] > points.positions.to_pandas().set_index("state")["sd"].drop("NRU").median()
    assert any("rests on fewer than 5 votes" in note for note in points.notes)


def test_a_state_that_leaves_and_comes_back(votes: pd.DataFrame) -> None:
    away = votes[~((votes["state"] == "KAZ") & votes["session"].isin([61, 62]))]
    points = ideal_points(away)
    finite(points)
    assert [row["session"] for row in points.of(["KAZ"])] == [60, 63]
    data = theme.specification(points.plot(["KAZ", "RUS"]))["datasets"]["positions"]
    kaz = [row for row in data if row["line"] == "Kazakhstan"]
    assert len({row["stretch"] for row in kaz}) == 2
    assert all(row["alone"] for row in kaz)
    assert not any(row["alone"] for row in data if row["line"] == "Russia")


# Which roll calls say something


def test_unanimous_items_are_left_out_and_told(votes: pd.DataFrame, points: IdealPoints) -> None:
    together = [
        one_roll_call(f"u{number}", date(2006, 12, 1), **dict.fromkeys(STATES, "yes")) for number in range(3)
    ]
    more = ideal_points(pd.concat([votes, *(part.assign(session=61) for part in together)]))
    left = sum(votes[votes["vote"] != "absent"].groupby("roll_call")["vote"].nunique() == 1)
    assert any(note.startswith(f"{left + 3} unanimous items are left out") for note in more.notes)
    assert (means(more) - means(points)).abs().max() < ROUNDING


def test_only_unanimous_items_are_refused() -> None:
    votes = pd.concat(
        [one_roll_call(f"u{number}", date(2006, 12, 1), USA="yes", RUS="yes") for number in range(4)]
    )
    with pytest.raises(InvalidRequest, match=r"All roll calls \(4\) are unanimous: they say nothing"):
        ideal_points(votes)


def test_a_session_with_one_roll_call(votes: pd.DataFrame) -> None:
    alone = simulated(5, (64,), 1).replace({"vote": {"absent": "no"}})
    alone.loc[alone["state"] == "PRK", "vote"] = "yes"
    alone.loc[alone["state"] == "USA", "vote"] = "no"
    points = ideal_points(pd.concat([votes, alone]))
    finite(points)
    found = points.positions.to_pandas().set_index(["state", "session"])
    assert (found.xs(64, level="session")["n"] == 1).all()
    # one vote against forty a session: each stays near where it was, and its interval is wider than before
    assert (found.xs(64, level="session")["mean"] - found.xs(63, level="session")["mean"]).abs().max() < 1
    assert found["mean"]["USA", 64] > found["mean"]["PRK", 64]


def test_a_single_roll_call_gives_an_answer_with_the_right_sign() -> None:
    votes = one_roll_call("r", date(2006, 12, 1), USA="no", GBR="no", RUS="yes", CUB="yes", KAZ="abstain")
    points = ideal_points(votes)
    finite(points)
    found = means(points)
    assert found["USA", 61] == pytest.approx(found["GBR", 61], abs=RESTING)
    assert found["USA", 61] > found["RUS", 61]


def test_sessions_without_votes_are_told(votes: pd.DataFrame) -> None:
    points = ideal_points(votes[votes["session"] != 61])
    assert "No vote in session 61." in points.notes
    finite(points)


def test_filters(votes: pd.DataFrame) -> None:
    coded = votes.assign(issues=np.where(votes["roll_call"].str.endswith(("1", "3")), "hr", "nu"))
    coded["important"] = votes["roll_call"].str.endswith("3")
    rights = ideal_points(coded, issue="human-rights")
    assert {name[-1] for name in rights.items.arrow["item"].to_pylist()} == {"1", "3"}
    assert rights.headline.endswith("votes coded human-rights in the UN General Assembly.")
    important = ideal_points(coded, important_only=True)
    assert {name[-1] for name in important.items.arrow["item"].to_pylist()} == {"3"}
    window = ideal_points(coded, since="2006-09", until="2008-01")
    assert set(window.positions.arrow["session"].to_pylist()) == {61, 62}
    cut = ideal_points(coded, since="2006-11")
    assert any("Session 61 began before the window" in note for note in cut.notes)


# Repeated resolutions


def titled(*titles: str, session: int = 60) -> pd.DataFrame:
    """Roll calls with these titles, one session after the other, over a background that fixes the positions."""
    parts = [simulated(2, tuple(range(session, session + len(titles))), 6)]
    for number, title in enumerate(titles):
        part = simulated(50 + number, (session + number,), 1)
        parts.append(part.assign(roll_call=f"rcid:{100 + number}", title=title))
    return pd.concat(parts)


def shared_items(points: IdealPoints) -> dict[str, int]:
    return {row["item"]: row["roll_calls"] for row in points.items if row["roll_calls"] > 1}


def test_resolutions_that_return_with_their_title_share_an_item() -> None:
    title = "Implementation of the Declaration on decolonization, resolution A/RES/{} of the year {}"
    votes = titled(*(title.format(number, 1990 + number) for number in range(3)))
    points = ideal_points(votes)
    assert shared_items(points) == {"rcid:100": 3}
    row = next(row for row in points.items if row["item"] == "rcid:100")
    assert (row["session"], row["last_session"]) == (60, 62)
    assert any("1 item bridges sessions" in note for note in points.notes)
    apart = ideal_points(titled(title, "Something else altogether, as one may see", title))
    assert shared_items(apart) == {"rcid:100": 2}
    late = ideal_points(titled(title, *(f"Quite another subject, letter {c}" for c in "klm"), title))
    assert shared_items(late) == {}
    assert any("no item bridges sessions" in note for note in late.notes)


def test_short_and_ambiguous_titles_are_not_linked() -> None:
    assert shared_items(ideal_points(titled("Palestine", "Palestine"))) == {}
    twice = titled("Peaceful uses of outer space", "Peaceful uses of outer space")
    again = simulated(77, (61,), 1).assign(roll_call="rcid:200", title="Peaceful uses of outer space")
    assert shared_items(ideal_points(pd.concat([twice, again]))) == {}


def test_a_file_of_matches_links_instead(tmp_path: Path) -> None:
    votes = titled("Alpha", "Beta", "Gamma", "Delta")
    path = tmp_path / "matches.csv"
    path.write_text("v1,rcid1,rcid2\n1,100,101\n2,101,103\n3,100,999\n4,998,102\n", encoding="utf-8")
    points = ideal_points(votes, matches=path)
    assert shared_items(points) == {"rcid:100": 3}
    assert points.settings["matches"] == "matches.csv"
    # 999 is not at hand, so what repeats it repeats what it repeats
    path.write_text("rcid1,rcid2\n100,999\n999,103\n", encoding="utf-8")
    assert shared_items(ideal_points(votes, matches=path)) == {"rcid:100": 2}
    # several firsts: the earliest counts; a cycle ends
    path.write_text("rcid1,rcid2\n102,103\n101,103\n103,101\n", encoding="utf-8")
    assert shared_items(ideal_points(votes, matches=path)) == {"rcid:101": 2}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"first,second\n1,2\n", "has no columns rcid1 and rcid2"),
        (b"", "has no columns rcid1 and rcid2"),
        (b"rcid1,rcid2\n1,two\n", "'two' in rcid2 is not a roll-call number"),
        (b"rcid1,rcid2\n1\n", "in rcid2 is not a roll-call number"),
        (b"rcid1,rcid2\n\xff\xfe,2\n", "cannot be read"),
        (b"rcid1,rcid2\n" + b"1" * 200_000 + b",2\n", "cannot be read"),
        (b"rcid1,rcid2\n" + b"1" * 5_000 + b",2\n", "is not a roll-call number"),
    ],
)
def test_files_of_matches_that_cannot_be_used(
    votes: pd.DataFrame, tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "matches.csv"
    path.write_bytes(content)
    with pytest.raises(BadFile, match=message):
        ideal_points(votes, matches=path)


def test_a_file_of_matches_that_is_not_there(votes: pd.DataFrame, tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(BadFile, match="cannot be read"):
            ideal_points(votes, matches=path)


# Refusals


def test_requests_that_cannot_be_answered(votes: pd.DataFrame) -> None:
    def refusal(message: str, given: pd.DataFrame = votes, **options: Any) -> None:
        with pytest.raises((InvalidRequest, UnknownName), match=message):
            ideal_points(given, **options)

    refusal("no method 'slow'. Choices: fast, published, posterior", method="slow")
    refusal("no issue 'cats'", issue="cats")
    refusal("no roll call of the General Assembly coded nuclear. Leave --issue", issue="nuclear")
    refusal("called important", important_only=True)
    refusal("since 2020-01; they are known from 2005-10 to 2008-11", since=2020)
    refusal("ends in 2010-12, before it starts", since=2020, until=2010)
    refusal("There is no state called 'Narnia'", polarity="Narnia")
    refusal("is a bloc: it casts no vote of its own.*Choices: .*DEU", polarity="EU")
    refusal("France cast none of these votes, so it cannot set the sign. Name another", polarity="France")
    refusal("sweeps must be at least 200, not 0", method="published", sweeps=0)
    refusal("burn must be at least 1, not 0", method="published", burn=0)
    refusal("chains must be at least 1, not 0", method="posterior", chains=0)
    refusal("seed must be at least 0", method="posterior", seed=-1)
    refusal("fast does not sample", sweeps=1000)
    refusal("Nobody voted yes, abstain or no in the one roll call", one_roll_call("r", date(2006, 1, 1), USA="absent"))
    refusal("unknown votes 'maybe'", votes.replace({"vote": {"yes": "maybe"}}))
    again = votes.head(1).assign(vote="no" if votes["vote"].iloc[0] == "yes" else "yes")
    refusal("USA cast two votes in the roll call s60r000", pd.concat([votes, again]))
    refusal("Both a table of votes and a store", store="x.duckdb")


def test_questions_that_cannot_be_answered(points: IdealPoints) -> None:
    for ask in (points.predicted, points.pivotal, lambda name: points.distances(name, ["USA"])):
        with pytest.raises(InvalidRequest, match=r"France \(FRA\) has no position: it cast none"):
            ask("France")
        with pytest.raises(UnknownName):
            ask("Narnia")
        with pytest.raises(InvalidRequest, match="is a bloc"):
            ask("EU")
    with pytest.raises(InvalidRequest, match="at most 8 states, and 12 were asked for"):
        points.plot(STATES)
    with pytest.raises(InvalidRequest, match="A picture needs a state"):
        points.plot([])


# The sampling methods


@pytest.mark.parametrize("method", ["published", "posterior"])
def test_sampling_methods_agree_with_the_fast_one(
    votes: pd.DataFrame, points: IdealPoints, method: str
) -> None:
    size = {"published": (1000, 300), "posterior": (200, 50)}[method]
    options: dict[str, Any] = {"method": method, "sweeps": size[0], "burn": size[1]}
    sampled = ideal_points(votes, **options)
    finite(sampled)
    # 36 votes a position: the methods' priors differ, which matters at the ends; .98 and more was seen
    assert np.corrcoef(means(sampled), means(points)[means(sampled).index])[0, 1] > 0.95
    assert sampled.draws().shape[1] == len(sampled.positions)
    assert {"r_hat_level", "r_hat_spread", "r_hat_worst"} <= set(sampled.diagnostics.arrow.column_names)
    assert sampled.converged == (max(sampled.diagnostics.arrow["r_hat_worst"].to_pylist()) < 1.01)
    assert sampled.converged or any("have not fully mixed" in note for note in sampled.notes)
    table = sampled.predicted("IND").to_pandas()
    assert (table[["p_yes", "p_abstain", "p_no"]].sum(axis=1) - 1).abs().max() < 1e-6
    json.dumps(sampled.to_dict(), allow_nan=False)


def test_the_same_seed_gives_the_same_draws(votes: pd.DataFrame) -> None:
    one, other, third = (
        ideal_points(votes, method="published", sweeps=200, burn=1, seed=seed) for seed in (1, 1, 2)
    )
    assert one.positions.arrow.equals(other.positions.arrow)
    assert not one.positions.arrow.equals(third.positions.arrow)
    assert (one.settings["seed"], one.settings["sweeps"]) == (1, 201)


# The picture and the page


@pytest.fixture
def kept_bundle(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Putting the page's scripts together takes seconds: once for all tests of this file."""
    monkeypatch.setenv("EQUIDISTANCE_CACHE", str(tmp_path_factory.getbasetemp() / "scripts"))


@pytest.mark.parametrize("interactive", [True, False])
def test_chart_is_valid_vega_lite(interactive: bool, points: IdealPoints) -> None:
    spec = theme.specification(points.plot(["KAZ", "RUS", "USA"], interactive=interactive))
    assert len(spec["datasets"]["positions"]) == 12
    assert ("tooltip" in str(spec)) == interactive
    scale = next(
        layer["encoding"]["color"]["scale"] for layer in spec["layer"] if "color" in layer["encoding"]
    )
    assert scale["domain"] == ["Kazakhstan", "Russia", "United States"]
    assert scale["range"][1:] == [theme.POWER_COLOURS["RUS"], theme.POWER_COLOURS["USA"]]


def test_a_short_axis_names_each_year_once(points: IdealPoints) -> None:
    still = vega.still(theme.specification(points.plot(["KAZ"], interactive=False)))
    labels = re.findall(r">(20\d\d)<", still)
    assert len(labels) == len(set(labels)) == 4


@pytest.mark.usefixtures("kept_bundle")
def test_page_is_closed_to_the_network_and_to_titles(votes: pd.DataFrame, tmp_path: Path) -> None:
    hostile = ideal_points(votes.assign(title="<script>alert(1)</script>"))
    path = hostile.report(tmp_path / "points.html", ["KAZ", "RUS"], distance_to=["USA"], pivotal=5)
    page = path.read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "default-src 'none'" in page
    body = page[: page.index("<script>")]
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", body)
    for heading in (
        "Positions over the years",
        "Distances of Kazakhstan",
        "Votes that moved Russia most",
        "Roll calls that divide most",
        "Each session&#39;s level and spread",
    ):
        assert heading in body, heading
    assert '<td class="prose">&lt;script&gt;' in body  # titles wrap


# By issue, and in two dimensions


def test_distances_by_issue_say_who_stands_nearest() -> None:
    rights, arms = simulated(seed=2, issues="hr"), simulated(seed=3, issues="nu")
    mirrored = {state: STATES[-1 - number] for number, state in enumerate(STATES) if state not in ("USA", "PRK")}
    arms["state"] = arms["state"].map(lambda state: mirrored.get(state, state))  # TUR stands where BRA does
    arms["roll_call"] = "n" + arms["roll_call"]
    table, notes = issue_distances(["Türkiye"], ["GBR", "CUB"], votes=pd.concat([rights, arms]))
    found = table.to_pandas().set_index(["issue", "power"])
    assert set(found.index.get_level_values(0)) == {"all", "human-rights", "nuclear"}
    assert len([note for note in notes if "left out" in note]) == len(ISSUES) - 2
    np.testing.assert_allclose(found.groupby("issue")["p_nearest"].sum(), 1)
    # TUR is the fifth of twelve: GBR second, CUB eleventh, and on arms mirrored
    assert found["p_nearest"]["human-rights", "GBR"] > 0.95
    assert found["p_nearest"]["nuclear", "CUB"] < 0.05 or found["p_nearest"]["nuclear", "CUB"] > 0.95
    points = ideal_points(rights)
    mine = points.distances("TUR", ["GBR"]).to_pandas()
    alone, _ = issue_distances(["TUR"], ["GBR", "CUB"], votes=rights)
    row = alone.to_pandas().set_index(["issue", "power"]).loc[("human-rights", "GBR")]
    assert row["mean"] == pytest.approx(mine["mean"].mean(), abs=1e-9)
    assert (row["sessions"], row["first_year"], row["last_year"]) == (4, 2005, 2008)


def test_questions_by_issue_that_cannot_be_answered(votes: pd.DataFrame) -> None:
    with pytest.raises(InvalidRequest, match="at least two powers"):
        issue_distances(["KAZ"], ["RUS", "KAZ"], votes=votes)
    with pytest.raises(InvalidRequest, match="No issue has votes"):
        issue_distances(["KAZ"], ["FRA", "RUS"], votes=votes)


def test_draws_as_a_table_are_the_draws(points: IdealPoints) -> None:
    table = points.drawn(["KAZ", "RUS"]).to_pandas()
    draws = points.draws()
    assert len(table) == 8 * len(draws)
    rows = np.flatnonzero(points.positions.to_pandas()["state"] == "KAZ")
    kaz = table[table["state"] == "KAZ"].pivot(index="draw", columns="session", values="position").to_numpy()
    np.testing.assert_array_equal(kaz, draws[:, rows])


@pytest.fixture(scope="module")
def plane(votes: pd.DataFrame) -> IdealPlane:
    return ideal_plane(votes, axes=("USA", "KAZ"))


def test_a_plane_holds_the_line_and_its_rotation_is_fixed(plane: IdealPlane, points: IdealPoints) -> None:
    table = plane.positions.to_pandas()
    assert np.isfinite(table[["mean", "sd", "q05", "q95"]].to_numpy()).all()
    mean = table.pivot(index=["state", "session"], columns="dimension", values="mean")
    # the votes were drawn from one dimension: it is some direction in the plane
    line = means(points).loc[mean.index].to_numpy()
    design = np.c_[np.ones(len(mean)), mean.to_numpy()]
    best = design @ np.linalg.lstsq(design, line, rcond=None)[0]
    assert np.corrcoef(best, line)[0, 1] > 0.97
    assert mean.loc["USA"].mean()[1] > 1
    assert mean.loc["USA"].mean()[2] == pytest.approx(0, abs=1e-9)
    assert mean.loc["KAZ"].mean()[2] > 0
    apart = plane.distances("KAZ", ["USA", "KAZ"]).to_pandas()
    assert set(apart["power"]) == {"USA"}
    assert ((apart["q05"] < apart["mean"]) & (apart["mean"] < apart["q95"])).all()
    assert json.loads(plane.to_json())["dimensions"] == 2


def test_planes_that_cannot_be_fixed(votes: pd.DataFrame) -> None:
    for axes, message in (
        (("USA",), "need two states"),
        (("RUS", "SUN"), "need two states"),
        (("USA", "FRA"), "cannot set the sign"),
    ):
        with pytest.raises(InvalidRequest, match=message):
            ideal_plane(votes, axes=axes)


# The command


@pytest.fixture(scope="module")
def bulk(tmp_path_factory: pytest.TempPathFactory, votes: pd.DataFrame) -> Path:
    """The simulated votes in the layout of the UN's bulk file; one title is hostile."""
    path = tmp_path_factory.mktemp("bulk") / "ga_voting.csv"
    letters = {"yes": "Y", "no": "N", "abstain": "A", "absent": "X"}
    lines = ["undl_id,ms_code,ms_name,ms_vote,date,session,resolution,title"]
    for row in votes.itertuples():
        number = f"{row.session}{row.roll_call[-3:]}"
        title = "\x1b[31m[bold]red[/bold]" if row.roll_call.endswith("7") else row.title
        resolution = f"A/RES/{row.session}/{int(row.roll_call[-3:])}"
        lines.append(f"{number},{row.state},,{letters[row.vote]},{row.date},{row.session},{resolution},{title}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def store(bulk: Path) -> Path:
    with Store.open(mode="write", create=True) as opened:
        ingest("un_votes", [bulk], opened)
    return default_path()


def test_command_prints_positions_distances_and_pivotal_votes(monkeypatch, capsys, store: Path) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    options = ("--state", "Казахстан,RUS", "--distance-to", "USA,RUS", "--pivotal", "4")
    status, out, err = run(monkeypatch, capsys, "ideal-points", *options)
    assert (status, err) == (0, "")
    assert "Ideal points of 12 states, 2005 to 2008" in out
    assert re.search(r"Session +Opened +Kazakhstan +Russia", out)
    assert "Distance of KAZ" in out
    assert "Distance of RUS" in out
    assert "Votes that moved a position most" in out
    assert "Note: " in out
    assert "doi:10.7910/DVN/LEJUQZ" in out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= 100
    status, out, _ = run(monkeypatch, capsys, "ideal-points")
    assert status == 0
    assert re.search(r"Session +Opened +Russia +China +United States +United Kingdom +Türkiye", " ".join(out.split()))


def test_command_formats(monkeypatch, capsys, store: Path) -> None:
    status, out, _ = run(monkeypatch, capsys, "ideal-points", "--format", "csv")
    lines = out.splitlines()
    assert status == 0
    assert lines[0] == "state,session,year,mean,sd,q05,q95"
    assert len(lines) == 1 + 12 * 4
    _, out, _ = run(
        monkeypatch, capsys, "ideal-points", "--format", "csv", "--state", "KAZ", "--state", "USA,CHN"
    )
    assert {line.split(",")[0] for line in out.splitlines()[1:]} == {"KAZ", "USA", "CHN"}
    options = ("--state", "KAZ", "--distance-to", "USA", "--format", "json")
    _, out, _ = run(monkeypatch, capsys, "ideal-points", *options)
    content = json.loads(out)
    assert {row["state"] for row in content["positions"]} == {"KAZ"}
    assert len(content["distances"]) == 4
    assert len(content["items"]) > 100
    assert [row["session"] for row in content["diagnostics"]] == [60, 61, 62, 63]
    _, out, _ = run(
        monkeypatch,
        capsys,
        "ideal-points",
        "--format",
        "csv",
        "--state",
        "KAZ",
        "--pivotal",
        "3",
        "--table",
        "pivotal",
    )
    assert out.splitlines()[0] == "state,session,date,roll_call,resolution,title,vote,moved"
    assert len(out.splitlines()) == 4


def test_command_in_two_dimensions_and_tables_by_vote(monkeypatch, capsys, store: Path) -> None:
    two = ("ideal-points", "--dimensions", "2", "--polarity", "USA,KAZ")
    status, out, _ = run(monkeypatch, capsys, *two, "--format", "csv", "--state", "KAZ")
    assert status == 0
    assert out.splitlines()[0] == "state,session,year,dimension,mean,sd,q05,q95"
    assert len(out.splitlines()) == 1 + 2 * 4
    status, out, _ = run(monkeypatch, capsys, *two, "--state", "KAZ", "--distance-to", "CHN")
    assert status == 0
    assert "in two dimensions" in out
    assert "Distance of KAZ in the plane" in out
    one = ("ideal-points", "--state", "KAZ", "--format", "csv", "--table")
    _, out, _ = run(monkeypatch, capsys, *one, "predicted")
    assert out.splitlines()[0].endswith("vote,p_yes,p_abstain,p_no,p_cast")
    _, out, _ = run(monkeypatch, capsys, *one, "draws")
    assert out.splitlines()[0] == "draw,state,session,year,position"
    by_issue = ("--state", "KAZ", "--distance-to", "RUS,USA", "--by-issue")
    status, _, err = run(monkeypatch, capsys, "ideal-points", *by_issue)
    assert status == 0, err


@pytest.mark.usefixtures("kept_bundle")
@pytest.mark.parametrize("ending", [".png", ".svg", ".html", ".json", ".csv"])
def test_command_writes_files(monkeypatch, capsys, store: Path, tmp_path: Path, ending: str) -> None:
    target = tmp_path / f"points{ending}"
    status, _, err = run(monkeypatch, capsys, "ideal-points", "--state", "KAZ,RUS", "--out", target)
    assert status == 0
    assert f"Written: {target}" in err
    starts = {
        ".png": b"\x89PNG",
        ".svg": b"<svg",
        ".html": b"<!doctype",
        ".json": b"{",
        ".csv": b"state,session,year,mean,sd,q05,q95\n",
    }
    assert target.read_bytes().startswith(starts[ending])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--issue", "cats"), "no issue 'cats'"),
        (("--issue", "nuclear"), "no roll call of the General Assembly coded nuclear"),
        (("--state", "Narnia"), "no state called 'Narnia'|Narnia"),
        (("--state", "EU"), "is a bloc"),
        (("--state", "KAZ,,RUS"), "is empty"),
        (("--state", "FRA"), "has no position"),
        (("--distance-to", "RUS"), "--distance-to needs a state"),
        (("--pivotal", "3"), "--pivotal needs a state"),
        (("--by-issue",), "--by-issue needs a state"),
        (("--by-issue", "--state", "KAZ"), "--by-issue needs powers"),
        (("--by-issue", "--state", "KAZ", "--distance-to", "RUS,USA", "--issue", "nuclear"), "fits every issue"),
        (("--table", "draws"), "--table draws needs a state"),
        (("--dimensions", "2", "--method", "posterior"), "In two dimensions there is no --method"),
        (("--dimensions", "2", "--out", "plane.png"), "In two dimensions there is no --out"),
        (("--table", "distances", "--format", "csv"), "There is no table distances yet"),
        (("--sweeps", "500"), "fast does not sample"),
        (("--method", "posterior", "--sweeps", "5"), "at least 200"),
        (("--matches", "nowhere.csv"), "cannot be read"),
        (("--polarity", "FRA"), "cannot set the sign"),
        (("--out", "points.pdf"), "Cannot tell the format"),
        (("--out", "nowhere/points.png"), "There is no directory"),
        (("--out", "points.png", "--state", ",".join(STATES)), "at most 8 states"),
        (("--store", "nowhere.duckdb"), "there is no store at nowhere.duckdb"),
    ],
)
def test_command_refuses(monkeypatch, capsys, store: Path, arguments: tuple[str, ...], message: str) -> None:
    status, out, err = run(monkeypatch, capsys, "ideal-points", *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("Error: ")
    assert re.search(message, err), err
