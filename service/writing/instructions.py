"""Sentences of an article that talk to a chat model instead of a reader.

A second line of defence behind quoting (``prompt.py``): such sentences are kept from
the model, and prove nothing. Recognised by their wording, which others can vary;
so nothing relies on this alone. Extractive answers and the article itself stay whole.
"""

from __future__ import annotations

import re
import unicodedata

from indexer.article import Span
from indexer.sentences import has_paragraph_break, sentences

_DROP = (
    r"ignor\w*|disregard\w*|forget|override|bypass|missacht\w*|vergiss|vergesst|übergeh\w*|"
    r"verwirf|oublie\w*|dimentica\w*|olvida\w*|ігноруй\w*|забудь\w*|игнорируй\w*"
)
_RULES = (
    r"instruct\w*|prompts?|rules|guidelines|commands|anweisung\w*|instruktion\w*|vorgaben|regeln|"
    r"befehle?|consignes?|istruzion\w*|instrucci\w*|інструкці\w*|вказівк\w*|инструкци\w*"
)
_MODEL = (
    r"(?:language|chat|ai|ki|sprach)[ -]?(?:model\w*|assist\w*|bots?)|chatbots?|chatgpt|llms?|"
    r"assistente? (?:ai|ia)|assistant ia|modèle de langage|мовн\w+ модел\w+"
)
_TELLS = re.compile(
    rf"\b(?:{_DROP})\b.{{0,60}}\b(?:{_RULES})\b"
    rf"|\b(?:{_RULES})\b.{{0,30}}\b(?:{_DROP})\b"
    r"|\b(?:system|hidden|secret|geheime)[ -]?(?:prompts?|instructions?|anweisung\w*)\b"
    r"|\b(?:new|updated|neue)\s(?:prompts?|instructions?|anweisung\w*)\s*:"
    rf"|\b(?:instructions?|anweisung\w*)\s(?:for|to|an|für)\b.{{0,20}}\b(?:{_MODEL}|assist\w+)\b"
    rf"|\b(?:you are|you're|act as|du bist|sie sind|handle als)\b.{{0,40}}\b(?:{_MODEL}|dan)\b"
    rf"|\b(?:note|attention|hinweis|achtung|message|nachricht|an alle|dear|liebe[rs]?)\b"
    rf".{{0,20}}\b(?:{_MODEL})\b"
    r"|\b(?:respond|reply|answer|antworte|antworten sie|schreibe?|write|output|say|sage?)\b"
    r".{0,20}\b(?:only|exactly|nur|ausschließlich|genau|exakt|wörtlich)\b.{0,20}[:„“\"«]"
    r"|\bdo not (?:mention|reveal|tell|cite)\b.{0,40}\b(?:users?|passages?|sources?|this)\b"
    r"|\b(?:erwähne|verrate|sage|zitiere)\b.{0,40}\b(?:nicht|kein\w*)\b"
    r".{0,40}\b(?:nutzer\w*|benutzer\w*|quellen?|abschnitt\w*)\b"
    r"|<\|?/?\s*(?:im_start|im_end|system|assistant|user|eot_id|endoftext|start_of_turn)\b"
    r"|\[/?inst\]|<<sys>>"
    r"|^\W*(?:system|assistant|developer)\s*(?:message|prompt)?\s*[:>\]]",
    re.I | re.S,
)


def for_models(text: str, language: str | None) -> list[Span]:
    """The stretches that talk to a chat model: from such a sentence to its paragraph's end.

    What follows such a sentence is usually what it wants to have said.
    """
    found: list[Span] = []
    told = False
    before = 0
    for sentence in sentences(text, language):
        if has_paragraph_break(text[before : sentence.start]):
            told = False
        told = told or _TELLS.search(_plain(text[sentence.start : sentence.end])) is not None
        if told:
            found.append(sentence)
        before = sentence.end
    return found


def without(text: str, spans: list[Span]) -> str:
    """The text with these stretches blanked out; everything else keeps its place."""
    for span in spans:
        length = span.end - span.start
        text = text[: span.start] + "\n\n".ljust(length)[:length] + text[span.end :]
    return text


def _plain(text: str) -> str:
    """As a reader would see it: letters hidden or dressed up are what they look like."""
    composed = unicodedata.normalize("NFKC", text)
    return "".join(c for c in composed if unicodedata.category(c) != "Cf")
