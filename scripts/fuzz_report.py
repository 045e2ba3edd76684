"""Fuzz the page of a check with atheris, when it is installed: python scripts/fuzz_report.py -max_total_time=60

Whatever bytes an article is made of, its page holds the page's own elements and attributes and nothing else.
"""

import sys
from pathlib import Path

try:
    import atheris
except ImportError:
    sys.exit("atheris is not installed: pip install atheris")

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
with atheris.instrument_imports():
    from equidistance.errors import EquidistanceError
    from equidistance.report import claims_page
    from hostile_page import checked_of, harmless_page, only_its_own, style_of

MEDIA = ("", "text/html", "application/pdf", "text/markdown")
STYLE = style_of(harmless_page())


def one(data: bytes) -> None:
    """Read one input as one of the media, and look at every element of its page."""
    media = MEDIA[data[0] % len(MEDIA)] if data else ""
    address = "https://a.example/" + data[1:40].decode("utf-8", "replace")
    try:
        checked = checked_of(data[1:], media, address)
    except EquidistanceError:
        return
    only_its_own(claims_page.render(checked), STYLE)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
