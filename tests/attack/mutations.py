"""Bytes that nobody meant: valid inputs cut, doubled, flipped and spliced, and any bytes."""

from __future__ import annotations

from hypothesis import strategies as st

# What parsers trip over: ends of strings and tags, numbers and names out of range, odd characters.
_SPLICED = (
    *(b"\x00", b"\xff", b"\xed\xa0\x80", b"\\ud800", b"\xef\xbb\xbf", b"\xff\xfe", b"\r", b"\n\n"),
    *(b"<", b"&#0;", b"&#xD800;", b"]]>", b"<![CDATA[", b"<!--", b"{", b"[", b'"', b"null"),
    *(b"9" * 400, b"1e999", b"-1", b"0000-00-00", b"9999-12-31T23:59:60+99:99", b"[" * 3000),
    *("\u202e".encode(), "\u200b".encode(), "\u2028".encode(), "\x85".encode(), b"---\n"),
)
_WHOLE = st.binary(max_size=400)


@st.composite
def mutated(draw: st.DrawFn, *samples: bytes) -> bytes:
    """One of the samples with some changes; sometimes bytes of any kind."""
    if draw(st.integers(0, 9)) == 0:
        return draw(_WHOLE)
    data = draw(st.sampled_from(samples))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        change = draw(st.sampled_from(["cut", "drop", "double", "splice", "replace"]))
        match change:
            case "cut":
                data = data[:end]
            case "drop":
                data = data[:start] + data[end:]
            case "double":
                data = data[:end] + data[start:]
            case "splice":
                data = data[:start] + draw(st.sampled_from(_SPLICED)) + data[start:]
            case "replace":
                data = data[:start] + draw(st.binary(max_size=8)) + data[end:]
    return data
