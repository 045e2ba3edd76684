"""Measure a state's multi-vector foreign policy: how close it stands to each power, in words and in deeds.

>>> import equidistance as eq
>>> kz = eq.assess("Kazakhstan")
>>> kz.headline
>>> kz.alignment.to_pandas()
>>> eq.why("Kazakhstan", "Russia", 2022).indicators.to_pandas()
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from equidistance.assessment.assess import assess
    from equidistance.assessment.compare import compare
    from equidistance.assessment.ideal_points import ideal_points
    from equidistance.assessment.voting import voting_record
    from equidistance.assessment.why import why
    from equidistance.corridors.routes import route
    from equidistance.errors import EquidistanceError
    from equidistance.ground.blocs import define_bloc
    from equidistance.ground.states import resolve
    from equidistance.sources.ingest import ingest, pull

_PUBLIC = {
    "assess": ("equidistance.assessment.assess", "assess"),
    "compare": ("equidistance.assessment.compare", "compare"),
    "why": ("equidistance.assessment.why", "why"),
    "ideal_points": ("equidistance.assessment.ideal_points", "ideal_points"),
    "voting_record": ("equidistance.assessment.voting", "voting_record"),
    "resolve": ("equidistance.ground.states", "resolve"),
    "define_bloc": ("equidistance.ground.blocs", "define_bloc"),
    "ingest": ("equidistance.sources.ingest", "ingest"),
    "pull": ("equidistance.sources.ingest", "pull"),
    "route": ("equidistance.corridors.routes", "route"),
    "EquidistanceError": ("equidistance.errors", "EquidistanceError"),
}

__all__ = [
    "EquidistanceError",
    "__version__",
    "assess",
    "compare",
    "define_bloc",
    "ideal_points",
    "ingest",
    "pull",
    "resolve",
    "route",
    "voting_record",
    "why",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used, so that importing the package costs next to nothing."""
    if name in _PUBLIC:
        module, attribute = _PUBLIC[name]
        value = getattr(import_module(module), attribute)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'equidistance' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
