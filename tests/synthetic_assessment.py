"""An assessment made of random walks: the tables the figures and the report read, without evidence or a
model.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from equidistance.assessment.break_table import SCHEMA as BREAKS
from equidistance.tables import Table

POWERS = (
    ("RUS", "Russia"),
    ("CHN", "China"),
    ("USA", "United States"),
    ("EU", "European Union"),
    ("GBR", "United Kingdom"),
    ("TUR", "Türkiye"),
)
QUANTILES = {"q05": -1.645, "q25": -0.674, "q50": 0.0, "q75": 0.674, "q95": 1.645}
INDICATORS = (
    # name, title, channel, instrument, first year, last year, source
    (
        "un_vote_agreement",
        "UN General Assembly: voting agreement",
        "deed",
        "diplomacy",
        1992,
        2024,
        "un_votes@1a2b",
    ),
    ("alliance_depth", "Alliance obligations in force", "deed", "security", 1992, 2018, "alliances@77aa"),
    (
        "shared_memberships",
        "Shared intergovernmental memberships",
        "deed",
        "diplomacy",
        1992,
        2014,
        "igo@90ce",
    ),
    ("export_share", "Share of exports", "deed", "trade", 2000, 2023, "trade@5f0d"),
    (
        "material_events",
        "Material cooperation against conflict",
        "deed",
        "security",
        2018,
        2022,
        "icews@c0de",
    ),
    (
        "speech_stance",
        "Stance in General Debate speeches",
        "word",
        "information",
        1992,
        2025,
        "speeches@beef",
    ),
    (
        "speech_attention",
        "Attention in General Debate speeches",
        "word",
        "information",
        1992,
        2025,
        "speeches@beef",
    ),
    (
        "verbal_cooperation",
        "Verbal cooperation against conflict",
        "word",
        "diplomacy",
        2018,
        2022,
        "icews@c0de",
    ),
)


@dataclass(frozen=True)
class Named:
    code: str
    name: str


@dataclass(frozen=True)
class SyntheticAssessment:
    state: Named
    powers: tuple[Named, ...]
    start: date
    end: date
    headline: str
    summary: str
    alignment: Table
    orientation: Table
    equidistance: Table
    drift: Table
    gap: Table
    breaks: Table
    exposure: Table
    evidence: Table
    sources: Table
    version: str
    settings: dict[str, Any]
    notes: tuple[str, ...]
    sensitivity: Any = None


def synthetic(
    *,
    state: Named = Named("KAZ", "Kazakhstan"),
    powers: tuple[tuple[str, str], ...] = POWERS,
    start: date = date(1992, 1, 1),
    end: date = date(2025, 12, 1),
    source_title: str = "United Nations General Assembly Voting Data",
    seed: int = 7,
) -> SyntheticAssessment:
    """The tables of an assessment of ``state``; ``source_title`` lets a test put hostile text where texts
    go.
    """
    rng = np.random.default_rng(seed)
    months = _months(start, end)
    paths = {
        (code, channel): 0.6 * rng.normal() + np.cumsum(rng.normal(0, 0.05, len(months)))
        for code, _ in powers
        for channel in ("deed", "word")
    }
    for code, _ in powers:
        paths[code, "overall"] = (paths[code, "deed"] + paths[code, "word"]) / 2
    return SyntheticAssessment(
        state=state,
        powers=tuple(Named(code, name) for code, name in powers),
        start=start,
        end=end,
        headline=f"In {end:%B %Y} {state.name} stood closest to {powers[0][1]}, with probability 0.71; "
        "its equidistance was 0.87 (90% interval 0.79 to 0.93).",
        summary=f"{state.name} kept close to equal distance, leaning to {powers[0][1]} in deeds "
        f"and to {powers[-1][1]} in words.",
        alignment=_alignment(paths, powers, months),
        orientation=_orientation(paths, powers, months, rng),
        equidistance=_equidistance(paths, powers, months, rng),
        drift=_drift(paths, powers, months),
        breaks=_breaks(powers, months),
        gap=_gap(paths, powers, months),
        exposure=_exposure(powers, rng),
        evidence=_evidence(powers, source_title, rng),
        sources=_sources(source_title),
        version="0.1.0",
        settings={"seed": 20240101, "draws": 400, "channel": "all", "indicators": ["un_vote_agreement"]},
        notes=("Trade after 2016 comes from the state's own statistics.",),
    )


def _months(start: date, end: date) -> list[date]:
    count = (end.year - start.year) * 12 + end.month - start.month + 1
    return [
        date(start.year + (start.month - 1 + i) // 12, (start.month - 1 + i) % 12 + 1, 1)
        for i in range(count)
    ]


def _sd(months: list[date], channel: str) -> np.ndarray:
    """Wider in words, and wider where the synthetic evidence thins out."""
    years = np.array([month.year for month in months])
    base = {"deed": 0.13, "word": 0.2, "overall": 0.12, "gap": 0.24}[channel]
    return base + 0.02 * np.maximum(0, years - 2022) + 0.05 * (years < 1996)


def _estimates(name: str, keys: dict[str, list[Any]], mean: np.ndarray, sd: np.ndarray, **more: Any) -> Table:
    quantiles = {column: mean + z * sd for column, z in QUANTILES.items()}
    return Table(name, pa.table({**keys, "mean": mean, "sd": sd, **quantiles, **more}))


def _by_power(powers: tuple[tuple[str, str], ...], months: list[date]) -> dict[str, list[Any]]:
    return {
        "power": [code for code, _ in powers for _ in months],
        "power_name": [name for _, name in powers for _ in months],
        "period": [month for _ in powers for month in months],
    }


def _alignment(
    paths: dict[Any, np.ndarray], powers: tuple[tuple[str, str], ...], months: list[date]
) -> Table:
    channels = ("deed", "word", "overall")
    cells = [(code, name, channel) for code, name in powers for channel in channels]
    return _estimates(
        "alignment",
        {
            "power": [code for code, _, _ in cells for _ in months],
            "power_name": [name for _, name, _ in cells for _ in months],
            "period": [month for _ in cells for month in months],
            "channel": [channel for _, _, channel in cells for _ in months],
        },
        np.concatenate([paths[code, channel] for code, _, channel in cells]),
        np.concatenate([_sd(months, channel) for _, _, channel in cells]),
    )


def _shares(paths: dict[Any, np.ndarray], powers: tuple[tuple[str, str], ...]) -> np.ndarray:
    overall = np.exp(np.array([paths[code, "overall"] for code, _ in powers]))
    return overall / overall.sum(axis=0)


def _lead(
    paths: dict[Any, np.ndarray], powers: tuple[tuple[str, str], ...], rng: np.random.Generator
) -> np.ndarray:
    overall = np.array([paths[code, "overall"] for code, _ in powers])
    draws = overall[None] + rng.normal(0, 0.15, (200, *overall.shape))
    return np.stack([(draws.argmax(axis=1) == index).mean(axis=0) for index in range(len(powers))])


def _orientation(paths: Any, powers: Any, months: list[date], rng: np.random.Generator) -> Table:
    shares = _shares(paths, powers)
    sd = np.full(shares.size, 0.02)
    lead = _lead(paths, powers, rng).ravel()
    return _estimates("orientation", _by_power(powers, months), shares.ravel(), sd, p_leads=lead)


def _equidistance(paths: Any, powers: Any, months: list[date], rng: np.random.Generator) -> Table:
    if len(powers) == 1:  # with one power there is no equidistance
        return Table("equidistance", pa.table({"period": pa.array([], pa.date32())}))
    shares = _shares(paths, powers)
    entropy = -(shares * np.log(shares)).sum(axis=0) / np.log(len(powers))
    lead = _lead(paths, powers, rng)
    first = lead.argmax(axis=0)
    ranked = np.sort(shares, axis=0)
    return _estimates(
        "equidistance",
        {"period": months},
        entropy,
        np.full(len(months), 0.02),
        leader=[powers[index][0] for index in first],
        leader_name=[powers[index][1] for index in first],
        p_leader=lead.max(axis=0),
        margin=ranked[-1] - ranked[-2],
    )


def _breaks(powers: Any, months: list[date]) -> Table:
    """A break of the state with each power, and one of an indicator alone with the first."""
    if len(months) < 24:
        return Table("breaks", BREAKS.empty_table())
    middle = len(months) // 2
    rows = [
        {
            "power": code,
            "power_name": name,
            "kind": "state",
            "channel": ("deed", "word")[i % 2],
            "indicator": "",
            "title": "",
            "period": months[middle + i],
            "earliest": months[middle + i - 3],
            "latest": months[middle + i + 2],
            "probability": 0.8,
            "prior": 0.02,
            "mean": (-1) ** i * 0.9,
            "sd": 0.1,
            **{q: (-1) ** i * 0.9 + 0.1 * z for q, z in QUANTILES.items()},
            "change": (-1) ** i * 0.7,
            "carried_by": "un_vote_agreement +0.5, export_share +0.2",
        }
        for i, (code, name) in enumerate(powers)
    ]
    own = rows[0] | {
        "kind": "indicator",
        "indicator": "alliance_depth",
        "title": "Alliance obligations in force",
        "change": None,
        "carried_by": "alliance_depth",
    }
    return Table("breaks", pa.Table.from_pylist([*rows, own], schema=BREAKS))


def _drift(paths: Any, powers: Any, months: list[date]) -> Table:
    last = len(months) - 1
    windows = {"whole period": 0} | {f"last {years} years": last - 12 * years for years in (2, 5, 10)}
    cells = [
        (code, name, channel, begin, label)
        for label, begin in windows.items()
        if begin >= 0 and last - begin >= 12
        for code, name in powers
        for channel in ("deed", "word", "overall")
    ]
    years = np.array([(last - begin) / 12 for _, _, _, begin, _ in cells])
    mean = (
        np.array(
            [paths[code, channel][last] - paths[code, channel][begin] for code, _, channel, begin, _ in cells]
        )
        / years
    )
    return _estimates(
        "drift",
        {
            "power": [cell[0] for cell in cells],
            "power_name": [cell[1] for cell in cells],
            "channel": [cell[2] for cell in cells],
            "window": [cell[4] for cell in cells],
            "start": [months[cell[3]] for cell in cells],
            "end": [months[last] for _ in cells],
        },
        mean,
        0.3 / years,
        p_positive=1 / (1 + np.exp(-1.7 * mean / (0.3 / years))),
    )


def _gap(paths: Any, powers: Any, months: list[date]) -> Table:
    mean = np.concatenate([paths[code, "word"] - paths[code, "deed"] for code, _ in powers])
    sd = np.concatenate([_sd(months, "gap") for _ in powers])
    return _estimates(
        "gap", _by_power(powers, months), mean, sd, p_positive=1 / (1 + np.exp(-1.7 * mean / sd))
    )


def _exposure(powers: Any, rng: np.random.Generator) -> Table:
    spans = (
        ("exports", 2000, 2016, "trade_itpde@5f0d"),
        ("exports", 2018, 2023, "trade_kazakhstan@12ef"),
        ("imports", 2000, 2016, "trade_itpde@5f0d"),
        ("imports", 2018, 2023, "trade_kazakhstan@12ef"),
        ("shared memberships", 1992, 2014, "igo@90ce"),
    )
    rows = [
        {
            "power": code,
            "power_name": name,
            "period": date(year, 1, 1),
            "kind": kind,
            "share": float(np.clip(0.06 * (index + 1) + rng.normal(0, 0.01), 0, 1)),
            "n": 12,
            "source_id": source_id,
        }
        for kind, first, last, source_id in spans
        for index, (code, name) in enumerate(powers)
        for year in range(first, last + 1)
    ]
    schema = [("period", pa.date32()), ("n", pa.int32())]
    table = pa.Table.from_pylist(rows)
    for column, kind in schema:
        table = table.set_column(table.column_names.index(column), column, table[column].cast(kind))
    return Table("exposure", table)


def _evidence(powers: Any, source_title: str, rng: np.random.Generator) -> Table:
    rows = [
        {
            "power": code,
            "indicator": indicator,
            "title": title if number else f"{title} ({source_title})"[:300],
            "channel": channel,
            "instrument": instrument,
            "year": year,
            "observations": 12 if "event" in indicator or "verbal" in indicator else 1,
            "records": int(rng.integers(1, 120)),
            "source_id": source_id,
            "power_name": name,
        }
        for code, name in powers
        for number, (indicator, title, channel, instrument, first, last, source_id) in enumerate(INDICATORS)
        for year in range(first, last + 1)
        if not (indicator == "verbal_cooperation" and year in (2019, 2020))
    ]
    return Table("evidence", pa.Table.from_pylist(rows))


def _sources(source_title: str) -> Table:
    rows = [
        {
            "source_id": source_id,
            "source": source_id.split("@")[0],
            "title": source_title if number == 0 else f"Data set number {number}",
            "publisher": "A publisher",
            "licence": "CC0 1.0" if number % 2 == 0 else "none stated",
            "citation": f"Author {number} (2024): A data set. Publisher.",
            "address": f"https://doi.org/10.7910/DVN/{number}",
            "coverage_start": date(1992, 1, 1),
            "coverage_end": date(2024, 6, 4) if number else None,
            "sha256": f"{number}" * 64,
            "used": 100 * number + 20,
        }
        for number, source_id in enumerate(
            ("un_votes@1a2b", "alliances@77aa", "igo@90ce", "trade@5f0d", "icews@c0de", "speeches@beef")
        )
    ]
    return Table("sources", pa.Table.from_pylist(rows))
