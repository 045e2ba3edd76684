"""Figures: functions from a result table to an Altair chart; notebooks, pictures and the report use the same
ones.
"""

from equidistance.figures.overview import overview
from equidistance.figures.theme import save

__all__ = ["overview", "save"]
