"""Which files of a directory or an archive belong to a source."""

import shutil
import zipfile
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from equidistance.errors import BadFile, InvalidRequest
from equidistance.evidence.fetch import MAX_BYTES
from equidistance.sources.card import Card

_DATA_SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".parquet")


def find_files(card: Card, directory: Path) -> list[Path]:
    """All data files under ``directory`` whose names fit one of the card's patterns, in a fixed order.

    Raises:
        InvalidRequest: no such directory.
    """
    return [path for edition in editions(card, directory) for path in edition]


def editions(card: Card, directory: Path) -> list[list[Path]]:
    """The card's files under ``directory``, grouped into what is read together.

    Alternative publications (``card.apart``) come last-listed first, so that the preferred one is the newest
    in the store and wins where they hold the same fact.

    Raises:
        InvalidRequest: no such directory.
    """
    if not directory.is_dir():
        raise InvalidRequest(
            f"There is no directory {directory}.", hint=f"Try: equidistance pull {card.name} --from DIR"
        )
    by_pattern: dict[str, list[Path]] = {pattern: [] for pattern in card.files}
    for path in sorted(directory.rglob("*")):
        pattern = _pattern_of(card, path.name)
        if pattern is not None and path.is_file():
            by_pattern[pattern].append(path)
    groups: list[list[Path]] = [group for group in reversed(by_pattern.values()) if group]
    if card.apart or not groups:
        return groups
    return [sorted(path for group in groups for path in group)]


def unpack(archive: Path, card: Card) -> None:
    """Put the members of a zip archive that belong to the source beside it, under their base names.

    Any other file is left as it is.

    Raises:
        BadFile: damaged, encrypted, or too big when unpacked.
    """
    if not zipfile.is_zipfile(archive):
        return
    target = archive.with_name(archive.name + ".files")
    shutil.rmtree(target, ignore_errors=True)  # members of an earlier edition
    target.mkdir(parents=True)
    try:
        with zipfile.ZipFile(archive) as opened:
            wanted = _wanted(card, opened.infolist())
            if sum(member.file_size for member in wanted) > MAX_BYTES:
                raise BadFile(f"{archive} would unpack to more than {MAX_BYTES} bytes.")
            for member in wanted:
                # the base name only: a member must not choose where it is written
                with opened.open(member) as packed, (target / Path(member.filename).name).open("wb") as plain:
                    shutil.copyfileobj(packed, plain)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise BadFile(f"{archive} cannot be unpacked: {error}.", hint="Download it again.") from error


def _wanted(card: Card, members: Sequence[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    return [
        member
        for member in members
        if not member.is_dir() and _pattern_of(card, Path(member.filename).name) is not None
    ]


def _pattern_of(card: Card, name: str) -> str | None:
    """The first pattern that fits a file name; a page or a receipt with a fitting name is no data file."""
    suffix = Path(name).suffix.lower()
    for pattern in card.files:
        explicit = bool(suffix) and pattern.lower().endswith(suffix)
        if fnmatch(name.lower(), pattern.lower()) and (explicit or suffix in _DATA_SUFFIXES):
            return pattern
    return None
