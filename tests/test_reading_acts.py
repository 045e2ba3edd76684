"""Acts: who did what to whom, when, who says so; 300 perturbed sentences keep or change what they should."""

from datetime import date

import pytest

from equidistance.reading.records import Act
from reading_scores import read_text

VERBS = [  # past tense, participle, what stands after the partner, PLOVER type
    ("praised", "praised", "", "SUPPORT"),
    ("accused", "accused", " of spying", "ACCUSE"),
    ("condemned", "condemned", "", "ACCUSE"),
    ("threatened", "threatened", "", "THREATEN"),
    ("attacked", "attacked", "", "ASSAULT"),
    ("sanctioned", "sanctioned", "", "SANCTION"),
    ("supported", "supported", "", "SUPPORT"),
    ("criticised", "criticised", "", "ACCUSE"),
    ("bombed", "bombed", "", "ASSAULT"),
    ("congratulated", "congratulated", "", "SUPPORT"),
]
PAIRS = [
    ("Georgia", "GEO", "Armenia", "ARM"),
    ("Serbia", "SRB", "Hungary", "HUN"),
    ("Vietnam", "VNM", "China", "CHN"),
    ("Uzbekistan", "UZB", "Turkey", "TUR"),
    ("Moscow", "RUS", "Brussels", "EU"),
]


def triples(text: str) -> list[tuple[str, str | None, str]]:
    return [(act.actor, act.partner, act.type) for act in read_text(text).acts]


def only(text: str, published: str = "2024-06-15") -> Act:
    acts = read_text(text, published).acts
    assert len(acts) == 1, [(act.actor, act.partner, act.type, act.rule) for act in acts]
    return acts[0]


# --- 300 perturbed sentences: 50 verbs with pairs, as they are, swapped, passive, negated, renumbered, planned ---

CASES = [(verb, pair) for verb in VERBS for pair in PAIRS]


@pytest.mark.parametrize(("verb", "pair"), CASES, ids=[f"{v[0]}-{p[1]}" for v, p in CASES])
def test_six_ways_to_say_it(verb: tuple[str, str, str, str], pair: tuple[str, str, str, str]) -> None:
    past, participle, rest, kind = verb
    first, a, second, b = pair
    assert triples(f"{first} {past} {second}{rest}.") == [(a, b, kind)]
    assert triples(f"{second} {past} {first}{rest}.") == [(b, a, kind)]  # names swapped, roles swapped
    assert triples(f"{second} was {participle} by {first}{rest}.") == [(a, b, kind)]  # passive
    base = {"accused": "accuse"}.get(past, past)
    for one in read_text(f"{first} has not {participle} {second}{rest}.").acts:  # negated: never a thing done
        assert one.modality == "denied" or one.type != kind, base
        assert one.modality == "denied"
    third = read_text(f"In 2021 {first} {past} {second}{rest} and paid 40 million dollars.").acts[0]
    fourth = read_text(f"In 2019 {first} {past} {second}{rest} and paid 90 million dollars.").acts[0]
    assert third.when is not None
    assert fourth.when is not None
    assert (third.when.first.year, fourth.when.first.year) == (2021, 2019)
    assert [one.value for one in third.amounts] == [40e6]
    assert [one.value for one in fourth.amounts] == [90e6]
    planned = read_text(f"{first} is preparing to back {second}.").acts
    assert all(one.modality == "planned" for one in planned)


# --- roles --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Georgia and Armenia signed a treaty.", [("GEO", "ARM", "AGREE")]),
        ("A treaty was signed by Georgia and Armenia.", [("GEO", "ARM", "AGREE")]),
        ("A treaty between Georgia and Armenia was signed.", [("GEO", "ARM", "AGREE")]),
        ("Georgia signed a treaty with Armenia.", [("GEO", "ARM", "AGREE")]),
        ("The visit of the Serbian president to Hungary ended.", [("SRB", "HUN", "CONSULT")]),
        ("Serbia received congratulations from Hungary.", [("HUN", "SRB", "SUPPORT")]),
        ("At Serbia's request, Hungary spoke up.", [("SRB", "HUN", "REQUEST")]),
        ("Serbia imposed a ban on the transit of goods by Hungarian carriers.", [("SRB", "HUN", "SANCTION")]),
        ("Russian troops were sent to Armenia.", [("RUS", "ARM", "AID")]),
        ("Serbia refused to sign the agreement with Hungary.", [("SRB", "HUN", "REJECT")]),
        ("Serbia urged Hungary to lift the ban.", [("SRB", "HUN", "REQUEST")]),
        ("Serbia sanctioned Hungary, Croatia and Slovenia.",
         [("SRB", "HUN", "SANCTION"), ("SRB", "HRV", "SANCTION"), ("SRB", "SVN", "SANCTION")]),
        ("Serbia visited nobody in the summer.", []),
        ("Would Serbia attack Hungary?", []),
        ("Serbia should support Hungary.", []),
        ("The support of Hungary matters to Serbia.", []),
        ("Сербия обвинила Венгрию в шпионаже.", [("SRB", "HUN", "ACCUSE")]),
        ("Казахстан и Китай подписали договор.", [("KAZ", "CHN", "AGREE")]),
        ("Российские компании поставили в Армению оборудование.", [("RUS", "ARM", "COOPERATE")]),
    ],
)  # fmt: skip
def test_who_does_it_to_whom(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert triples(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Serbia's decision drew a rebuke from Hungary.", [("HUN", "SRB", "ACCUSE")]),
        ("Serbian ammunition has reached Hungary.", [("SRB", "HUN", "COOPERATE")]),
        ("What Serbia got was a Hungarian veto.", [("HUN", "SRB", "REJECT")]),
        ("Serbia expelled two Hungarian diplomats, and Hungary responded in kind.",
         [("SRB", "HUN", "SANCTION"), ("HUN", "SRB", "SANCTION")]),
        ("Serbia expelled two Hungarian diplomats, and Hungary vowed to respond in kind.",
         [("SRB", "HUN", "SANCTION"), ("HUN", "SRB", "THREATEN")]),
        ("Serbia, Hungary and Croatia signed a treaty.",
         [("SRB", "HUN", "AGREE"), ("SRB", "HRV", "AGREE"), ("HUN", "HRV", "AGREE")]),
        ("The Serbian minister flew to Budapest.", [("SRB", "HUN", "CONSULT")]),
        ("Turkish Airlines flies to Samarkand.", []),
        ("Serbia told Hungary to recall its envoy.", [("SRB", "HUN", "REQUEST")]),
        ("A Serbian journalist was detained in Budapest.", [("HUN", "SRB", "COERCE")]),
        ("The treaty covers attacks on Serbian vessels.", []),
        ("Serbian customs turned back a Hungarian lorry.", [("SRB", "HUN", "SANCTION")]),
        ("Were Serbia to sanction Hungary, both would lose.", []),
        ("Ограничения, введённые Сербией, ударили по всем.", [("SRB", None, "SANCTION")]),
        ("Сербия выслала венгерского дипломата, на что Будапешт ответил зеркально.",
         [("SRB", "HUN", "SANCTION"), ("HUN", "SRB", "SANCTION")]),
        ("Если Венгрия промолчит, никто не заметит.", []),
        ("ЕС отменил визы для Косова.", [("EU", "XKX", "YIELD")]),
    ],
)  # fmt: skip
def test_acts_told_by_nouns_by_goods_and_in_reply(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert triples(text) == expected


def test_only_patterns_that_can_begin_in_a_sentence_need_to_be_tried() -> None:
    from equidistance.reading.tables import beginnings, openings, phrase

    for pattern, text in (
        ("not? impose|levied .. tariff*", "Not levied, the tariffs"),
        ("re-open* border", "It re-opened border posts"),
        ("@papers .. signed", "A memorandum was signed"),
        ("gave_in to", "He gave in to"),
    ):
        found = openings(pattern)
        assert phrase(pattern).search(text) is not None
        assert found is not None
        assert not found.isdisjoint(beginnings(text))
    assert openings(".. tariff*") is None
    assert openings("$|€ gift") is None


def test_an_official_the_text_introduces_acts_for_the_state_from_then_on() -> None:
    acts = read_text(
        "Serbian Trade Minister Jovana Petrova met nobody. Later Petrova accused Hungary of dumping."
    ).acts
    assert [(act.actor, act.actor_text, act.partner) for act in acts] == [("SRB", "Petrova", "HUN")]


def test_words_that_point_back() -> None:
    text = "Hungary met Serbia in May. The two countries signed an agreement. The latter praised Croatia."
    assert [(act.actor, act.partner, act.type) for act in read_text(text).acts] == [
        ("HUN", "SRB", "CONSULT"), ("HUN", "SRB", "AGREE"), ("SRB", "HRV", "SUPPORT"),
    ]  # fmt: skip
    text = "The president of Serbia flew home. He thanked Hungary."
    assert [(act.actor, act.partner) for act in read_text(text).acts] == [("SRB", "HUN")]


def test_names_that_look_like_others_are_left_alone() -> None:
    reading = read_text(
        "The South China Sea is deep. Iran Sharhan lives in Xi'an. A total of ten shells lay on the beach."
    )
    assert reading.acts == ()


# --- everything told with an act ----------------------------------------------------------------------------


def test_channel_modality_and_attribution() -> None:
    done = only("Serbia sanctioned Hungary.")
    assert (done.channel, done.modality, done.attribution, done.direction) == (
        "deed",
        "done",
        ("author",),
        -1,
    )
    threatened = read_text("Serbia threatened to impose sanctions on Hungary.").acts
    assert "threatened" in {one.modality for one in threatened}
    said = only("Experts say that Serbia sanctioned Hungary.")
    assert said.attribution == ("author", "Experts")
    planned = only("Serbia will sign an agreement with Hungary.")
    assert planned.modality == "planned"


def test_an_official_statement_is_a_word_of_that_officials_state() -> None:
    act = only('"Hungary is our friend and partner," said Serbian Prime Minister Ana Brnabic.')
    assert (act.actor, act.partner, act.type, act.channel) == ("SRB", "HUN", "SUPPORT", "word")


def test_a_quotation_inside_a_quotation_keeps_both_speakers() -> None:
    reading = read_text(
        "Experts recalled that Serbian President Vucic said: “Hungary has always been our friend.”"
    )
    claim = next(one for one in reading.claims if one.form == "quotation")
    assert claim.attribution[:2] == ("author", "Experts")
    assert claim.speaker is not None
    assert claim.speaker.endswith("Vucic")
    assert claim.said == "Hungary has always been our friend."


def test_dates_relative_to_publication_and_third_parties() -> None:
    act = only("Last summer Serbia banned imports from Hungary that came through Croatia.", "2024-11-20")
    assert act.when is not None
    assert (act.when.first, act.when.last, act.when.precision, act.when.relative) == (
        date(2024, 6, 1), date(2024, 8, 31), "season", True,
    )  # fmt: skip
    assert act.third_parties == ("HRV",)
    assert act.instrument == "trade"


def test_every_act_shows_sentence_rule_and_confidence() -> None:
    reading = read_text("It rained. Serbia accused Hungary of spying.")
    act = reading.acts[0]
    assert reading.document.text[act.start : act.end] == act.quote == "Serbia accused Hungary"
    assert act.rule == "act:accuse"
    assert 0 < act.confidence <= 1


# --- denials ---


@pytest.mark.parametrize(
    "text",
    [
        "Astana denied it and tilted toward Beijing.",
        "Serbia denied the report and drifted toward China.",
        "Moscow denied reports of a rift with Astana.",
        "Hungary rejected it and turned to China.",
    ],
)
def test_a_denial_is_no_act_toward_whom_the_next_verb_names(text: str) -> None:
    assert read_text(text).acts == ()


def test_a_request_can_be_denied() -> None:
    (act,) = read_text("Hungary denied Serbia's request for troops.").acts
    assert (act.actor, act.partner, act.type) == ("HUN", "SRB", "REJECT")


@pytest.mark.parametrize(
    "text",
    [
        "Hungary denied that it had sold arms to Serbia.",
        "Hungary denied having sold arms to Serbia.",
        "Венгрия отрицает, что продала оружие Сербии.",
    ],
)
def test_what_is_denied_was_not_done(text: str) -> None:
    (act,) = read_text(text).acts
    assert (act.actor, act.partner, act.modality, act.direction) == ("HUN", "SRB", "denied", -1)
