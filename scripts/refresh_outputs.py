"""Run the examples of the documentation and write their outputs into it, or check that they are current (--check).

How a page is written:

- a ``console`` block holds commands after ``$`` (continued after ``>``) and what they print;
- a ``python`` block is run; where it prints, a ``text`` block follows under the comment ``<!-- output -->``;
- a block under the comment ``<!-- not run: why -->`` is left as it is.

All blocks of a page run in order in one empty directory, with a store and a cache of their own, on the shipped data.
"""

import argparse
import contextlib
import io
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = tuple(
    ROOT / name
    for name in (
        "README.md",
        "docs/index.md",
        "docs/tutorial.md",
        "docs/how-to.md",
        "docs/comparing.md",
        "docs/voting.md",
        "docs/ideal-points.md",
        "docs/corridors.md",
    )
)
OUTPUT, NOT_RUN = "<!-- output -->", "<!-- not run:"
_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ .*(?:\n> .*)*", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, the comment on the line above it, where its text starts and ends."""

    language: str
    text: str
    comment: str
    start: int
    end: int

    @property
    def runs(self) -> bool:
        """Whether the block is run."""
        return self.language in ("console", "python") and not self.comment.startswith(NOT_RUN)

    @property
    def commands(self) -> list[str]:
        """The shell commands of a console block."""
        if self.language != "console":
            return []
        return [re.sub(r"^[$>] ", "", found, flags=re.MULTILINE) for found in _COMMAND.findall(self.text)]


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page in order."""
    found = []
    for match in _FENCE.finditer(page):
        above = page[: match.start()].rstrip("\n").rpartition("\n")[2]
        comment = above if above.startswith("<!--") else ""
        found.append(Block(match[1], match[2], comment, match.start(2), match.end(2)))
    return found


def refreshed(path: Path) -> str:
    """The page with the outputs its examples have now.

    Raises:
        RuntimeError: an example fails.
    """
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory).resolve() / "you"
        programs = home / ".programs"
        programs.mkdir(parents=True)
        program = programs / "equidistance"
        program.write_text(
            f"#!{sys.executable}\n"
            "import sys\nfrom equidistance.cli.main import main\nsys.argv[0] = 'equidistance'\nmain()\n"
        )
        program.chmod(0o755)
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("EQUIDISTANCE_") and name != "COLUMNS"
        }
        environment = kept | {
            "HOME": str(home),
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT / "src"),
            "PYTHONIOENCODING": "utf-8",
            "EQUIDISTANCE_STORE": "store.duckdb",  # relative: a long path would wrap lines
            "EQUIDISTANCE_CACHE": "cache",
        }
        done = subprocess.run(
            [sys.executable, __file__, "--run", str(path)],
            cwd=home,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"An example of {path.name} fails:\n{done.stderr}")
        return done.stdout


def _run(page: str) -> str:
    """Run a page's blocks in this process and directory; gives the page with new outputs."""
    names: dict[str, object] = {"__name__": "example"}
    printed = ""
    parts, position = [], 0
    for block in blocks(page):
        text = block.text
        if block.runs and block.language == "console":
            text = _COMMAND.split(text)[0] + "".join(
                f"{shown}\n{_shell(command)}"
                for shown, command in zip(_COMMAND.findall(text), block.commands, strict=True)
            )
        elif block.runs:
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(compile(text, f"<example: {text[:60]}>", "exec"), names)
            printed = out.getvalue()
        elif block.comment == OUTPUT:
            text = printed
        parts += [page[position : block.start], text]
        position = block.end
    return "".join([*parts, page[position:]])


def _shell(command: str) -> str:
    done = subprocess.run(
        ["sh", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    )
    if "Traceback" in done.stdout or "Unexpected error" in done.stdout or done.returncode == 127:
        raise RuntimeError(f"{command}\n{done.stdout}")
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    return "".join(f"{line}\n" for line in lines)


def outdated() -> list[Path]:
    """The pages whose outputs are not what the examples give now."""
    return [path for path in PAGES if path.is_file() and refreshed(path) != path.read_text(encoding="utf-8")]


def main() -> int:
    """Write the outputs; with --check only compare, and exit with 1 where a page differs."""
    parser = argparse.ArgumentParser(description="Refresh the outputs shown in the documentation.")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if an output is outdated"
    )
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        sys.stdout.write(_run(arguments.run.read_text(encoding="utf-8")))
        return 0
    if arguments.check:
        pages = outdated()
        for path in pages:
            print(
                f"{path.relative_to(ROOT)} is outdated; run: python scripts/refresh_outputs.py",
                file=sys.stderr,
            )
        return int(bool(pages))
    for path in PAGES:
        if path.is_file():
            path.write_text(refreshed(path), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
