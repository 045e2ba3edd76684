"""Both development articles, from the text to verdicts; visits, votes and speeches of a real store as evidence."""

from datetime import date
from pathlib import Path

import pytest

from equidistance.claims.check import Checked, check
from equidistance.claims.files import load
from equidistance.evidence.store import Store
from equidistance.ground.time import parse_spread
from equidistance.reading.records import Claim, When
from equidistance.report import claims_page
from equidistance.sources.ingest import ingest

pytestmark = pytest.mark.shared


def when(text: str) -> When:
    return When(*parse_spread(text))


@pytest.fixture(scope="module", params=["000_b51254633a2919c3.txt", "003_c2309baf7d5763a8.txt"])
def article(request: pytest.FixtureRequest, shared_data: Path) -> Checked:
    path = shared_data.parent / "articles" / request.param
    return check(path, store=False, draws=500, today=date(2026, 11, 26))


def test_every_claim_of_a_real_article_can_be_run(article: Checked) -> None:
    assert len(article.verdicts) >= 15
    assert not article.failed
    assert article.published is not None
    told = [verdict for verdict in article.verdicts if verdict.word == "not enough evidence"]
    assert all(
        verdict.missing or verdict.probability is not None for verdict in told
    )  # it says what is missing


def test_nothing_is_supported_by_the_article_itself(article: Checked) -> None:
    for verdict in article.verdicts:
        assert article.source not in {record.address for record in verdict.records}
        if verdict.claim.form == "cause":
            assert verdict.word == "not enough evidence"
        if verdict.claim.form == "opinion":
            assert verdict.word == "not testable"


def test_the_claims_run_again_from_their_file(article: Checked, tmp_path: Path) -> None:
    path = article.write(tmp_path / "claims.yaml")
    again = check(path, store=False, draws=500, today=date(2026, 11, 26))
    kept = {verdict.claim: verdict.word for verdict in article.verdicts}
    assert len(load(path).claims) >= 0.6 * len(article.verdicts)
    assert {verdict.claim: verdict.word for verdict in again.verdicts}.items() <= kept.items()


def test_the_page_of_a_real_article_shows_its_whole_text(article: Checked) -> None:
    page = claims_page.render(article)
    assert "<script" not in page
    marked, cut = claims_page.annotated(article)
    assert not cut
    assert article.reading is not None
    assert len(marked) == len(article.reading.document.sentences)


def test_five_times_dearer_is_mixed_in_the_article_that_says_so(article: Checked) -> None:
    ratios = [verdict for verdict in article.verdicts if verdict.claim.form == "ratio"]
    if article.source is not None and "000_" in article.source:
        assert [verdict.word for verdict in ratios] == ["mixed"]
        assert len(ratios[0].records) == 2


@pytest.mark.slow
def test_visits_votes_and_speeches_of_a_store_are_evidence(shared_data: Path, tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    visits = shared_data / "ties" / "visits"
    files = {
        "visits_us": [
            visits / "us_president_secretary_travels.csv",
            visits / "us_visits_by_foreign_leaders.csv",
        ],
        "un_speeches": [shared_data / "speeches" / "ungdc_1992_2025.parquet"],
    }
    with Store.open(path, "write", create=True) as store:
        for source, paths in files.items():
            ingest(source, paths, store)
    visit = Claim("event", "Blinken came.", subject="USA", powers=("KAZ",), type="CONSULT", mode="visit")
    quote = "the denuclearization of the world"
    speech = Claim("quotation", "Kazakhstan spoke.", subject="KAZ", said=quote)
    claims = [
        Claim(**{**vars(visit), "when": when("2023-02-28")}),
        Claim(**{**vars(visit), "when": when("2019-05")}),
        speech,
        Claim(**{**vars(speech), "said": "we renounce our independence for ever and ever"}),
    ]
    came, never, said, unsaid = check(claims, store=path).verdicts
    assert came.word == "supported"
    assert any(record.kind == "visit" for record in came.records)
    assert never.word == "contradicted"  # the list of journeys is complete and has none in May 2019
    assert unsaid.word == "not enough evidence"
    with Store.open(path) as store:
        held = (
            store.connection()
            .execute(
                "select count(*) from speeches where state = 'KAZ' and contains(lower(text), ?)", [quote]
            )
            .fetchone()
        )
    assert held is not None
    assert (said.word == "supported") == bool(held[0])
