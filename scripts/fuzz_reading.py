"""Fuzz the readers of texts with atheris, when it is installed: python scripts/fuzz_reading.py -max_total_time=60

Whatever bytes arrive, a document is read with exact offsets or refused with one of our own errors.
"""

import sys
from datetime import date

try:
    import atheris
except ImportError:
    sys.exit("atheris is not installed: pip install atheris")

with atheris.instrument_imports():
    from equidistance.errors import EquidistanceError
    from equidistance.reading.read import read_document
    from equidistance.reading.text import _document

MEDIA = ("", "text/html", "application/pdf", "text/markdown")


def one(data: bytes) -> None:
    """Read one input as one of the media."""
    media = MEDIA[data[0] % len(MEDIA)] if data else ""
    try:
        document = _document(data[1:], media, "fuzz", date(2024, 6, 15), None)
    except EquidistanceError:
        return
    reading = read_document(document)
    for record in (*reading.acts, *reading.claims, *reading.loaded):
        assert document.text[record.start : record.end] == record.quote


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
