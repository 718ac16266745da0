"""The few fixed words that a chat answer needs, in German and English."""

from __future__ import annotations

from dataclasses import dataclass, field

from indexer.language import detect

_NOTHING_FOUND = ("irrelevant", "declined", "unverified")


@dataclass(frozen=True)
class Words:
    """Fixed words of one language. ``failures`` are by ``FailureReason``."""

    says_nothing: str
    nearest: str
    read: str
    also_in: str
    retold_in: str
    sources: str
    contradicted: str
    unverified: str
    note: str
    verbatim: str
    failures: dict[str, str] = field(default_factory=dict)

    def fallback_note(self, reason: str, *, answered: bool) -> str:
        """Why an answer is not the chat model's; ``reason`` begins with a code.

        Empty where there is no answer and the chat model found none either.
        """
        code = reason.partition(":")[0]
        if not answered and code in _NOTHING_FOUND:
            return ""
        told = self.note.format(self.failures.get(code, self.failures["nonsense"]))
        return f"{told} {self.verbatim}" if answered else told


_GERMAN = Words(
    says_nothing="Das Archiv sagt es nicht.",
    nearest="Am nächsten kommen:",
    read="lesen",
    also_in="auch in",
    retold_in="nicht wörtlich in",
    sources="Quellen:",
    contradicted="Andere Artikel sagen etwas anderes:",
    unverified="nicht belegt",
    note="Hinweis: {}.",
    verbatim="Die Antwort ist deshalb wörtlich dem Archiv entnommen.",
    failures={
        "unreachable": "Das Chatmodell ist nicht erreichbar",
        "timeout": "Das Chatmodell wurde nicht rechtzeitig fertig",
        "refused": "Das Chatmodell hat die Anfrage abgelehnt",
        "cut_off": "Die Antwort des Chatmodells brach ab",
        "nonsense": "Das Chatmodell gab keine brauchbare Antwort",
        "irrelevant": "Kein Artikel kommt einer Antwort nahe",
        "declined": "Das Chatmodell fand in den Artikeln keine Antwort",
        "unverified": "Kein Satz des Chatmodells ließ sich belegen",
    },
)
_ENGLISH = Words(
    says_nothing="The archive does not say.",
    nearest="Nearest to it:",
    read="read",
    also_in="also in",
    retold_in="not word for word in",
    sources="Sources:",
    contradicted="Other articles say otherwise:",
    unverified="not verified",
    note="Note: {}.",
    verbatim="The answer is therefore taken verbatim from the archive.",
    failures={
        "unreachable": "the chat model could not be reached",
        "timeout": "the chat model was not done in time",
        "refused": "the chat model refused the request",
        "cut_off": "the chat model's answer broke off",
        "nonsense": "the chat model gave no usable answer",
        "irrelevant": "no article comes near an answer",
        "declined": "the chat model found no answer in the articles",
        "unverified": "no sentence of the chat model could be verified",
    },
)


def words_for(question: str) -> Words:
    """German words for a German question, else English ones."""
    return _GERMAN if detect(question) == "de" else _ENGLISH
