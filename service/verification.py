"""Does a citation still hold? Compares what it points at with the article as it stands now.

A citation names an article, a stretch of it, and by a hash the text that it counts in.
The archive keeps the texts of replaced versions for a while; whoever cites a version
that it no longer has can send the quote along. Finding the quote in another text is
left to ``relocation.py``.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from indexer.article import Span
from indexer.store import PassageStore
from service.errors import QuestionError
from service.relocation import relocate

_HASH = re.compile(r"[0-9a-f]{8,64}")


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a citation.

    ``valid``: those characters stand at that place, in the version cited or in a later
    one. ``moved``: they stand elsewhere in the article now. ``gone``: they don't, or nobody
    can tell any more. ``start``, ``end``, ``quote`` and ``content_sha256`` are those of the
    article as it stands now, null where the quote is gone. ``detail`` says it in a sentence.
    """

    status: Literal["valid", "moved", "gone"]
    article_id: str
    detail: str
    start: int | None = None
    end: int | None = None
    quote: str | None = None
    content_sha256: str | None = None
    offset_unit: str = "codepoint"


def verify_citation(
    store: PassageStore,
    article_id: str,
    cited: Span,
    content_sha256: str,
    quote: str | None = None,
) -> Verification:
    """Tell whether a citation holds.

    ``cited`` counts code points of the text with that hash, whose first eight digits are
    enough. ``quote`` is needed only where the archive does not have that text any more.
    Raises QuestionError where the hash is none, ``cited`` is not within the text, or ``quote``
    is not what stands there.
    """
    version = content_sha256.lower()
    if not _HASH.fullmatch(version):
        raise QuestionError("content_sha256", "it must be a SHA-256 in hexadecimal, or its start")
    if not 0 <= cited.start < cited.end:
        raise QuestionError("end", f"{cited.start} to {cited.end} is no stretch of a text")
    stored = store.articles([article_id]).get(article_id)
    if stored is None:
        return _gone(article_id, "the archive has no such article")
    text, before = stored.article.text, None
    unchanged = stored.content_sha256.startswith(version)
    if unchanged:
        before = text
    else:
        kept = store.superseded([article_id])
        before = next((v.text for v in kept if v.content_sha256.startswith(version)), None)
    if before is not None:
        said = _said(before, cited)
        if quote is not None and quote != said:
            raise QuestionError("quote", "it is not what the version cited says at that place")
        quote = said
    elif quote is None:
        detail = "the archive has not kept the version that was cited; send its quote along"
        return _gone(article_id, detail)
    found = cited if unchanged else relocate(cited, quote, text, before)
    if found is None:
        return _gone(article_id, "the article was changed and does not say so any more")
    now = stored.article.quote(found)
    same = found == cited and now == quote
    return Verification(
        status="valid" if same else "moved",
        article_id=article_id,
        detail=_detail(same=same, unchanged=unchanged),
        start=found.start,
        end=found.end,
        quote=now,
        content_sha256=stored.content_sha256,
    )


def _said(text: str, cited: Span) -> str:
    if cited.end > len(text):
        raise QuestionError("end", f"the version cited has {len(text)} characters")
    return text[cited.start : cited.end]


def _gone(article_id: str, detail: str) -> Verification:
    return Verification(status="gone", article_id=article_id, detail=detail)


def _detail(*, same: bool, unchanged: bool) -> str:
    if unchanged:
        return "the article is as it was cited"
    if same:
        return "the article was changed, but not at this place"
    return "the article was changed and says so at another place now"
