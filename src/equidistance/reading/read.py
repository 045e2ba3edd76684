"""From a source to everything found in it: the public function :func:`read`."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from equidistance.errors import InvalidRequest
from equidistance.reading.actors import find_actors
from equidistance.reading.acts import find_acts
from equidistance.reading.claims import find_claims
from equidistance.reading.loaded import find_loaded
from equidistance.reading.records import Act, Claim, Document, LoadedWording, Reading
from equidistance.reading.scene import scene
from equidistance.reading.text import open_document

if TYPE_CHECKING:
    from equidistance.reading.llm import Model


def read(
    source: str | Path,
    *,
    published: date | str | None = None,
    language: str | None = None,
    reader: Literal["rules", "llm"] = "rules",
    model: str | None = None,
    base_url: str | None = None,
    allow_private: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> Reading:
    """Read an article: the acts it tells, the claims its author makes, and its loaded wording.

    Args:
        source: a file (text, Markdown, HTML, PDF with text), an http(s) address, ``-`` for standard input, or the text
            itself when it has a line break.
        published: day of publication, where the source does not tell it; relative dates count from it.
        language: ``en`` or ``ru``; found from the letters when not given.
        reader: ``rules``, or ``llm`` to ask a language model, sentence by sentence; what it gets wrong the rules read.
        model: name of the language model.
        base_url: where it answers (OpenAI-compatible, e.g. ``http://localhost:11434/v1``).
        allow_private: read web addresses of this machine and private networks too.
        progress: told what is done, how much, and of how much.

    Returns:
        Acts, claims and loaded wording, each with offsets, its words, the rule that found it and a confidence.

    Raises:
        BadFile, FetchError, InvalidRequest: the source cannot be read; a language model is asked for without a name.
    """
    if reader not in ("rules", "llm"):
        raise InvalidRequest(f"There is no reader {reader!r}.", choices=("rules", "llm"))
    asked: Model | None = None
    if reader == "llm":
        from equidistance.reading.llm import connect

        asked = connect(model, base_url)
    document = open_document(source, published=published, allow_private=allow_private, language=language)
    return read_document(document, asked, progress)


def read_document(
    document: Document, model: "Model | None" = None, progress: Callable[[str, int, int], None] | None = None
) -> Reading:
    """Read a document that is open already; see :func:`read`."""
    cast = find_actors(document)
    acts: list[Act] = []
    claims: list[Claim] = []
    loaded: list[LoadedWording] = []
    notes: list[str] = []
    for number, sentence in enumerate(document.sentences):
        if progress is not None:
            progress("Reading", number, len(document.sentences))
        loaded += find_loaded(sentence, document.language)
        if model is not None:
            answer = model.read_sentence(document, cast, sentence)
            if answer is not None:
                acts += answer[0]
                claims += answer[1]
                continue
        seen = scene(document, cast, sentence)
        found, said = find_acts(seen)
        acts += found
        claims += find_claims(seen, found, said)
    if model is not None:
        notes = model.notes()
    if notes:
        from dataclasses import replace

        document = replace(document, notes=(*document.notes, *notes))
    return Reading(document, tuple(acts), tuple(claims), tuple(loaded))
