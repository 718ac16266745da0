"""What every body that asks may say beside the question: filters, how many passages, and now."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from indexer.points import METADATA
from service.conversation import Turn
from service.question import DEFAULT_PASSAGES, Question, parse_question


class QuestionOptions(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Dates are ISO 8601 and inclusive; ``language`` is of the articles.

    ``outlet``, ``author``, ``section`` and ``tags`` ask for articles that have this
    value; ``now`` is the moment that relative dates in the question count from. ``group``
    says whether copies of a story count as one; left out, that is as the service is set.
    ``dates`` says whether the time that the question names is heeded.
    """

    top_k: int = DEFAULT_PASSAGES
    published_after: str | None = None
    published_before: str | None = None
    language: str | list[str] | None = None
    outlet: str | None = None
    author: str | None = None
    section: str | None = None
    tags: str | None = None
    now: str | None = None
    group: bool | None = None
    dates: bool = True

    def asking(
        self, text: str, *, mode: str, history: Sequence[Turn], text_field: str = "question"
    ) -> Question:
        """The checked question. Raises QuestionError naming the field that can't be used."""
        codes = self.language
        return parse_question(
            text,
            mode=mode,
            top_k=self.top_k,
            published_after=self.published_after,
            published_before=self.published_before,
            language=",".join(codes) if isinstance(codes, list) else codes,
            metadata={name: getattr(self, name) for name in METADATA},
            history=history,
            now=self.now,
            group=self.group,
            dates=self.dates,
            text_field=text_field,
        )
