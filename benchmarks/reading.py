"""How well texts are read: recall and precision of acts and claims beside a person's judgement.

    python benchmarks/reading.py development             the half of the sentences that rules may be written by
    python benchmarks/reading.py development2            longer prose, all of it to write rules by; 3 and 4 likewise
    python benchmarks/reading.py held-out                the other half
    python benchmarks/reading.py fresh                   sentences by someone who did not know the rules, measured once
    python benchmarks/reading.py fresh-development     its half that was opened afterwards; fresh-held-out is the other
    python benchmarks/reading.py articles ../shared/articles
    python benchmarks/reading.py tables ../shared/articles   as Markdown, for docs/reading.md
    python benchmarks/reading.py dyads ../shared/data/coding/PLV_train.tsv
    python benchmarks/reading.py speed                   sentences in a second, memory; beside natasha for Russian

``--rows`` prints every row that is wrong or missed (of the articles: every row).
"""

import argparse
import resource
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from reading_scores import Score, read_text, score_article, score_sentences, sentences  # noqa: E402

JUDGEMENT = ROOT / "tests" / "shared" / "article_judgement"


def show(name: str, scores: tuple[Score, Score], rows: bool, everything: bool = False) -> None:
    for kind, score in zip(("acts", "claims"), scores, strict=True):
        print(f"{name} {kind}: {score}")
        if rows:
            for where, verdict, what in score.rows:
                if everything or verdict != "right":
                    print(f"  {verdict:6} {what} | {where[:110]}")


def articles(directory: Path, rows: bool) -> None:
    from equidistance.reading.read import read

    for path in sorted(directory.glob("*.txt")):
        show(path.name[:3], score_article(JUDGEMENT, read(path), path.name), rows, everything=rows)


def tables(directory: Path) -> None:
    """The tables of docs/reading.md: every act and claim of both articles beside a person's judgement."""
    from equidistance.reading.read import read

    for number, path in enumerate(sorted(directory.glob("*.txt")), 1):
        for kind, score in zip(
            ("acts", "claims"), score_article(JUDGEMENT, read(path), path.name), strict=True
        ):
            print(f"\n### Article {number}, {kind}\n\n{str(score).capitalize()}.\n")
            print("| sentence | what | about | judgement |\n|---|---|---|---|")
            for where, verdict, what in score.rows:
                kinds, _, about = what.partition(": ")
                shown = kinds.replace("|", " or ").replace(">", " → ").replace(",", ", ")
                print(
                    f"| {where} | {shown} | {about.removeprefix('claim:').removeprefix('act:')} | {verdict} |"
                )


def dyads(table: Path) -> None:
    """Sentences others annotated with source, target and type: every second one in which both are states or blocs."""
    import csv

    from equidistance.reading.actors import find_actors

    def code(name: str) -> str | None:
        mentions = find_actors(read_text(name + " .", "2018-06-01", "en").document).mentions
        return mentions[0].code if mentions and len(mentions[0].code) <= 4 else None

    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[::2]
    total = pairs = types = 0
    for row in rows:
        actor, partner = code(row["source"]), code(row["target"])
        if actor is None or partner is None or actor == partner:
            continue
        total += 1
        found = [
            act
            for act in read_text(row["sentence"], "2018-06-01", "en").acts
            if (act.actor, act.partner) == (actor, partner)
            or (act.type in ("AGREE", "CONSULT") and (act.partner, act.actor) == (actor, partner))
        ]
        pairs += bool(found)
        types += any(act.type == row["gold_root"] for act in found)
    print(
        f"{total} sentences: actor and partner found in {pairs / total:.0%}, with the type in {types / total:.0%}"
    )


def speed() -> None:
    texts = {
        language: " ".join(
            row["sentence"]
            for part in ("development", "held-out")
            for row in sentences(part)
            if row["language"] == language
        )
        for language in ("en", "ru")
    }
    for language, text in texts.items():
        long = "\n".join([text] * (20 if language == "en" else 100))
        read_text(text, language=language)
        start = time.process_time()
        reading = read_text(long, language=language)
        seconds = time.process_time() - start
        count = len(reading.document.sentences)
        print(
            f"equidistance {language}: {count} sentences, {count / seconds:,.0f} sentences/s, {len(reading.acts)} acts"
        )
    print(f"equidistance: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at most")
    try:
        from natasha import (
            Doc,
            MorphVocab,
            NewsEmbedding,
            NewsMorphTagger,
            NewsNERTagger,
            NewsSyntaxParser,
            Segmenter,
        )
    except ImportError:
        print("natasha is not installed: pip install natasha")
        return
    segmenter, embedding = Segmenter(), NewsEmbedding()
    tagger, parser, names = NewsMorphTagger(embedding), NewsSyntaxParser(embedding), NewsNERTagger(embedding)
    MorphVocab()
    start = time.process_time()
    doc = Doc("\n".join([texts["ru"]] * 20))
    doc.segment(segmenter)
    doc.tag_ner(names)
    seconds = time.process_time() - start
    count = len(doc.sents)
    print(f"natasha ru, sentences and names: {count} sentences, {count / seconds:,.0f} sentences/s")
    doc.tag_morph(tagger)
    doc.parse_syntax(parser)
    seconds = time.process_time() - start
    print(f"natasha ru, with morphology and syntax: {count / seconds:,.0f} sentences/s")
    print(f"both: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at most")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    own = ["development", "development2", "development3", "development4", "held-out"]
    own += ["fresh", "fresh-development", "fresh-held-out"]
    parser.add_argument("what", choices=[*own, "articles", "tables", "dyads", "speed"])
    parser.add_argument("directory", nargs="?", type=Path, default=ROOT.parent / "shared" / "articles")
    parser.add_argument("--rows", action="store_true")
    options = parser.parse_args()
    if options.what == "speed":
        speed()
    elif options.what == "dyads":
        dyads(options.directory)
    elif options.what == "tables":
        tables(options.directory)
    elif options.what == "articles":
        articles(options.directory, options.rows)
    else:
        show(options.what, score_sentences(options.what), options.rows)


if __name__ == "__main__":
    main()
