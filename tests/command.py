"""The command as a person runs it, inside the test's process: quick, and with the real exit status."""

import sys

import pytest

from equidistance.cli import main as command_line


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: object
) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of one command, run in this process."""
    monkeypatch.setattr(sys, "argv", ["equidistance", *map(str, arguments)])
    try:
        command_line.main()
        status = 0
    except SystemExit as stop:
        status = int(stop.code or 0)
    out, err = capsys.readouterr()
    return status, out, err
