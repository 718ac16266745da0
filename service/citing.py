"""What the articles say → the answer with its citations, from the texts as they are now.

Builds and checks citations; which passages agree and which contradict each other is decided
in ``testimony.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from indexer.sentences import sentence_at
from indexer.store import PassageStore
from service.answer import AnswerSpan, AnswerText, Citation, OtherAnswer, Source, source_of
from service.finding import Finding, Ranked
from service.stories.reprints import quoted_in
from service.testimony import Testimony, Voice


@dataclass(frozen=True)
class Cited:
    """An answer, and what proves it: the passage that it is taken from comes first."""

    main: Ranked
    answer: AnswerText
    citations: list[Citation]
    others: list[OtherAnswer]


def cite(heard: Testimony, finding: Finding, store: PassageStore, count: int) -> Cited | None:
    """The answer with its citations, all of them in the first ``count`` passages.

    None where the article to answer from was replaced or removed since it was found; others
    are then left out.
    """
    main = _source(heard.main, finding, store)
    if main is None:
        return None
    shown = finding.shown(count, heard.main.ranked)
    agreeing = _sources(heard.agreeing, shown, finding, store)
    whole = AnswerSpan(0, len(main.quote))
    return Cited(
        main=heard.main.ranked,
        answer=AnswerText(main.quote, main.language),
        citations=[
            Citation(i, whole, source, support=round(voice.confidence, 4), verified=True)
            for i, (voice, source) in enumerate([(heard.main, main), *agreeing], 1)
        ],
        others=[
            OtherAnswer(
                AnswerText(source.quote, source.language), round(voice.confidence, 4), source
            )
            for voice, source in _sources(heard.others, shown, finding, store)
        ],
    )


def _sources(
    voices: Sequence[Voice], shown: Sequence[Ranked], finding: Finding, store: PassageStore
) -> list[tuple[Voice, Source]]:
    found = [(v, _source(v, finding, store)) for v in voices if v.ranked in shown]
    return [(voice, source) for voice, source in found if source is not None]


def _source(voice: Voice, finding: Finding, store: PassageStore) -> Source | None:
    candidate, span = voice.ranked.candidate, voice.ranked.span
    copies = finding.copies(voice.ranked)
    found = store.articles([candidate.article_id, *copies])
    stored = found.get(candidate.article_id)
    if span is None or stored is None or stored.version != candidate.version:
        return None
    article = stored.article
    context = sentence_at(article.text, article.language, span, article.body_start)
    also_in = quoted_in(stored, span, context, finding.current(copies, found))
    return source_of(stored, span, context, also_in)
