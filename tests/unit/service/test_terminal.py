"""What a terminal is shown: never a command from an article."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from indexer.article import Article, Span
from indexer.errors import SourceError
from indexer.store import StoredArticle
from service import terminal
from service.answer import Answer, AnswerSpan, AnswerText, Citation, Copy, FoundPassage, source_of

_EVIL = "\x1b[2J\x1b]8;;http://evil.example\x07" + "\u202e\u2066\u200f\u061c" + "\x00\x08\x9b31m"
_COMMANDS = set("\x1b\x07\x00\x08\x9b\u202e\u2066\u200f\u061c\r")


@pytest.fixture(autouse=True)
def _a_wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")


def _answer(text: str, span: Span, question: str = "Wer sitzt nicht am Tisch?") -> Answer:
    article = Article(
        "evil\x1b[1m\u202e.txt",
        text,
        title=f"Titel {_EVIL}",
        published_at="2025-11-19",
        url="https://example.org/\x1b[5m",
        language="de",
    )
    stored = StoredArticle(article, article.version, article.content_sha256, 1, "")
    quote = article.quote(span)
    source = source_of(stored, span, Span(0, len(text)))
    return Answer(
        question=question,
        status="answered",
        mode="extractive",
        answer=AnswerText(quote, "de"),
        confidence=0.9,
        citations=[Citation(1, AnswerSpan(0, len(quote)), source, 0.9, True)],
        passages=[_passage(article)],
        filters={},
    )


def _passage(article: Article) -> FoundPassage:
    head = (article.title, article.url, article.published_at, article.language)
    return FoundPassage(article.id, *head, 0, len(article.text), article.text, 0.5)


def _shown(capsys: pytest.CaptureFixture[str], **changed: Any) -> str:
    text = f"{_EVIL}Kiew und Europa{_EVIL} sitzen nicht am Tisch."
    answer = _answer(text, Span(len(_EVIL), 2 * len(_EVIL) + 15))
    terminal.show_answer(msgspec.structs.replace(answer, **changed))
    return capsys.readouterr().out


def test_an_answer_commands_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    shown = _shown(capsys)
    assert not _COMMANDS & set(shown)
    assert "Kiew und Europa" in shown
    assert "�[2J" in shown


def test_neither_do_the_nearest_passages(capsys: pytest.CaptureFixture[str]) -> None:
    shown = _shown(capsys, status="unanswerable", answer=None, citations=[])
    assert "The archive does not say." in shown
    assert not _COMMANDS & set(shown)
    assert "Kiew und Europa" in shown


def test_nor_what_was_skipped_or_not_known(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show_skipped([SourceError(f"a{_EVIL}\nfundstelle: all is well", "bad", line=3)])
    terminal.show_removed({"removed": 0, "unknown": [f"b{_EVIL}\nc"]})
    err = capsys.readouterr().err
    assert not _COMMANDS & set(err)
    assert len(err.splitlines()) == 2
    assert "all is well:3: bad" in err


def test_markup_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show_answer(_answer("[bold]Kiew[/] :smile: fehlt", Span(0, 13), "[/red] Wer?"))
    assert "[bold]Kiew[/] :smile: fehlt" in capsys.readouterr().out


def test_letters_and_emoji_stay_whole(capsys: pytest.CaptureFixture[str]) -> None:
    text = "👩‍💻 می‌شود Don\u00adau 🏴\U000e0067\U000e0062\U000e007f"
    terminal.show_answer(_answer(text, Span(0, len(text))))
    assert text in capsys.readouterr().out


def test_lines_of_a_quote_become_one(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show_answer(_answer("Es fehlen\r\nKiew\tund\u2028Europa\nhier.", Span(11, 26)))
    shown = capsys.readouterr().out
    assert shown.splitlines()[0] == "Kiew und Europa"
    assert "Es fehlen Kiew und Europa hier." in shown


def test_it_says_where_a_quote_stands(capsys: pytest.CaptureFixture[str]) -> None:
    shown = _shown(capsys)
    assert f".txt [{len(_EVIL)}:{2 * len(_EVIL) + 15}]" in shown
    assert "2025-11-19" in shown
    assert "90%" in shown


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("Who is excluded from the talks?", "The quote is in German, the question in English."),
        ("Wer ist von den Gesprächen ausgeschlossen?", None),
    ],
)
def test_a_quote_in_another_language_is_said(
    question: str, told: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.show_answer(_answer("Kiew und Europa fehlen.", Span(0, 15), question))
    shown = capsys.readouterr().out
    assert ("The quote is in" in shown) == (told is not None)
    assert told is None or told in shown


def test_figures_take_any_name_of_a_language(capsys: pytest.CaptureFixture[str]) -> None:
    figures = {
        "questions": 1,
        "unanswerable": 0,
        "overall": {"span_f1": 0.5, "abstention_auc": None},
        "by_language": {"[/x]\x1b": {"span_f1": 0.25, "abstention_auc": None}},
        "latency_ms": {"p50": 1.0, "p95": 2.0},
    }
    terminal.show_figures(figures)
    shown = capsys.readouterr().out
    assert "[/x]�" in shown
    assert "0.250" in shown
    assert "–" in shown


def test_a_written_answer_shows_what_proves_which_part_and_what_does_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer = _answer("Es fehlen Kiew und Europa hier.", Span(10, 25))
    first = answer.citations[0]
    doubted = msgspec.structs.replace(first, id=2, answer=AnswerSpan(10, 15), verified=False)
    terminal.show_answer(
        msgspec.structs.replace(
            answer,
            mode="generative",
            rewritten_question="Wer fehlt?",
            citations=[msgspec.structs.replace(first, answer=AnswerSpan(0, 4)), doubted],
        )
    )
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "Kiew [1] und Europa [2 unverified]"
    assert "generative" in shown[1]
    assert shown[2] == "understood as: Wer fehlt?"


def test_why_the_chat_model_was_not_used_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    answer = _answer("Es fehlen Kiew und Europa hier.", Span(10, 25))
    terminal.show_answer(
        msgspec.structs.replace(answer, fallback_reason="timeout: not\x1b[2J done")
    )
    assert "was not used (timeout: not�[2J done)." in capsys.readouterr().out


def test_who_else_printed_it_is_shown_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    answer = _answer("Kiew und Europa sitzen nicht am Tisch.", Span(0, 15))
    citation = answer.citations[0]
    copy = Copy(
        article_id="b", title="Titel", url=None, outlet=f"Bote {_EVIL}", published_at=None,
        language="de", content_sha256="1",
    )  # fmt: skip
    same = [
        msgspec.structs.replace(copy, outlet=name, start=0, end=15, quote=citation.source.quote)
        for name in ("Anzeiger", None)
    ]
    source = msgspec.structs.replace(citation.source, also_in=[*same, copy])
    cited = msgspec.structs.replace(citation, source=source)
    terminal.show_answer(msgspec.structs.replace(answer, citations=[cited]))
    shown = capsys.readouterr().out
    assert "also in Anzeiger, Titel; not word for word in Bote" in shown
    assert not _COMMANDS & set(shown)
    terminal.show_answer(answer)
    assert "also in" not in capsys.readouterr().out
