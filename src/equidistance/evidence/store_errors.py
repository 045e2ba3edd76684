"""What DuckDB and the operating system say about a store, turned into one message a person can act on."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from equidistance.errors import StoreError

_EXPLANATIONS = (
    (
        r"Could not set lock on file|Conflicting lock|being used by another process",
        "The store {path} is in use by another process{pid}; one process may write, or several may read.",
        "Wait until it has finished, or end it, then repeat the command.",
    ),
    (
        r"different configuration than existing connections",
        "The store {path} is open in this program already, in another mode.",
        "Close the other one first.",
    ),
    (
        r"No space left|File too large|Disk quota|[Oo]ut of disk|not enough (disk )?space",
        "There is no room left on the disk of the store {path}; it is as it was before.",
        "Free some space, or name a file on another disk in EQUIDISTANCE_STORE, then repeat the command.",
    ),
    (
        r"Permission denied|Read-only file system|Operation not permitted",
        "The store {path} cannot be written or read with your permissions.",
        "Name another file in EQUIDISTANCE_STORE.",
    ),
    (
        r"Is a directory|Not a directory|File exists",
        "{path} cannot be a store: it, or a folder above it, is not what it should be ({first}).",
        "Name another file in EQUIDISTANCE_STORE.",
    ),
    (
        r"newer version of DuckDB|version number",
        "The store {path} was written by another version of DuckDB ({first}).",
        "Upgrade with: pip install --upgrade duckdb",
    ),
    (
        r"not a valid DuckDB|[Cc]orrupt|checksum|Could not read enough bytes|[Ss]erializ|[Ii]nvalid block",
        "{path} is damaged or no DuckDB file at all ({first}).",
        "Move it away and ingest the sources again: equidistance ingest NAME FILE",
    ),
)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn any error of DuckDB or of the operating system inside the block into a :class:`StoreError`."""
    import duckdb

    try:
        yield
    except (duckdb.Error, OSError) as error:
        said = str(error)
        first = said.splitlines()[0] if said else type(error).__name__
        pid = re.search(r"\(PID (\d+)\)", said)
        for pattern, message, hint in _EXPLANATIONS:
            if re.search(pattern, said):
                named = f" (process {pid[1]})" if pid else ""
                raise StoreError(message.format(path=path, pid=named, first=first), hint=hint) from error
        raise StoreError(f"The store {path} refused: {first}", hint="See: equidistance doctor") from error
