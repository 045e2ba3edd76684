"""Build the snapshot that ships with the package, from a directory of source files."""

import json
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from equidistance.assessment import expectations, exposure, exposure_transit
from equidistance.assessment.evidence import Progress, choose_indicators, dyads, source_facts
from equidistance.assessment.reference import DEFAULT_POWERS, FIRST_YEAR, Reference, fit_reference
from equidistance.assessment.views import register_all
from equidistance.errors import InvalidRequest
from equidistance.evidence.store import Store
from equidistance.ground.blocs import resolve_power
from equidistance.indicators import panel, snapshot
from equidistance.indicators.declare import Indicator, all_indicators
from equidistance.models.gravity import require
from equidistance.sources.ingest import ingest

SNAPSHOT_POWERS = (*DEFAULT_POWERS, "WEST")
"""Powers the shipped snapshot holds: the default ones, and the West as a bloc."""

RECIPE: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("un_votes", ("unga_votes_1946_2024_voeten_long.parquet", "unga_rollcall_meta_1946_2024_voeten.csv")),
    ("un_votes", ("unga_es11_1to3_2022_long.csv",)),
    ("un_votes", ("un_votes_2025_undl_3dl_wide.csv",)),
    ("un_speeches", ("ungdc_1992_2025.parquet",)),
    ("icews", ("icews_2018_2021_2022.parquet",)),
    ("gdelt", ("gdelt_daily_edges_39_states_2018_2024.parquet",)),
    ("alliances", ("atop_alliance.parquet",)),
    ("memberships", ("cow_igo_ndy.parquet", "cow_igo_sy.parquet")),
    ("visits_us", ("us_president_secretary_travels.csv", "us_visits_by_foreign_leaders.csv")),
    ("visits_china", ("china_leader_travel_www_1949_2020.csv",)),
    ("trade_itpde", ("itpde_r01_pair_year_2000_2016.parquet",)),
    ("trade_kazakhstan", ("kz_bns_trade_by_partner_2018_2023.csv",)),
    ("distances", ("cow_capitals.parquet", "cow_contdir.parquet")),
    ("arms_sipri", ("sipri_trade_register_2000_2023.csv",)),
    ("finance_china", ("gcdf_country_year_2000_2021.csv", "gcdf_geocoded_projects.csv")),
    ("investment_wiiw", ("wiiw_partners.csv", "wiiw-fdi-database.csv")),
    ("ownership", ("kz_ownership_shares.csv",)),
    ("agreements_desta", ("desta_memberships_long.csv",)),
    ("agreements_huggo", ("huggo_trade_memberships.csv",)),
    ("agreements_us", ("us_tias_agreements.csv",)),
    ("treaties_un", ("un_multilateral_treaty_actions_to_2015.csv", "un_multilateral_treaty_index.csv")),
    ("sanctions_gsdb", ("gsdb_cases_1949_2019.csv",)),
    ("meetings_china", ("china_vitae_engagements_2003_2018.csv",)),
    ("polecat", ("graphrag_combined_RUS.csv", "graphrag_combined_AFG.csv", "graphrag_combined_IND.csv")),
    ("keds", ("casia.weis.csv", "weis.goldstein.scale.csv")),
)
"""Which files make which source version of the snapshot. Editions that only repeat these since 1992 are left out."""


def build_snapshot(
    directory: Path, target: Path = snapshot.SNAPSHOT_DIRECTORY, *, progress: Progress | None = None
) -> dict[str, Any]:
    """Ingest every source found in a directory, compute all indicators, fit the reference, and write the snapshot.

    The same files give the same bytes: nothing in the snapshot depends on the clock, the machine or the order of files.

    Args:
        directory: folder with the files of :data:`RECIPE`, searched with all that lies below it.
        target: where the files of the snapshot go.
        progress: called with what is being done.

    Returns:
        The manifest.

    Raises:
        InvalidRequest: a file of the recipe is missing, or is there twice.
        EquidistanceError: pyfixest, which fits what size and distance predict of trade, is not installed.
    """
    require()
    tell = progress or (lambda what, done, total: None)
    versions = [(name, [_only(directory, file) for file in files]) for name, files in RECIPE]
    with (
        tempfile.TemporaryDirectory() as scratch,
        Store.open(Path(scratch) / "store.duckdb", "write", create=True) as store,
    ):
        for done, (name, files) in enumerate(versions):
            tell(f"Reading {name}", done, len(versions))
            ingest(name, files, store)
        texts, rows, shares, sources = _contents(store, tell)
    written: dict[str, bytes] = {name: text.encode() for name, text in texts.items()}
    written[snapshot.ROWS_FILE] = content = snapshot.to_parquet(rows)
    written[snapshot.EXPOSURE_FILE] = exposure.to_parquet(shares)
    rows = snapshot.from_parquet(content)
    for name, raw in ((snapshot.REFERENCE_FILE, False), (snapshot.RAW_REFERENCE_FILE, True)):
        written[name] = _fit(rows, tell, raw=raw).to_json().encode()
    return _write(written, rows, shares, sources, target)


def _only(directory: Path, name: str) -> Path:
    found = sorted(directory.rglob(name))
    if len(found) != 1:
        raise InvalidRequest(
            f"The snapshot needs exactly one file {name} below {directory}; there are {len(found)}.",
            choices=[file for _, files in RECIPE for file in files],
        )
    return found[0]


def _contents(
    store: Store, tell: Progress
) -> tuple[dict[str, str], pa.Table, pa.Table, list[dict[str, Any]]]:
    """Texts by file name, indicator rows, exposure rows and facts on the sources."""
    connection = store.connection()
    connection.execute(
        "set threads = 1"
    )  # several threads add floats in an order that changes from run to run
    register_all(connection, [resolve_power(code) for code in SNAPSHOT_POWERS], progress=tell)
    gravity = expectations.estimate(connection, tell).to_json()
    # read back, as everybody will read it
    expectations.register(connection, expectations.Expectations.from_json(gravity))
    done = 0

    def report(one: Indicator) -> None:
        nonlocal done
        tell(f"Computing {one.name}", done, len(all_indicators()))
        done += 1

    rows = panel.compute(connection, on_indicator=report)
    rows = rows.filter(pc.greater_equal(pc.year(rows["period"]), FIRST_YEAR))
    tell("Computing exposure", 0, 0)
    shares = pa.concat_tables([exposure.compute(connection), exposure_transit.compute(SNAPSHOT_POWERS)])
    facts = [source_facts(version) for version in store.versions()]
    return {snapshot.GRAVITY_FILE: gravity}, rows, shares, facts


def _fit(rows: pa.Table, tell: Progress, *, raw: bool) -> Reference:
    powers = [resolve_power(code) for code in DEFAULT_POWERS]
    codes = pa.array([power.code for power in powers], pa.string())
    used = rows.filter(pc.is_in(rows["power"].cast(pa.string()), value_set=codes))

    def report(step: int, likelihood: float) -> None:
        tell(f"Estimating shared parameters (step {step}, log likelihood {likelihood:.1f})", step, 0)

    every, _ = choose_indicators(None, raw=raw)
    return fit_reference(used, dyads(powers), every, on_iteration=report)


def _write(
    files: dict[str, bytes], rows: pa.Table, shares: pa.Table, sources: list[dict[str, Any]], target: Path
) -> dict[str, Any]:
    names, counts = np.unique(
        rows["indicator"].to_numpy(zero_copy_only=False).astype(str), return_counts=True
    )
    kinds, shared = np.unique(shares["kind"].to_numpy(zero_copy_only=False).astype(str), return_counts=True)
    manifest = {
        "schema": snapshot.SCHEMA_VERSION,
        "powers": list(SNAPSHOT_POWERS),
        "rows": rows.num_rows,
        "rows_sha256": sha256(files[snapshot.ROWS_FILE]).hexdigest(),
        "indicators": dict(zip(names.tolist(), counts.tolist(), strict=True)),
        "first_period": pc.min(rows["period"]).as_py().isoformat(),
        "last_period": pc.max(rows["period"]).as_py().isoformat(),
        "exposure": dict(zip(kinds.tolist(), shared.tolist(), strict=True)),
        "sources": sorted(sources, key=lambda source: str(source["source_id"])),
    }
    target.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (target / name).write_bytes(content)
    text = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
    (target / snapshot.MANIFEST_FILE).write_text(text, encoding="utf-8")
    return manifest
