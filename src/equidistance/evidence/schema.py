"""What a record of evidence looks like: the evidence tables, their columns and their natural keys.

Every record carries ``file`` (base name) and ``row`` (line of a text file, 1-based row of a Parquet file), so that
a number can be traced to the line it came from. The store adds ``source_id``. Years and dates are the publisher's.
State columns hold the codes of :mod:`equidistance.ground.states` (ISO 3166-1 alpha-3 where one exists).
"""

from dataclasses import dataclass

import pyarrow as pa

_ORIGIN = [pa.field("file", pa.string(), nullable=False), pa.field("row", pa.int64(), nullable=False)]

VOTES = ("yes", "abstain", "no", "absent", "not_member", "unknown")
"""What a state did in a roll call; ``unknown`` is a value the publisher got wrong and nobody knows better."""

RESOLVED_BY = ("state", "tag", "person", "organisation", "society", "unresolved")
"""How an event's actor was assigned to a state: bare state name, tag of a government role, official in office, organ
of a state or bloc, tag of somebody who does not act for the government (citizens, business, media, courts), or not."""


PLOVER_TYPES = (
    "AGREE",
    "CONSULT",
    "SUPPORT",
    "CONCEDE",
    "COOPERATE",
    "AID",
    "RETREAT",
    "REQUEST",
    "ACCUSE",
    "REJECT",
    "THREATEN",
    "PROTEST",
    "SANCTION",
    "MOBILIZE",
    "COERCE",
    "ASSAULT",
)
MUTUAL = ("AGREE", "CONSULT", "COOPERATE")
"""Types in which it does not matter who is named first: two states agree, meet or work together."""

MODALITIES = ("done", "announced", "planned", "denied", "threatened")
GRADES = ("A", "B", "C", "D")
"""How good a record of an act or a number is: A the document itself or official statistics, B a news agency or the
party's own statement, C a single report, D a guess or an advertisement."""


@dataclass(frozen=True)
class EvidenceTable:
    """One table of the store.

    Attributes:
        name: table name.
        schema: Arrow schema of what a source delivers (without ``source_id``).
        key: columns that identify the fact; where several source versions hold the same key, the newest wins.
        description: one line for the data dictionary.
    """

    name: str
    schema: pa.Schema
    key: tuple[str, ...]
    description: str


def _table(
    name: str, key: tuple[str, ...], description: str, *fields: tuple[str, pa.DataType, bool]
) -> EvidenceTable:
    columns = [pa.field(column, kind, nullable=nullable) for column, kind, nullable in fields]
    return EvidenceTable(name, pa.schema([*columns, *_ORIGIN]), key, description)


_S, _D, _Y, _F, _I, _B = pa.string(), pa.date32(), pa.int16(), pa.float64(), pa.int32(), pa.bool_()

TABLES: dict[str, EvidenceTable] = {
    table.name: table
    for table in (
        _table(
            "roll_calls",
            ("roll_call",),
            "Recorded votes of the UN General Assembly (GA) and Security Council (SC)",
            ("roll_call", _S, False),
            ("body", _S, False),
            ("date", _D, False),
            ("session", _Y, True),
            ("resolution", _S, True),
            ("title", _S, True),
            ("important", _B, True),
            ("issues", _S, True),
        ),
        _table(
            "votes",
            ("roll_call", "state"),
            "What each state did in each roll call (one of VOTES)",
            ("roll_call", _S, False),
            ("state", _S, False),
            ("vote", _S, False),
        ),
        _table(
            "speeches",
            ("state", "year"),
            "General Debate speeches, full text",
            ("state", _S, False),
            ("session", _Y, False),
            ("year", _Y, False),
            ("text", _S, False),
            ("quality", _S, False),
        ),
        _table(
            "events",
            ("event",),
            "Machine-coded events: who did what to whom (CAMEO); rows are reports, not events",
            ("event", _S, False),
            ("date", _D, False),
            ("source_actor", _S, False),
            ("source_state", _S, True),
            ("source_by", _S, False),
            ("target_actor", _S, False),
            ("target_state", _S, True),
            ("target_by", _S, False),
            ("code", _S, True),
            ("text", _S, False),
            ("intensity", _F, True),
        ),
        _table(
            "event_balances",
            ("date", "state_a", "state_b"),
            "Daily sum of Goldstein values between two states, undirected (state_a < state_b)",
            ("date", _D, False),
            ("state_a", _S, False),
            ("state_b", _S, False),
            ("goldstein_sum", _F, False),
        ),
        _table(
            "alliances",
            ("state_a", "state_b", "year"),
            "Alliance obligations in force between two states (a < b)",
            ("state_a", _S, False),
            ("state_b", _S, False),
            ("year", _Y, False),
            ("defense", _B, False),
            ("offense", _B, False),
            ("neutrality", _B, False),
            ("nonaggression", _B, False),
            ("consultation", _B, False),
        ),
        _table(
            "shared_memberships",
            ("state_a", "state_b", "year"),
            "Number of intergovernmental organisations both states belong to as full members (a < b)",
            ("state_a", _S, False),
            ("state_b", _S, False),
            ("year", _Y, False),
            ("shared", _I, False),
        ),
        _table(
            "memberships",
            ("state", "year"),
            "Number of intergovernmental organisations a state fully belongs to",
            ("state", _S, False),
            ("year", _Y, False),
            ("full", _I, False),
        ),
        _table(
            "visits",
            ("date", "visitor", "host", "person"),
            "Official visits by leaders and foreign ministers",
            ("date", _D, False),
            ("precision", _S, False),
            ("visitor", _S, False),
            ("host", _S, False),
            ("person", _S, False),
            ("rank", _S, False),
        ),
        _table(
            "trade",
            ("exporter", "importer", "year", "reporter", "vintage"),
            "Goods (and, if so noted, services) by year",
            ("exporter", _S, False),
            ("importer", _S, False),
            ("year", _Y, False),
            ("value_usd", _F, False),
            ("reporter", _S, False),
            ("vintage", _S, False),
            ("prices", _S, False),
        ),
        _table(
            "goods",
            (
                "reporter",
                "flow",
                "exporter",
                "importer",
                "period",
                "frequency",
                "classification",
                "product",
                "vintage",
            ),
            "Trade by product and month or year, as each side reports it (product: 8, 6 or 4 digits, or TOTAL)",
            ("exporter", _S, False),
            ("importer", _S, False),
            ("period", _D, False),
            ("frequency", _S, False),
            ("flow", _S, False),
            ("classification", _S, False),
            ("product", _S, False),
            ("reporter", _S, False),
            ("value", _F, False),
            ("currency", _S, False),
            ("kg", _F, True),
            ("vintage", _S, False),
        ),
        _table(
            "exchange_rates",
            ("currency", "date"),
            "Units of a currency for one euro, daily reference rates",
            ("currency", _S, False),
            ("date", _D, False),
            ("per_eur", _F, False),
        ),
        _table(
            "hs_correlations",
            ("from_classification", "from_code", "to_classification", "to_code"),
            "Which code of one revision of the Harmonized System corresponds to which of another",
            ("from_classification", _S, False),
            ("from_code", _S, False),
            ("to_classification", _S, False),
            ("to_code", _S, False),
        ),
        _table(
            "acts",
            ("act", "told_by"),
            "Acts coded and accepted by a person: who did or said what to whom (PLOVER), one row per telling",
            ("act", _S, False),
            ("told_by", _S, False),
            ("first", _D, False),
            ("last", _D, False),
            ("precision", _S, False),
            ("actor", _S, False),
            ("partner", _S, True),
            ("third_parties", _S, True),
            ("type", _S, False),
            ("mode", _S, True),
            ("channel", _S, False),
            ("instrument", _S, False),
            ("direction", _Y, False),
            ("intensity", _F, False),
            ("modality", _S, False),
            ("summary", _S, False),
            ("said", _S, True),
            ("speaker", _S, True),
            ("source", _S, False),
            ("address", _S, True),
            ("document", _S, True),
            ("grade", _S, False),
            ("coder", _S, False),
            ("confidence", _F, False),
        ),
        _table(
            "quantities",
            ("number",),
            "Published numbers with their sources: tariffs, volumes, counts, shares",
            ("number", _S, False),
            ("quantity", _S, False),
            ("subject", _S, True),
            ("partners", _S, True),
            ("first", _D, False),
            ("last", _D, False),
            ("precision", _S, False),
            ("value", _F, False),
            ("low", _F, False),
            ("high", _F, False),
            ("unit", _S, False),
            ("account", _S, False),
            ("source", _S, False),
            ("address", _S, True),
            ("grade", _S, False),
            ("note", _S, True),
        ),
    )
}
