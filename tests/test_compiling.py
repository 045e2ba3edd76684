"""Compiled code that is kept on disk is never out of date."""

import subprocess
import sys
from pathlib import Path

from equidistance.models.compiling import digest

CALLED = """
import numba
from equidistance.models.compiling import compiled
FACTOR = {factor}

@compiled
def called(x):
    return FACTOR * x
"""
CALLING = """
from equidistance.models.compiling import compiled
from called import called

@compiled
def calling(x):
    return called(x) + 1
"""


def test_the_digest_follows_the_files_that_take_part_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "called.py").write_text(CALLED.format(factor=2))
    (tmp_path / "other.py").write_text("x = 1\n")
    before = digest(tmp_path)
    (tmp_path / "other.py").write_text("x = 2\n")
    assert digest(tmp_path) == before
    (tmp_path / "called.py").write_text(CALLED.format(factor=3))
    assert digest(tmp_path) != before


def test_a_function_is_compiled_anew_when_one_that_it_calls_has_changed(tmp_path: Path) -> None:
    """As after an upgrade: the calling file is the same, the called one is not, and what was compiled lies beside."""
    (tmp_path / "calling.py").write_text(CALLING)
    answers = []
    for factor in (2, 3):
        (tmp_path / "called.py").write_text(CALLED.format(factor=factor))
        program = (
            "from pathlib import Path; import equidistance.models.compiling as c; "
            "c._KEPT_AS = c.digest(Path()); import calling; print(calling.calling(10))"
        )
        run = subprocess.run(
            [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        answers.append(run.stdout.strip())
    assert answers == ["21", "31"]
