"""Questions → examples: for each the passage that answers it, and what else is found for it.

What else is found is found by the product: its passages, its words and vectors, fused.
A passage that only sounds as if it answered teaches more than one taken by chance
(Karpukhin et al. 2020), and the fused retriever's are those that the reader will be shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from indexer.article import Article, Passage, Span
from indexer.passages import PassageSettings, cut
from indexer.settings import ArchiveSettings
from service.engine import Engine
from service.question import Question, parse_question
from service.retrieval import Retrieved
from training.examples import Example, Shown
from training.question_files import Asked, Material

_OTHERS = 6
_AT_ONCE = 4
_TELL_EVERY = 500
Find = Callable[[str], Retrieved]


def mine(
    material: Material,
    settings: ArchiveSettings,
    on_progress: Callable[[str], None] = lambda _: None,
) -> Iterator[Example]:
    """An example a wording of a question, found in an index of all articles."""
    with Engine(settings, create=True) as engine:
        engine.index(
            material.articles.values(), lambda report: on_progress(f"{report.added} articles")
        )
        engine.optimize()
        with engine.reading() as archive:

            def examples(asked: Asked) -> list[Example]:
                return list(
                    examples_of(asked, material, lambda q: archive.answerer.retrieve(_parsed(q)))
                )

            with ThreadPoolExecutor(_AT_ONCE) as pool:
                for number, found in enumerate(pool.map(examples, material.asked), start=1):
                    yield from found
                    if number % _TELL_EVERY == 0:
                        on_progress(f"{number} of {len(material.asked)} questions")


def examples_of(asked: Asked, material: Material, find: Find) -> Iterator[Example]:
    """An example a wording of one question."""
    gold = _gold(asked, material)
    if asked.span is not None and gold is None:
        return  # the answer runs over the end of a passage
    article = material.articles.get(asked.article_id or "")
    answer = article.quote(asked.span) if article and asked.span else None
    wordings = {wording.language: wording.text for wording in asked.wordings if wording.language}
    for wording in asked.wordings:
        found = find(wording.text)
        candidates = [
            candidate
            for candidate in found.candidates
            if not _answers(candidate.article_id, candidate.text, asked, answer, material)
        ]
        # Those of the same story first: nothing sounds more as if it answered.
        candidates.sort(key=lambda candidate: candidate.article_id not in asked.unanswered_by)
        yield Example(
            question=wording.text,
            source=asked.source,
            passage=_shown(gold, article, found) if gold and article else None,
            span=_within(asked.span, gold) if gold and asked.span else None,
            others=[
                Shown(
                    candidate.text,
                    found.articles[candidate.article_id].article.heading,
                    candidate.language,
                    candidate.dense,
                )
                for candidate in candidates[:_OTHERS]
            ],
            wordings=wordings,
        )


def _parsed(question: str) -> Question:
    return parse_question(question, searching=True, dates=False, group=False)


def _gold(asked: Asked, material: Material) -> Passage | None:
    """The passage that has the whole answer, where the question has one."""
    if asked.article_id is None or asked.span is None:
        return None
    passages = cut(material.articles[asked.article_id], PassageSettings())
    return next(
        (p for p in passages if p.start <= asked.span.start and asked.span.end <= p.end), None
    )


def _shown(gold: Passage, article: Article, found: Retrieved) -> Shown:
    cosine = next(
        (c.dense for c in found.candidates if (c.article_id, c.text) == (article.id, gold.text)),
        None,
    )
    return Shown(gold.text, article.heading, article.language, cosine)


def _within(span: Span, passage: Passage) -> tuple[int, int]:
    return span.start - passage.start, span.end - passage.start


def _answers(
    article_id: str, text: str, asked: Asked, answer: str | None, material: Material
) -> bool:
    """Whether a passage may answer: it has the answer's words, or says what one says that does."""
    if answer is None or asked.article_id is None or article_id in asked.unanswered_by:
        return False
    if article_id != asked.article_id and material.group(article_id) == material.group(
        asked.article_id
    ):
        return True
    return answer.casefold() in text.casefold()
