"""The figures: valid specifications, honest gaps, colours apart, titles no surer than the numbers."""

import itertools
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from equidistance.errors import InvalidRequest
from equidistance.figures import (
    alignment,
    breaks,
    drift,
    equidistance,
    evidence,
    exposure,
    gap,
    orientation,
    overview,
    rows,
    save,
    theme,
    words,
)
from equidistance.tables import Table
from synthetic_assessment import SyntheticAssessment, synthetic

CHARTS: dict[str, Callable[..., Any]] = {
    "alignment": lambda a, **more: alignment.chart(a.alignment, a.evidence, a.breaks, **more),
    "breaks": lambda a, **more: breaks.chart(a.breaks, (a.start, a.end), **more),
    "shares": lambda a, **more: orientation.shares(a.orientation, **more),
    "leads": lambda a, **more: orientation.leads(a.orientation, **more),
    "equidistance": lambda a, **more: equidistance.chart(a.equidistance, **more),
    "gap": lambda a, **more: gap.chart(a.gap, **more),
    "drift": lambda a, **more: drift.chart(a.drift, **more),
    "exposure": lambda a, **more: exposure.chart(a.exposure, **more),
    "evidence": lambda a, **more: evidence.chart(a.evidence, **more),
    "overview": lambda a, **more: overview(a, **more),
}
LEAST_CONTRAST = 3.0  # WCAG 1.4.11, graphical objects
LEAST_DISTANCE = 15.0  # CIE 1976 units; a just noticeable difference is 2.3


@pytest.fixture(scope="module")
def kazakhstan() -> SyntheticAssessment:
    return synthetic()


@pytest.mark.parametrize("interactive", [True, False])
@pytest.mark.parametrize("name", CHARTS)
def test_charts_are_valid_vega_lite(name: str, interactive: bool, kazakhstan: SyntheticAssessment) -> None:
    spec = theme.specification(CHARTS[name](kazakhstan, interactive=interactive))
    assert all(spec["datasets"].values()), "every dataset has rows"
    assert ("tooltip" in str(spec)) == interactive


@pytest.mark.parametrize("name", CHARTS)
def test_time_axes_are_utc_so_that_no_time_zone_moves_a_month(
    name: str, kazakhstan: SyntheticAssessment
) -> None:
    scales = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if node.get("type") == "temporal" and "field" in node:
                scales.append(node.get("scale", {}).get("type"))
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    spec = theme.specification(CHARTS[name](kazakhstan), validate=False)
    walk({key: value for key, value in spec.items() if key != "datasets"})
    assert set(scales) <= {"utc"}


@pytest.mark.parametrize("months", [1, 5, 30])
def test_short_windows_can_be_drawn(months: int, tmp_path: Path) -> None:
    end = date(2020 + (months - 1) // 12, (months - 1) % 12 + 1, 1)
    short = synthetic(start=date(2020, 1, 1), end=end)
    save(overview(short), tmp_path / "overview.svg")
    assert (tmp_path / "overview.svg").stat().st_size > 5_000


def test_thinning_keeps_the_last_period_and_few_points(kazakhstan: SyntheticAssessment) -> None:
    periods = rows.drawn_periods(kazakhstan.alignment)
    assert len(periods) == 136  # 34 years by quarters
    assert periods[-1] == date(2025, 12, 1)
    assert {period.month for period in periods} == {3, 6, 9, 12}
    assert len(rows.drawn_periods(synthetic(start=date(2016, 1, 1)).gap)) == 120  # ten years stay monthly


def test_missing_estimates_break_the_line_instead_of_joining_it(kazakhstan: SyntheticAssessment) -> None:
    table = kazakhstan.alignment.arrow
    hole = pc.and_(
        pc.equal(table["power"], "CHN"),
        pc.and_(pc.equal(table["channel"], "deed"), pc.equal(pc.year(table["period"]), 2005)),
    )
    spec = theme.specification(
        alignment.chart(Table("alignment", table.filter(pc.invert(hole)))), validate=False
    )
    cells = {
        row["period"]: row["deed"]
        for row in spec["datasets"]["alignment"]
        if row["power"] == "China" and row["period"].startswith(("2004", "2005"))
    }
    assert [cells[f"2005-{month}-01"] for month in ("03", "06", "09", "12")] == [None] * 4
    assert cells["2004-12-01"] is not None


def test_a_power_that_does_not_exist_yet_leaves_the_stack_whole(kazakhstan: SyntheticAssessment) -> None:
    table = kazakhstan.orientation.arrow
    late = pc.and_(pc.equal(table["power"], "EU"), pc.less(table["period"], pa.scalar(date(1993, 11, 1))))
    chart = orientation.shares(Table("orientation", table.filter(pc.invert(late))))
    data = theme.specification(chart, validate=False)["datasets"]
    first = [row for row in data["share"] if row["period"] == "1992-03-01"]
    assert len(first) == 6
    assert next(row for row in data["months"] if row["period"] == "1992-03-01")["p3"] == "no estimate"


def test_evidence_spans_are_unbroken_years() -> None:
    years = [1990, 1992, 1993, 1994, 1997]
    table = Table(
        "evidence",
        pa.table(
            {
                "power": ["RUS"] * 5,
                "channel": ["word"] * 5,
                "year": years,
                "observations": [1, 1, 1, 1, 0],
            }
        ),
    )
    assert rows.evidence_spans(table, date(1992, 1, 1), date(2000, 12, 1)) == [
        {"power": "RUS", "channel": "word", "from": "1992-01-01", "to": "1995-01-01"}
    ]


def test_exposure_lines_stop_at_missing_years_and_new_sources() -> None:
    years = [2010, 2011, 2013, 2014]
    table = Table(
        "exposure",
        pa.table(
            {
                "power": ["RUS"] * 4,
                "power_name": ["Russia"] * 4,
                "period": [date(year, 1, 1) for year in years],
                "kind": ["exports"] * 4,
                "share": [0.1] * 4,
                "n": [1] * 4,
                "source_id": ["a", "a", "a", "b"],
            }
        ),
    )
    spec = theme.specification(exposure.chart(table))
    stretches = {row["year"]: row["stretch"] for row in spec["datasets"]["exposure"]}
    assert stretches["2010"] == stretches["2011"]
    assert len({stretches["2011"], stretches["2013"], stretches["2014"]}) == 3


def _last(*estimates: tuple[str, float]) -> list[dict[str, Any]]:
    return [{"power_name": name, "mean": mean, "sd": 0.1} for name, mean in estimates]


@pytest.mark.parametrize(
    ("second", "sureness"),
    [(0.0, "clear"), (0.85, "probable"), (0.99, "open")],
)
def test_a_title_is_no_surer_than_the_lead(second: float, sureness: str) -> None:
    # The difference of two normals with sd 0.1 has sd 0.141: z = 7.1, 1.06, 0.07.
    assert words.closest(_last(("Russia", second), ("United States", 1.0))) == ("the United States", sureness)


def test_captions_say_what_is_seen(kazakhstan: SyntheticAssessment) -> None:
    last = {row["power_name"]: row["mean"] for row in rows.last_rows(kazakhstan.orientation)}
    top = max(last, key=lambda name: last[name])
    caption = orientation.caption(kazakhstan.orientation, "Kazakhstan")
    assert top in caption.title
    assert all(name in caption.description for name in last)
    for each in (
        alignment.caption(kazakhstan.alignment, "Kazakhstan"),
        gap.caption(kazakhstan.gap, "Kazakhstan"),
        drift.caption(kazakhstan.drift, "Kazakhstan"),
        equidistance.caption(kazakhstan.equidistance, "Kazakhstan"),
        evidence.caption(kazakhstan.evidence, "Kazakhstan"),
        exposure.caption(kazakhstan.exposure, "Kazakhstan"),
    ):
        assert each.title
        assert each.subtitle.startswith("Unit:")
        assert len(each.description) > 60


def test_a_caption_survives_an_unknown_probability() -> None:
    known = {"power_name": "Russia", "p_positive": 0.99}
    assert words.signs([known, {"power_name": "China", "p_positive": None}]) == (["Russia"], [])


def _linear(colour: str) -> np.ndarray:
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
SIGHTS = {  # Machado, Oliveira and Fernandes (2009), severity 1
    "usual": np.eye(3),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                              [-0.011820, 0.042940, 0.968881]]),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                            [-0.003882, -0.048116, 1.051998]]),
}  # fmt: skip


def _lab(linear: np.ndarray) -> np.ndarray:
    x, y, z = XYZ @ linear / np.array([0.9505, 1.0, 1.089])
    x, y, z = (np.cbrt(v) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((float(XYZ[1] @ _linear(colour)) for colour in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("background", [theme.LIGHT_BACKGROUND, theme.DARK_BACKGROUND])
def test_colours_hold_on_light_and_dark(background: str) -> None:
    colours = {*theme.POWER_COLOURS.values(), *theme.OTHER_COLOURS, *theme.CHANNEL_COLOURS.values()}
    colours |= {theme.GAP_COLOUR, equidistance.COLOUR}
    assert {colour for colour in colours if _contrast(colour, background) < LEAST_CONTRAST} == set()


@pytest.mark.parametrize("sight", SIGHTS)
def test_powers_can_be_told_apart(sight: str) -> None:
    seen = {
        power: _lab(np.clip(SIGHTS[sight] @ _linear(colour), 0, 1))
        for power, colour in theme.POWER_COLOURS.items()
        if power != "SUN"  # takes Russia's colour
    }
    distances = {
        (one, other): float(np.linalg.norm(seen[one] - seen[other]))
        for one, other in itertools.combinations(seen, 2)
    }
    assert {pair: d for pair, d in distances.items() if d < LEAST_DISTANCE} == {}


def test_each_power_has_its_colour_in_every_chart() -> None:
    assert theme.power_colours(["CHN", "IND", "RUS", "JPN"])[0::2] == ["#B8892B", "#B53C37"]
    assert len(set(theme.power_colours(["CHN", "IND", "RUS", "JPN"]))) == 4


def test_save_writes_pictures_without_a_network(tmp_path: Path, kazakhstan: SyntheticAssessment) -> None:
    chart = overview(kazakhstan)
    assert save(chart, tmp_path / "a.png", 1.0).read_bytes().startswith(b"\x89PNG")
    svg = save(chart, tmp_path / "a.svg").read_text(encoding="utf-8")
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    with pytest.raises(InvalidRequest, match=r"a\.gif.*\.svg, \.png"):
        save(chart, tmp_path / "a.gif")


def test_hostile_titles_stay_text_in_pictures(tmp_path: Path) -> None:
    hostile = synthetic(source_title="</text><script>alert(1)</script>")
    path = save(evidence.chart(hostile.evidence), tmp_path / "evidence.svg")
    tags = {node.tag.rpartition("}")[2] for node in ElementTree.parse(path).iter()}
    assert "script" not in tags


def test_importing_the_figures_does_not_import_altair() -> None:
    code = (
        "import equidistance.figures, sys; sys.exit('altair' in sys.modules or 'vl_convert' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
