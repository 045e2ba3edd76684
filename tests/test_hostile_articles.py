"""Articles that attack: whatever they hold, the page of their check shows text and runs nothing."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from equidistance.errors import EquidistanceError
from equidistance.report import claims_page
from hostile_page import checked_of, harmless_page, only_its_own, style_of

ATTACKS = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)//",
    "</style><script>alert(1)</script><style>",
    "</title><script>alert(1)</script>",
    "--><script>alert(1)</script><!--",
    "<!-- x --!><img src=x onerror=alert(1)>",
    "]]><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img/src='x'/onerror=alert(1)//",
    "<svg onload=alert(1)><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><a xlink:href='javascript:alert(1)'><text>Moscow</text></a></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>Astana</a>",
    "<a href='jav&#x09;ascript:alert(1)'>Beijing</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>Baku</a>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='data:text/html;base64,PHNjcmlwdD4='></object>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<base href='https://evil.example/'>",
    "<form action='https://evil.example'><input name=q autofocus onfocus=alert(1)>",
    "<p style='background:url(javascript:alert(1))' onclick=alert(1)>",
    "<link rel=stylesheet href='https://evil.example/x.css'>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "' onmouseover=alert(1) x='",
    '" onmouseover=alert(1) x="',
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "{{ 7*7 }}{% raw %}${7*7}#{7*7}",
    "\u202eevil\u202c \u2066x\u2069 \u200b\u200d\ufeff zero\u00adwidth",
    "\x00\x1b[31m\x07\x08\x7f\x9b",
    "\ud800",
    '=HYPERLINK("https://evil.example")',
    "<p title='" + "A" * 70_000 + "'>long</p>",
)
TRUTHS = (
    "Kazakhstan signed an agreement with China.",
    "Russia banned imports of wine from Georgia in March 2024.",
    "Relations between Baku and Moscow are getting worse.",
    "Serbia depends on Russia for 90 percent of its gas.",
    "Astana's so-called neutrality is a pipe dream.",
    'The minister said: "We will never leave."',
    "Москва ввела санкции против Молдавии.",
    "Turkish companies built 12 schools in Turkmenistan.",
)
MEDIA = ("", "text/html", "text/markdown", "text/plain")


def article(pieces: list[str], closed: bool) -> bytes:
    body = " ".join(pieces)
    page = (
        f"<html><head><title>{pieces[0]}</title></head><body><article><p>{body}</p></article></body></html>"
    )
    return (page if closed else body).encode("utf-8", "surrogatepass")


@pytest.fixture(scope="module")
def style() -> str:
    return style_of(harmless_page())


def test_the_list_itself_catches_what_it_is_for(style: str) -> None:
    """A check that cannot fail would prove nothing: each attack put into the page as it is must be found."""
    page = harmless_page()
    only_its_own(page, style)
    found = 0
    for attack in ATTACKS:
        spoilt = page.replace("signed an agreement", attack.replace("\ud800", ""), 1)
        try:
            only_its_own(spoilt, style)
        except (AssertionError, ValueError):
            found += 1
        else:
            # only text: quotes, escaped characters, templates and formulas do nothing between tags
            assert not attack.startswith("<") or attack[1] == "/", attack
    assert found >= 24
    for attribute in ("onmouseover", "style", "srcdoc"):
        with pytest.raises(AssertionError):
            only_its_own(page.replace("<main ", f'<main {attribute}="alert(1)" ', 1), style)


@pytest.mark.parametrize("media", MEDIA)
@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
def test_every_attack_is_shown_or_gone(attack: str, media: str, style: str) -> None:
    """Between sentences, inside one, in the title and in the address."""
    pieces = [
        attack,
        TRUTHS[0],
        TRUTHS[2].replace("Moscow", f"Moscow {attack}"),
        f'Putin said: "{attack} {TRUTHS[1]}"',
    ]
    for closed in (True, False):
        try:
            checked = checked_of(article(pieces, closed), media, f"https://a.example/{attack}")
        except EquidistanceError:
            continue
        only_its_own(claims_page.render(checked), style)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.one_of(
            st.sampled_from(ATTACKS[:-1]),
            st.sampled_from(TRUTHS),
            st.text(max_size=40),
            st.text(alphabet="<>/'\"=&;#!-[]{}()onerscipt \n\t\u202e", max_size=60),
        ),
        min_size=1,
        max_size=12,
    ),
    st.booleans(),
    st.sampled_from(MEDIA),
    st.binary(max_size=30),
)
@example(["<p title='" + "A" * 300_000 + "'>", *TRUTHS], True, "text/html", b"\xff\xfe")
def test_any_mixture_makes_a_page_of_its_own_elements_only(
    style: str, pieces: list[str], closed: bool, media: str, broken: bytes
) -> None:
    body = article(pieces, closed)
    body = body[: len(body) // 2] + broken + body[len(body) // 2 :]  # bytes that are no UTF-8, in the middle
    try:
        checked = checked_of(body, media, "https://a.example/" + pieces[0][:80])
    except EquidistanceError:
        return
    only_its_own(claims_page.render(checked), style)
    checked.to_json()
    checked.table.to_csv()
