"""A conversation's last question → one that can be understood alone.

By rules, without a model: does the question point back (a pronoun), leave something out
("And when?") or go on about the same thing, and if so, what of the question before and
of its answer has to be said with it? Words are carried over as they were said. Taking a
question apart is left to ``utterance.py``; a chat model, where there is one, is asked
first (``asking.py``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from service.conversation.utterance import Utterance, language_of

_MOST_CARRIED = 14  # words: a question that grows with each turn would be about everything
_FEW = 3  # words that say something, in a question that goes on with "and"
_SHORT = 8  # words of an answer that may stand for a pronoun


class Turn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was said before: ``role`` is ``user`` or ``assistant``."""

    role: str
    content: str


def self_contained(question: str, history: Sequence[Turn]) -> str | None:
    """The question with what it leaves unsaid carried over, None where it stands alone."""
    before = answer = ""
    for turn in history:
        if turn.role == "user":
            # A question of the history may itself go on from the one before it.
            before = _completed(turn.content, before, answer) or turn.content
            answer = ""
        else:
            answer = turn.content
    return _completed(question, before, answer)


def _completed(question: str, before: str, answer: str) -> str | None:
    if not before:
        return None
    asked = Utterance(question, language_of(question, before))
    previous = Utterance(before, language_of(before, question))
    if not _depends(asked, previous):
        return None
    if asked.asks and not asked.says and not asked.pronouns:
        whole = _asked_anew(asked, previous)
    elif asked.opening and not asked.asks:
        whole = _replaced(asked, previous)
    elif previous.says:
        whole = _carried_over(asked, previous, answer)
    else:
        return None
    return whole[:1].upper() + whole[1:]


def _depends(asked: Utterance, previous: Utterance) -> bool:
    """Whether a question says too little by itself."""
    if asked.pronouns:
        return True
    if asked.opening and len(asked.says) <= _FEW:
        return True
    if asked.names:
        return False
    return len(asked.says) <= 1 or any(previous.has(t) for t in asked.says)


def _asked_anew(asked: Utterance, previous: Utterance) -> str:
    """ "And when?": the question before, with another question word."""
    return f"{asked.plain} {previous.statement}?"


def _replaced(asked: Utterance, previous: Utterance) -> str:
    """ "And for cars?", "What about Poland?": the question before, with another part."""
    part = asked.tokens[0]
    if part.kind == "relations":
        # "for adults" makes room for "for cars".
        for i, token in enumerate(previous.tokens):
            if token.kind == "relations" and token.text.casefold() == part.text.casefold():
                after = previous.tokens[i + 1 :]
                end = next((t.end for t in after if not t.kind), token.end)
                return f"{previous.text[: token.start]}{asked.plain}{previous.text[end:]}"
    if part.name and len(asked.says) == len(asked.names) and previous.names:
        named = previous.names[-1]
        return f"{previous.text[: named.start]}{asked.plain}{previous.text[named.end :]}"
    return f"{previous.plain} – {asked.plain}?"


def _carried_over(asked: Utterance, previous: Utterance, answer: str) -> str:
    """The question, and in brackets what it is about."""
    said = [t for t in previous.says if not asked.has(t)]
    kept = sorted(said, key=lambda t: not t.name)[:_MOST_CARRIED]
    about = [" ".join(t.text for t in said if t in kept)]
    if asked.pronouns and _can_be_meant(answer):
        about.insert(0, answer.strip())
    return f"{asked.plain}? ({', '.join(filter(None, about))})"


def _can_be_meant(answer: str) -> bool:
    """Whether a pronoun may stand for an answer. Nobody says "she" of a measure."""
    begins_with_number = re.match(r"[\W_]*\d|[-−–]", answer.strip())
    return 0 < len(answer.split()) <= _SHORT and not begins_with_number
