"""Start-up, and the first assessment after installation."""

import sys
import tempfile
from pathlib import Path

from measure import ROOT, Section, in_turns, ratio, run, spread

MAIN = "from equidistance.cli.main import main; main()"
EMPTY_APP = """
import typer
app = typer.Typer(rich_markup_mode=None)
@app.command()
def hello(name: str) -> None:
    "Say hello."
app()
"""
HELP_TARGET, FIRST_TARGET = 0.3, 4.0
"""CPU seconds the project promises for ``--help`` and for the first assessment."""


def startup() -> Section:
    """``--help`` and ``import equidistance`` beside the least that Python and typer need."""
    source = str(ROOT / "src")

    def python(code: str, *arguments: str) -> float:
        return run([sys.executable, "-c", code, *arguments], PYTHONPATH=source).cpu

    python(MAIN, "--help")  # bytecode and file cache are warm from here on
    found = in_turns(
        {
            "`python -c pass`": lambda: python("pass"),
            "`import equidistance`": lambda: python("import equidistance"),
            "`--help` of an empty typer app": lambda: python(EMPTY_APP, "--help"),
            "`equidistance --help`": lambda: python(MAIN, "--help"),
            "`equidistance version`": lambda: python(MAIN, "version"),
        },
        rounds=9,
    )
    least = found["`python -c pass`"]
    rows = [(name, spread(values, 3), f"{ratio(values, least):.1f}") for name, values in found.items()]
    return Section(
        "Start-up",
        f"CPU seconds, median (range) of 9 runs in turns. Target for `--help`: under {HELP_TARGET} s.",
        ("command", "CPU s", "ratio to `python -c pass`"),
        rows,
    )


def first_assessment(*, full: bool) -> Section:
    """``assess KAZ`` on shipped data: with nothing compiled, compiled, and with the report."""
    rows, rounds = [], 5 if full else 2
    with tempfile.TemporaryDirectory() as scratch:
        places = {"this interpreter": (sys.executable, str(ROOT / "src"))}
        if full:
            places["new environment"] = (_install(Path(scratch) / "venv"), "")
        for place, (python, source) in places.items():
            rows += [(place, *row) for row in _assessments(python, source, Path(scratch), rounds)]
    return Section(
        "First assessment",
        "`equidistance assess KAZ` on shipped data with an empty cache and no store, CPU seconds, median (range) of "
        f"{rounds} runs in turns. Target for the first one: under {FIRST_TARGET:.0f} s. *Nothing compiled* means that no module, "
        "not even of the standard library or of pandas, has bytecode: stricter than any installation with pip, which "
        "compiles what it installs."
        + (" The new environment was made with `python -m venv` and `pip install`." if full else ""),
        ("where", "what", "CPU s", "ratio to compiled", "peak MiB"),
        rows,
    )


def _assessments(python: str, source: str, scratch: Path, rounds: int) -> list[tuple[str, ...]]:
    peaks: dict[str, float] = {}

    def assess(what: str, *arguments: str, compiled: bool = True) -> float:
        with tempfile.TemporaryDirectory(dir=scratch) as empty:
            environment = {
                "EQUIDISTANCE_CACHE": f"{empty}/cache",
                "EQUIDISTANCE_STORE": f"{empty}/store.duckdb",
                **({"PYTHONPATH": source} if source else {}),
                **(
                    {}
                    if compiled
                    else {"PYTHONPYCACHEPREFIX": f"{empty}/bytecode", "PYTHONDONTWRITEBYTECODE": "1"}
                ),
            }
            done = run([python, "-c", MAIN, "assess", "KAZ", *arguments], **environment)
        peaks[what] = max(done.peak, peaks.get(what, 0.0))
        return done.cpu

    report = str(scratch / "report.html")
    first = assess("first run")
    found = in_turns(
        {
            "`python -c pass`, for scale": lambda: run([python, "-c", "pass"]).cpu,
            "compiled": lambda: assess("compiled"),
            "nothing compiled": lambda: assess("nothing compiled", compiled=False),
            "compiled, with `--out report.html`": lambda: assess(
                "compiled, with `--out report.html`", "--out", report
            ),
        },
        rounds,
    )
    warm = found["compiled"]
    rows = [
        (name, spread(values), f"{ratio(values, warm):.3g}", f"{peaks[name]:.0f}" if name in peaks else "")
        for name, values in found.items()
    ]
    peak = f"{peaks['first run']:.0f}"
    return [("the very first run (once)", f"{first:.2f}", f"{first / warm[0]:.3g}", peak), *rows]


def _install(directory: Path) -> str:
    """A new virtual environment with the project in it; its interpreter."""
    run([sys.executable, "-m", "venv", str(directory)])
    python = str(directory / "bin" / "python")
    run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(ROOT)])
    return python
