"""A chat model's claims → checked sentences whose citations are cut from the articles.

A marker only names a passage. Which of its sentences prove the claim is chosen here,
so every quote is verbatim; and a claim that none supports does not pass. How well a
sentence supports a claim is judged in ``service/support``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from msgspec import structs

from indexer.article import Span
from indexer.language import detect
from indexer.store import StoredArticle
from service.answer import AnswerSpan, Citation, Source, source_of
from service.events import Sentence
from service.stories.reprints import quoted_in
from service.support.judge import Evidence, Support, SupportJudge
from service.telemetry.record import Verdict
from service.writing.claims import Claim, Part
from service.writing.instructions import for_models, without

_QUOTED = re.compile(r"[„“”\"»«]([^„“”\"»«]+)[“”\"«»]")
_SPOKEN = 3  # words from which on quotation marks mean somebody's words, not a title or irony


@dataclass(frozen=True)
class NumberedPassage:
    """A passage that the chat model is shown, the version of its article, and copies of that."""

    stored: StoredArticle
    span: Span
    copies: tuple[StoredArticle, ...] = ()

    @cached_property
    def withheld(self) -> list[Span]:
        """Stretches that talk to a chat model, in code points of the passage."""
        return for_models(self.stored.article.quote(self.span), self.stored.article.language)

    @cached_property
    def text(self) -> str:
        """The passage's text, what is withheld blanked out."""
        return without(self.stored.article.quote(self.span), self.withheld)

    @property
    def evidence(self) -> Evidence:
        """The passage as something that a claim can be held against."""
        article = self.stored.article
        return Evidence(self.text, article.language, article.heading)


@dataclass(frozen=True)
class _Proof:
    passage: NumberedPassage
    support: Support


class Checker:
    """Checks the claims of one answer, in order. ``threshold`` is the least support that passes."""

    def __init__(
        self, judge: SupportJudge, passages: Sequence[NumberedPassage], *, threshold: float
    ) -> None:
        self._judge = judge
        self._passages = passages
        self._threshold = threshold

    def prepare(self) -> None:
        """Do ahead what every check of these passages needs."""
        self._judge.prepare([p.evidence for p in self._passages])

    def check(self, claim: Claim) -> Sentence:
        """The claim as a sentence; its citations say whether each part is verified.

        Offsets and ids count from the beginning of the sentence: ``Draft`` places it.
        """
        language = detect(claim.text)
        citations: list[Citation] = []
        for part in claim.parts:
            verified, proofs = self._prove(claim.text[part.start : part.end], language, part)
            for proof in proofs:
                span = proof.support.span
                offset = proof.passage.span.start
                place = Span(span.start + offset, span.end + offset)
                citations.append(
                    Citation(
                        id=len(citations) + 1,
                        answer=AnswerSpan(part.start, part.end),
                        source=_source(proof.passage, place),
                        support=round(proof.support.probability, 4),
                        verified=verified,
                    )
                )
        return Sentence(0, claim.text, citations)

    def _prove(self, text: str, language: str | None, part: Part) -> tuple[bool, list[_Proof]]:
        named = [self._passages[n - 1] for n in part.numbers if 1 <= n <= len(self._passages)]
        proofs = self._judged(text, language, named)
        holding = self._holding(text, proofs)
        if not holding:  # a wrong marker, or none: another passage may say it
            others = [p for p in self._passages if p not in named]
            proofs += self._judged(text, language, others)
            holding = self._holding(text, proofs)[:1]
        if holding:
            return True, holding
        return False, sorted(proofs, key=lambda proof: -proof.support.probability)[:1]

    def _judged(
        self, text: str, language: str | None, passages: Sequence[NumberedPassage]
    ) -> list[_Proof]:
        judged = self._judge.judge(text, language, [p.evidence for p in passages])
        return [
            _Proof(passage, support)
            for passage, support in zip(passages, judged, strict=True)
            if _is_usable(support.span, passage.withheld)
        ]

    def _holding(self, text: str, proofs: Sequence[_Proof]) -> list[_Proof]:
        """The proofs that hold, the best first."""
        words = [_words(quote) for quote in _QUOTED.findall(text)]
        spoken = [" ".join(w) for w in words if len(w) >= _SPOKEN]
        good = [
            proof
            for proof in proofs
            if proof.support.probability >= self._threshold
            and all(quote in " ".join(_words(proof.passage.text)) for quote in spoken)
        ]
        return sorted(good, key=lambda proof: -proof.support.probability)


class Draft:
    """The answer as far as it is written: places one checked sentence after another.

    With ``flag`` sentences that are not verified stay in, marked as such; else they
    are dropped. None is given out before one is verified.
    """

    def __init__(self, *, flag: bool) -> None:
        self._flag = flag
        self._held: list[Sentence] = []
        self.sentences: list[Sentence] = []

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(sentence.text for sentence in self.sentences)

    @property
    def citations(self) -> list[Citation]:
        """Those of all sentences."""
        return [citation for sentence in self.sentences for citation in sentence.citations]

    def verdict(self, sentence: Sentence) -> Verdict:
        """What becomes of a checked sentence."""
        if sentence.citations and all(c.verified for c in sentence.citations):
            return "verified"
        return "flagged" if self._flag and sentence.citations else "dropped"

    def add(self, sentence: Sentence, *, new_line: bool) -> list[Sentence]:
        """The sentences that may be shown now."""
        verdict = self.verdict(sentence)
        if verdict == "dropped":
            return []
        gap = "\n" if new_line else " "
        self._held.append(structs.replace(sentence, text=gap + sentence.text))
        if verdict == "flagged" and not self.sentences:
            return []
        placed = [self._place(held) for held in self._held]
        self._held.clear()
        return placed

    def _place(self, sentence: Sentence) -> Sentence:
        text = sentence.text if self.sentences else sentence.text.lstrip()
        start, count = len(self.text), len(self.citations)
        offset = start + len(text) - len(text.lstrip())
        citations = [
            structs.replace(
                c, id=count + i, answer=AnswerSpan(c.answer.start + offset, c.answer.end + offset)
            )
            for i, c in enumerate(sentence.citations, 1)
        ]
        placed = Sentence(start, text, citations)
        self.sentences.append(placed)
        return placed


def _source(passage: NumberedPassage, place: Span) -> Source:
    also_in = quoted_in(passage.stored, place, place, passage.copies)
    return source_of(passage.stored, place, place, also_in)


def _is_usable(span: Span, withheld: Sequence[Span]) -> bool:
    return span.start < span.end and not any(
        span.start < w.end and w.start < span.end for w in withheld
    )


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
