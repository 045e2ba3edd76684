"""Lengths on the Earth and compact line shapes."""

import numpy as np
from numpy.typing import NDArray

EARTH_KM = 6371.0088
SCALE = 10_000  # units of 1e-4 degree, about ten metres

Floats = NDArray[np.float64]


def great_circle(lon1: Floats, lat1: Floats, lon2: Floats, lat2: Floats) -> Floats:
    """Kilometres between points in degrees (haversine), elementwise."""
    phi1, phi2 = np.radians(lat1), np.radians(lat2)
    half = np.sin((phi2 - phi1) / 2) ** 2
    half = half + np.cos(phi1) * np.cos(phi2) * np.sin(np.radians(lon2 - lon1) / 2) ** 2
    distance: Floats = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return distance


def length_km(line: Floats) -> float:
    """Length of a line of shape (points, 2) in degrees."""
    if len(line) < 2:
        return 0.0
    return float(great_circle(line[:-1, 0], line[:-1, 1], line[1:, 0], line[1:, 1]).sum())


def encode(line: Floats) -> list[int]:
    """A line as integers: the first point, then differences, so that it compresses."""
    units = np.rint(line * SCALE).astype(np.int64)
    return [int(value) for value in np.diff(units, axis=0, prepend=[[0, 0]]).ravel()]


def decode(shape: "NDArray[np.int64] | list[int]") -> Floats:
    """The line that :func:`encode` was given, to 1e-4 degree."""
    line: Floats = np.cumsum(np.asarray(shape, dtype=np.int64).reshape(-1, 2), axis=0) / SCALE
    return line
