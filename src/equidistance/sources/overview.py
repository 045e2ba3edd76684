"""What there is and how it stands: the list of sources, one card in full, how to cite."""

import re
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Literal

import pyarrow as pa

from equidistance import __version__
from equidistance.errors import StoreError
from equidistance.evidence.corrections import for_source
from equidistance.evidence.store import SourceVersion, Store
from equidistance.sources.card import Card, all_sources, get_source
from equidistance.tables import Table


def list_sources(store_path: Path | None = None) -> Table:
    """All sources, one row each: what it is, its coverage, its licence, and what is stored of it.

    ``in_store`` is empty where the store holds nothing of the source, or there is no readable store.
    """
    held: dict[str, list[SourceVersion]] = {}
    for version in _stored_versions(store_path):
        held.setdefault(version.source, []).append(version)
    rows = []
    for card in (source.card for source in all_sources().values()):
        versions = held.get(card.name, [])
        rows.append(
            {
                "name": card.name,
                "title": card.title,
                "tables": ", ".join(card.tables),
                "from": card.coverage[0],
                "to": card.coverage[1],
                "licence": card.licence,
                "cadence": card.cadence,
                "in_store": "; ".join(version.edition or version.source_id for version in versions),
                "records": sum(sum(version.rows.values()) for version in versions),
            }
        )
    text = ("name", "title", "tables", "licence", "cadence", "in_store")
    schema = pa.schema(
        [
            *(pa.field(name, pa.string()) for name in text[:3]),
            pa.field("from", pa.date32()),
            pa.field("to", pa.date32()),
            *(pa.field(name, pa.string()) for name in text[3:]),
            pa.field("records", pa.int64()),
        ]
    )
    described = {
        "name": "name on the command line",
        "title": "the publisher's title",
        "tables": "evidence tables it fills",
        "from": "first date covered",
        "to": "last date covered; empty: still growing",
        "licence": "licence or terms",
        "cadence": "how often it is renewed",
        "in_store": "editions in the store; empty: none",
        "records": "records in the store",
    }
    return Table("sources", pa.Table.from_pylist(rows, schema=schema), described)


def describe_source(name: str, store_path: Path | None = None) -> Table:
    """The whole card of one source, its known errors and what the store holds of it: columns field, value.

    Raises:
        UnknownName: no such source.
    """
    card = get_source(name).card
    start, end = card.coverage
    rows = [
        ("name", card.name),
        ("title", card.title),
        ("publisher", card.publisher),
        ("licence", card.licence),
        ("citation", card.citation),
        ("address", card.address),
        ("coverage", f"{start} to {end or 'now'}"),
        ("states", card.states),
        ("cadence", card.cadence),
        ("tables", ", ".join(card.tables)),
        *(("file", f"{pattern}: {layout}") for pattern, layout in card.files.items()),
        *(("download", download.url) for download in card.downloads),
        *(("caveat", caveat) for caveat in card.caveats),
        *(("known error", f"{known.id}: {known.reason} ({known.status})") for known in for_source(name)),
        *(
            ("in store", f"{version.source_id}, {version.edition}, retrieved {version.retrieved_at:%Y-%m-%d}")
            for version in _stored_versions(store_path)
            if version.source == name
        ),
    ]
    return Table("source", text_table(("field", "value"), rows), {"field": "what", "value": "its value"})


def cite(names: Sequence[str] = (), style: Literal["plain", "bibtex"] = "plain") -> str:
    """How to cite the software and the named sources (all, if none is named).

    Raises:
        UnknownName: no such source.
    """
    cards = [get_source(name).card for name in names] or [source.card for source in all_sources().values()]
    number = __version__
    if style == "plain":
        software = f"The equidistance developers. equidistance, version {number}. Apache-2.0."
        return "\n".join([software, *(_plain(card) for card in cards)])
    entries = [
        _bibtex("software", "equidistance", title="equidistance", author="{The equidistance developers}",
                version=number, note="Apache-2.0"),
        *(
            _bibtex(
                "misc", card.name, title="{" + _latex(card.title) + "}",
                author="{" + _latex(card.publisher) + "}", url=card.address,
                note=_latex(f"{card.citation} Licence: {card.licence}"),
            )
            for card in cards
        ),
    ]  # fmt: skip
    return "\n\n".join(entries)


def _stored_versions(store_path: Path | None) -> list[SourceVersion]:
    """The store's versions; none where no store can be read now (``doctor`` says why)."""
    try:
        with Store.open(store_path) as store:
            return store.versions()
    except StoreError:
        return []


def version_of(package: str) -> str:
    """The installed version of a package, or ``unknown``."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "unknown"


def text_table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> pa.Table:
    """Rows of text as an Arrow table."""
    return pa.table(
        {name: pa.array([row[position] for row in rows], pa.string()) for position, name in enumerate(names)}
    )


def _plain(card: Card) -> str:
    return f"{card.name}: {card.citation.rstrip('.')}. {card.address} Licence: {card.licence}."


def _bibtex(kind: str, key: str, **fields: str) -> str:
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items()]
    return f"@{kind}{{{key},\n" + ",\n".join(lines) + "\n}"


def _latex(text: str) -> str:
    """Text with the characters that mean something to LaTeX escaped."""
    return re.sub(r"([&%$#_{}])", r"\\\1", text)
