"""What a chat model writes, piece by piece → claims: complete sentences and what they cite.

A claim is given out only when its sentence is complete and the markers behind it have
come. Whether it is true is left to ``citations.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from indexer.sentences import sentences
from service.errors import GenerationFailed
from service.writing.prompt import NO_ANSWER

_LONGEST = 4_000  # characters without an end of a sentence
_MOST_CLAIMS = 40
_AHEAD = re.compile(r"\S+\s+\S+\s|.{40}", re.S)

_LIST = r"\d{1,3}(?:\s*(?:[,;–-]|and|und)\s*\d{1,3})*"
_MARKER = re.compile(
    rf"\s*[\[【]\s*(?:passage|source|abschnitt|quelle|nr\.?|no\.?|\#|\^)?\s*({_LIST})[^\]】]{{0,12}}[\]】]",
    re.I,
)
_BETWEEN = " .,;:–-"  # what a part doesn't begin with
_RANGE = re.compile(r"(\d+)\s*[–-]\s*(\d+)")
_THOUGHT = re.compile(r"\s*<think>.*?</think>\s*", re.S)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_TAG = re.compile(r"</?[a-zA-Z!][^<>]{0,200}>")
_MARKDOWN = re.compile(r"\*\*|__|`+|^\s*(?:(?:#{1,6}|[-*+•>])\s+)+")
_DECLINED = re.compile(rf"\W*{NO_ANSWER}\b|\W*NO ANSWER\W*$", re.I)
_ENDED = re.compile(r"[.!?…。！？\]】][\"'”“»«’)]*\s*$|\n\s*$")
_ASIDE = 4  # words behind the last marker from which on they are a part of their own


@dataclass(frozen=True)
class Part:
    """A stretch of a claim's text and the numbers of the passages that are to prove it."""

    start: int
    end: int
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Claim:
    """One sentence, free of markers and markup. Its parts follow one another."""

    text: str
    parts: tuple[Part, ...]
    new_line: bool = False


class ClaimReader:
    """Collects what a model writes and gives each claim once.

    Raises GenerationFailed where the model declines or writes without end.
    """

    def __init__(self, language: str | None) -> None:
        self._language = language
        self._buffer = ""
        self._thinking = True
        self._new_line = False
        self._seen: set[str] = set()

    def feed(self, text: str) -> Iterator[Claim]:
        """The claims that this piece completes."""
        self._buffer += text
        if self._thinking and not self._has_thought():
            return
        # The next sentence has to be well begun: "19." and "Nov" are no two sentences.
        starts = [s for s in self._starts() if _AHEAD.match(self._buffer, s)]
        yield from self._claims(starts)
        if len(self._buffer) > _LONGEST:
            raise GenerationFailed("nonsense", "the chat model writes without end")

    def finish(self) -> Iterator[Claim]:
        """What is left when the model has done; a sentence without its end is dropped."""
        if self._thinking and not self._has_thought(done=True):
            return
        closed = _ENDED.search(self._buffer) or not self._seen
        starts = self._starts()
        yield from self._claims([*starts, len(self._buffer)] if closed else starts)

    def _has_thought(self, *, done: bool = False) -> bool:
        """Whether the model's thinking aloud, where it does that, is behind it."""
        self._buffer, ended = _THOUGHT.subn("", self._buffer, count=1)
        begun = self._buffer.lstrip()
        unsure = not done and "<think>".startswith(begun)
        self._thinking = not ended and (begun.startswith("<think>") or unsure)
        return not self._thinking

    def _starts(self) -> list[int]:
        """Where the second and every further sentence begins."""
        # Blanked out, markers belong to the sentence that they follow.
        text = _MARKER.sub(lambda m: " " * len(m[0]), self._buffer)
        return [span.start for span in sentences(text, self._language)[1:]]

    def _claims(self, ends: list[int]) -> Iterator[Claim]:
        text, start = self._buffer, 0
        for end in ends:
            raw, start = text[start:end], end
            self._buffer = text[end:]
            new_line, self._new_line = self._new_line, "\n" in raw[len(raw.rstrip()) :]
            if _DECLINED.match(raw):
                raise GenerationFailed("declined", "the chat model holds that nothing answers it")
            claim = parse_claim(raw, new_line=new_line)
            if claim is None or claim.text in self._seen:  # small models repeat themselves
                continue
            self._seen.add(claim.text)
            if len(self._seen) > _MOST_CLAIMS:
                raise GenerationFailed("nonsense", "the chat model writes without end")
            yield claim


def parse_claim(raw: str, *, new_line: bool = False) -> Claim | None:
    """A sentence as a model wrote it, None where it holds no word.

    A part ends with each group of markers. What follows the last group has none,
    unless it is a word or two: ", said Y" belongs to what it follows.
    """
    raw = _TAG.sub("", _LINK.sub(r"\1", _MARKDOWN.sub("", raw.strip())))
    pieces: list[tuple[str, tuple[int, ...]]] = []
    ahead: tuple[int, ...] = ()  # of markers at the very beginning
    for text, numbers in _pieces(raw):
        words = re.findall(r"\w+", text)
        if words and not (pieces and not numbers and len(words) < _ASIDE):
            pieces.append((text, ahead + numbers))
            ahead = ()
        elif pieces:  # one marker after another, or the full stop
            before, known = pieces[-1]
            pieces[-1] = (before + text, known + numbers)
        else:
            ahead += numbers
    whole, parts = "", []
    for i, (text, numbers) in enumerate(pieces):
        piece = text if i else text.lstrip()
        start = len(whole) + len(piece) - len(piece.lstrip(_BETWEEN))
        whole += piece
        parts.append(Part(start, len(whole.rstrip()), tuple(dict.fromkeys(numbers))))
    return Claim(whole.rstrip(), tuple(parts), new_line) if parts else None


def _pieces(raw: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    at = 0
    for marker in _MARKER.finditer(raw):
        yield _plain(raw[at : marker.start()]), _numbers(marker[1])
        at = marker.end()
    yield _plain(raw[at:]), ()


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _numbers(listed: str) -> tuple[int, ...]:
    ranges = _RANGE.sub(
        lambda m: ",".join(map(str, range(int(m[1]), min(int(m[2]), int(m[1]) + 9) + 1))), listed
    )
    return tuple(int(n) for n in re.findall(r"\d+", ranges))
