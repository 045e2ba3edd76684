"""The report: one HTML file that opens offline, with charts, their tables, downloads, sources and method."""

import base64
import gzip
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc

from equidistance.figures import (
    alignment,
    breaks,
    drift,
    equidistance,
    evidence,
    exposure,
    gap,
    orientation,
    theme,
)
from equidistance.figures.rows import Assessed
from equidistance.printable import printable
from equidistance.report import cite, twins, vega
from equidistance.tables import Table

if TYPE_CHECKING:
    import altair as alt
    from jinja2 import Environment

_TEMPLATES = Path(__file__).parent / "templates"
_DECIMALS = 5
"""Decimals in the CSV downloads: finer than the simulation error of any estimate."""


@dataclass(frozen=True)
class Figure:
    """One chart of the page with everything around it.

    Attributes:
        key: short name, used for ids and anchors.
        section: heading of the section it opens, or empty when it continues one.
        caption: title, subtitle and description.
        spec: Vega-Lite specification as JSON that is safe inside a script element.
        still: the chart as SVG.
        least: smallest width of one panel, pixels; 0 for a chart without panels.
        twins: the chart's tables.
        download: name of the table whose CSV belongs to the chart, or empty.
    """

    key: str
    section: str
    caption: theme.Caption
    spec: str
    still: str
    least: int
    twins: tuple[twins.Twin, ...]
    download: str


def write(assessment: Assessed, path: str | Path) -> Path:
    """Write the report; at any moment the file is the old one or the whole new one.

    Args:
        assessment: any object with the tables and sentences of an assessment.
        path: where to.

    Returns:
        The path written.

    Raises:
        OSError: the directory cannot be written.
    """
    target = Path(path)
    vega.write_whole(target, render(assessment))
    return target


def render(assessment: Assessed) -> str:
    """The report as HTML text.

    The same assessment gives the same text. The page asks nothing of any network: its policy forbids all
    requests, and only the two scripts it carries may run.

    Args:
        assessment: any object with the tables and sentences of an assessment.
    """
    page = templates()
    scripts = (vega.bundle(), vega.inside_script(read_template("report.js")))
    return page.get_template("report.html").render(
        assessment=assessment,
        figures=figures(assessment),
        sensitivity=_sensitivity(assessment),
        downloads={table.name: _compressed(table) for table in _downloads(assessment)},
        style=page.get_template("report.css").render(theme=theme),
        scripts=scripts,
        script_hashes=[csp_hash(script) for script in scripts],
        citation=cite.text(assessment),
        bibtex=cite.bibtex(assessment),
        readme="data:text/plain;charset=utf-8," + quote(cite.readme(assessment)),
        licence=cite.LICENCE,
        method=cite.METHOD,
        limits=cite.LIMITS,
        settings=json.dumps(dict(assessment.settings), indent=2, ensure_ascii=False, default=str),
    )


def _sensitivity(assessment: Assessed) -> dict[str, object] | None:
    """What the page says of other choices, where they were tried."""
    found = assessment.sensitivity
    if found is None:
        return None
    tables = twins.sensitivity(found.indicators, found.powers)
    return {"sentence": found.sentence, "notes": found.notes, "twins": tables}


def figures(assessment: Assessed) -> list[Figure]:
    """The charts in the order of the page; a chart whose table is empty is left out."""
    a = assessment
    plans = (
        _Plan("alignment", "Alignment", a.alignment, alignment.caption, twins.alignment, 200),
        _Plan("orientation", "Orientation", a.orientation, orientation.caption, twins.orientation),
        _Plan("leads", "", a.orientation, orientation.leads_caption, twins.leads),
        _Plan("equidistance", "Equidistance", a.equidistance, equidistance.caption, twins.equidistance),
        _Plan("gap", "Words and deeds", a.gap, gap.caption, twins.gap, 200),
        _Plan("breaks", "Breaks", a.breaks, breaks.caption, twins.breaks),
        _Plan("drift", "Drift", a.drift, drift.caption, twins.drift, 270),
        _Plan("exposure", "Exposure", a.exposure, exposure.caption, twins.exposure, 200),
        _Plan("evidence", "Evidence", a.evidence, evidence.caption, twins.evidence),
    )
    charts: dict[str, Callable[[Table], alt.TopLevelMixin]] = {
        "alignment": lambda table: alignment.chart(table, a.evidence, a.breaks),
        "orientation": orientation.shares,
        "leads": orientation.leads,
        "equidistance": equidistance.chart,
        "gap": gap.chart,
        "breaks": lambda table: breaks.chart(table, (a.start, a.end)),
        "drift": drift.chart,
        "exposure": lambda table: exposure.chart(table, [power.code for power in a.powers]),
        "evidence": evidence.chart,
    }
    return [_figure(plan, charts[plan.key], a.state.name) for plan in plans if len(plan.table)]


class _Plan(NamedTuple):
    """What a figure is made from; see :class:`Figure`."""

    key: str
    section: str
    table: Table
    caption: Callable[[Table, str], theme.Caption]
    twins: Callable[[Table], tuple[twins.Twin, ...]]
    least: int = 0


def _figure(plan: _Plan, chart: Callable[[Table], "alt.TopLevelMixin"], state: str) -> Figure:
    spec = theme.specification(chart(plan.table), validate=False)  # the figures' tests validate them
    return Figure(
        key=plan.key,
        section=plan.section,
        caption=plan.caption(plan.table, state),
        spec=vega.json_inside_script(spec),
        still=vega.still(spec),
        least=plan.least,
        twins=plan.twins(plan.table),
        download=plan.key if plan.section else "",
    )


def _downloads(assessment: Assessed) -> tuple[Table, ...]:
    return (
        assessment.alignment,
        assessment.orientation,
        assessment.equidistance,
        assessment.gap,
        assessment.breaks,
        assessment.drift,
        assessment.exposure,
        assessment.evidence,
        assessment.sources,
    )


def _compressed(table: Table) -> str:
    """The whole table as CSV, gzipped and in base64; the page unpacks it when asked."""
    columns = {
        name: pc.round(column, _DECIMALS) if pa.types.is_floating(column.type) else column
        for name, column in zip(table.arrow.column_names, table.arrow.columns, strict=True)
    }
    text = Table(table.name, pa.table(columns)).to_csv()
    return base64.b64encode(gzip.compress(text.encode("utf-8"), 9, mtime=0)).decode("ascii")


def templates() -> "Environment":
    """The templates of the pages: everything is escaped, and outside text goes through ``shown``."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    pages = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters["shown"] = lambda value: printable(str(value), 2000)
    return pages


def csp_hash(script: str) -> str:
    """What the page's policy calls a script that may run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")


def read_template(name: str) -> str:
    """A file beside the templates as it is."""
    return (_TEMPLATES / name).read_text(encoding="utf-8")
