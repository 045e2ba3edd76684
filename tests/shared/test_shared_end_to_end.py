"""From real files to an assessment: ingest, assess with the store, ask why; and the store against what ships."""

import csv
import json
from datetime import date
from math import exp
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import equidistance as eq
from command import run
from equidistance.assessment.assess import Assessment
from equidistance.assessment.build import RECIPE
from equidistance.assessment.reference import DEFAULT_POWERS
from equidistance.errors import InvalidRequest
from equidistance.evidence.store import Store
from equidistance.ground.blocs import resolve_power
from equidistance.ground.states import get_state
from equidistance.indicators import panel
from equidistance.indicators.declare import get_indicator
from equidistance.indicators.snapshot import shipped
from equidistance.indicators.views import register_views

pytestmark = pytest.mark.shared

CLOSE = 1e-4  # the snapshot rounds what it ships


@pytest.fixture(scope="module")
def votes(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds exactly the votes that ship."""
    path = tmp_path_factory.mktemp("votes") / "store.duckdb"
    with Store.open(path, "write", create=True) as store:
        for name, files in RECIPE:
            if name == "un_votes":
                eq.ingest(name, [shared_data / "un" / file for file in files], store)
    return path


def agreement(store: Path, state: str, powers: list[str]) -> dict[tuple[str, date], tuple[float, float, int]]:
    """(power, month) -> value, error and roll calls, computed from a store for one state."""
    with Store.open(store) as opened:
        connection = opened.connection()
        register_views(connection, [resolve_power(power) for power in powers], [get_state(state)])
        rows = panel.compute(connection, [get_indicator("un_vote_agreement")]).to_pylist()
    return {(row["power"], row["period"]): (row["value"], row["se"], row["n"]) for row in rows}


def estimates(result: Assessment) -> pa.Table:
    return result.alignment.arrow.select(["power", "period", "channel", "mean", "sd"])


# --- a store against what ships ---------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["KAZ", "ISR"])
def test_a_store_of_what_ships_gives_the_values_that_ship(votes: Path, state: str) -> None:
    ours = agreement(votes, state, list(DEFAULT_POWERS))
    ours = {key: value for key, value in ours.items() if key[1].year >= 1992}
    rows = shipped().rows([state], list(DEFAULT_POWERS))
    rows = rows.filter(pc.equal(rows["indicator"].cast(pa.string()), "un_vote_agreement"))
    theirs = {(row["power"], row["period"]): (row["value"], row["se"], row["n"]) for row in rows.to_pylist()}
    assert len(theirs) > 400
    assert ours.keys() == theirs.keys()
    np.testing.assert_allclose(
        [ours[key][:2] for key in theirs], [theirs[key][:2] for key in theirs], atol=CLOSE
    )
    assert [ours[key][2] for key in theirs] == [theirs[key][2] for key in theirs]


def test_a_store_of_what_ships_gives_the_assessment_that_ships(votes: Path) -> None:
    ours = eq.assess("KAZ", store=votes, draws=100)
    theirs = eq.assess("KAZ", store=False, draws=100)
    assert estimates(ours).num_rows == estimates(theirs).num_rows
    for column in ("mean", "sd"):
        np.testing.assert_allclose(
            estimates(ours)[column].to_numpy(), estimates(theirs)[column].to_numpy(), atol=1e-3
        )
    [note] = ours.notes
    assert "come from the store" in note
    assert "fewer" not in note
    kinds = {row["source_id"] for row in ours.sources}
    assert kinds == {row["source_id"] for row in theirs.sources}  # the same files have the same identity


# --- the command, from files to an answer -----------------------------------------------------------------


def test_files_to_an_answer(monkeypatch, capsys, shared_data: Path, tmp_path: Path) -> None:
    store = tmp_path / "store.duckdb"
    for file, records in (("un_votes_2025_undl_3dl_wide.csv", 37_567), ("unga_es11_1to3_2022_long.csv", 582)):
        words = ("ingest", "un_votes", shared_data / "un" / file, "--store", store)
        status, out, err = run(monkeypatch, capsys, *words)
        assert status == 0, err
        assert f"accepted {records:,} rows" in out
        status, out, _ = run(monkeypatch, capsys, *words)
        assert status == 0
        assert "nothing changed" in out
    status, out, err = run(
        monkeypatch, capsys, "pull", "visits_china", "--from", shared_data, "--store", store
    )
    assert status == 0, err
    assert "accepted 595 rows" in out

    status, out, _ = run(monkeypatch, capsys, "sources", "--store", store, "--format", "json")
    held = {row["name"]: row["records"] for row in json.loads(out) if row["records"]}
    assert held == {"un_votes": 38_149, "visits_china": 595}
    status, out, _ = run(monkeypatch, capsys, "doctor", "--store", store, "--format", "json")
    assert status == 0
    assert "integrity" in {row["check"] for row in json.loads(out) if row["status"] == "ok"}

    words = ("assess", "KAZ", "--powers", "IND,RUS,CHN", "--store", store, "--format", "json")
    status, out, err = run(monkeypatch, capsys, *words, "--draws", "200")
    assert status == 0, err
    content = json.loads(out)
    [note] = content["notes"]
    assert f"come from the store {store}; they win over shipped ones" in note
    seen = {(row["power"], row["indicator"]) for row in content["evidence"]}
    assert ("IND", "un_vote_agreement") in seen  # which does not ship
    assert ("RUS", "alliance_commitment") in seen  # which is not in the store
    assert ("CHN", "visits_received") in seen
    last = {
        row["power"]: row
        for row in content["alignment"]
        if row["channel"] == "deed" and row["period"] == content["period"]["end"]
    }
    assert last["RUS"]["mean"] > last["IND"]["mean"]
    assert last["IND"]["sd"] > 1.3 * last["RUS"]["sd"]  # known from votes of one year alone

    status, out, _ = run(
        monkeypatch, capsys, "why", "KAZ", "IND", "2025", "--store", store, "--format", "json"
    )
    explained = json.loads(out)
    assert status == 0
    assert {row["indicator"] for row in explained["records"]} == {"un_vote_agreement"}
    assert {source["source"] for source in explained["sources"]} == {"un_votes"}


def test_the_store_wins_over_what_ships(votes: Path, tmp_path: Path, shared_data: Path) -> None:
    """The same file with yes and no exchanged in Kazakhstan's column: the store's word counts."""
    turned, store = tmp_path / "un_votes_2025_turned_wide.csv", tmp_path / "store.duckdb"
    original = shared_data / "un" / "un_votes_2025_undl_3dl_wide.csv"
    with original.open(encoding="utf-8", newline="") as source, turned.open("w", newline="") as target:
        rows = csv.reader(source)
        head = next(rows)
        column = head.index("KAZ")
        exchanged = {"YES": "NO", "NO": "YES"}
        writer = csv.writer(target)
        writer.writerow(head)
        for row in rows:
            row[column] = exchanged.get(row[column], row[column])
            writer.writerow(row)
    with Store.open(store, "write", create=True) as opened:
        eq.ingest("un_votes", [turned], opened)
    shipped_ones, ours = agreement(votes, "KAZ", ["CHN"]), agreement(store, "KAZ", ["CHN"])
    explained = eq.why("KAZ", "CHN", 2025, store=store)
    used = {
        row["period"]: row["value"]
        for row in explained.records
        if row["indicator"] == "un_vote_agreement" and row["period"].year == 2025
    }
    assert used == {month: value for (_, month), (value, _, _) in ours.items()}
    december = date(2025, 12, 1)
    assert shipped_ones["CHN", december][0] > 1 > -1 > used[december]
    assert explained.estimate < eq.why("KAZ", "CHN", 2025, store=False).estimate


# --- blocs of one's own -----------------------------------------------------------------------------------


def test_a_bloc_of_ones_own(votes: Path) -> None:
    eq.define_bloc("ONLYRUS", "Russia alone, for a test", ["RUS"])
    eq.define_bloc("NORDICS", "The Nordic states, for a test", ["SWE", "NOR", "DNK", "FIN", "ISL"])
    found = agreement(votes, "KAZ", ["RUS", "ONLYRUS", "NORDICS", "SWE"])
    alone = {month: value for (power, month), value in found.items() if power == "ONLYRUS"}
    russia = {month: value for (power, month), value in found.items() if power == "RUS"}
    assert alone == russia
    nordics = {month: value for (power, month), value in found.items() if power == "NORDICS"}
    sweden = {month: value for (power, month), value in found.items() if power == "SWE"}
    assert len(nordics) > 100
    near = np.array([nordics[month][0] - sweden[month][0] for month in nordics.keys() & sweden.keys()])
    assert abs(near.mean()) < 0.1  # the five vote nearly as one
    assert np.abs(near).max() > 0  # but not exactly


def test_an_assessment_against_a_bloc_of_ones_own(shared_data: Path, tmp_path: Path) -> None:
    eq.define_bloc("NORDICS", "The Nordic states, for a test", ["SWE", "NOR", "DNK", "FIN", "ISL"])
    store = tmp_path / "store.duckdb"
    with Store.open(store, "write", create=True) as opened:
        eq.ingest("un_votes", [shared_data / "un" / "unga_es11_1to3_2022_long.csv"], opened)
    result = eq.assess("KAZ", ["NORDICS", "RUS"], store=store, draws=100)
    assert {row["power"] for row in result.alignment} == {"NORDICS", "RUS"}
    assert "NORDICS" in {row["power"] for row in result.evidence}
    with pytest.raises(InvalidRequest, match="no evidence"):
        eq.assess("Sweden", ["NORDICS"], store=store, draws=100)
    with pytest.raises(InvalidRequest, match="equidistance sources"):
        eq.assess("KAZ", ["NORDICS"], store=False, draws=100)


def test_agreement_is_as_counted_by_hand(votes: Path) -> None:
    """March 2022: the store's own rows, counted without the indicator."""
    with Store.open(votes) as opened:
        pairs = opened.connection().execute(
            """ select a.vote, b.vote from votes a join votes b using (roll_call) join roll_calls using (roll_call)
            where a.state = 'KAZ' and b.state = 'RUS' and date between '2022-03-01' and '2022-03-31'
            and a.vote in ('yes', 'abstain', 'no') and b.vote in ('yes', 'abstain', 'no') """
        ).fetchall()  # fmt: skip
    place = {"yes": 1.0, "abstain": 0.5, "no": 0.0}
    agreed = sum(1 - abs(place[ours] - place[theirs]) for ours, theirs in pairs)
    value, _, n = agreement(votes, "KAZ", ["RUS"])["RUS", date(2022, 3, 1)]
    assert exp(value) == pytest.approx((agreed + 0.5) / (len(pairs) - agreed + 0.5))
    assert n <= len(pairs)  # two publishers record the same day; one of them is used
