"""English inflection for the coder's lexicon: the forms of a verb or noun, so that a lexicon lists only the base."""

from functools import lru_cache

IRREGULAR = {
    "be": ("is", "was", "being", "been"),
    "bear": ("bears", "bore", "bearing", "borne"),
    "beat": ("beats", "beat", "beating", "beaten"),
    "become": ("becomes", "became", "becoming", "become"),
    "begin": ("begins", "began", "beginning", "begun"),
    "bind": ("binds", "bound", "binding", "bound"),
    "blow": ("blows", "blew", "blowing", "blown"),
    "break": ("breaks", "broke", "breaking", "broken"),
    "bring": ("brings", "brought", "bringing", "brought"),
    "build": ("builds", "built", "building", "built"),
    "burn": ("burns", "burned", "burning", "burned"),
    "buy": ("buys", "bought", "buying", "bought"),
    "catch": ("catches", "caught", "catching", "caught"),
    "come": ("comes", "came", "coming", "come"),
    "cut": ("cuts", "cut", "cutting", "cut"),
    "deal": ("deals", "dealt", "dealing", "dealt"),
    "do": ("does", "did", "doing", "done"),
    "draw": ("draws", "drew", "drawing", "drawn"),
    "drive": ("drives", "drove", "driving", "driven"),
    "feed": ("feeds", "fed", "feeding", "fed"),
    "fight": ("fights", "fought", "fighting", "fought"),
    "find": ("finds", "found", "finding", "found"),
    "flee": ("flees", "fled", "fleeing", "fled"),
    "fly": ("flies", "flew", "flying", "flown"),
    "forbid": ("forbids", "forbade", "forbidding", "forbidden"),
    "forgive": ("forgives", "forgave", "forgiving", "forgiven"),
    "freeze": ("freezes", "froze", "freezing", "frozen"),
    "give": ("gives", "gave", "giving", "given"),
    "go": ("goes", "went", "going", "gone"),
    "have": ("has", "had", "having", "had"),
    "hear": ("hears", "heard", "hearing", "heard"),
    "hit": ("hits", "hit", "hitting", "hit"),
    "hold": ("holds", "held", "holding", "held"),
    "hurt": ("hurts", "hurt", "hurting", "hurt"),
    "keep": ("keeps", "kept", "keeping", "kept"),
    "lay": ("lays", "laid", "laying", "laid"),
    "lead": ("leads", "led", "leading", "led"),
    "leave": ("leaves", "left", "leaving", "left"),
    "lend": ("lends", "lent", "lending", "lent"),
    "let": ("lets", "let", "letting", "let"),
    "make": ("makes", "made", "making", "made"),
    "meet": ("meets", "met", "meeting", "met"),
    "mow": ("mows", "mowed", "mowing", "mown"),
    "overrun": ("overruns", "overran", "overrunning", "overrun"),
    "overturn": ("overturns", "overturned", "overturning", "overturned"),
    "pay": ("pays", "paid", "paying", "paid"),
    "plead": ("pleads", "pleaded", "pleading", "pleaded"),
    "put": ("puts", "put", "putting", "put"),
    "quit": ("quits", "quit", "quitting", "quit"),
    "retake": ("retakes", "retook", "retaking", "retaken"),
    "rise": ("rises", "rose", "rising", "risen"),
    "run": ("runs", "ran", "running", "run"),
    "say": ("says", "said", "saying", "said"),
    "seek": ("seeks", "sought", "seeking", "sought"),
    "sell": ("sells", "sold", "selling", "sold"),
    "send": ("sends", "sent", "sending", "sent"),
    "set": ("sets", "set", "setting", "set"),
    "shoot": ("shoots", "shot", "shooting", "shot"),
    "shut": ("shuts", "shut", "shutting", "shut"),
    "sink": ("sinks", "sank", "sinking", "sunk"),
    "sit": ("sits", "sat", "sitting", "sat"),
    "slay": ("slays", "slew", "slaying", "slain"),
    "speak": ("speaks", "spoke", "speaking", "spoken"),
    "spend": ("spends", "spent", "spending", "spent"),
    "spread": ("spreads", "spread", "spreading", "spread"),
    "stand": ("stands", "stood", "standing", "stood"),
    "steal": ("steals", "stole", "stealing", "stolen"),
    "step": ("steps", "stepped", "stepping", "stepped"),
    "stick": ("sticks", "stuck", "sticking", "stuck"),
    "strike": ("strikes", "struck", "striking", "struck"),
    "swear": ("swears", "swore", "swearing", "sworn"),
    "take": ("takes", "took", "taking", "taken"),
    "talk": ("talks", "talked", "talking", "talked"),
    "tell": ("tells", "told", "telling", "told"),
    "think": ("thinks", "thought", "thinking", "thought"),
    "throw": ("throws", "threw", "throwing", "thrown"),
    "undertake": ("undertakes", "undertook", "undertaking", "undertaken"),
    "uphold": ("upholds", "upheld", "upholding", "upheld"),
    "wind": ("winds", "wound", "winding", "wound"),
    "withdraw": ("withdraws", "withdrew", "withdrawing", "withdrawn"),
    "withhold": ("withholds", "withheld", "withholding", "withheld"),
}
"""Third person, past, -ing and participle of verbs that the rules below would spell wrongly."""

_DOUBLED_LIST = (
    "admit acquit ban bar beg blog blot bug cancel club commit compel confer control cut defer deter dim drop equip "
    "expel flag flog forget gag grab hit infer jam jog kidnap knit lag level lob log mob nab nod occur omit "
    "outfit patrol permit pin plan plot pod prefer prod propel quit rap ram rebel rebut recur refer regret rig rip rob "
    "rub sag scrap set ship shun sit skip slam slap slip snap snub spot spur stab star step stop strip submit swap "
    "swat tap tip top transfer transmit trap trim trip whip wiretap wrap zap bat chat fit vet mug "
    "quarrel model signal travel counsel label fuel dispel excel impel repel"
)
_DOUBLED = frozenset(_DOUBLED_LIST.split())

IRREGULAR_PLURALS = {"gunman": "gunmen", "knifeman": "knifemen", "crisis": "crises", "ally": "allies"}


@lru_cache(maxsize=8192)
def verb_forms(verb: str) -> dict[str, str]:
    """Every form of a verb with its tags: ``b`` base, ``s`` third person, ``d`` past, ``g`` -ing, ``n`` participle.

    Args:
        verb: the base form, one word.

    Returns:
        form -> tags, e.g. ``{"condemn": "b", "condemns": "s", "condemned": "dn", "condemning": "g"}``.
    """
    for prefix in ("", "re", "over", "under", "out", "fore", "counter"):
        stem = verb[len(prefix) :]
        if verb.startswith(prefix) and stem in IRREGULAR:
            third, past, ing, participle = (prefix + form for form in IRREGULAR[stem])
            break
    else:
        third, past, ing = _regular(verb)
        participle = past
    forms: dict[str, str] = {}
    for form, tag in ((verb, "b"), (third, "s"), (past, "d"), (ing, "g"), (participle, "n")):
        forms[form] = forms.get(form, "") + tag
    if verb == "be":
        forms |= {"are": "b", "were": "d"}
    return forms


def _regular(verb: str) -> tuple[str, str, str]:
    """Third person, past and -ing form of a regular verb."""
    consonant_y = verb.endswith("y") and verb[-2:-1] not in "aeiou"
    if consonant_y:
        third = verb[:-1] + "ies"
    elif verb.endswith(("s", "x", "z", "ch", "sh")) or verb in {"veto", "torpedo"}:
        third = verb + "es"
    else:
        third = verb + "s"
    if verb in _DOUBLED:
        return third, verb + verb[-1] + "ed", verb + verb[-1] + "ing"
    if consonant_y:
        return third, verb[:-1] + "ied", verb + "ing"
    if verb.endswith("ie"):
        return third, verb + "d", verb[:-2] + "ying"
    if verb.endswith("ee"):
        return third, verb + "d", verb + "ing"
    if verb.endswith("e"):
        return third, verb + "d", verb[:-1] + "ing"
    return third, verb + "ed", verb + "ing"


def plural(noun: str) -> str:
    """The plural of a noun: ``accusation`` -> ``accusations``."""
    if noun in IRREGULAR_PLURALS:
        return IRREGULAR_PLURALS[noun]
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    return noun + "s"
