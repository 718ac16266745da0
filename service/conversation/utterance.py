"""A question taken apart: which of its words say something, which are names, which point back.

Told by word lists (``anaphora.py``) and by capitals, in five languages; in others only by
capitals and digits. What is made of it is left to ``follow_ups.py``.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from service.conversation.anaphora import COUNTING, WORDS, Words

_WORD = r"[^\W_]+(?:[.,:]\d+)*"
_TOKEN = re.compile(_WORD)
_HYPHENED = re.compile(rf"{_WORD}(?:-[^\W_]+)*")
_NONE = Words("", "(?!)", "", "", "", "", "")
_QUOTES = tuple("«»„“”\"'‚‹›")
_BARE = {"in", "von", "aus", "bei", "nach"}
_POLITE = {"Sie", "Ihnen", "Ihr", "Ihre", "Ihrem", "Ihren", "Ihrer", "Ihres"}
_ALIKE = 5  # letters in common make one word of "Tunnel" and "Tunnels"


@dataclass(frozen=True)
class Token:
    """A word and its kind: a field of ``Words``, or "" for one that says something."""

    text: str
    start: int
    end: int
    kind: str
    name: bool = False

    @property
    def stem(self) -> str:
        """What it has in common with other forms of the word, roughly."""
        return self.text.casefold()[:_ALIKE]


def language_of(*texts: str) -> str | None:
    """Whose words the first text has most of; the others are looked at where it doesn't tell."""
    scores: Counter[str] = Counter()
    for text in texts:
        for word in _TOKEN.findall(text.casefold()):
            scores.update(code for code, words in WORDS.items() if word in words.kinds)
        best = scores.most_common(2)
        if best and (len(best) == 1 or best[0][1] > best[1][1]):
            return best[0][0]
    return None


class Utterance:
    """One question. ``opening`` is where it begins after an "and"."""

    def __init__(self, text: str, language: str | None) -> None:
        self.text = text
        self.language = language
        words = WORDS.get(language or "", _NONE)
        idle = [m.span() for m in re.finditer(words.filler, text, re.I)]
        # A French hyphen may part a verb from its subject.
        found = list((_TOKEN if language == "fr" else _HYPHENED).finditer(text))
        self.tokens = [
            self._token(found, i, words, any(a <= m.start() < b for a, b in idle))
            for i, m in enumerate(found)
        ]
        self.opening = self._opening(words)
        self.tokens = [t for t in self.tokens if t.start >= self.opening]

    @property
    def says(self) -> list[Token]:
        """The words that say something."""
        return [t for t in self.tokens if not t.kind]

    @property
    def names(self) -> list[Token]:
        """The words that read like names, or have digits."""
        return [t for t in self.tokens if t.name]

    @property
    def asks(self) -> bool:
        """Whether it has a question word."""
        return any(t.kind == "asking" for t in self.tokens)

    @property
    def pronouns(self) -> list[Token]:
        """The words that stand for something said before this question."""
        found = []
        for i, token in enumerate(self.tokens):
            named = any(t.name for t in self.tokens[:i])
            if token.kind == "things" or (
                token.kind == "people" and not named and not self._doubles(i)
            ):
                found.append(token)
        return found

    @property
    def plain(self) -> str:
        """The question without its "and" and its mark."""
        return self._from(self.opening)

    @property
    def statement(self) -> str:
        """The question without its question words, and what they count: "how many people"."""
        tokens, i = self.tokens, 0
        while i < len(tokens) and tokens[i].kind == "relations":
            i += 1
        first = i
        while i < len(tokens) and tokens[i].kind == "asking":
            i += 1
        if i == first or i == len(tokens):
            return self.plain
        counts = tokens[i - 1].text.casefold() in COUNTING and not tokens[i].kind
        return self._from(tokens[i + counts].start if i + counts < len(tokens) else 0)

    def has(self, token: Token) -> bool:
        """Whether it says this word, too, in some form."""
        return any(token.stem == t.stem for t in self.tokens)

    def _from(self, start: int) -> str:
        return self.text[start:].strip(" \t\n?!.…\u00a0\u202f")

    def _doubles(self, i: int) -> bool:
        """Whether a French pronoun only repeats the subject: "l’alarme n’a-t-elle pas sonné"."""
        inverted = self.text[self.tokens[i].start - 1 : self.tokens[i].start] == "-"
        return self.language == "fr" and inverted and any(not t.kind for t in self.tokens[: i - 1])

    def _opening(self, words: Words) -> int:
        about = re.match(rf"\W*(?:{words.about})", self.text, re.I)
        if about and self.tokens and about.end() <= self.tokens[-1].start:
            return about.end()
        first = self.tokens[:1]
        return first[0].end if first and first[0].kind == "openers" and self.tokens[1:] else 0

    def _token(self, found: list[re.Match[str]], i: int, words: Words, idle: bool) -> Token:
        m = found[i]
        folded = m[0].casefold()
        kind = words.kinds.get(folded, "")
        if i and kind == "openers":
            kind = "rest"
        polite = self.language == "de" and m[0] in _POLITE and i > 0
        if (idle or polite) and kind in ("people", "things"):
            kind = "rest"
        if self.language == "de" and folded == "das" and i:
            # "Wer hat das gesagt?" An article would have its noun beside it.
            article = any(f[0][0].isupper() for f in found[i + 1 : i + 3])
            kind = "rest" if article else "things"
        return Token(m[0], m.start(), m.end(), kind, not kind and self._is_name(found, i))

    def _is_name(self, found: list[re.Match[str]], i: int) -> bool:
        word, before = found[i][0], self.text[: found[i].start()]
        if any(c.isdigit() for c in word):
            return True
        if not word[0].isupper() or not i:
            return False
        if self.language != "de" or before.endswith(_QUOTES):
            return True
        # Every German noun has a capital; after a bare preposition, or another one, it is a name.
        last = found[i - 1][0]
        return before.endswith(" ") and (last in _BARE or (last[0].isupper() and i > 1))
