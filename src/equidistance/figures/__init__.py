"""Figures: functions from a result table to an Altair chart, for notebooks, pictures and the report alike."""

from equidistance.figures.overview import overview
from equidistance.figures.theme import save

__all__ = ["overview", "save"]
