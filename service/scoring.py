"""How much of a gold answer a quote has, as SQuAD 1.1 scores it (Rajpurkar et al. 2016)."""

from __future__ import annotations

import re
import string
from collections import Counter

from indexer.article import Span


def normalised(text: str) -> str:
    """A text as SQuAD 1.1 compares it: no case, punctuation or English articles."""
    plain = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", plain).split())


def f1(predicted: str, gold: str) -> float:
    """Overlap of words, as SQuAD 1.1 scores it."""
    ours, theirs = normalised(predicted).split(), normalised(gold).split()
    shared = sum((Counter(ours) & Counter(theirs)).values())
    return 2 * shared / (len(ours) + len(theirs)) if shared else 0.0


def lies_in(span: Span, sentence: str, text: str) -> bool:
    """Whether a span lies in some occurrence of a sentence in a text."""
    at = text.find(sentence)
    while at >= 0:
        if at <= span.start and span.end <= at + len(sentence):
            return True
        at = text.find(sentence, at + 1)
    return False
