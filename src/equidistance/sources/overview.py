"""What there is and how it stands: the list of sources, one card in full, how to cite, and the state of health."""

import json
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path
from typing import Literal

import pyarrow as pa

from equidistance.errors import EquidistanceError, StoreError
from equidistance.evidence.corrections import NEEDS_ATTENTION, for_source
from equidistance.evidence.fetch import cache_directory, sha256_of
from equidistance.evidence.store import SourceVersion, Store, default_path
from equidistance.sources.card import Card, all_sources, get_source
from equidistance.tables import Table

_PACKAGES = ("duckdb", "pyarrow", "ibis-framework", "numpy", "altair", "vl-convert-python", "httpx", "typer", "rich")

Status = Literal["ok", "info", "warning", "error"]


def list_sources(store_path: Path | None = None) -> Table:
    """All sources, one row each: what it is, since and until when, under which licence, and whether it is stored.

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
    return Table("source", _pairs(("field", "value"), rows), {"field": "what", "value": "its value"})


def cite(names: Sequence[str] = (), style: Literal["plain", "bibtex"] = "plain") -> str:
    """How to cite the software and the named sources (all, if none is named).

    Raises:
        UnknownName: no such source.
    """
    cards = [get_source(name).card for name in names] or [source.card for source in all_sources().values()]
    number = _version_of("equidistance")
    if style == "plain":
        software = f"The equidistance developers. equidistance, version {number}. Apache-2.0."
        return "\n".join([software, *(_plain(card) for card in cards)])
    entries = [
        _bibtex("software", "equidistance", title="equidistance", author="{The equidistance developers}",
                version=number, note="Apache-2.0"),
        *(
            _bibtex(
                "misc", card.name, title="{" + _latex(card.title) + "}", author="{" + _latex(card.publisher) + "}",
                url=card.address, note=_latex(f"{card.citation} Licence: {card.licence}"),
            )
            for card in cards
        ),
    ]  # fmt: skip
    return "\n\n".join(entries)


@dataclass(frozen=True)
class Health:
    """The outcome of :func:`doctor`: a table (check, status, detail) and whether nothing is broken."""

    table: Table
    ok: bool


def doctor(store_path: Path | None = None) -> Health:
    """Examine the installation, the store and the cache; nothing is changed and nothing is fetched."""
    path = default_path() if store_path is None else store_path
    rows: list[tuple[str, Status, str]] = [
        ("equidistance", "info", _version_of("equidistance")),
        ("python", "info", platform.python_version()),
        *(_package(name) for name in _PACKAGES),
        *_store_checks(path),
        *_cache_check(),
        *_shipped_data_checks(),
    ]
    described = {"check": "what was looked at", "status": "ok, info, warning or error", "detail": "what was found"}
    table = Table("doctor", _pairs(("check", "status", "detail"), rows), described)
    return Health(table, ok=not any(status == "error" for _, status, _ in rows))


def _store_checks(path: Path) -> list[tuple[str, Status, str]]:
    if not path.exists():
        return [("store", "info", f"none at {path}; make one with: equidistance ingest NAME FILE")]
    try:
        with Store.open(path) as store:
            versions = store.versions()
            rows: list[tuple[str, Status, str]] = [
                ("store", "ok", f"{path}, {len(versions)} source versions, {path.stat().st_size:,} bytes")
            ]
            for version in versions:
                counts = ", ".join(f"{name} {count:,}" for name, count in version.rows.items())
                rejected = f"; {version.rejected:,} rows in quarantine" if version.rejected else ""
                rows.append(("source version", "info", f"{version.source_id}, {version.edition}: {counts}{rejected}"))
                rows += [
                    ("known error", "warning", f"{done.sentence()} ({version.source_id})")
                    for done in store.corrections(version.source_id)
                    if done.status in NEEDS_ATTENTION
                ]
            problems = store.integrity()
    except StoreError as error:
        return [("store", "error", str(error))]
    rows += [("integrity", "error", problem) for problem in problems]
    if not problems:
        rows.append(("integrity", "ok", "every block read; counts as recorded"))
    return rows


def _cache_check() -> list[tuple[str, Status, str]]:
    directory = cache_directory()
    if not directory.is_dir():
        return [("cache", "info", f"empty, {directory}")]
    files = [path for path in directory.rglob("*") if path.is_file()]
    return [("cache", "info", f"{directory}, {len(files)} files, {sum(p.stat().st_size for p in files):,} bytes")]


def _shipped_data_checks() -> list[tuple[str, Status, str]]:
    """Compare the shipped files with their manifest: ``{"files": {name: sha256}}``, where there is one."""
    with resources.as_file(resources.files("equidistance").joinpath("data")) as directory:
        manifest = directory / "manifest.json"
        if not manifest.is_file():
            return [("shipped data", "info", "none")]
        try:
            files: dict[str, str] = json.loads(manifest.read_text(encoding="utf-8"))["files"]
            wrong = [name for name, checksum in files.items() if sha256_of(directory / name) != checksum]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            return [("shipped data", "error", f"cannot be checked: {error}; reinstall the package")]
    if wrong:
        return [("shipped data", "error", f"{', '.join(wrong)} differ from the manifest; reinstall the package")]
    return [("shipped data", "ok", f"{len(files)} files as in the manifest")]


def _stored_versions(store_path: Path | None) -> list[SourceVersion]:
    """The store's versions; none where there is no store, or none that can be read now (``doctor`` says why)."""
    try:
        with Store.open(store_path) as store:
            return store.versions()
    except EquidistanceError:
        return []


def _package(name: str) -> tuple[str, Status, str]:
    number = _version_of(name)
    return (name, "info", number) if number != "unknown" else (name, "error", "not installed")


def _version_of(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "unknown"


def _pairs(names: Sequence[str], rows: Sequence[Sequence[str]]) -> pa.Table:
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
