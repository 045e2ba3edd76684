"""The Vega libraries for a page that opens offline, and charts as still pictures."""

import contextlib
import json
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

from equidistance.evidence.fetch import cache_directory
from equidistance.writing import whole

_START = "window.vegaEmbed = vegaEmbed;"


def bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script without imports, from the installed vl-convert.

    Putting the bundle together takes seconds, so it is kept in the cache directory under the version it was
    made from. A cache that cannot be written is no error: the bundle is made anew.
    """
    import vl_convert

    kept = cache_directory() / f"vega-{version('vl-convert-python')}.js"
    with contextlib.suppress(OSError, UnicodeDecodeError):
        text = kept.read_text(encoding="utf-8")
        if _complete(text):
            return text
    text = inside_script(vl_convert.javascript_bundle(_START)) + _END
    with contextlib.suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_whole(kept, text)
    return text


_END = "\n// end of the Vega bundle"


def _complete(text: str) -> bool:
    """Whether a kept bundle is whole and cannot end the script element it is put into."""
    return text.endswith(_END) and text == inside_script(text)


def inside_script(code: str) -> str:
    """JavaScript that cannot end, or comment out, the ``<script>`` element around it."""
    return re.sub(r"<(?=/script|!--)", r"\\x3c", code, flags=re.IGNORECASE)


def json_inside_script(value: Any) -> str:
    """JSON for a ``<script type="application/json">`` element: no ``<`` can end the element."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace(
        "<", "\\u003c"
    )


def still(spec: dict[str, Any]) -> str:
    """The chart as SVG without what only a pointer finds: hover columns, and every second period.

    Args:
        spec: Vega-Lite specification as the figures make it.
    """
    import vl_convert

    quiet = {key: value for key, value in spec.items() if key != "params"}
    if "spec" in quiet:
        quiet["spec"] = _without_hover(quiet["spec"])
    quiet = _without_hover(quiet)
    quiet["datasets"] = {name: _thinned(rows) for name, rows in spec["datasets"].items()}
    svg: str = vl_convert.vegalite_to_svg(quiet, allowed_base_urls=[])
    return re.sub(r' d="[^"]*"', _shorter, svg)


def _shorter(path: re.Match[str]) -> str:
    """A path with one decimal, which is finer than any screen."""
    return re.sub(r"\d+\.\d{2,}", lambda number: f"{float(number.group()):.1f}", path.group())


def _without_hover(view: dict[str, Any]) -> dict[str, Any]:
    if "layer" not in view:
        return view
    return {**view, "layer": [layer for layer in view["layer"] if layer["mark"].get("cursor") != "crosshair"]}


def _thinned(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every second period where rows have a ``next`` one; the last period stays."""
    periods = sorted({row["period"] for row in rows if "order" in row or "next" in row})
    kept = set(periods[::-1][::2])
    return [row for row in rows if row.get("period") in kept or not ("order" in row or "next" in row)]


def write_whole(path: Path, text: str) -> None:
    """Write a text file so that a reader sees all of it or the old one, never a part."""
    with whole(path) as part:
        part.write_text(text, encoding="utf-8")
