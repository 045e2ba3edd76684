"""The two development articles read, beside a person's judgement of them (article_judgement/)."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from equidistance.reading.read import read
from reading_scores import score_article

pytestmark = pytest.mark.shared
JUDGEMENT = Path(__file__).parent / "article_judgement"


def test_articles_at_least_eighty_percent_of_acts_and_claims(shared_data: Path) -> None:
    articles = sorted((shared_data.parent / "articles").glob("*.txt"))
    assert len(articles) == 2
    for path in articles:
        reading = read(path)
        assert reading.document.text.replace(" ", "") == path.read_text(encoding="utf-8").replace(
            "\u00a0", ""
        ).replace(" ", "")
        for kind, score in zip(("acts", "claims"), score_article(JUDGEMENT, reading, path.name), strict=True):
            assert score.recall >= 0.8, (path.name, kind, str(score))
            assert score.precision >= 0.8, (path.name, kind, str(score))
