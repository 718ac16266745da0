"""Answers, passages and articles → the text that a model reads.

Every line of an article begins with ``>``, so that it can be told from what we say.
"""

from __future__ import annotations

from collections.abc import Sequence

from service.answer import Answer, Citation, Copy, FoundPassage, Place


def told(answer: Answer) -> str:
    """The answer in words, with its quotes and where they stand."""
    lines = []
    if answer.rewritten_question is not None:
        lines += [f"Looked up as: {answer.rewritten_question}", ""]
    if answer.answer is None:
        lines.append("The archive does not answer this. Nearest passages, which don't answer it:")
        return "\n".join([*lines, "", listed(answer.passages)])
    lines += [answer.answer.text, "", f"Confidence {answer.confidence:.2f}. Sources:"]
    lines += [_proof(answer, citation) for citation in answer.citations]
    if answer.other_answers:
        lines.append("\nOther articles contradict this, the newest first:")
    lines += [
        f"\n“{' '.join(other.answer.text.split())}” in {heading(other.source)}:\n"
        f"{quoted(other.source.context)}"
        for other in answer.other_answers
    ]
    return "\n".join(lines)


def _proof(answer: Answer, citation: Citation) -> str:
    source, text = citation.source, answer.answer.text if answer.answer else ""
    lines = [f"\n[{citation.id}] {heading(source)}"]
    if answer.mode == "generative":
        held = "for" if citation.verified else "not verified, the source may not say so, for"
        lines.append(f"{held}: {text[citation.answer.start : citation.answer.end].strip()}")
    if source.quote != source.context:
        lines.append(f"the words “{source.quote}” in:")
    return "\n".join([*lines, quoted(source.context), *_copies(source.also_in)])


def listed(passages: Sequence[FoundPassage]) -> str:
    """Passages with where they stand."""
    found = []
    for n, passage in enumerate(passages, 1):
        lines = [f"[{n}] {heading(passage)}", quoted(passage.text), *_copies(passage.also_in)]
        found.append("\n".join(lines))
    return "\n\n".join(found)


def _copies(copies: Sequence[Copy]) -> list[str]:
    """A line that says who else printed it, and where; none where nobody did."""
    same = [f"{_name(c)} — {c.article_id} [{c.start}:{c.end}]" for c in copies if c.end is not None]
    retold = [f"{_name(c)} — {c.article_id}" for c in copies if c.end is None]
    told = [f"the same words in {'; '.join(same)}"] if same else []
    told += [f"the same story, not word for word, in {'; '.join(retold)}"] if retold else []
    return [f"({'. '.join(told)})"] if told else []


def _name(copy: Copy) -> str:
    return " ".join(copy.name.split())


def heading(place: Place) -> str:
    """Title, day, address, and the place: ``id [start:end]``."""
    title = " ".join((place.title or "(no title)").split())
    parts = [title, (place.published_at or "")[:10], place.url or ""]
    return ", ".join(filter(None, parts)) + f" — {place.article_id} [{place.start}:{place.end}]"


def quoted(text: str) -> str:
    """A text of an article, each line marked as such."""
    return "\n".join(f"> {line}" for line in text.splitlines() if line.strip())
