"""Text as data in Markdown: a renderer shows exactly it, and no markup of its own."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from service.chat.markdown import escape, escape_line, escape_paragraphs, unescape
from tests.unit.service.chat.rendered import RENDERERS, Rendered, rendered, words

_PIECES = [
    *("http://a.b/c_d*e", "www.x.de/_y_", "a@b.de", "mailto:a@b.de", "<http://x.y>"),
    *("[a](http://x.y)", "![i](j)", "[^1]:", "[1]", "<b>", "</b>", "<!--", "<think>", "&amp;"),
    *("-", "+", "*", "1.", "2)", "#", "##", "---", "===", "***", "```", "~~~", ">", "|", ":--"),
    *("|-|", "`", "\\", "\\(", "\\[", "$5", "$$", "~~", "__", "**", "!", "&", ";", "&#35;"),
    *("Häuser", "«Kranich»", "„Quelle“", "😀", "👩\u200d💻", "3.5", "12:30", "z.B.", "A&B"),
]
_MARKUP = st.lists(
    st.one_of(st.sampled_from([*_PIECES, " ", "\n", "\n\n", "    ", "\t", "\r\n"]), st.text()),
    max_size=10,
).map("".join)
TEXTS = st.one_of(
    _MARKUP,
    st.text(alphabet=list("ab1.)]([!<>*_`~#-+=|&;:/\\ \n\t$^{}@w\"'é😀»")),
).map(lambda text: text.replace("\0", ""))


@pytest.mark.parametrize("markdown", RENDERERS)
@given(text=TEXTS)
def test_a_renderer_shows_the_text_and_no_markup(markdown: MarkdownIt, text: str) -> None:
    for before, escaped in (
        ("", escape(text)),
        ("", escape_paragraphs(text)),
        ("x ", escape_line(text)),
    ):
        shown = rendered(before + escaped, markdown)
        assert words(shown.text) == words(before + text)
        assert shown.tags <= {"p", "br", "code"}


@given(text=TEXTS)
def test_a_paragraph_stays_one(text: str) -> None:
    assert "\n\n" not in escape(text)
    assert "\n" not in escape_line(text)


@given(text=TEXTS)
def test_parts_give_the_same_as_the_whole(text: str) -> None:
    for cut, character in enumerate(text):
        if character in " \n" and cut > 0 and not text[cut - 1].isspace():
            parts = escape(text[:cut]) + escape(text[cut:], new_line=False)
            assert parts == escape(text)


@given(text=TEXTS)
def test_the_way_back(text: str) -> None:
    assert words(unescape(escape(text))) == words(text)


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("Kiew und Europa", "Kiew und Europa"),
        ("3.5 Millionen, 12:30 Uhr, A & B", "3.5 Millionen, 12:30 Uhr, A & B"),
        ("1. Mai", "1\\. Mai"),
        ("- eins\n- zwei", "\\- eins  \n\\- zwei"),
        ("[sic]", "\\[sic]"),
        ("![x](http://evil.example/a.png)", "!\\[x](`http://evil.example/a.png`)"),
        ("<img src=x>", "\\<img src=x\\>"),
        ("&lt;", "\\&lt;"),
        ("mehr auf www.example.org.", "mehr auf `www.example.org`."),
        ("an ida.rohr@example.org!", "an `ida.rohr@example.org`!"),
        ("$5 statt $10", "\\$5 statt \\$10"),
    ],
)
def test_only_what_would_be_read_as_markup_is_escaped(text: str, markdown: str) -> None:
    assert escape(text) == markdown


def test_formulas_can_not_begin() -> None:
    r"""``\[ … \]`` and ``\( … \)`` are formulas to Open WebUI and LibreChat."""
    escaped = escape("[a] (b) [1]")
    assert "\\]" not in escaped
    assert "\\(" not in escaped


@pytest.mark.parametrize("character", ["a", "1", "a.", "w", "@", "é", "-", "<", "http:"])
def test_a_text_without_spaces_takes_no_longer(character: str) -> None:
    text = character * (200_000 // len(character))
    started = time.perf_counter()
    escape(text)
    assert time.perf_counter() - started < 5


def test_what_is_rendered_holds_no_link() -> None:
    shown = rendered(escape("[a](http://x.y) <http://x.y> http://x.y"), RENDERERS[0])
    assert shown == Rendered("[a](http://x.y) <http://x.y> http://x.y", frozenset({"p", "code"}))
