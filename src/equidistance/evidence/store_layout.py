"""How the store is laid out: its tables, and the queries that give the current records."""

import pyarrow as pa

from equidistance.evidence.schema import EvidenceTable

SCHEMA_VERSION = 1
"""Raised whenever a column of a stored table changes; a new evidence table does not need it."""

_SQL_TYPES = {
    pa.string(): "varchar",
    pa.date32(): "date",
    pa.int16(): "smallint",
    pa.int32(): "integer",
    pa.int64(): "bigint",
    pa.float64(): "double",
    pa.bool_(): "boolean",
}

BOOKKEEPING = """
create schema if not exists evidence;
create table if not exists evidence.meta (schema_version integer not null, created_by varchar not null);
create table if not exists evidence.source_versions (
    source_id varchar primary key, source varchar not null, title varchar not null, licence varchar not null,
    address varchar not null, files json not null, retrieved_at timestamp not null,
    reader_version integer not null, ordinal integer not null, rows json not null,
    ignored json not null, rejected bigint not null, notes json not null, edition varchar not null);
create table if not exists evidence.coverage (
    source_id varchar not null, source varchar not null, start date not null, "end" date not null);
create table if not exists evidence.quarantine (
    source_id varchar not null, file varchar not null, line bigint not null, reason varchar not null,
    text varchar not null);
create table if not exists evidence.applied_corrections (
    source_id varchar not null, correction varchar not null, rows bigint not null, expected bigint,
    status varchar not null);
"""
PER_VERSION = ("source_versions", "coverage", "quarantine", "applied_corrections")


def current_records(table: EvidenceTable, versions: int) -> str:
    """The query for the current records; a window over the key is only needed where versions can overlap."""
    if versions <= 1:
        return f"select * from evidence.{table.name}"
    key = ", ".join(quote(column) for column in table.key)
    return f"""
        select * exclude (ordinal)
        from (
            select t.*, v.ordinal
            from evidence.{table.name} t join evidence.source_versions v using (source_id)
        )
        qualify row_number() over (partition by {key} order by ordinal desc, file, row) = 1"""


def quote(name: str) -> str:
    """A column name as SQL takes it; ``end`` and ``row`` are SQL words."""
    return f'"{name}"'


def columns_of(table: EvidenceTable) -> list[tuple[str, str]]:
    """Name and SQL type of each stored column."""
    return [*((column.name, _SQL_TYPES[column.type]) for column in table.schema), ("source_id", "varchar")]


def create_table(table: EvidenceTable) -> str:
    """The statement that makes the stored table, with the schema's non-null columns."""
    required = {column.name for column in table.schema if not column.nullable} | {"source_id"}
    columns = ", ".join(
        f"{quote(name)} {kind}{' not null' if name in required else ''}" for name, kind in columns_of(table)
    )
    return f"create table evidence.{table.name} ({columns})"
