"""The votes that a request works on: those of a store, or a table that the user brings."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from equidistance.assessment.evidence import source_facts
from equidistance.errors import InvalidRequest, StoreError
from equidistance.evidence.store import Store, default_path
from equidistance.indicators.roll_calls import SESSION, connect_votes, used_roll_calls
from equidistance.tables import Table


@contextmanager
def opened_votes(votes: object, store: str | Path | None) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    """A connection with ``roll_calls`` and ``votes``, and facts on the source versions in it.

    Args:
        votes: a table of votes as :func:`equidistance.indicators.roll_calls.connect_votes` takes it, or None.
        store: the store to use instead; the user's own when None.

    Raises:
        InvalidRequest: both were given, or the table cannot be used.
        StoreError: there is no store, it cannot be read, or it holds no votes.
    """
    hint = "Get votes with: equidistance pull un_votes, or: equidistance ingest un_votes PATH"
    if votes is not None:
        if store is not None:
            raise InvalidRequest("Both a table of votes and a store were given.", hint="Give one of the two.")
        with closing(connect_votes(votes)) as connection:
            yield connection, []
        return
    path = default_path() if store is None else Path(store)
    if not path.exists():
        raise StoreError(f"Single votes are in a store, and there is no store at {path}.", hint=hint)
    with Store.open(path) as opened:
        held = [version for version in opened.versions() if version.rows.get("votes", 0)]
        if not held:
            raise StoreError(f"The store {path} holds no votes.", hint=hint)
        yield opened.connection(), [source_facts(version) for version in held]


def prepare_roll_calls(connection: Any, condition: str) -> None:
    """Make the temporary table ``used``: the roll calls that count and fulfil the condition, each with a session."""
    used = used_roll_calls(connection, condition)
    connection.execute(f"create or replace temp table used as select *, {SESSION} as shown from ({used})")
    connection.execute("alter table used drop session")
    connection.execute("alter table used rename shown to session")


def sources_table(counts: Mapping[str, int], versions: Sequence[dict[str, Any]], unit: str) -> Table:
    """The source versions used, largest share first: source_id, n, and what their cards say.

    Args:
        counts: source version -> how often it was used.
        versions: facts as :func:`opened_votes` gives them; a version without facts has empty cells.
        unit: what ``n`` counts.
    """
    facts = {version["source_id"]: version for version in versions}
    names = ("source", "title", "publisher", "licence", "citation", "address")
    rows = [
        {"source_id": one, "n": count} | {name: str(facts.get(one, {}).get(name) or "") for name in names}
        for one, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    return Table("sources", pa.Table.from_pylist(rows), {"n": unit})
