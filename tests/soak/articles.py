"""Articles of a made-up coast, each with a fact that a question asks for."""

from __future__ import annotations

from random import Random

_PLACES = (
    "Quillbrook",
    "Zarnow",
    "Ympelthal",
    "Drusenau",
    "Okselfjord",
    "Brinmouth",
    "Tannberg",
    "Wessel",
    "Iverdal",
    "Larnach",
    "Mockrau",
    "Fendrik",
    "Osterholm",
    "Prawen",
    "Rusk",
    "Sandvoe",
    "Tirn",
    "Ullermoor",
    "Vargo",
    "Xanten",
)
_FACTS = (
    ("The new bridge of {} costs {} million euros.", "How much does the bridge of {} cost?"),
    ("Die Brücke von {} kostet {} Millionen Euro.", "Was kostet die Brücke von {}?"),
    ("Le pont de {} coûtera {} millions d'euros.", "Combien coûtera le pont de {} ?"),
)
_REST = (
    "The council had put the decision off twice.",
    "Der Verkehr wird bis zum Herbst umgeleitet.",
    "Les travaux commenceront après l'été.",
    "Nobody was hurt when the old one was closed on Monday.",
)


def article_ids(writer: int, count: int) -> list[str]:
    """The ids that a writer has to itself; some need to be encoded in a path."""
    return [f"coast {writer}/{_PLACES[n % len(_PLACES)]} {n}.txt" for n in range(count)]


def text_of(article_id: str, chance: Random) -> str:
    """Another text for an article, with its fact somewhere in it."""
    fact, _ = chance.choice(_FACTS)
    sentences = [fact.format(_place(article_id), chance.randrange(2, 900))]
    sentences += chance.sample(_REST, chance.randrange(1, len(_REST) + 1))
    chance.shuffle(sentences)
    return "\n\n".join(sentences)


def question_about(article_id: str, chance: Random) -> str:
    """A question whose answer stands in the article, in any language."""
    _, question = chance.choice(_FACTS)
    return question.format(_place(article_id))


def _place(article_id: str) -> str:
    return article_id.partition("/")[2].partition(" ")[0]
