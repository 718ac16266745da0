"""What several articles say to one question: who agrees with the best answer, who does not.

Only what was read anyway is compared, and copies of a story are one voice
(``service/stories``). That an article contradicts another is said only where both answer
surely, with plain numbers, and speak of everything that the question names: a false alarm
is worse than silence. How two answers are compared is known to ``same_answer.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from indexer.language import detect
from indexer.points import published_seconds
from service.confidence import Calibration
from service.finding import Finding, Ranked
from service.same_answer import Said, compare
from service.support.names import Spellings, names
from service.support.quantities import quantities, values

#: The least confidence of answers that contradict each other.
SURE = 0.9
_DAYS_APART = 183
_LONG_AGO = -1e12


@dataclass(frozen=True)
class Voice:
    """A passage with an answer, and the probability that it answers."""

    ranked: Ranked
    confidence: float

    @property
    def said(self) -> Said:
        """The answer in its passage."""
        text, reading = self.ranked.candidate.text, self.ranked.reading
        start, end = reading.span if reading else (0, 0)
        return Said(text[start:end], self.ranked.candidate.language, text[:start], text[end:])


@dataclass(frozen=True)
class Testimony:
    """The answer to give, with those that say the same, and those that say another thing.

    ``main`` is the newest where answers contradict each other, else the best one; the
    ``others`` stand in order, the newest first.
    """

    main: Voice
    agreeing: list[Voice]
    others: list[Voice]


def testimony(
    question: str, finding: Finding, calibration: Calibration, threshold: float
) -> Testimony | None:
    """What the articles found say; None where there is none to answer from.

    ``threshold`` is the least confidence of an answer that agrees.
    """
    if finding.best is None:
        return None
    best = Voice(finding.best, finding.confidence)
    agreeing, others = [], []
    for voice in _voices(question, finding, calibration):
        verdict = compare(best.said, voice.said) if voice.confidence >= threshold else "unclear"
        if verdict == "same":
            agreeing.append(voice)
        elif (
            verdict == "different"
            and min(best.confidence, voice.confidence) >= SURE
            and _of_one_event(question, (best, voice), finding)
        ):
            others.append(voice)
    if not others:
        return Testimony(best, agreeing, [])
    main, *rest = sorted([best, *others], key=lambda voice: -_day(voice, finding))
    if main is best:
        return Testimony(main, agreeing, rest)
    same = [v for v in [*rest, *agreeing] if compare(main.said, v.said) == "same"]
    return Testimony(main, same, [v for v in rest if v not in same])


def _voices(question: str, finding: Finding, calibration: Calibration) -> Iterator[Voice]:
    """Passages of other stories that have an answer, one of each story, best first."""
    if finding.best is None:
        return
    own = finding.best.candidate.article_id
    heard = {own, *finding.copies(finding.best)}
    for ranked in finding.ranked:
        candidate, reading = ranked.candidate, ranked.reading
        if reading and ranked.span and candidate.article_id not in heard:
            heard |= {candidate.article_id, *finding.copies(ranked)}
            yield Voice(ranked, calibration.confidence(question, candidate, reading))


def _of_one_event(question: str, voices: tuple[Voice, Voice], finding: Finding) -> bool:
    """Whether both passages speak of all that the question names, and at about one time."""
    one, other = (_day(voice, finding) for voice in voices)
    if abs(one - other) > _DAYS_APART * 86_400:
        return False
    language = detect(question)
    named = [name.text for name in names(question, language) if name.sure]
    asked = quantities(question, language)
    return (
        bool(named)
        and all(_has(voice, named, finding) for voice in voices)
        and all(all(q.readings & _values(voice, finding) for q in asked) for voice in voices)
    )


def _has(voice: Voice, named: list[str], finding: Finding) -> bool:
    spelled = Spellings(_whole(voice, finding))
    return all(spelled.has(name) for name in named)


def _values(voice: Voice, finding: Finding) -> frozenset[str]:
    article = finding.articles[voice.ranked.candidate.article_id].article
    return values(_whole(voice, finding), article.language, article.published_at)


def _whole(voice: Voice, finding: Finding) -> str:
    """A passage under the heading of its article."""
    candidate = voice.ranked.candidate
    return f"{finding.articles[candidate.article_id].article.heading}\n{candidate.text}"


def _day(voice: Voice, finding: Finding) -> float:
    """When its article was published, seconds since 1970 UTC; long ago where that is unknown."""
    article = finding.articles[voice.ranked.candidate.article_id].article
    published = published_seconds(article.published_at)
    return _LONG_AGO if published is None else float(published)
