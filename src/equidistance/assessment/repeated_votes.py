"""Which roll calls repeat each other: resolutions that come back with the same content bridge the sessions."""

import csv
import itertools
import re
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from equidistance.errors import BadFile

_APART = 2
"""Repetitions further apart than so many sessions are not linked by title: the same words may mean something else."""
_NOISE = re.compile(
    r"\b(?:a/)?(?:res|c\.\d|l)[./][\w./-]*|\(.*?\)|\b\d+\w*\b|[^\w\s]|\b(?:of|the|on|in|and|to|for|a)\b"
)


def linked_items(rolls: pa.Table, matches: str | Path | None) -> list[int]:
    """The item of each roll call: its own row, or the row of the earliest roll call that it repeats.

    Args:
        rolls: ``roll_call``, ``session``, ``title``, ordered by date.
        matches: a CSV file with columns ``rcid1`` and ``rcid2`` (as the authors' Matches.csv: the second repeats the
            first; of several firsts the earliest counts), or None: by title. By title a roll call repeats the one of
            the session before (or the one before that) if both are the only roll calls of their session with this
            title, numbers and document symbols set aside.

    Raises:
        BadFile: the file cannot be read or has not these columns.
    """
    names = rolls["roll_call"].to_pylist()
    row = {name: number for number, name in enumerate(names)}
    earlier = _by_file(Path(matches), row) if matches is not None else _by_title(rolls)
    return [_root(number, earlier) for number in range(len(names))]


def _root(number: int, earlier: dict[int, int]) -> int:
    while number in earlier:
        number = earlier[number]
    return number


def _by_file(path: Path, row: dict[str, int]) -> dict[int, int]:
    try:
        with path.open(encoding="utf-8-sig", errors="strict", newline="") as text:
            reader = csv.DictReader(text)
            if not {"rcid1", "rcid2"} <= set(reader.fieldnames or ()):
                raise BadFile(
                    f"{path.name} has no columns rcid1 and rcid2.",
                    hint="Each row names two roll calls of the same content, the earlier first.",
                )
            pairs = [(_number(path, line, "rcid1"), _number(path, line, "rcid2")) for line in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadFile(f"{path.name} cannot be read: {error}.", hint="Give a CSV file.") from error
    # the authors' numbers are those of the publisher; the file names roll calls that other editions lack
    firsts: dict[int, int] = {}
    for first, second in pairs:
        firsts[second] = min(first, firsts.get(second, first))
    earlier: dict[int, int] = {}
    for second in firsts:
        here, there = row.get(f"rcid:{second}"), _known(firsts, second, row)
        if here is not None and there is not None and here != there:
            earlier[here] = there
    return {second: first for second, first in earlier.items() if first < second}


def _number(path: Path, line: dict[str, str], column: str) -> int:
    try:
        return int(line[column])
    except (TypeError, ValueError) as error:
        raise BadFile(f"{path.name}: {line[column]!r} in {column} is not a roll-call number.") from error


def _known(firsts: dict[int, int], second: int, row: dict[str, int]) -> int | None:
    """The row of what ``second`` repeats; where that is not at hand, of what it repeats in its turn."""
    seen = {second}
    while second in firsts and firsts[second] not in seen:
        second = firsts[second]
        seen.add(second)
        if (found := row.get(f"rcid:{second}")) is not None:
            return found
    return None


def _by_title(rolls: pa.Table) -> dict[int, int]:
    titles: dict[str, dict[int, list[int]]] = {}
    texts: Sequence[str | None] = rolls["title"].to_pylist()
    for number, (text, session) in enumerate(zip(texts, rolls["session"].to_pylist(), strict=True)):
        key = " ".join(_NOISE.sub(" ", (text or "").casefold()).split())
        if len(key) >= 12:  # a shorter rest names a subject, not a resolution
            titles.setdefault(key, {}).setdefault(session, []).append(number)
    earlier = {}
    for sessions in titles.values():
        alone = sorted((session, numbers[0]) for session, numbers in sessions.items() if len(numbers) == 1)
        for (before, first), (after, second) in itertools.pairwise(alone):
            if after - before <= _APART:
                earlier[second] = first
    return earlier
