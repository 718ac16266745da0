"""Charsets of pages: marks, then UTF-8, then what the page declares."""

from __future__ import annotations

import pytest

from indexer.errors import SourceError
from indexer.sources.charset import decode_page

WORDS = "Brücke – „zu“ für 5 €"


def page(charset: str, words: str = WORDS) -> str:
    return f'<!doctype html><html><head><meta charset="{charset}"></head><p>{words}</p></html>'


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("utf-8", "utf-8"),
        ("windows-1252", "cp1252"),
        ("ISO-8859-1", "cp1252"),  # what a browser reads under this label
        ("us-ascii", "cp1252"),
        ("iso-8859-9", "cp1254"),
        ("iso-8859-1", "utf-8"),  # a wrong label over UTF-8
        ("utf-16", "utf-8"),
    ],
)
def test_the_declared_charset_is_read(declared: str, encoding: str) -> None:
    text = page(declared)
    assert decode_page(text.encode(encoding), "a.html") == text


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ("iso-8859-15", "Brücke für 5 €"),
        ("koi8-r", "мост закрыт"),
        ("windows-1251", "мост закрыт"),
        ("shift_jis", "橋は閉鎖①"),
        ("iso-2022-jp", "橋は閉鎖"),
        ("gb2312", "桥梁关闭鎔"),
        ("euc-kr", "다리 폐쇄똠"),
        ("big5", "橋樑關閉"),
    ],
)
def test_charsets_of_the_world(declared: str, words: str) -> None:
    encoding = {"shift_jis": "cp932", "gb2312": "gb18030", "euc-kr": "cp949"}.get(
        declared, declared
    )
    text = page(declared, words)
    assert decode_page(text.encode(encoding), "a.html") == text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_mark_decides_and_is_taken_off(encoding: str) -> None:
    text = page("iso-8859-1")
    assert decode_page(text.encode(encoding), "a.html") == text


@pytest.mark.parametrize(
    "declaration",
    [
        '<meta http-equiv="Content-Type" content="text/html; charset=windows-1252">',
        "<META CHARSET=windows-1252 />",
        "<meta name=x><meta charset = 'windows-1252'>",
        '<?xml version="1.0" encoding="windows-1252"?>',
    ],
)
def test_ways_to_declare(declaration: str) -> None:
    text = f"{declaration}<html><p>{WORDS}</p></html>"
    assert decode_page(text.encode("cp1252"), "a.html") == text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (
            b"<p>\xe4</p>",
            "is not UTF-8 at byte 3 (0xE4), and the page declares no charset that is known here",
        ),
        (b"<meta charset=klingon>\xe4", "is not UTF-8 at byte 22 (0xE4), and the page declares"),
        (b"<meta charset=punycode>\xe4", "is not UTF-8 at byte 23 (0xE4), and the page declares"),
        (b"<meta charset=rot13>\xe4", "is not UTF-8 at byte 20 (0xE4), and the page declares"),
        (b"<meta charset=utf-8>\xe4", "is not UTF-8 at byte 20 (0xE4)"),
        (b"<meta charset=euc-kr>\xff", "is not cp949, which the page declares, at byte 21"),
    ],
)
def test_bytes_that_no_known_charset_explains(data: bytes, reason: str) -> None:
    with pytest.raises(SourceError) as caught:
        decode_page(data, "a.html")
    assert caught.value.source == "a.html"
    assert caught.value.reason.startswith(reason)
