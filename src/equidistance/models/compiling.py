"""How loops are compiled: once, and kept on disk beside the package (or in the user's cache).

numba keeps a function by the text of the file it stands in, while the machine code also holds the functions it calls
and the constants it uses from other files. So a kept function is named after the text of all files that take part: when
one of them changes, everything is compiled anew and nothing of it is out of date.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba


def digest(folder: Path) -> str:
    """Twelve hexadecimal digits that change with any file of the folder that takes part in compiled code."""
    texts = (path.read_bytes() for path in sorted(folder.glob("*.py")))
    parts = (text for text in texts if b"models.compiling" in text or b"numba" in text)
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


_KEPT_AS = digest(Path(__file__).parent)


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function."""
    return _kept(function)


def released(function: Callable[..., Any]) -> Any:
    """Compile a function that runs in threads side by side."""
    return _kept(function, nogil=True)


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a function into those that call it."""
    return _kept(function, inline="always")


def _kept(function: Callable[..., Any], **options: Any) -> Any:
    function.__qualname__ += f"_{_KEPT_AS}"
    return numba.njit(cache=True, error_model="numpy", **options)(function)
