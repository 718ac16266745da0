"""Readers' ratings of answers → lines of a question file, which ``fundstelle eval`` reads.

Says what a rating is worth as a question with its answer, and refuses one whose answer
the archive could not have given. Writing is left to ``feedback_file.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import uuid4

import msgspec
from msgspec import Meta

from indexer.language import detect
from indexer.store import PassageStore
from service.answer import Answer, Place
from service.errors import QuestionError
from service.question import MOST_CHARACTERS

MOST_COMMENT = 2_000
"""Characters of a comment."""

Rating = Literal["up", "down"]


class Feedback(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rating of an answer, with the answer as it was given."""

    question: Annotated[str, Meta(max_length=MOST_CHARACTERS)]
    rating: Rating
    answer: Answer
    comment: Annotated[str, Meta(max_length=MOST_COMMENT)] | None = None


def verify(feedback: Feedback, store: PassageStore) -> None:
    """Raise QuestionError where the answer is not one that this archive gives.

    Every quote has to stand where its citation says, in the version that it names; of an
    answer without quotes the same holds for its passages.
    """
    answer = feedback.answer
    if feedback.question != answer.question:
        raise QuestionError("question", "it is not the one that the answer answers")
    quotes = [c.source.quote for c in answer.citations]
    if answer.answer and answer.mode == "extractive" and answer.answer.text not in quotes:
        raise QuestionError("answer.answer.text", "an extractive answer is one of its quotes")
    places: list[tuple[str, Place, str]] = [
        (f"answer.citations[{i}].source", c.source, c.source.quote)
        for i, c in enumerate(answer.citations)
    ] or [(f"answer.passages[{i}]", p, p.text) for i, p in enumerate(answer.passages)]
    versions = {c.source.article_id: c.source.content_sha256 for c in answer.citations}
    found = store.articles(list({place.article_id for _, place, _ in places}))
    for path, place, quote in places:
        stored = found.get(place.article_id)
        if stored is None:
            raise QuestionError(path, f"the archive has no article {place.article_id!r}")
        if stored.content_sha256 != versions.get(place.article_id, stored.content_sha256):
            raise QuestionError(path, "the article has been replaced since; ask again")
        if not quote or stored.article.text[max(place.start, 0) : place.end] != quote:
            raise QuestionError(path, "the article does not have this text at this place")


def line(feedback: Feedback, now: datetime | None = None) -> dict[str, Any]:
    """The line that is kept: the question as it was looked up, and what was found."""
    answer = feedback.answer
    asked = answer.rewritten_question or feedback.question
    verified = [c.source for c in answer.citations if c.verified]
    article = verified[0].article_id if verified else None
    quotes = _distinct([s.quote for s in verified if s.article_id == article])
    kept: dict[str, Any] = {
        "id": f"feedback-{uuid4().hex}",
        "language": detect(asked) or "und",
        "question": asked,
        "article": article,
        "answers": quotes,
        "evidence": verified[0].context if verified else None,
        "rating": feedback.rating,
        "mode": answer.mode,
        "confidence": answer.confidence,
        "content_sha256": verified[0].content_sha256 if verified else None,
        "filters": answer.filters,
        "rated_at": (now or datetime.now(UTC)).isoformat(timespec="seconds"),
    }
    if feedback.rating == "down":
        kept |= {"article": None, "answers": [], "evidence": None}
        kept["rejected"] = {"article": article, "answers": quotes}
    if asked != feedback.question:
        kept["asked"] = feedback.question
    if feedback.comment:
        kept["comment"] = feedback.comment
    return kept


def _distinct(quotes: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(quotes))
