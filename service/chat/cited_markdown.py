"""An Answer, or its sentences as they come → Markdown in which every proof is a link.

Cuts the text behind each part that is cited, and says what ends an answer: its
sources, or what comes nearest. How the pieces are sent, and where a client finds the
citations beside the text, is left to the doors in ``service.api``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.answer import Answer, Citation, Copy, OtherAnswer, Place
from service.chat.markdown import escape, escape_line, unescape
from service.chat.reader_links import ReaderLinks
from service.chat.words import Words
from service.events import Sentence

_MOST_NEAREST = 5
_MARKER = re.compile(r" ?\[\(\d+\)\]\([^\s()]*/read/[^\s()?]*\?start=\d+&end=\d+[^\s()]*\)")
_OUR_LINK = re.compile(r"\]\([^\s()]*/read/[^\s()?]*\?start=\d+&end=\d+[^\s()]*\)")
_GAP = "\n\n"


@dataclass(frozen=True)
class Segment:
    """A piece of the answer as Markdown, and the citations that prove it: all verified."""

    markdown: str
    citations: list[Citation]


@dataclass(frozen=True)
class CitedMarkdown:
    """Writes the pieces of an answer with links and fixed words."""

    links: ReaderLinks
    words: Words

    def segments(self, sentence: Sentence) -> Iterator[Segment]:
        """The sentence, cut behind each part that has citations.

        What is cited without being verified is flagged and has no citation.
        """
        by_end: dict[int, list[Citation]] = {}
        for citation in sentence.citations:
            by_end.setdefault(citation.answer.end - sentence.start, []).append(citation)
        done = 0
        for end in sorted({*by_end, len(sentence.text)}):
            text = sentence.text[done:end]
            shown = escape(text, new_line=sentence.start + done == 0)
            citations = by_end.get(end, [])
            if any(not c.verified for c in citations):
                shown += f" (⚠ {self.words.unverified})"
            if shown:
                yield Segment(shown, [c for c in citations if c.verified])
            done = end

    def whole(self, answer: Answer) -> Iterator[Segment]:
        """The answer's text in segments; of an unanswerable question none."""
        if answer.answer is not None:
            yield from self.segments(Sentence(0, answer.answer.text, answer.citations))

    def marker(self, citation: Citation) -> str:
        """``[(n)](link)``: plain ``[n]`` is a reference to something else in Open WebUI."""
        return f"[({citation.id})]({self.links.to(citation.source)})"

    def ending(self, answer: Answer, *, linked: bool = False) -> str:
        """What follows the text, or stands for it where there is none; may be empty.

        ``linked`` is for a text without markers: the links then stand here.
        """
        if answer.answer is None:
            parts = [self.words.says_nothing, self._nearest(answer)]
        elif answer.mode == "extractive":
            parts = ["", *(self._quoted(c, linked=linked) for c in answer.citations)]
            parts.append(self._others(answer.other_answers))
        else:
            parts = ["", self._sources(answer.citations, linked=linked)]
        if answer.fallback_reason is not None:
            answered = answer.answer is not None
            note = self.words.fallback_note(answer.fallback_reason, answered=answered)
            parts.append(escape_line(note))
        return _GAP.join(part for i, part in enumerate(parts) if part or i == 0)

    def _quoted(self, citation: Citation, *, linked: bool) -> str:
        source = citation.source
        context = escape(source.context.strip()).replace("\n", "\n> ")
        link = f" {self.marker(citation)}" if linked else ""
        return f"> {context}\n>\n> — {_named(source)}{link}{self._copies(source.also_in)}"

    def _sources(self, citations: Sequence[Citation], *, linked: bool) -> str:
        by_article: dict[str, list[Citation]] = {}
        for citation in citations:
            if citation.verified:
                by_article.setdefault(citation.source.article_id, []).append(citation)
        lines = []
        for cited in by_article.values():
            numbers = ", ".join(self.marker(c) if linked else f"({c.id})" for c in cited)
            source = cited[0].source
            lines.append(f"- {numbers}: {_named(source)}{self._copies(source.also_in)}")
        return _GAP.join([self.words.sources, "\n".join(lines)])

    def _others(self, others: Sequence[OtherAnswer]) -> str:
        lines = [
            f"- {escape_line(other.answer.text)}: {_named(other.source)} "
            f"[({self.words.read})]({self.links.to(other.source)})"
            for other in others
        ]
        return _GAP.join([self.words.contradicted, "\n".join(lines)]) if lines else ""

    def _nearest(self, answer: Answer) -> str:
        lines = [
            f"- {_named(passage)} [({self.words.read})]({self.links.to(passage)})"
            f"{self._copies(passage.also_in)}"
            for passage in answer.passages[:_MOST_NEAREST]
        ]
        return _GAP.join([self.words.nearest, "\n".join(lines)]) if lines else ""

    def _copies(self, copies: Sequence[Copy]) -> str:
        """Who else printed it, each with a link; empty where nobody did."""
        told = ""
        for words, same in ((self.words.also_in, True), (self.words.retold_in, False)):
            links = [
                f"[{_in_brackets(copy.name)}]({self.links.to_copy(copy)})"
                for copy in copies
                if (copy.start is not None) == same
            ]
            told += f"; {words} {', '.join(links)}" if links else ""
        return told


def said(content: str) -> str:
    """What an assistant's message says, without the links, quotes and lists that we added.

    A message that is not ours comes back as it is.
    """
    if not _OUR_LINK.search(content):
        return content
    return unescape(_MARKER.sub("", content.strip().split(_GAP, 1)[0]))


def title_of(place: Place) -> str:
    """The article's title, its id where it has none."""
    return (place.title or "").strip() or place.article_id


def _named(place: Place) -> str:
    named = escape_line(title_of(place))
    return f"{named}, {place.published_at[:10]}" if place.published_at else named


def _in_brackets(text: str) -> str:
    """A line for the text of a link, which the first closing bracket would end."""
    return escape_line(text).replace("]", "\\]")
