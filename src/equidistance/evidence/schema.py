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


MEASURES = ("stock", "inflow")
"""What an amount of investment is: what is there at the end of the year, or what came in during it."""

QUADS = ("verbal cooperation", "material cooperation", "verbal conflict", "material conflict", "neutral")
"""The class of a coded event; ``neutral`` is a comment or a request, which says nothing about the relation."""

SIDES = ("all", "a", "b", "unknown")
"""With whom a party to an agreement is bound: with all others, with those of the other side only, or not known."""

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
            "capitals",
            ("state", "start"),
            "Where a state's capital lay (end exclusive; null: to the end of the data)",
            ("state", _S, False),
            ("start", _D, False),
            ("end", _D, True),
            ("capital", _S, False),
            ("latitude", _F, False),
            ("longitude", _F, False),
        ),
        _table(
            "land_borders",
            ("state_a", "state_b", "start"),
            "Which states border each other over land or a river (a < b; end exclusive; null: to the end of the data)",
            ("state_a", _S, False),
            ("state_b", _S, False),
            ("start", _D, False),
            ("end", _D, True),
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
            "arms_transfers",
            ("deal", "year"),
            "Deliveries of major conventional arms by deal and year, in trend-indicator values (millions)",
            ("deal", _S, False),
            ("year", _Y, False),
            ("supplier", _S, True),
            ("recipient", _S, False),
            ("designation", _S, False),
            ("category", _S, False),
            ("number", _F, True),
            ("tiv", _F, False),
            ("estimated", _B, False),
            ("used", _B, False),
        ),
        _table(
            "finance_flows",
            ("lender", "recipient", "year", "flow"),
            "Official finance committed in a year, constant US dollars of 2021 (flow: aid, loan, vague)",
            ("lender", _S, False),
            ("recipient", _S, False),
            ("year", _Y, False),
            ("flow", _S, False),
            ("amount_usd", _F, False),
            ("adjusted_usd", _F, False),
        ),
        _table(
            "finance_projects",
            ("project",),
            "Single projects of official finance, constant US dollars of 2021",
            ("project", _S, False),
            ("lender", _S, False),
            ("recipient", _S, False),
            ("year", _Y, False),
            ("sector", _S, False),
            ("status", _S, False),
            ("title", _S, False),
            ("infrastructure", _B, False),
            ("amount_usd", _F, True),
        ),
        _table(
            "investment",
            ("host", "investor", "classification", "industry", "year", "measure"),
            "Foreign direct investment by immediate investor (WLD: all) or industry, million euros (one of MEASURES)",
            ("host", _S, False),
            ("investor", _S, False),
            ("classification", _S, False),
            ("industry", _S, False),
            ("year", _Y, False),
            ("measure", _S, False),
            ("value_eur_m", _F, False),
        ),
        _table(
            "ownership",
            ("asset", "host", "owner", "owner_state", "as_of"),
            "Who owns how much of an asset (per cent), as a source says at a date; owner_state null: not known",
            ("asset", _S, False),
            ("sector", _S, False),
            ("host", _S, False),
            ("owner", _S, False),
            ("owner_state", _S, True),
            ("share_pct", _F, True),
            ("as_of", _S, False),
            ("year", _Y, False),
            ("confidence", _S, False),
            ("source", _S, False),
        ),
        _table(
            "asset_output",
            ("asset", "year"),
            "What an asset of the ownership table produces or carries in a year: the weight of its shares",
            ("asset", _S, False),
            ("sector", _S, False),
            ("year", _Y, False),
            ("quantity", _F, False),
            ("unit", _S, False),
            ("source", _S, False),
        ),
        _table(
            "agreements",
            ("agreement",),
            "Trade agreements (form: customs union, free trade, other); same_as: the number in the other list",
            ("agreement", _S, False),
            ("title", _S, False),
            ("form", _S, False),
            ("signed", _Y, True),
            ("same_as", _S, True),
        ),
        _table(
            "agreement_parties",
            ("agreement", "state"),
            "When a state was bound by a trade agreement (start null: not in force for it; end exclusive, null: open)",
            ("agreement", _S, False),
            ("state", _S, False),
            ("side", _S, False),
            ("entry", _S, False),
            ("start", _D, True),
            ("end", _D, True),
            ("precision", _S, False),
        ),
        _table(
            "bilateral_agreements",
            ("agreement",),
            "Agreements of two parties by entry into force (state_a publishes them; state_b null: an organisation)",
            ("agreement", _S, False),
            ("state_a", _S, False),
            ("state_b", _S, True),
            ("party", _S, False),
            ("date", _D, False),
            ("field", _S, False),
            ("title", _S, False),
        ),
        _table(
            "treaty_actions",
            ("treaty", "state", "action", "date"),
            "What states did to multilateral treaties deposited with the United Nations (binding: bound by it)",
            ("treaty", _S, False),
            ("chapter", _S, False),
            ("title", _S, False),
            ("state", _S, False),
            ("action", _S, False),
            ("date", _D, False),
            ("binding", _B, False),
        ),
        _table(
            "sanctions",
            ("case", "sender", "target"),
            "Sanctions by sender and target, both years included (end null: still in force when the source ends)",
            ("case", _S, False),
            ("sender", _S, False),
            ("target", _S, False),
            ("begin", _Y, False),
            ("end", _Y, True),
            ("trade", _B, False),
            ("trade_scope", _S, True),
            ("arms", _B, False),
            ("military", _B, False),
            ("financial", _B, False),
            ("travel", _B, False),
            ("other", _B, False),
            ("objective", _S, False),
        ),
        _table(
            "meetings",
            ("date", "leader_state", "leader", "partner"),
            "Days on which a leader dealt with a state (kind: visit, host, third, message)",
            ("date", _D, False),
            ("leader_state", _S, False),
            ("leader", _S, False),
            ("rank", _S, False),
            ("partner", _S, False),
            ("kind", _S, False),
            ("text", _S, False),
        ),
        _table(
            "coded_events",
            ("event",),
            "Events in other schemes than CAMEO (PLOVER, WEIS) with their class (one of QUADS)",
            ("event", _S, False),
            ("date", _D, False),
            ("scheme", _S, False),
            ("source_actor", _S, False),
            ("source_state", _S, True),
            ("source_by", _S, False),
            ("target_actor", _S, False),
            ("target_state", _S, True),
            ("target_by", _S, False),
            ("type", _S, False),
            ("quad", _S, False),
            ("intensity", _F, True),
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
