"""A page with a map and its tables that opens offline: no script, no request."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from equidistance import __version__
from equidistance.figures import theme
from equidistance.printable import printable
from equidistance.report.vega import write_whole
from equidistance.tables import Table

if TYPE_CHECKING:
    import altair as alt

_TEMPLATES = Path(__file__).parent / "templates"


def write(
    chart: "alt.TopLevelMixin",
    path: Path,
    *,
    title: str,
    lines: Sequence[str],
    description: str,
    tables: Sequence[Table],
    sources: Sequence[str],
) -> Path:
    """Write the page; at any moment the file is the old one or the whole new one.

    Args:
        chart: the map.
        path: where to.
        title: heading.
        lines: paragraphs under it.
        description: the map in words.
        tables: what the map shows, in numbers.
        sources: where the network comes from.

    Raises:
        OSError: the directory cannot be written.
    """
    import jinja2
    import vl_convert

    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True)
    environment.filters["shown"] = lambda value: printable(str(value), 2000)
    svg = vl_convert.vegalite_to_svg(theme.specification(chart, validate=False), allowed_base_urls=[])
    text = environment.get_template("corridor.html").render(
        version=__version__,
        title=title,
        lines=lines,
        description=description,
        svg=re.sub(r"(\d+\.\d)\d+", r"\1", svg),
        tables=tables,
        sources=sources,
    )
    write_whole(path, text)
    return path
