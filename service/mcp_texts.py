"""Answers, passages and articles → the text that a model reads.

Every line of an article begins with ``>``, so that it can be told from what we say.
"""

from __future__ import annotations

from collections.abc import Sequence

from service.answer import Answer, Citation, FoundPassage, Place


def told(answer: Answer) -> str:
    """The answer in words, with its quotes and where they stand."""
    lines = []
    if answer.rewritten_question is not None:
        lines += [f"Looked up as: {answer.rewritten_question}", ""]
    if answer.answer is None:
        lines.append("The archive does not answer this. Nearest passages, which don't answer it:")
        return "\n".join([*lines, "", listed(answer.passages)])
    lines += [answer.answer.text, "", f"Confidence {answer.confidence:.2f}. Sources:"]
    return "\n".join([*lines, *(_proof(answer, citation) for citation in answer.citations)])


def _proof(answer: Answer, citation: Citation) -> str:
    source, text = citation.source, answer.answer.text if answer.answer else ""
    lines = [f"\n[{citation.id}] {heading(source)}"]
    if answer.mode == "generative":
        held = "for" if citation.verified else "not verified, the source may not say so, for"
        lines.append(f"{held}: {text[citation.answer.start : citation.answer.end].strip()}")
    if source.quote != source.context:
        lines.append(f"the words “{source.quote}” in:")
    return "\n".join([*lines, quoted(source.context)])


def listed(passages: Sequence[FoundPassage]) -> str:
    """Passages with where they stand."""
    return "\n\n".join(
        f"[{n}] {heading(passage)}\n{quoted(passage.text)}" for n, passage in enumerate(passages, 1)
    )


def heading(place: Place) -> str:
    """Title, day, address, and the place: ``id [start:end]``."""
    title = " ".join((place.title or "(no title)").split())
    parts = [title, (place.published_at or "")[:10], place.url or ""]
    return ", ".join(filter(None, parts)) + f" — {place.article_id} [{place.start}:{place.end}]"


def quoted(text: str) -> str:
    """A text of an article, each line marked as such."""
    return "\n".join(f"> {line}" for line in text.splitlines() if line.strip())
