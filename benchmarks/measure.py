"""How everything here is measured: CPU seconds by the operating system's accounting, each thing in a process of its own.

The machine's speed changes from minute to minute (other work, clock, caches), so nothing is judged by its seconds alone:
what is compared runs in turns, and the ratio quoted is the median of the ratios of neighbours.
"""

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SHARED_DATA = ROOT.parent / "shared" / "data"

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Section:
    """A table of the output: title, what was done, columns, rows of text, and what to know about them."""

    title: str
    text: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = field(default_factory=tuple)

    def markdown(self) -> str:
        """The section for docs and terminal alike."""
        lines = [f"## {self.title}", "", self.text, ""]
        if self.rows:
            lines += ["| " + " | ".join(self.columns) + " |", "|---" * len(self.columns) + "|"]
            lines += ["| " + " | ".join(row) + " |" for row in self.rows]
            lines.append("")
        lines += [f"- {note}" for note in self.notes]
        return "\n".join(lines).rstrip() + "\n"


@dataclass(frozen=True)
class Run:
    """One finished child process."""

    cpu: float  # seconds, user and system, of the child and its own children
    peak: float  # mebibytes of resident memory at its highest
    output: str


def run(command: Sequence[str], **environment: str) -> Run:
    """Run a command to its end and account for it.

    This process must stay small: a child's peak counts what it shared with its parent before it became its own program.

    Raises:
        RuntimeError: the command failed; the message holds what it wrote.
    """
    base = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            list(command), env={**base, **ONE_THREAD, **environment}, stdout=output, stderr=errors
        )
        _, status, used = os.wait4(process.pid, 0)  # the account of this child alone, and of its own children
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} failed:\n{output.read()}\n{errors.read()}")
        return Run(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, output.read())


def call(module: str, function: str, **arguments: Any) -> tuple[Any, Run]:
    """Run a function of a benchmark module in a fresh process; its JSON result, and the process's account.

    The result comes back in a file: what libraries print (DuckDB draws a progress bar when it takes a program without a
    file for a person at a prompt) must not be read as part of it.
    """
    code = (
        f"import sys, json; sys.path.insert(0, {str(HERE)!r}); import {module}; from pathlib import Path; "
        f"Path(sys.argv[2]).write_text(json.dumps({module}.{function}(**json.loads(sys.argv[1]))))"
    )
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        command = [sys.executable, "-c", code, json.dumps(arguments), str(result)]
        done = run(command, PYTHONPATH=str(ROOT / "src"))
        return json.loads(result.read_text(encoding="utf-8")), done


def seconds(action: Callable[[], object]) -> float:
    """CPU seconds that an action takes in this process."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    action()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def allocated(action: Callable[[], object]) -> float:
    """Mebibytes that an action holds at its highest, beyond what there was before it (numpy arrays included)."""
    tracemalloc.start()
    action()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / (1 << 20)


def in_turns(actions: dict[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Measure several things in turns: seconds of each by name, one entry for each round."""
    found: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            found[name].append(action())
    return found


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Median of the ratios of neighbours."""
    return median(a / b for a, b in zip(ours, theirs, strict=True))


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Median with the range, as "1.20 (1.1-1.4)"."""
    low, high = min(values), max(values)
    return f"{median(values):.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


def machine() -> str:
    """The machine and versions the numbers belong to."""
    from importlib.metadata import version

    packages = ("numpy", "pyarrow", "duckdb", "pandas", "statsmodels", "typer")
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    listed = ", ".join(f"{name} {version(name)}" for name in packages)
    return (
        f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB of memory, {platform.system()}, "
        f"Python {platform.python_version()}, {listed}; one thread for linear algebra."
    )
