"""A finding as one HTML file that opens offline: pictures with their tables, further tables, notes and sources."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from equidistance import __version__
from equidistance.figures import theme
from equidistance.report import vega
from equidistance.report.html import csp_hash, read_template, templates
from equidistance.report.twins import Twin
from equidistance.tables import Table


@dataclass(frozen=True)
class Section:
    """A part of the page: a table, and the chart above it where there is one.

    Attributes:
        key: anchor.
        title, subtitle: heading, and how to read it.
        twin: the table.
        still: the chart as SVG, or empty.
        spec: its specification where it is interactive, or empty.
        description: the chart in words.
    """

    key: str
    title: str
    subtitle: str
    twin: Twin
    still: str = ""
    spec: str = ""
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class Page:
    """What a page says.

    Attributes:
        title: of the window.
        kicker: the subject, above the finding.
        headline: the finding.
        notes: what the reader must know.
        figures: sections with a chart.
        tables: sections without; empty tables are left out.
        sources: the source versions used: source_id, n, citation, licence.
        counted: what ``n`` counts.
        settings: what was asked for.
    """

    title: str
    kicker: str
    headline: str
    notes: Sequence[str]
    figures: Sequence[Section]
    tables: Sequence[Section]
    sources: Table
    counted: str = "votes"
    settings: Mapping[str, Any]


def render(page: Page) -> str:
    """The page as HTML text; its policy forbids all requests, and only the two scripts it carries may run."""
    pages = templates()
    scripts = (vega.bundle(), vega.inside_script(read_template("report.js")))
    return pages.get_template("finding.html").render(
        page=page,
        version=__version__,
        figures=page.figures,
        tables=[section for section in page.tables if section.twin.rows],
        style=pages.get_template("report.css").render(theme=theme),
        scripts=scripts,
        script_hashes=[csp_hash(script) for script in scripts],
        settings=json.dumps(page.settings, indent=2, ensure_ascii=False),
    )
