"""United Nations: correlation tables between revisions of the Harmonized System."""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from equidistance.errors import BadFile, InvalidRequest
from equidistance.evidence.schema import TABLES
from equidistance.ground.hs import revision
from equidistance.sources.card import Card, Reading, Rejected, Source
from equidistance.sources.delimited import columns_of, first_seen, read_rows, record_text
from equidistance.sources.lookup import count, nothing_left

_HEAD = re.compile(r"(?:from |to )?(HS[ -]?\d{2,4}|H\d)(?: code)?", re.IGNORECASE)

CARD = Card(
    name="hs_correlations",
    title="HS correlation and conversion tables",
    publisher="United Nations Statistics Division",
    licence="free use with attribution",
    citation="United Nations Statistics Division. Correspondence tables between editions of the HS.",
    address="https://unstats.un.org/unsd/classifications/Econ",
    files={
        "*HS*orrelation*.csv": "two columns named after the revisions, e.g. 'From HS 2022','To HS 2017': one pair of "
        "six-digit codes a row (save the published sheet as CSV, with its header as the first line)",
    },
    tables=("hs_correlations",),
    coverage=(date(1988, 1, 1), None),
    states="none: product codes",
    cadence="with every revision, each five years",
    caveats=(
        "A code may correspond to several: its value is divided among them equally unless shares are known.",
        "Conversion and correlation tables differ: the first give one code each, the second all.",
    ),
    rows=(1, 1_000_000),
    apart=True,
)


def read(paths: Sequence[Path]) -> Reading:
    """Read tables of code pairs into ``hs_correlations``.

    Raises:
        BadFile: the header does not name two revisions, or there is no pair of codes.
    """
    rejected: list[Rejected] = []
    ignored: dict[str, int] = {}
    records: list[dict[str, object]] = []
    for path in paths:
        columns = [(name, _revision(name)) for name in columns_of(path)]
        named = [(name, code) for name, code in columns if code is not None]
        if len(named) < 2 or named[0][1] == named[1][1]:
            raise BadFile(
                f"{path} does not name two revisions in its header: {', '.join(name for name, _ in columns)[:300]}.",
                hint="Name the columns like 'HS 2022' and 'HS 2017'.",
            )
        (source, from_revision), (target, to_revision) = named[:2]
        table, malformed = read_rows(path, [source, target])
        rejected.extend(malformed)
        for row in table.to_pylist():
            codes = [re.sub(r"[.\s]", "", row[name]) for name in (source, target)]
            if not all(code.isascii() and code.isdigit() and len(code) in (5, 6) for code in codes):
                rejected.append(
                    Rejected(path.name, row["line"], "not a pair of six-digit codes", record_text(row))
                )
                continue
            if any(len(code) == 5 for code in codes):
                count(ignored, "repaired: a code that had lost its leading zero (the row is kept)")
            records.append(
                {
                    "from_classification": from_revision,
                    "from_code": codes[0].zfill(6),
                    "to_classification": to_revision,
                    "to_code": codes[1].zfill(6),
                    "file": path.name,
                    "row": row["line"],
                }
            )
    pairs = pa.Table.from_pylist(records, schema=TABLES["hs_correlations"].schema)
    if not pairs.num_rows:
        raise nothing_left([path.name for path in paths], "pair of product codes")
    pairs, _, repeated = first_seen(pairs, TABLES["hs_correlations"].key, values=())
    count(ignored, "the same pair again", repeated)
    return Reading({"hs_correlations": pairs}, (), tuple(rejected), ignored)


def _revision(name: str) -> str | None:
    match = _HEAD.fullmatch(name.strip())
    try:
        return revision(match[1]) if match else None
    except InvalidRequest:
        return None


SOURCE = Source(CARD, read)
