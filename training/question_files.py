"""Question files → articles and the questions about them.

A line has a text of its own (``context``) with questions about it, or it names an article
of a folder (``article``), as a line of ``fundstelle eval`` does. A question has one wording
or one a language, and is answered by a stretch of the text or not at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from indexer import sources
from indexer.article import Article, Span
from indexer.language import detect
from indexer.sources import Source
from training.errors import TrainingError

_Line = TypeVar("_Line")


class Wording(NamedTuple):
    """A question as it is asked in a language."""

    text: str
    language: str | None


class _Question(msgspec.Struct, frozen=True, kw_only=True):
    """``start`` is where the answer begins, -1 or no answer where there is none.

    ``unanswered_by`` names texts of the same group that leave it open.
    """

    question: str = ""
    questions: Mapping[str, str] = {}
    answer: str | None = None
    start: int | None = None
    unanswered_by: list[str] = []

    def wordings(self) -> list[Wording]:
        alone = [Wording(self.question, detect(self.question))] if self.question.strip() else []
        return alone + [Wording(text, tag) for tag, text in self.questions.items() if text.strip()]


class _Text(msgspec.Struct, frozen=True):
    """A text with questions about it; those with the same ``group`` say the same.

    ``group`` may be the name of an article, which says the same then, too; ``id`` is for
    questions to name the text by.
    """

    context: str
    questions: list[_Question]
    title: str | None = None
    published_at: str | None = None
    group: str | None = None
    id: str | None = None


class _About(_Question, frozen=True, kw_only=True):
    """A question about an article of a folder; ``article`` is None where none answers it."""

    article: str | None
    answers: list[str] = []
    evidence: str | None = None


@dataclass(frozen=True)
class Asked:
    """A question in all its wordings; ``span`` is in the article's text, None if unanswered."""

    wordings: list[Wording]
    article_id: str | None
    span: Span | None
    source: str
    unanswered_by: frozenset[str] = frozenset()


@dataclass
class Material:
    """Articles by id, questions, and which articles say the same, in another language perhaps.

    Those have the same name in ``groups``; one that has none there is a group of its own id.
    """

    articles: dict[str, Article] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def group(self, article_id: str) -> str:
        """The name of the group that an article belongs to."""
        return self.groups.get(article_id, article_id)


Lines = Iterable[tuple[int, bytes]]


def add_texts(material: Material, lines: Lines, source: str) -> None:
    """Add texts with their questions, from numbered lines.

    Raises TrainingError naming the line that can't be used.
    """
    for number, line in lines:
        where = f"{source}:{number}"
        text = _decoded(line, _Text, where)
        known = text.id or hashlib.sha256(text.context.encode()).hexdigest()[:16]
        article = Article(
            id=known,
            text=text.context,
            title=text.title,
            published_at=text.published_at,
            language=detect(text.context),
        )
        material.articles[known] = article
        if text.group:
            material.groups[known] = text.group
        for question in text.questions:
            span = _span(article.text, question.answer, question.start, None, where)
            silent = frozenset(question.unanswered_by)
            material.asked.append(Asked(question.wordings(), known, span, source, silent))


def add_about(
    material: Material, lines: Lines, source: str, articles: Mapping[str, Article]
) -> None:
    """Add questions about the articles of a folder. Raises TrainingError as ``add_texts``."""
    for number, line in lines:
        where = f"{source}:{number}"
        about = _decoded(line, _About, where)
        span = None
        if about.article is not None:
            article = articles.get(about.article)
            if article is None:
                raise TrainingError(f"{where}: there is no article {about.article}")
            material.articles[article.id] = article
            answer = about.answer or next(iter(about.answers), None)
            span = _span(article.text, answer, about.start, about.evidence, where)
        silent = frozenset(about.unanswered_by)
        material.asked.append(Asked(about.wordings(), about.article, span, source, silent))


def articles_of(folder: Path) -> dict[str, Article]:
    """The articles of a folder by the names that question files call them."""
    found = {}
    for source in sources.resolve([str(folder)]):
        for item in sources.read(source) if isinstance(source, Source) else ():
            if isinstance(item, Article):
                found[item.id] = item
    return found


def _span(
    text: str, answer: str | None, start: int | None, evidence: str | None, where: str
) -> Span | None:
    """Where the answer stands: at ``start``, or else in the evidence, or else first."""
    if not answer or start == -1:
        return None
    if start is None:
        sentence = text.find(evidence) if evidence else -1
        start = text.find(answer, max(sentence, 0))
    if start < 0 or text[start : start + len(answer)] != answer:
        raise TrainingError(f"{where}: the text does not have the answer {answer!r} there")
    return Span(start, start + len(answer))


def _decoded(line: bytes, kind: type[_Line], where: str) -> _Line:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise TrainingError(f"{where}: {error}") from error
