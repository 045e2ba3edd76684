"""Coding sentences as PLOVER events: what does the source do to the target, in word or deed?

>>> from equidistance.reading.coder import code_sentence
>>> code_sentence("France condemned the strikes by Russia.", "France", "Russia").type
'ACCUSE'

The rules (:mod:`equidistance.reading.coder_rules`) find acts by a lexicon; a linear model
(:mod:`equidistance.reading.coder_model`) that sees their findings and the words decides the type and says how sure it
is. Mode and modality are the rules'. docs/coding.md gives method, figures and limits.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equidistance.reading.coder_lexicon import TYPES
from equidistance.reading.coder_model import ORDER, Model, decide, load, shipped_model
from equidistance.reading.coder_rules import Ruled, apply_rules
from equidistance.reading.coder_text import MAXIMUM_TOKENS, Marked, mark
from equidistance.reading.records import Coding, Modality

if TYPE_CHECKING:
    from equidistance.reading.coder_embedded import Embedded
    from equidistance.tables import Table

CODE_COLUMNS: Mapping[str, str] = {
    "type": "PLOVER event type (root), upper case; empty where the row has no sentence",
    "mode": "PLOVER mode, or empty",
    "quad": "1 verbal cooperation, 2 material cooperation, 3 verbal conflict, 4 material conflict",
    "modality": "done, announced, planned, denied or threatened",
    "confidence": "probability that the type is right, 0 to 1, calibrated on held-out sentences",
    "rule": "what decided: the lexicon's expression with its governing word, or the model",
    "note": "what to know of this row: source or target not found, sentence cut, no sentence",
}


def code_sentence(
    sentence: str,
    source: str | None = None,
    target: str | None = None,
    *,
    model: Model | None = None,
    embedded: "Embedded | None" = None,
) -> Coding:
    """Code one sentence.

    Args:
        sentence: one sentence in English or Russian; control characters count as spaces, and only the first
            400 words or so are read.
        source: who acts, as it stands in the sentence. ``None``, or a name that is not there, leaves the place open.
        target: towards whom, likewise.
        model: weights to use (default: those that ship).
        embedded: the member that sees embeddings, where it is to speak too.

    Returns:
        Type, mode, quad class, modality, the rule that decided, and the confidence in the type. A sentence without
        any act gets the likeliest type of a low confidence; nothing is raised.
    """
    return _code(mark(sentence, source, target), model or shipped_model(), embedded)


def code(
    sentences: "str | Path | Iterable[str] | Iterable[Mapping[str, Any]] | Any",
    *,
    source: str | None = None,
    target: str | None = None,
    weights: str | Path | None = None,
    embeddings: bool = False,
) -> "Table":
    """Code sentences as PLOVER events.

    Args:
        sentences: a ``Path`` of a TSV, CSV or Parquet file (or a string that ends in .tsv, .csv or .parquet) with the
            column ``sentence`` and, where known, ``source`` and ``target``; one sentence; a list of sentences; a list
            of rows with those keys; or a pandas, polars or Arrow table.
        source: who acts in every sentence; only without such a column.
        target: towards whom; only without such a column.
        weights: weights made by ``equidistance code --train`` (default: those that ship).
        embeddings: let sentence embeddings have a say in English sentences: better types, some fifty sentences a
            second; needs ``pip install 'equidistance[embeddings]'``.

    Returns:
        The rows with ``type, mode, quad, modality, confidence, rule, note``; other columns are kept, one that has
        such a name as ``NAME_given``. The order is that of the input.

    Raises:
        BadFile: no table, no such columns, not UTF-8, a damaged file of weights.
        InvalidRequest: what is offered holds no sentences.
        MissingExtra: embeddings are asked for and not installed.
    """
    import pyarrow as pa

    from equidistance.reading.coder_table import rows_of
    from equidistance.tables import Table

    rows = rows_of(sentences, source, target)
    path = None if weights is None else Path(weights)
    model = shipped_model() if path is None else load(path)
    embedded = None
    if embeddings:
        from equidistance.reading.coder_embedded import of_weights

        embedded = of_weights(path)
    names = list(dict.fromkeys(name for row in rows for name in row))
    kept = {name: [row.get(name) for row in rows] for name in names}
    columns: dict[str, list[Any]] = {
        f"{name}_given" if name in CODE_COLUMNS else name: values for name, values in kept.items()
    }
    coded = [_code_row(row, model, embedded) for row in rows]
    for name in CODE_COLUMNS:
        columns[name] = [row[name] for row in coded]
    types = {"quad": pa.int64(), "confidence": pa.float64()}
    arrays = {
        name: pa.array(values, types.get(name, pa.string()) if name in CODE_COLUMNS else None)
        for name, values in columns.items()
    }
    return Table("coded sentences", pa.table(arrays), CODE_COLUMNS)


def _code_row(row: Mapping[str, Any], model: Model, embedded: "Embedded | None") -> dict[str, Any]:
    """The code columns of one row."""
    sentence = row.get("sentence")
    if not isinstance(sentence, str) or not sentence.strip():
        empty: dict[str, Any] = dict.fromkeys(CODE_COLUMNS)
        return empty | {"note": "no sentence"}
    source, target = (_name(row.get(name)) for name in ("source", "target"))
    marked = mark(sentence, source, target)
    coding = _code(marked, model, embedded)
    notes = []
    if source and marked.source is None:
        notes.append("source not in the sentence")
    if target and marked.target is None:
        notes.append("target not in the sentence")
    if marked.cut:
        notes.append(f"only the first {MAXIMUM_TOKENS} words were read")
    return {
        "type": coding.type,
        "mode": coding.mode,
        "quad": coding.quad,
        "modality": coding.modality,
        "confidence": round(coding.confidence, 4),
        "rule": coding.rule,
        "note": "; ".join(notes) or None,
    }


def _name(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _code(marked: Marked, model: Model, embedded: "Embedded | None") -> Coding:
    from equidistance.reading.coder_features import features

    ruled = apply_rules(marked)
    found = features(marked, ruled)
    if embedded is None or marked.russian:
        probabilities = model.probabilities(found, bare=marked.russian)
    else:
        probabilities = embedded.probabilities(marked, model.scores(found))
    column = decide(probabilities)
    kind = ORDER[column]
    return Coding(
        type=kind,
        mode=_mode(kind, ruled),
        quad=TYPES[kind],
        modality=_modality(kind, ruled),
        rule=ruled.rule if kind == ruled.type else f"model ({ruled.rule})",
        confidence=float(probabilities[column]),
    )


def _mode(kind: str, ruled: Ruled) -> str | None:
    """The rules' mode, or where the model chose another type the mode of its best act in the sentence."""
    if kind == ruled.type:
        return ruled.mode
    for one in ruled.weighed:
        if one.hit.pattern.type == kind and one.hit.pattern.mode:
            return one.hit.pattern.mode
    return None


def _modality(kind: str, ruled: Ruled) -> Modality:
    """A threat is a threat; otherwise as the rules read the words before the act."""
    if kind == "THREATEN" and ruled.modality != "denied":
        return "threatened"
    if kind != "THREATEN" and ruled.modality == "threatened":
        return "done"
    return ruled.modality
