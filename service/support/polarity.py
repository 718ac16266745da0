"""Words that turn a sentence round or make it absolute, in the languages that archives have.

"Not", "without" and "denied" are negations; "all", "never" and "first" leave no exception.
A claim that has one where its source has none says something else. What follows is left to
``judge.py``.
"""

from __future__ import annotations

import re

_NEGATIONS = {
    "de": "nicht kein keine keinen keinem keiner keines nie niemals niemand nichts ohne weder "
    "nirgends kaum nein unverletzt unklar unbekannt ungeklärt",
    "en": "not no never nobody none nothing without neither nor cannot nowhere hardly isn't "
    "wasn't aren't weren't doesn't didn't don't won't hasn't haven't hadn't can't couldn't "
    "wouldn't unclear unknown unhurt unable impossible",
    "fr": "ne n' pas aucun aucune jamais rien personne sans ni",
    "es": "no nunca nadie nada ninguno ninguna sin ni jamás",
    "it": "non nessuno nessuna mai niente nulla senza né",
    "nl": "niet geen nooit niemand niets zonder",
    "uk": "не ні ніхто ніколи нічого без немає жоден жодна жодного",
    "ru": "не нет никто никогда ничего без ни",
}
_REFUSALS = (
    r"den(?:y|ied|ies)|reject\w*|refus\w*|dismiss\w*|cancel\w*|called off|fail(?:s|ed|ure)?|"
    r"miss(?:ed|ing)|"
    r"unaffected|untouched|undamaged|exclud\w*|lack\w*|silent|vain|overlooked|illegal|"
    r"verweiger\w*|abgelehn\w*|ablehn\w*|lehnt\w*|abgesag\w*|bestreite\w*|bestritt\w*|gescheiter\w*|"
    r"scheiter\w*|ausgeschl\w*|schloss\w*|schweig\w*|verbot\w*|vergeblich|unversehrt|fehlt\w*|widersp\w*|"
    r"reje\w*|refus\w*|inconnu\w*|annul\w*|interdi\w*|ignor\w*|скасува\w*|невідом\w*|відмов\w*|rifiut\w*|escl\w*"
)
_ABSOLUTES = {
    "de": "alle allen aller alles immer nie niemals niemand jede jeder jedes jeden jedem sämtliche "
    "sämtlichen einzig einzige einzigen einziger erste ersten erster erstes erstmals komplett "
    "vollständig gänzlich einstimmig ausnahmslos endgültig überall nirgends ganze ganzen bewiesen "
    "zweifelsfrei garantiert",
    "en": "all every everyone everybody everything always never first entire entirely whole "
    "completely fully unanimously anyone everywhere none sole exclusively solely "
    "definitively permanently guaranteed proven certain doubt certainly undoubtedly",
    "fr": "tous toutes tout toute toujours jamais seul seule seuls premier première entier entière "
    "complètement unanimité chaque aucun aucune uniquement définitivement",
    "es": "todos todas todo toda siempre nunca solo único única primera primer primero "
    "completamente unanimidad cada ningún jamás",
    "it": "tutti tutte tutto tutta sempre mai solo unico unica primo prima completamente "
    "unanimità ogni nessuno nessuna",
    "nl": "alle altijd nooit iedereen elke enige eerste volledig unaniem",
    "uk": "усі всі все завжди ніколи єдиний єдина перший перша вперше повністю кожен кожна жоден",
    "ru": "все всё всегда никогда единственный единственная первый первая впервые полностью каждый",
}
_SUPERLATIVES = re.compile(
    r"\b(?:most|(?<!at )least|biggest|largest|longest|worst|best|highest|lowest|deadliest|"
    r"oldest|youngest|"
    r"greatest|strongest|fastest|smallest|cheapest|größte[nrsm]?|(?:läng|schlimm|höch|ält|jüng|stärk|"
    r"schnell|schwer|best|klein|niedrig|teuer)\w{0,3}ste[nrsm]?|meisten|beste[nr]?|"
    r"le plus|la plus|les plus|il più|la più|el más|la más|най\w+)\b",
    re.I,
)
_WORD = re.compile(r"[^\W\d_]+(?:['’](?:[^\W\d_]+)?)?")


def negations(text: str, language: str | None) -> int:
    """How many words of a text deny something."""
    return _count(text, _NEGATIONS, language) + len(_REFUSAL.findall(text))


def absolutes(text: str, language: str | None) -> int:
    """How many words of a text allow no exception."""
    return _count(text, _ABSOLUTES, language) + len(_SUPERLATIVES.findall(text))


_REFUSAL = re.compile(rf"\b(?:{_REFUSALS})\b", re.I)


def _count(text: str, words: dict[str, str], language: str | None) -> int:
    chosen = set(words.get(language or "", "").split())
    if not chosen:
        chosen = set(words["en"].split()) | set(words["de"].split())
    spoken = (w.replace("’", "'") for w in _WORD.findall(text.casefold()))
    return sum(w in chosen or (w.endswith("'") and w in chosen) for w in spoken)
