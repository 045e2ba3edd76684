"""The terminal: where tables go, how progress shows, and what outside text may not do there."""

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from equidistance.errors import InvalidRequest

if TYPE_CHECKING:
    from rich.console import Console

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def console(*, stderr: bool = False) -> "Console":
    """A console as wide as the terminal; piped output is wide, unless COLUMNS says otherwise."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    known = stream.isatty() or os.environ.get("COLUMNS", "").isdigit()
    return Console(stderr=stderr, width=None if known else 160, highlight=False)


def safe(text: object) -> str:
    """Outside text without control characters, direction overrides or markup."""
    from rich.markup import escape

    return escape(_CONTROL.sub("", str(text)))


def terminal_safe(text: str) -> str:
    """JSON escapes the C0 controls itself; C1 controls and marks that reorder text are left to us."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", "\ufffd", text)


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """A progress line on standard error for slow work; silent when standard error is not a terminal.

    Yields:
        A function of (what is being done, how much is done, how much there is; 0 when not known).
    """
    if not sys.stderr.isatty():
        yield lambda what, done, total: None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("Working", total=None)

        def report(what: str, done: int, total: int) -> None:
            bar.update(task, description=safe(what), completed=done, total=total or None)

        yield report


def refuse_unwritable(out: Path, endings: tuple[str, ...]) -> None:
    """What is wrong with the name of a result is said before the work, not after it."""
    if out.suffix not in endings:
        raise InvalidRequest(f"Cannot tell the format of {out} from its ending.", choices=endings)
    if out.is_dir():
        raise InvalidRequest(f"{out} is a directory.", hint="Name a file in --out.")
    if not out.parent.is_dir():
        raise InvalidRequest(
            f"There is no directory {out.parent} to write {out.name} into.",
            hint=f"Make it with: mkdir -p {out.parent}",
        )
