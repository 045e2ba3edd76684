"""Comparison, analogues and sensitivity on the shipped data: what must hold whatever the data say."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import equidistance as eq
from equidistance.assessment.analogues import Analogues, analogues
from equidistance.assessment.assess import Assessment
from equidistance.assessment.compare import Comparison
from equidistance.assessment.export import to_dict
from equidistance.assessment.sensitivity import Sensitivity, sensitivity, with_sensitivity
from equidistance.cli.main import app
from equidistance.errors import EquidistanceError, InvalidRequest, UnknownName
from equidistance.figures.theme import save
from equidistance.report import comparison as page
from equidistance.report import html


@pytest.fixture(scope="module")
def three() -> Comparison:
    return eq.compare(["KAZ", "Uzbekistan", "Армения"], store=False, draws=400)


POWERS = ["RUS", "CHN", "EU"]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the world's paths are kept, once for all tests of this file."""
    return tmp_path_factory.mktemp("worlds")


@pytest.fixture(autouse=True)
def _one_cache(cache: Path, monkeypatch: pytest.MonkeyPatch, _own_user_directories: None) -> None:
    monkeypatch.setenv("EQUIDISTANCE_CACHE", str(cache))


@pytest.fixture(scope="module")
def like_ukraine(cache: Path) -> Analogues:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EQUIDISTANCE_CACHE", str(cache))
        return analogues("KAZ", "UKR", powers=POWERS, store=False)


@pytest.fixture(scope="module")
def kazakhstan() -> Assessment:
    return eq.assess("KAZ", store=False, draws=200)


@pytest.fixture(scope="module")
def varied(kazakhstan: Assessment) -> Sensitivity:
    return sensitivity(kazakhstan, weightings=16)


def run(*words: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200"})
    if isinstance(result.exception, EquidistanceError):
        assert code == 2, result.exception
        return str(result.exception)
    assert result.exit_code == code, (result.output, result.exception)
    return result.stdout


# Compare


def test_a_comparison_says_what_each_assessment_says(three: Comparison) -> None:
    alone = eq.assess("UZB", store=False, draws=400)
    last = {
        (row["power"], row["channel"]): row["mean"] for row in alone.alignment if row["period"] == three.end
    }
    for row in three.standing:
        if row["state"] == "UZB":
            # 0.15: the mean of 400 draws of about one standard deviation, three standard errors
            assert row["mean"] == pytest.approx(last[row["power"], "overall"], abs=0.15)
    assert {row["state"] for row in three.paths} == {"KAZ", "UZB", "ARM"}


def test_ranks_and_probabilities_agree(three: Comparison) -> None:
    for power in {row["power"] for row in three.standing}:
        rows = [row for row in three.standing if row["power"] == power]
        assert [row["rank"] for row in rows] == [1, 2, 3]
        assert sum(row["p_first"] for row in rows) == pytest.approx(1.0)
        means = [row["mean"] for row in rows]
        assert means == sorted(means, reverse=True)
    assert len(three.convergence) == 3
    for row in three.convergence:
        assert row["mean"] == pytest.approx(row["now"] - row["before"])


def test_the_order_of_states_only_orders(three: Comparison) -> None:
    again = eq.compare(["ARM", "KAZ", "UZB"], store=False, draws=400)
    mine = {(row["power"], row["state"]): row["mean"] for row in three.standing}
    for row in again.standing:  # other seeds: the means differ by simulation error
        assert row["mean"] == pytest.approx(mine[row["power"], row["state"]], abs=0.2)


def test_a_power_among_the_states_is_left_out_for_itself() -> None:
    found = eq.compare(["CHN", "KAZ"], ["RUS", "CHN"], store=False, draws=100)
    assert {(row["state"], row["power"]) for row in found.standing} == {
        ("CHN", "RUS"),
        ("KAZ", "RUS"),
        ("KAZ", "CHN"),
    }
    assert [row["powers"] for row in found.convergence] == [1]


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="2 to 20"):
        eq.compare(["KAZ"], store=False)
    with pytest.raises(InvalidRequest, match="twice"):
        eq.compare(["KAZ", "Kazakhstan"], store=False)
    with pytest.raises(UnknownName):
        eq.compare(["KAZ", "Kasachstan-West"], store=False)


def test_the_page_of_a_comparison_is_closed_and_whole(three: Comparison) -> None:
    text = page.render(three)
    assert "default-src 'none'" in text
    assert "Who is closest to whom" in text
    assert "Uzbekistan – Armenia" in text or "Armenia – Uzbekistan" in text


def test_the_picture_of_a_comparison_names_its_colours(three: Comparison, tmp_path: Path) -> None:
    """A panel is named after a power; the states' names stand in the legend alone."""
    drawn = save(three.plot(), tmp_path / "three.svg").read_text(encoding="utf-8")
    for state in {row["state_name"] for row in three.paths}:
        assert f">{state}</text>" in drawn


def test_compare_command(tmp_path: Path) -> None:
    out = tmp_path / "two.json"
    table = run(
        "compare", "KAZ", "UZB", "--powers", "RUS,CHN", "--shipped-only", "--draws", 100, "--out", out
    )
    assert "P(converging)" in table
    content = json.loads(out.read_text())
    assert content["states"] == ["KAZ", "UZB"]
    assert {"standing", "equidistance", "convergence", "paths", "sources"} <= set(content)
    csv = run(
        "compare", "KAZ", "UZB", "--powers", "RUS,CHN", "--shipped-only", "--draws", 100, "--format", "csv"
    )
    assert csv.splitlines()[0].startswith("power,power_name,rank,state")
    assert "Cannot tell the format" in run("compare", "KAZ", "UZB", "--out", tmp_path / "x.docx", code=2)


# Analogues


def test_distances_split_into_level_and_shape(like_ukraine: Analogues) -> None:
    rows = list(like_ukraine.table)
    assert len(rows) > 150
    assert "KAZ" not in {row["state"] for row in rows}
    for row in rows:
        assert row["distance"] ** 2 == pytest.approx(row["level"] ** 2 + row["shape"] ** 2)
        assert row["end"] - row["start"] == 9
    distances = [row["distance"] for row in rows]
    assert distances == sorted(distances)
    # Central Asian neighbours are the nearest, as anybody would say; Russia is compared on two powers only
    assert len({row["state"] for row in rows[:4]} & {"UZB", "KGZ", "TJK", "TKM"}) >= 2


def test_the_question_has_a_printed_answer(like_ukraine: Analogues) -> None:
    row = like_ukraine.of("Ukraine")
    assert "Ukraine" in like_ukraine.sentence
    assert f"{row['distance']:.2f}" in like_ukraine.sentence
    assert f"rank {row['rank']} of {len(like_ukraine.table)}" in like_ukraine.sentence
    assert 0 <= row["percentile"] <= 1


def test_resemblance_in_the_same_years_is_mutual(like_ukraine: Analogues) -> None:
    other = analogues("UKR", "KAZ", powers=POWERS, store=False)
    assert other.of("KAZ")["same_years"] == pytest.approx(like_ukraine.of("UKR")["same_years"])


def test_a_state_resembles_itself_most(like_ukraine: Analogues) -> None:
    drawn = {row["window"] for row in like_ukraine.paths}
    assert any(window.startswith("Kazakhstan") for window in drawn)
    assert any(window.startswith("Ukraine") for window in drawn)
    with pytest.raises(InvalidRequest, match="second Kazakhstan"):
        analogues("KAZ", "Kazakhstan", store=False)


def test_analogues_refuse_what_they_cannot_answer() -> None:
    with pytest.raises(UnknownName, match="channel"):
        analogues("KAZ", channel="deeds", store=False)
    with pytest.raises(InvalidRequest, match="3 to 25"):
        analogues("KAZ", years=2, store=False)
    with pytest.raises(InvalidRequest, match="years in a row"):
        analogues("SSD", years=25, powers=POWERS, store=False)


def test_analogues_command(tmp_path: Path) -> None:
    out = tmp_path / "path.svg"
    command = ("analogues", "KAZ", "--powers", ",".join(POWERS), "--shipped-only")
    table = run(*command, "--like", "UKR", "--count", 2, "--out", out)
    assert "Ukraine" in table
    assert out.read_text().startswith("<svg")
    content = json.loads(run(*command, "--format", "json"))
    assert content["analogues"][0]["rank"] == 1


# Sensitivity


def test_importances_and_ranges_hold_together(kazakhstan: Assessment, varied: Sensitivity) -> None:
    assert sum(row["importance"] for row in varied.indicators) == pytest.approx(1.0)
    for channel in ("deed", "word"):
        assert sum(row["nominal"] for row in varied.indicators if row["channel"] == channel) == pytest.approx(
            0.5
        )
    reported = {
        row["power"]: row["mean"] for row in kazakhstan.orientation if row["period"] == kazakhstan.end
    }
    for row in varied.powers:
        assert row["share_low"] <= row["share"] <= row["share_high"]
        assert row["best_rank"] <= row["rank"] <= row["worst_rank"]
        assert row["share"] == pytest.approx(reported[row["power"]], abs=0.04)  # 200 draws against 4,000
    assert sum(row["leads"] for row in varied.powers) == pytest.approx(1.0)


def test_leaving_an_indicator_out_is_assessing_without_it(
    kazakhstan: Assessment, varied: Sensitivity
) -> None:
    """The same parameters and evidence; the weights of jumps are those of the whole evidence, and fewer members."""
    without = eq.assess("KAZ", store=False, indicators="-alliance_commitment", draws=1500)
    row = next(row for row in varied.indicators if row["indicator"] == "alliance_commitment")
    last = next(one for one in without.equidistance if one["period"] == without.end)
    assert row["leader"] == last["leader"]
    # 0.1 and 0.03: 8 of 32 members, whose probabilities to lead have a standard error of about 0.04
    assert row["p_leader"] == pytest.approx(last["p_leader"], abs=0.1)
    assert row["equidistance"] == pytest.approx(last["mean"], abs=0.03)


def test_the_same_seed_gives_the_same_ranges(kazakhstan: Assessment, varied: Sensitivity) -> None:
    again = sensitivity(kazakhstan, weightings=16)
    np.testing.assert_array_equal(
        again.powers.arrow["share_low"].to_numpy(), varied.powers.arrow["share_low"].to_numpy()
    )


def test_sensitivity_refuses_what_it_cannot_vary(kazakhstan: Assessment) -> None:
    with pytest.raises(InvalidRequest, match="16, 32, 64"):
        sensitivity(kazakhstan, weightings=20)
    one = eq.assess("KAZ", ["RUS"], indicators="un_vote_agreement", store=False, draws=100)
    with pytest.raises(InvalidRequest, match="nothing to leave out"):
        sensitivity(one)


def test_formats_and_report_show_the_sensitivity(kazakhstan: Assessment) -> None:
    whole = with_sensitivity(kazakhstan, weightings=2)
    content = to_dict(whole)
    assert {row["indicator"] for row in content["sensitivity_indicators"]}
    assert {row["power"] for row in content["sensitivity_powers"]} == {power.code for power in whole.powers}
    text = html.render(whole)
    assert 'id="sensitivity"' in text
    assert "Powers under all choices" in text


# Trade as it is


def test_raw_trade_takes_the_place_of_chosen_trade() -> None:
    states = ["KAZ", "UZB"]
    plain, raw = (
        eq.compare(states, POWERS, store=False, draws=100, raw=choice) for choice in (False, True)
    )
    assert (plain.settings["raw"], raw.settings["raw"]) == (False, True)
    assert "export_chosen=deed" in plain.settings["indicators"]
    assert "export_chosen=deed" not in raw.settings["indicators"]
    assert "export_share=deed" in raw.settings["indicators"]
    assert raw.settings["parameters"] != plain.settings["parameters"]
    alone = eq.assess("KAZ", POWERS, store=False, draws=100, raw=True)
    assert raw.settings["indicators"] == alone.settings["indicators"]
    mine = {(row["power"], row["channel"]): row["mean"] for row in alone.alignment if row["period"] == raw.end}
    for row in raw.standing:
        if row["state"] == "KAZ":  # the same seed, and so the same draws
            assert row["mean"] == pytest.approx(mine[row["power"], "overall"], abs=0.3)


def test_analogues_take_raw_trade(like_ukraine: Analogues) -> None:
    raw = analogues("KAZ", "UKR", powers=["RUS"], store=False, raw=True)
    assert "import_share=deed" in raw.settings["indicators"]
    assert "import_share=deed" not in like_ukraine.settings["indicators"]
    assert raw.settings["parameters"] != like_ukraine.settings["parameters"]


def test_both_commands_take_raw(like_ukraine: Analogues) -> None:
    shown = json.loads(
        run("compare", "KAZ", "UZB", "--powers", "RUS", "--raw", "--shipped-only", "--draws", 100, "--format", "json")
    )
    assert shown["settings"]["raw"] is True
    found = json.loads(
        run("analogues", "KAZ", "--powers", "RUS", "--raw", "--shipped-only", "--format", "json")
    )
    assert found["settings"]["raw"] is True
