"""What a source declares: its card, its reader, and the registry of all sources.

Adding a source touches one file in this folder, its test, and a line in the docs. A source reads the upstream format
exactly and writes nothing; the store writes (:mod:`equidistance.sources.ingest`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib import import_module
from pathlib import Path

import pyarrow as pa

from equidistance.errors import UnknownName


@dataclass(frozen=True)
class Download:
    """One upstream file: where it lies, under which name it is kept, and its checksum where the publisher fixes it."""

    url: str
    filename: str
    sha256: str | None = None


@dataclass(frozen=True)
class Card:
    """What a person must know of a source before using or citing it.

    Attributes:
        name: short name used on the command line, e.g. ``un_votes``.
        title: the publisher's title.
        publisher: who publishes it.
        licence: licence or terms, in words; "none stated" where there is none.
        citation: how to cite it, one line.
        address: landing page or DOI.
        files: glob patterns (base names) of the files the reader takes, each with its layout in words.
        tables: evidence tables the reader fills.
        coverage: from and to, as the publisher states them; ``None`` for "still growing".
        states: which states it covers, in words.
        cadence: how often it is renewed.
        caveats: quirks a user must know.
        rows: minimum and maximum number of accepted records; under the minimum stops, over the maximum warns.
        downloads: upstream files for ``pull``.
        reader_version: raised whenever the reader's output changes, so that a file is read again.
        apart: whether the patterns of ``files`` are alternative publications, the preferred one first, each read as a
            version of its own; otherwise all files found together are one version.
    """

    name: str
    title: str
    publisher: str
    licence: str
    citation: str
    address: str
    files: dict[str, str]
    tables: tuple[str, ...]
    coverage: tuple[date, date | None]
    states: str
    cadence: str
    caveats: tuple[str, ...] = ()
    rows: tuple[int, int] = (1, 10**12)
    downloads: tuple[Download, ...] = ()
    reader_version: int = 1
    apart: bool = False


@dataclass(frozen=True)
class Rejected:
    """A malformed row: where it stands, why it was refused, and its text (cut to 500 characters)."""

    file: str
    line: int
    reason: str
    text: str


@dataclass(frozen=True)
class Reading:
    """What a reader returns.

    Attributes:
        tables: evidence table name -> Arrow table in the schema of :data:`equidistance.evidence.schema.TABLES`.
        coverage: closed intervals of dates inside which the absence of a record means "none", not "unknown".
        rejected: malformed rows, never silently dropped.
        ignored: reason -> number of well-formed rows left out on purpose (aggregates, domestic flows, duplicates).
        notes: sentences for the ingest summary, e.g. the share of event actors resolved to states.
    """

    tables: dict[str, pa.Table]
    coverage: tuple[tuple[date, date], ...]
    rejected: tuple[Rejected, ...] = ()
    ignored: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """A card and the one function that reads the source's files.

    ``read(paths)`` takes one or more files (all belonging to one version) and returns a :class:`Reading`. It raises
    :class:`equidistance.errors.BadFile` when a file as a whole cannot be read as one of the card's layouts.
    """

    card: Card
    read: Callable[[Sequence[Path]], Reading]


_MODULES = (
    "un_votes",
    "un_speeches",
    "icews",
    "gdelt",
    "alliances",
    "memberships",
    "visits_us",
    "visits_china",
    "trade_itpde",
    "trade_kazakhstan",
    "distances",
    "trade_comtrade",
    "trade_comext",
    "trade_armenia",
    "trade_products",
    "exchange_rates",
    "hs_correlations",
    "arms_sipri",
    "finance_china",
    "investment_wiiw",
    "ownership",
    "agreements_desta",
    "agreements_huggo",
    "agreements_us",
    "treaties_un",
    "sanctions_gsdb",
    "meetings_china",
    "polecat",
    "keds",
    "expert_acts",
    "published_numbers",
)


def all_sources() -> dict[str, Source]:
    """Every source by name, in the order of the docs. Each module exposes ``SOURCE``."""
    sources = (import_module(f"equidistance.sources.{module}").SOURCE for module in _MODULES)
    return {source.card.name: source for source in sources}


def get_source(name: str) -> Source:
    """The source called ``name``.

    Raises:
        UnknownName: no such source; the choices list all.
    """
    sources = all_sources()
    if name not in sources:
        raise UnknownName(
            f"There is no source {name!r}.", choices=sorted(sources), hint="See: equidistance sources"
        )
    return sources[name]
