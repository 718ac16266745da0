"""Whether what was found is the article that a question file names, or a copy of it.

An archive that keeps all copies of a story may answer from any of them: the one that the
file names is as good as found where its copy is, and its sentence as good as cited where
the copy repeats the words. Figures are made of this in ``evaluation.py``.
"""

from __future__ import annotations

from indexer.article import Span
from indexer.sentences import sentence_at
from indexer.store import StoredArticle
from service.finding import Finding
from service.scoring import lies_in
from service.stories.reprints import quoted_in


def place_of(article: str | None, finding: Finding) -> int | None:
    """The place of an article, counted in articles from 1; None where it was not found.

    Copies share the place of the best of them.
    """
    above: set[str] = set()
    for ranked in finding.ranked:
        if article == ranked.candidate.article_id or article in finding.copies(ranked):
            return len(above - {article}) + 1
        above.add(ranked.candidate.article_id)
    return None


def is_evident(evidence: str, cited: StoredArticle, span: Span, gold: StoredArticle) -> bool:
    """Whether a span of the article cited lies in this sentence of the gold article.

    In another article than that, the words of the span must stand there, too.
    """
    article = cited.article
    if article.id == gold.article.id:
        return lies_in(span, evidence, article.text)
    context = sentence_at(article.text, article.language, span, article.body_start)
    (copy,) = quoted_in(cited, span, context, [gold])
    if copy.start is None or copy.end is None:
        return False
    return lies_in(Span(copy.start, copy.end), evidence, gold.article.text)
