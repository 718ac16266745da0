"""A question as it was asked → a Question that can be answered.

Checks what came over HTTP or the command line, once for every door, and says
which field is at fault. Dates are inclusive on both sides, as a reader means them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, get_args

from indexer.language import valid_code
from indexer.points import METADATA, published_seconds
from indexer.sources.dates import normalise
from indexer.sources.source import is_utf8
from indexer.store import ArticleFilter
from service.answer import Mode
from service.conversation import Turn
from service.dates import Mention, mentioned
from service.errors import QuestionError

MOST_CHARACTERS = 4_000
MOST_PASSAGES = 50
#: How many of the last turns count, and how many may be sent.
MOST_TURNS, MOST_TURNS_SENT = 20, 1_000
#: Characters of what an article's outlet, author, section or tag should be, or its languages.
MOST_VALUE = 1_000
DEFAULT_PASSAGES = 5
MODES = (*get_args(Mode), "auto")


@dataclass(frozen=True)
class Question:
    """A checked question. ``filters`` repeats as JSON what the caller wanted.

    ``history`` holds the conversation before it, oldest turn first; ``now`` is the
    moment that relative dates count from. ``group`` says whether copies of a story are
    shown as one, None where that is left to the service. ``mention`` is the time that the
    text names, where ``dates`` says to heed it; if it bounds, ``wanted`` has it, too.
    """

    text: str
    mode: str = "auto"
    top_k: int = DEFAULT_PASSAGES
    wanted: ArticleFilter = ArticleFilter()
    filters: Mapping[str, Any] = field(default_factory=dict)
    history: tuple[Turn, ...] = ()
    now: str | None = None
    group: bool | None = None
    dates: bool = True
    mention: Mention | None = None

    @property
    def heeded(self) -> dict[str, Any]:
        """As JSON all that bounds or prefers articles: ``filters``, and the time named."""
        if self.mention is None:
            return dict(self.filters)
        return {**self.filters, "dates": self.mention.to_json()}

    @property
    def asked_at(self) -> float | None:
        """Seconds since 1970 UTC, None for the present."""
        return None if self.now is None else float(published_seconds(self.now) or 0)

    def grouped(self, default: bool) -> bool:
        """Whether copies are shown as one, where ``default`` is what the service does."""
        return default if self.group is None else self.group


def parse_question(
    text: str,
    *,
    mode: str = "auto",
    top_k: int = DEFAULT_PASSAGES,
    published_after: str | None = None,
    published_before: str | None = None,
    language: str | None = None,
    metadata: Mapping[str, str | None] | None = None,
    history: Sequence[Turn] = (),
    now: str | None = None,
    group: bool | None = None,
    dates: bool = True,
    searching: bool = False,
    text_field: str = "question",
) -> Question:
    """A question, or with ``searching`` what a search looks for, which may be a headline.

    A headline counts "last year" from its own day, so that no time bounds a search but
    those that the caller gives. Raises QuestionError naming the field that can't be used.
    """
    if not text.strip():
        raise QuestionError(text_field, "it is empty; ask something")
    if len(text) > MOST_CHARACTERS:
        raise QuestionError(
            text_field, f"it has {len(text)} characters; {MOST_CHARACTERS} are the most"
        )
    if not is_utf8(text):
        raise QuestionError(text_field, "it holds a lone surrogate, which is not text")
    if mode not in MODES:
        raise QuestionError("mode", f"{mode!r} is not one of {', '.join(MODES)}")
    if not 1 <= top_k <= MOST_PASSAGES:
        raise QuestionError("top_k", f"{top_k} is not between 1 and {MOST_PASSAGES}")
    values = {"language": language, **(metadata or {})}
    for name, value in values.items():
        if value is not None and len(value) > MOST_VALUE:
            raise QuestionError(name, f"it has {len(value)} characters; {MOST_VALUE} are the most")
    codes = _languages(language)
    first, last = (
        _date("published_after", published_after),
        _date("published_before", published_before),
    )
    wanted = ArticleFilter(
        published_from=published_seconds(first),
        published_until=_after(last),
        languages=codes,
        metadata={k: v for k, v in (metadata or {}).items() if v is not None and k in METADATA}
        or None,
    )
    begin, end = wanted.published_from, wanted.published_until
    if begin is not None and end is not None and begin >= end:
        raise QuestionError("published_before", f"{last} lies before published_after {first}")
    filters = {
        "published_after": first,
        "published_before": last,
        "language": list(codes) or None,
        **(wanted.metadata or {}),
    }
    asked = {key: value for key, value in filters.items() if value is not None}
    turns, moment = _turns(history), _date("now", now)
    question = Question(text, mode, top_k, wanted, asked, turns, moment, group, dates)
    return heed_dates(question, searching=searching)


def heed_dates(question: Question, *, searching: bool = False) -> Question:
    """With the time that its text names now, unless the caller named one, or wants none."""
    if not question.dates or {"published_after", "published_before"} & question.filters.keys():
        return question
    mention = mentioned(question.text, _day(question.now))
    if mention is None:
        return question
    if searching:
        mention = replace(mention, bounds=False)
    first, last = (d.isoformat() if d else None for d in (mention.first, mention.last))
    wanted = replace(
        question.wanted,
        published_from=published_seconds(first) if mention.bounds else None,
        published_until=_after(last) if mention.bounds else None,
    )
    return replace(question, wanted=wanted, mention=mention)


def _day(now: str | None) -> date:
    """The day that relative dates count from: of ``now`` where it was, else the present one."""
    return date.fromisoformat(now[:10]) if now else datetime.now().astimezone().date()


def _turns(history: Sequence[Turn]) -> tuple[Turn, ...]:
    """The last turns that say something; what is longer than a question can be is cut."""
    if len(history) > MOST_TURNS_SENT:
        raise QuestionError(
            "history", f"there are {len(history)} turns; {MOST_TURNS_SENT} are the most"
        )
    for i, turn in enumerate(history):
        if turn.role not in ("user", "assistant"):
            raise QuestionError(f"history[{i}].role", f"{turn.role!r} is not user or assistant")
        if not is_utf8(turn.content):
            raise QuestionError(f"history[{i}].content", "it holds a lone surrogate")
    said = [Turn(t.role, t.content[:MOST_CHARACTERS]) for t in history if t.content.strip()]
    return tuple(said[-MOST_TURNS:])


def _languages(given: str | None) -> tuple[str, ...]:
    """Codes from a list with commas, as in ``de,fr``."""
    codes = []
    for part in (given or "").split(","):
        if part.strip():
            code = valid_code(part.strip())
            if code is None:
                raise QuestionError(
                    "language", f"{part.strip()!r} is not a language code such as de"
                )
            codes.append(code)
    return tuple(dict.fromkeys(codes))


def _date(name: str, given: str | None) -> str | None:
    if not given:
        return None
    try:
        return normalise(given)
    except ValueError as error:
        raise QuestionError(name, f"{error}; write 2025-11-19 or 2025-11-19T08:30:00Z") from error


def _after(last: str | None) -> int | None:
    """The first second that no longer counts."""
    if last is None:
        return None
    if len(last) == len("2025-11-19"):
        day = date.fromisoformat(last)
        if day == date.max:
            return None
        return published_seconds((day + timedelta(days=1)).isoformat())
    return int(datetime.fromisoformat(last).timestamp()) + 1
