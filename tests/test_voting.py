"""Voting records: against an independent computation, by hand, on hostile input; and the command that shows them."""

import json
import re
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from command import run
from equidistance.assessment.voting import VotingRecord, voting_record
from equidistance.errors import InvalidRequest, StoreError, UnknownName
from equidistance.evidence.schema import VOTES as STORED_VOTES
from equidistance.evidence.store import Store, default_path
from equidistance.figures import theme, voting
from equidistance.indicators.roll_calls import ISSUES, SESSION, VOTES, connect_votes, used_roll_calls
from equidistance.report.voting import render
from equidistance.sources.ingest import ingest

POSITION = {"yes": 1.0, "abstain": 0.5, "no": 0.0}
CODED = {"yes": 1, "abstain": 0, "no": -1}
ROUNDING = 1e-12  # sums of some hundred numbers of order one


def simulated(seed: int = 1, roll_calls: int = 300) -> pd.DataFrame:
    """Votes of seven states, some absent or not members, over some ten sessions."""
    draw = np.random.default_rng(seed)
    states = ["KAZ", "RUS", "USA", "CHN", "DEU", "IND", "BRA"]
    rows = []
    for number in range(roll_calls):
        session = 50 + int(draw.integers(0, 10))
        day = date(1945 + session, 9, 20) + timedelta(days=int(draw.integers(0, 200)))
        issues = " ".join(code for code in ISSUES.values() if draw.random() < 0.2) or None
        for state in states:
            vote = draw.choice(
                ["yes", "abstain", "no", "absent", "not_member"], p=[0.5, 0.15, 0.2, 0.1, 0.05]
            )
            rows.append(
                {
                    "roll_call": f"r{number}",
                    "state": state,
                    "vote": vote,
                    "date": day,
                    "session": session,
                    "resolution": f"A/RES/{session}/{number}",
                    "title": f"Title {number}",
                    "important": bool(number % 3 == 0),
                    "issues": issues,
                }
            )
    return pd.DataFrame(rows)


def wide(votes: pd.DataFrame) -> pd.DataFrame:
    """One row per roll call, one column per state, absences missing."""
    cast = votes[votes["vote"].isin(POSITION)]
    facts = votes.groupby("roll_call")[["date", "session", "important", "issues"]].first()
    return facts.join(cast.pivot(index="roll_call", columns="state", values="vote"))


@pytest.mark.parametrize("by", ["session", "year"])
@pytest.mark.parametrize("seed", [1, 2])
def test_scores_and_matrix_equal_an_independent_computation(seed: int, by: str) -> None:
    votes = simulated(seed)
    record = voting_record("KAZ", "RUS", votes=votes, by=by)  # type: ignore[arg-type]
    both = wide(votes).dropna(subset=["KAZ", "RUS"])
    period = both["session"] if by == "session" else both["date"].map(lambda day: day.year)
    found = record.sessions.to_pandas().set_index(by)
    assert sorted(found.index) == sorted(period.unique())
    for number, part in both.groupby(period):
        a, b = (part[name].map(POSITION) for name in ("KAZ", "RUS"))
        x, y = (part[name].map(CODED) for name in ("KAZ", "RUS"))
        row = found.loc[number]
        assert row["n"] == len(part)
        assert row["agreement"] == pytest.approx(1 - (a - b).abs().mean(), abs=ROUNDING)
        assert row["coincidence"] == pytest.approx((part["KAZ"] == part["RUS"]).mean(), abs=ROUNDING)
        expected = (x * y).sum() / np.sqrt((x * x).sum() * (y * y).sum())
        assert row["cosine"] == pytest.approx(expected, abs=ROUNDING)
    if by == "session":
        assert (found["year"] == found.index + 1945).all()
    else:
        assert record.sessions.arrow["session"].null_count == len(record.sessions)
    cross = pd.crosstab(both["KAZ"], both["RUS"])
    assert {(row["vote_state"], row["vote_power"]): row["n"] for row in record.matrix} == {
        (mine, theirs): cross.loc[mine, theirs] for mine in POSITION for theirs in POSITION
    }
    assert record.n == len(both)


def test_divergent_votes_are_ranked_by_how_unlikely_the_difference_was() -> None:
    votes = simulated(3)
    record = voting_record("KAZ", "USA", votes=votes)
    expected = []
    for name, part in votes[votes["vote"].isin(POSITION)].groupby("roll_call"):
        cast = dict(zip(part["state"], part["vote"], strict=True))
        mine, theirs = cast.get("KAZ"), cast.get("USA")
        if mine and theirs and mine != theirs:
            pairs = [(p, q) for p in cast for q in cast if p != q]  # ordered pairs of different members
            like = np.mean([{cast[p], cast[q]} == {mine, theirs} for p, q in pairs])
            gap = abs(POSITION[mine] - POSITION[theirs])
            expected.append((-gap, round(like, 9), -part["date"].iloc[0].toordinal(), name))
    found = [
        (-row["distance"], round(row["chance"], 9), -row["date"].toordinal(), row["roll_call"])
        for row in record.divergent
    ]
    assert found == sorted(expected)
    first = record.divergent.to_pylist()[0]
    assert {first["vote_state"], first["vote_power"]} == {"yes", "no"}
    assert first["title"] == f"Title {first['roll_call'][1:]}"


def test_sides_equal_an_independent_computation() -> None:
    votes = simulated(4)
    record = voting_record("KAZ", "RUS", votes=votes, versus=["USA,RUS", ("CHN", "DEU")])
    table = votes.pivot(index="roll_call", columns="state", values="vote")
    session = votes.groupby("roll_call")["session"].first()
    for one, other in (("USA", "RUS"), ("CHN", "DEU")):
        opposed = table[(table[one] + table[other]).isin(["yesno", "noyes"])]
        opposed = opposed[opposed["KAZ"] != "not_member"]
        [total] = [row for row in record.sides_total if row["a"] == one]
        assert total["n"] == len(opposed)
        assert total["with_a"] == (opposed["KAZ"] == opposed[one]).sum()
        assert total["with_b"] == (opposed["KAZ"] == opposed[other]).sum()
        assert total["abstained"] == (opposed["KAZ"] == "abstain").sum()
        assert total["absent"] == (opposed["KAZ"] == "absent").sum()
        assert total["n"] == sum(total[name] for name in ("with_a", "with_b", "abstained", "absent"))
        assert total["q05"] < total["share_a"] < total["q95"]
        rows = {row["session"]: row for row in record.sides if row["a"] == one}
        assert {number: row["n"] for number, row in rows.items()} == dict(
            opposed.groupby(session).size().items()
        )


def test_filters() -> None:
    votes = simulated(5)
    both = wide(votes).dropna(subset=["KAZ", "RUS"])
    nuclear = voting_record("KAZ", "RUS", votes=votes, issue="nuclear")
    assert nuclear.n == both["issues"].fillna("").str.split().map(lambda codes: "nu" in codes).sum()
    important = voting_record("KAZ", "RUS", votes=votes, important_only=True)
    assert important.n == both["important"].sum()
    window = voting_record("KAZ", "RUS", votes=votes, since="1998-10", until=2000)
    days = both["date"]
    assert window.n == ((days >= date(1998, 10, 1)) & (days < date(2001, 1, 1))).sum()
    assert any("began before the window" in note for note in window.notes)
    assert any("goes on after the window" in note for note in window.notes)


def by_hand(*pairs: str, **columns: object) -> pd.DataFrame:
    """One roll call per pair of votes, "yes-no", of KAZ and RUS, all on one day unless columns say otherwise."""
    rows = [
        {"roll_call": f"r{number}", "state": state, "vote": vote, "date": date(2010, 12, 1), **columns}
        for number, pair in enumerate(pairs)
        for state, vote in zip(("KAZ", "RUS"), pair.split("-"), strict=True)
    ]
    return pd.DataFrame(rows)


def test_by_hand() -> None:
    votes = by_hand("yes-yes", "yes-abstain", "abstain-no", "no-yes", "absent-yes", "unknown-no")
    record = voting_record("KAZ", "RUS", votes=votes)
    assert (record.n, record.agreement, record.coincidence) == (4, 0.5, 0.25)
    assert record.cosine == pytest.approx((1 - 1) / np.sqrt(3 * 3))
    assert record.sessions.to_pylist()[0]["session"] == 65  # the date says it
    assert record.headline == (
        "Kazakhstan and Russia cast the same vote in 25% of 4 roll calls of the UN General Assembly in which both "
        "voted, 2010-12 to 2010-12; agreement 0.50."
    )


def test_order_of_names_transposes_the_matrix_and_keeps_the_scores() -> None:
    votes = simulated(6)
    one, other = voting_record("KAZ", "USA", votes=votes), voting_record("USA", "KAZ", votes=votes)
    assert one.agreement == other.agreement
    assert {(r["vote_state"], r["vote_power"], r["n"]) for r in one.matrix} == {
        (r["vote_power"], r["vote_state"], r["n"]) for r in other.matrix
    }


def test_order_of_rows_does_not_matter() -> None:
    votes = simulated(7)
    shuffled = votes.sample(frac=1, random_state=1)
    first = voting_record("KAZ", "RUS", votes=votes, versus="USA,RUS")
    assert first.to_json() == voting_record("KAZ", "RUS", votes=shuffled, versus="USA,RUS").to_json()


def test_a_state_that_only_abstains_has_no_cosine_and_it_is_null() -> None:
    record = voting_record("KAZ", "RUS", votes=by_hand("abstain-yes", "abstain-no"))
    assert record.cosine is None
    content = json.loads(record.to_json())
    assert content["sessions"][0]["cosine"] is None
    assert content["total"]["cosine"] is None


def test_nobody_opposes_and_no_side_taken() -> None:
    record = voting_record("KAZ", "RUS", votes=by_hand("yes-yes"), versus="USA,CHN")
    [total] = record.sides_total.to_pylist()
    assert (total["n"], total["share_a"], total["q05"]) == (0, None, None)
    assert len(record.sides) == 0


def test_json_has_the_promised_shape() -> None:
    content = voting_record("KAZ", "RUS", votes=simulated(), versus="USA,RUS").to_dict()
    assert {"session", "year", "n", "agreement", "coincidence", "cosine"} == set(content["sessions"][0])
    assert set(content["matrix"]) == {"yes", "abstain", "no"}
    assert all(set(inner) == {"yes", "abstain", "no"} for inner in content["matrix"].values())
    assert sum(sum(inner.values()) for inner in content["matrix"].values()) == content["total"]["n"]
    assert {"date", "resolution", "title", "vote_state", "vote_power"} <= set(content["divergent"][0])
    assert isinstance(content["notes"], list)
    json.dumps(content, allow_nan=False)


# Which roll calls count


def test_codes_of_votes_are_those_of_the_store() -> None:
    assert VOTES == STORED_VOTES


def test_each_day_comes_from_one_source_version_and_an_issue_from_one_that_codes_it() -> None:
    votes = pd.concat(
        [
            by_hand("yes-yes", "yes-yes", source_id="plain").assign(roll_call=lambda t: "p" + t["roll_call"]),
            by_hand("no-yes", source_id="coded", issues="hr"),
        ]
    )
    assert voting_record("KAZ", "RUS", votes=votes).agreement == 1
    assert voting_record("KAZ", "RUS", votes=votes, issue="human-rights").agreement == 0


def test_the_same_resolution_on_two_days_in_two_sources_is_told() -> None:
    one = by_hand("yes-yes", source_id="a", resolution="A/RES/65/1")
    other = by_hand("yes-yes", source_id="b", resolution="A/RES/65/1").assign(
        roll_call="again", date=date(2010, 12, 2)
    )
    [note] = voting_record("KAZ", "RUS", votes=pd.concat([one, other])).notes
    assert "1 resolution stands under different days in two source versions" in note


@pytest.mark.parametrize(
    ("day", "resolution", "stated", "session"),
    [
        (date(2022, 3, 2), "A/RES/ES-11/1", None, 76),  # an emergency session has no number of its own
        (date(2025, 9, 5), "A/RES/79/327", None, 79),
        (date(2025, 12, 1), "A/RES/80/35", None, 80),
        (date(2022, 9, 13), None, None, 76),
        (date(2022, 9, 14), None, None, 77),
        (date(1946, 1, 1), None, None, 1),
        (date(2005, 12, 8), "A/RES/60/1", 59, 59),  # the publisher's word goes first
    ],
)
def test_session(day: date, resolution: str | None, stated: int | None, session: int) -> None:
    votes = by_hand("yes-yes").assign(date=day, resolution=resolution, session=stated)
    connection = connect_votes(votes)
    [(found,)] = connection.sql(f"select {SESSION} from ({used_roll_calls(connection)})").fetchall()
    assert found == session


def test_missing_sessions_and_votes_before_independence_are_told() -> None:
    votes = pd.concat(
        [
            by_hand("yes-yes", date=date(1950, 11, 1)).replace({"state": {"KAZ": "UKR", "RUS": "USA"}}),
            by_hand("yes-yes", date=date(1953, 11, 1))
            .replace({"state": {"KAZ": "UKR", "RUS": "USA"}})
            .assign(roll_call="late"),
        ]
    )
    notes = voting_record("UKR", "USA", votes=votes).notes
    assert "No common vote in sessions 6, 7." in notes
    assert any("2 of the votes lie before Ukraine was independent" in note for note in notes)


def test_the_end_of_issue_codes_is_told() -> None:
    votes = pd.concat(
        [by_hand("yes-yes", issues="hr"), by_hand("no-yes").assign(date=date(2012, 1, 1), roll_call="late")]
    )
    record = voting_record("KAZ", "RUS", votes=votes, issue="human-rights")
    assert record.agreement == 1
    [note] = record.notes
    assert note.startswith("No roll call after 2010-12-01 is coded human-rights: 1 later ones are left out")
    assert voting_record("KAZ", "RUS", votes=votes, issue="human-rights", until="2010-12").notes == ()


# Refusals


def refusal(message: str, **options: object) -> None:
    arguments = {"state": "KAZ", "power": "RUS", "votes": by_hand("yes-no"), **options}
    with pytest.raises((InvalidRequest, UnknownName), match=message):
        voting_record(arguments.pop("state"), arguments.pop("power"), **arguments)  # type: ignore[arg-type]


def test_requests_that_cannot_be_answered() -> None:
    refusal("is a bloc: it casts no vote of its own.*Choices: .*DEU.*Name a member", power="EU")
    refusal("cannot be compared with itself", power="Kazakhstan")
    refusal("There is no state called 'Narnia'", power="Narnia")
    refusal("no issue 'cats'. Choices: middle-east, nuclear", issue="cats")
    refusal("cannot be grouped by 'month'", by="month")
    refusal("ends in 2010-12, before it starts in 2020-01", since=2020, until=2010)
    refusal("'USA' is not a pair", versus="USA")
    refusal("three different states", versus="USA,KAZ")
    refusal("three different states", versus="USA,USA")
    refusal("no roll call of the General Assembly since 2020-01; they are known from 2010-12", since=2020)
    refusal("no roll call of the General Assembly coded nuclear. Leave --issue", issue="nuclear")
    refusal("There is no vote of United States \\(USA\\)", power="USA")
    refusal("Leave|called important", important_only=True)


def test_a_pair_that_never_voted_together() -> None:
    votes = by_hand("yes-absent", "absent-no")
    refusal(r"both voted in none of the 2 roll calls. KAZ voted 2010-12 to 2010-12", votes=votes)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda t: t.drop(columns="vote"), "lacks the columns vote"),
        (lambda t: t.assign(vote="maybe"), "2 unknown votes 'maybe'. Choices: yes, abstain"),
        (lambda t: t.assign(date="some day"), "without a roll call, state, vote or readable date"),
        (lambda t: t.assign(state=None), "without a roll call, state, vote or readable date"),
        (lambda t: t.assign(state="KAZ"), "KAZ cast two votes in the roll call r0: no and yes"),
        (
            lambda t: t.assign(date=[date(2010, 1, 1), date(2011, 1, 1)]),
            "r0 stands under two days, 2010-01-01 and 2011-01-01",
        ),
    ],
)
def test_tables_that_cannot_be_used(spoil, message: str) -> None:  # type: ignore[no-untyped-def]
    refusal(message, votes=spoil(by_hand("yes-no")))


def test_what_is_no_table_and_two_origins_at_once() -> None:
    refusal("list is not a table of votes", votes=[1])
    refusal("Both a table of votes and a store", store="x.duckdb")


def test_rows_that_repeat_count_once_and_any_table_will_do() -> None:
    votes = by_hand("yes-yes", "yes-no")
    twice = pd.concat([votes, votes])
    expected = voting_record("KAZ", "RUS", votes=votes).to_json()
    assert voting_record("KAZ", "RUS", votes=twice).to_json() == expected
    assert voting_record("KAZ", "RUS", votes=pa.Table.from_pandas(votes)).to_json() == expected


# The command

BULK = "undl_id,ms_code,ms_name,ms_vote,date,session,resolution,title\n"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """The user's store with four roll calls in the layout of the UN's bulk file; one title is hostile."""
    hostile = "<script>alert(1)</script>\x1b[31m[bold]red[/bold]"
    lines = []
    for number, (kaz, rus, usa) in enumerate(["YYN", "YNY", "ANY", "YYY"]):
        for code, vote in (("KAZ", kaz), ("RUS", rus), ("USA", usa), ("CHN", "Y")):
            lines.append(f"{number},{code},,{vote},2023-12-{10 + number},78,A/RES/78/{number},{hostile}")
    path = tmp_path / "ga_voting.csv"
    path.write_text(BULK + "\n".join(lines) + "\n", encoding="utf-8")
    with Store.open(mode="write", create=True) as opened:
        ingest("un_votes", [path], opened)
    return default_path()


def test_command_prints_all_parts(monkeypatch, capsys, store: Path) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    status, out, err = run(monkeypatch, capsys, "votes", "Казахстан", "Russia", "--versus", "USA,RUS")
    assert (status, err) == (0, "")
    assert "cast the same vote in 50% of 4 roll calls" in " ".join(out.split())
    assert "KAZ where USA and RUS vote yes against no" in out
    assert "2 of 2 divergent votes" in out
    assert "A/RES/78/1" in out
    assert "\x1b" not in out
    assert "doi:10.7910/DVN/LEJUQZ" in out
    assert max(map(len, out.splitlines())) <= 80


def test_command_formats(monkeypatch, capsys, store: Path) -> None:
    status, out, _ = run(monkeypatch, capsys, "votes", "KAZ", "RUS", "--format", "json")
    content = json.loads(out)
    assert status == 0
    assert content["sessions"] == [
        {"session": 78, "year": 2023, "n": 4, "agreement": 0.625, "coincidence": 0.5}
        | {"cosine": pytest.approx((2 - 1) / np.sqrt(3 * 4))}
    ]
    assert content["matrix"]["yes"] == {"yes": 2, "abstain": 0, "no": 1}
    assert len(content["divergent"]) == 2
    _, out, _ = run(monkeypatch, capsys, "votes", "KAZ", "RUS", "--format", "csv", "--table", "divergent")
    assert out.splitlines()[0].startswith("date,session,resolution,title,vote_state,vote_power")
    assert len(out.splitlines()) == 3
    _, out, _ = run(monkeypatch, capsys, "votes", "KAZ", "RUS", "--format", "csv", "--by", "year")
    assert out.splitlines()[:2][1].startswith(",2023,4,0.625,0.5,")


@pytest.mark.parametrize("ending", [".png", ".svg", ".html", ".json", ".csv"])
def test_command_writes_files(monkeypatch, capsys, store: Path, tmp_path: Path, ending: str) -> None:
    target = tmp_path / f"votes{ending}"
    status, _, err = run(
        monkeypatch, capsys, "votes", "KAZ", "RUS", "--versus", "USA,RUS", "--out", str(target)
    )
    assert status == 0
    assert f"Written: {target}" in err
    content = target.read_bytes()
    starts = {
        ".png": b"\x89PNG",
        ".svg": b"<svg",
        ".html": b"<!doctype",
        ".json": b"{",
        ".csv": b"session,year,n",
    }
    assert content.startswith(starts[ending])


def test_page_is_closed_to_the_network_and_to_titles(store: Path) -> None:
    page = render(voting_record("KAZ", "RUS", versus="USA,RUS"))
    assert "<script>alert" not in page
    assert "default-src 'none'" in page
    body = page[: page.index("<script>")]
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", body)
    for heading in ("Agreement by session", "Which vote met which", "Between USA and RUS", "Divergent votes"):
        assert heading in body


def test_command_without_votes_names_the_next_one(monkeypatch, capsys, tmp_path: Path) -> None:
    status, _, err = run(monkeypatch, capsys, "votes", "KAZ", "RUS")
    assert status == 2
    assert "there is no store at" in err
    assert "equidistance pull un_votes" in err
    assert "equidistance ingest un_votes PATH" in err
    with Store.open(tmp_path / "empty.duckdb", mode="write", create=True) as empty:
        empty._created = False  # an unused store would be taken away when it is closed
    with pytest.raises(StoreError, match=r"holds no votes\. Get votes with: equidistance pull un_votes"):
        voting_record("KAZ", "RUS", store=tmp_path / "empty.duckdb")


@pytest.mark.parametrize(
    "arguments",
    [("--issue", "cats"), ("--versus", "USA"), ("--out", "votes.pdf"), ("--out", "nowhere/votes.png")],
)
def test_command_refuses_before_it_works(monkeypatch, capsys, arguments: tuple[str, str]) -> None:
    status, out, err = run(monkeypatch, capsys, "votes", "KAZ", "RUS", *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("Error: ")


# The figure


@pytest.fixture(scope="module")
def record() -> VotingRecord:
    return voting_record("KAZ", "RUS", votes=simulated())


@pytest.mark.parametrize("interactive", [True, False])
def test_chart_is_valid_vega_lite(interactive: bool, record: VotingRecord) -> None:
    spec = theme.specification(record.plot(interactive=interactive))
    assert all(spec["datasets"].values())
    assert ("tooltip" in str(spec)) == interactive


def test_a_missing_session_breaks_the_line(record: VotingRecord) -> None:
    table = record.sessions.arrow
    hole = type(record.sessions)("sessions", pa.concat_tables([table.slice(0, 3), table.slice(5)]))
    spec = theme.specification(voting.over_time(hole), validate=False)
    stretches = {row["from"]: row["stretch"] for row in spec["datasets"]["sessions"]}
    assert len(set(stretches.values())) == 2
