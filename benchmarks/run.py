"""All benchmarks, one command: ``python benchmarks/run.py [--full] [--only NAME,...] [--write]``.

Prints one table for each part. ``--full`` adds what takes long: a new environment, more rounds.
``--write`` puts the tables into docs/benchmarks.md, between its markers.
"""

import argparse
import re
import sys
import time
from collections.abc import Callable

import coding
import corridors
import everything
import hidden
import ideal_plane
import ideal_points
import ingest
import outofsample
import predictive
import reexports
import smoother
import startup
import tails
from measure import ROOT, Section, machine

PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- begin: benchmarks/run.py -->", "<!-- end: benchmarks/run.py -->"


def parts(full: bool) -> dict[str, Callable[[], Section]]:
    """Every part by name."""
    always: dict[str, Callable[[], Section]] = {
        "startup": startup.startup,
        "first": lambda: startup.first_assessment(full=full),
        "shape": smoother.known_shape,
        "panel": smoother.real_panel,
        "growth": smoother.growth,
        "ingest": lambda: ingest.ingest(full=full),
        "everything": everything.all_states,
        "breaks": tails.breaks_beside_pelt,
        "coverage": lambda: predictive.coverage(full=full),
        "hidden": hidden.hidden_evidence,
        "nextyear": lambda: outofsample.value(full=full),
        "distances": corridors.distances,
        "searches": corridors.searches,
        "assignment": corridors.assignment,
        "rerouting": lambda: reexports.rerouting(full=full),
        "comext": reexports.comext,
        "armenia": reexports.armenia,
    }
    always |= ideal_points.parts(full)
    always |= ideal_plane.parts()
    always |= coding.parts(full)
    slow = {
        "millions": reexports.millions,
        "degrees": tails.degrees_of_freedom,
        "tails": tails.coverage,
    }
    return always | (slow if full else {})


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="with what takes long (about twenty minutes)")
    parser.add_argument("--only", default="", help=f"some parts, comma-separated: {', '.join(parts(True))}")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    options = parser.parse_args()
    available = parts(options.full)
    chosen = [name for name in options.only.split(",") if name] or list(available)
    unknown = [name for name in chosen if name not in available]
    if unknown:
        parser.error(f"no part {', '.join(unknown)}; choose from {', '.join(available)} (fit, millions, degrees, tails and ideal-twice need --full)")
    command = "python benchmarks/run.py" + "".join(f" {word}" for word in sys.argv[1:] if word != "--write")
    written = [f"Made with `{command}`. {machine()}\n"]
    print(written[0])
    for name in chosen:
        before = time.monotonic()
        text = available[name]().markdown()
        print(text)
        print(f"({name}: {time.monotonic() - before:.0f} s)\n", file=sys.stderr)
        written.append(text)
    if options.write:
        _write("\n".join(written))


def _write(text: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    pattern = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    if not pattern.search(page):
        raise SystemExit(f"{PAGE} has lost its markers {BEGIN} and {END}.")
    PAGE.write_text(pattern.sub(lambda _: f"{BEGIN}\n\n{text}\n{END}", page), encoding="utf-8")


if __name__ == "__main__":
    main()
