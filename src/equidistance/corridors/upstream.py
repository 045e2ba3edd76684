"""The source files of the network in their formats: Natural Earth, searoute-py, World Port Index, Factbook."""

import csv
import gzip
import json
import re
import sqlite3
import struct
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from equidistance.corridors.geometry import Floats
from equidistance.errors import BadFile

FILES: dict[str, tuple[str, str, str]] = {
    "ne_10m_railroads_from_z8_tiles.gpkg": (
        "Natural Earth 1:10m railroads, version 4 and before",
        "https://www.naturalearthdata.com",
        "public domain",
    ),
    "natural_earth/ne_50m_admin_0_countries.json.gz": (
        "Natural Earth 1:50m countries",
        "https://www.naturalearthdata.com",
        "public domain",
    ),
    "natural_earth/ne_10m_admin_0_boundary_lines_land.json.gz": (
        "Natural Earth 1:10m boundary lines",
        "https://www.naturalearthdata.com",
        "public domain",
    ),
    "natural_earth/ne_10m_populated_places_simple.json.gz": (
        "Natural Earth 1:10m populated places",
        "https://www.naturalearthdata.com",
        "public domain",
    ),
    "marnet_searoute.geojson": (
        "Sea lanes of searoute-py",
        "https://github.com/genthalili/searoute-py",
        "Apache-2.0",
    ),
    "WPI_UpdatedPub150.csv": (
        "World Port Index, NGA Pub. 150",
        "https://msi.nga.mil/Publications/WPI",
        "public domain (United States government)",
    ),
    "factbook_rail_gauge.csv": (
        "The World Factbook, railways by gauge",
        "https://github.com/factbook/factbook.json",
        "public domain",
    ),
}
"""Every file that a build reads: title, where a user gets it, licence."""

WINDOW = (-12.0, 0.0, 180.0, 82.0)
"""Eurasia: least longitude and latitude, greatest longitude and latitude."""

_NOT_EURASIA = ("North America", "South America", "Oceania", "Africa")

STATE_OF_NE = {
    "KOS": "XKX",
    "PSX": "PSE",
    "CYN": "CYP",
    "SDS": "SSD",
    "SAH": "MAR",
    "KAS": "IND",
    "HKG": "CHN",
    "MAC": "CHN",
    "SOL": "SOM",
    "ALD": "FIN",
    "GGY": "GBR",
    "JEY": "GBR",
    "IMN": "GBR",
    "FRO": "DNK",
    "IOT": "GBR",
    "KAB": "KAZ",
}
"""Natural Earth's own codes, and territories that are no state, as the state whose railways they are."""


def digests(directory: Path) -> dict[str, str]:
    """The SHA-256 of every file of a build.

    Raises:
        BadFile: one is missing; the hint says where to get it.
    """
    found = {}
    for name, (title, address, _) in FILES.items():
        path = directory / name
        if not path.is_file():
            raise BadFile(
                f"There is no file {path} ({title}).",
                choices=list(FILES),
                hint=f"Get it from {address} and give the directory with --from.",
            )
        found[name] = sha256(path.read_bytes()).hexdigest()
    return found


def railways(path: Path) -> list[Floats]:
    """Railway lines of Eurasia as arrays of shape (points, 2); ferries are left out.

    Raises:
        BadFile: not a GeoPackage, or one cut short.
    """
    west, south, _, _ = WINDOW
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
        query = "select geom, featurecla, continent from ne_10m_railroads_from_z8_tiles"
        found = connection.execute(query).fetchall()
        connection.close()
    except sqlite3.DatabaseError as error:
        raise BadFile(
            f"{path} is not a whole GeoPackage ({error}).", hint="Copy or download it again."
        ) from error
    lines = []
    for blob, kind, continent in found:
        line = _line(blob, path)
        inside = (line[:, 0].max() >= west) and (line[:, 1].max() >= south)
        if inside and kind != "Railroad ferry" and continent not in _NOT_EURASIA:
            lines.append(line)
    return lines


def _line(blob: bytes, path: Path) -> Floats:
    """A GeoPackage geometry that is a line string (GeoPackage 1.3, section 2.1.3)."""
    envelope = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}.get((blob[3] >> 1) & 7, 0) if len(blob) > 8 else 0
    body = blob[8 + envelope :]
    if len(body) < 9 or body[0] != 1 or struct.unpack_from("<I", body, 1)[0] != 2:
        raise BadFile(
            f"{path} holds a geometry that is not a line.", hint="Use the file named in the manifest."
        )
    count = struct.unpack_from("<I", body, 5)[0]
    return np.frombuffer(body, "<f8", 2 * count, 9).reshape(-1, 2)


def features(path: Path) -> list[dict[str, Any]]:
    """The features of a GeoJSON file, plain or gzipped.

    Raises:
        BadFile: not GeoJSON, or one cut short.
    """
    opener: Callable[[Path], Any] = gzip.open if path.suffix == ".gz" else Path.open
    try:
        with opener(path) as file:
            content = json.load(file)
        return list(content["features"])
    except (ValueError, EOFError, KeyError, TypeError, OSError) as error:
        raise BadFile(
            f"{path} is not a whole GeoJSON file ({error}).", hint="Copy or download it again."
        ) from error


def ports(path: Path) -> list[tuple[str, float, float]]:
    """Ports of Eurasia, large, medium, or with a container facility: name, longitude, latitude."""
    west, south, _, _ = WINDOW
    found = []
    for row in _table(
        path, ("Main Port Name", "Harbor Size", "Facilities - Container", "Longitude", "Latitude")
    ):
        try:
            lon, lat = float(row["Longitude"]), float(row["Latitude"])
        except ValueError as error:
            raise BadFile(f"{path}: {row['Main Port Name']!r} has no position.") from error
        wanted = row["Harbor Size"] in ("Large", "Medium") or row["Facilities - Container"] == "Yes"
        if wanted and lon >= west and lat >= south:
            found.append((row["Main Port Name"], lon, lat))
    return found


def gauges(path: Path) -> dict[str, int]:
    """Factbook country name -> the gauge in mm of the greatest length."""
    length: dict[str, dict[int, float]] = {}
    for row in _table(path, ("country", "gauge_mm", "text")):
        found = re.search(r"([\d,.]+) km", row["text"])
        named = set(filter(None, row["gauge_mm"].split(";")))
        if len(named) == 1 and found:  # dual gauge, as 1435;1000, counts for neither
            kilometres = float(found.group(1).replace(",", ""))
            here = length.setdefault(row["country"], {})
            gauge = int(named.pop())
            here[gauge] = here.get(gauge, 0.0) + kilometres
    return {country: max(here, key=lambda gauge: here[gauge]) for country, here in length.items()}


def _table(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = set(columns) - set(reader.fieldnames or ())
        if missing:
            raise BadFile(f"{path} lacks the columns {', '.join(sorted(missing))}.")
        rows = []
        for row in reader:
            if None in row or None in row.values():
                raise BadFile(
                    f"{path}:{reader.line_num} has not {len(reader.fieldnames or ())} cells: cut short or changed.",
                    hint="Copy or download it again.",
                )
            rows.append(row)
        return rows
