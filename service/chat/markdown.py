"""Text as data → Markdown that shows exactly this text, and back.

An article must not put a link, an image or HTML into a chat client. What CommonMark,
and GFM, would read as markup is escaped with backslashes; addresses that GFM would
link by themselves become code. White space may change, as it may in HTML.
"""

from __future__ import annotations

import re

# A closing bracket does no harm without an opening one, and \[ … \] would be a formula
# to Open WebUI and LibreChat.
_SPECIAL = re.compile(r"[\\`*_~|$\[<>]|&(?=[#A-Za-z])")
_LINE_START = re.compile(r"[#\-+=:]|(?<=\d)[.)](?=\s|$)")
_NUMBER = re.compile(r"\d{1,9}(?=[.)])")
_NEW_LINE = re.compile(r"[ \t\v\f\r\n]*[\r\n][ \t\v\f\r\n]*")
_BLANK = re.compile(r"[ \t\v\f]+")
# Bounded before the sign that decides, so that a text without spaces takes no longer.
_ADDRESS = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9+.\-]{1,31}://|(?:mailto|xmpp):(?=\w)|[wW]{3}\.(?=\w))[^\s`<>\[\]|$\\]*"
    r"|[\w.+\-]{1,64}@[\w\-]+(?:\.[\w\-]+)+"
)
_AFTER_ADDRESS = ".,;:!?*_~'\")»«›‹“”„’"
_HARD_BREAK = "  \n"
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])|`")


def escape(text: str, *, new_line: bool = True) -> str:
    """Markdown of one paragraph that shows ``text``; line breaks stay, blank lines don't.

    ``new_line`` says that it begins a line. The parts of a text, cut before white
    space, give the same as the whole.
    """
    lines = []
    for i, line in enumerate(_NEW_LINE.split(text.replace("\0", "\ufffd"))):
        starts = i > 0 or new_line
        shown = _BLANK.sub(" ", line)
        lines.append(_escape_line(shown.lstrip(" ") if starts else shown, starts=starts))
    return _HARD_BREAK.join(lines)


def escape_paragraphs(text: str) -> str:
    """Markdown that shows ``text``, with its blank lines as they are."""
    paragraphs = (p for p in re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if p.strip())
    return "\n\n".join(escape(p.strip()) for p in paragraphs)


def escape_line(text: str) -> str:
    """Markdown that shows ``text`` within a line."""
    return escape(" ".join(text.split()), new_line=False)


def unescape(markdown: str) -> str:
    """The text that ``escape`` was given, but for white space."""
    return _ESCAPED.sub(r"\1", markdown.replace(_HARD_BREAK, "\n"))


def _escape_line(line: str, *, starts: bool) -> str:
    done, parts = 0, []
    for address in _ADDRESS.finditer(line):
        shown = address[0].rstrip(_AFTER_ADDRESS)
        parts.append(_escape_text(line[done : address.start()], starts=starts and done == 0))
        parts.append(f"`{shown}`")
        done = address.start() + len(shown)
    parts.append(_escape_text(line[done:], starts=starts and done == 0))
    return "".join(parts)


def _escape_text(text: str, *, starts: bool) -> str:
    head = ""
    if starts:
        number = _NUMBER.match(text)
        at = number.end() if number else 0
        if _LINE_START.match(text, at):
            head, text = f"{text[:at]}\\{text[at]}", text[at + 1 :]
    return head + _SPECIAL.sub(r"\\\g<0>", text)
