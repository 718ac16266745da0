"""What the page makes of a stream: sentences as they come, doubt, failure, stopping.

The streams are played by the tests, as they need a chat model or bad luck.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec import structs
from playwright.sync_api import Route, expect

from service.answer import AnswerText, Copy, OtherAnswer
from service.events import Passages, Stopped
from tests.browser.asking import ask, module
from tests.browser.conftest import Visit
from tests.browser.fake_streams import PLAN, Writer, encoded, play, played_slowly

pytestmark = pytest.mark.model

_WHO = "Wer sitzt nicht am Tisch?"
_FIRST = "Kiew und Europa sitzen bei diesen Gesprächen nicht am Tisch."
_SECOND = "Auch damals war Witkoff als Vermittler unterwegs."


def test_sentences_appear_as_they_come_in_a_slow_fake_stream(visit: Visit, seeds: Path) -> None:
    writer = Writer(seeds)
    events = [
        Passages(writer.passages),
        writer.say("They sit elsewhere 🚋.", _FIRST),
        writer.say("\nWitkoff knows this.", _SECOND, _FIRST),
        writer.answer(_WHO),
    ]
    page = visit()
    with played_slowly(page, events) as go_on:
        page.get_by_role("textbox", name="question").fill(_WHO)
        page.keyboard.press("Enter")
        status = page.get_by_role("status").last
        expect(page.locator(".progress")).to_have_text("Searching the archive …")
        expect(status).to_have_text("Searching the archive …")
        go_on.release()
        expect(page.locator(".progress")).to_have_text("Reading what was found …")
        go_on.release()
        expect(page.locator(".words")).to_have_text("They sit elsewhere 🚋.1")
        expect(page.get_by_role("button", name="Stop")).to_be_visible()
        assert status.text_content() == "Searching the archive …"  # told once, when it is whole
        go_on.release()
        expect(page.locator(".words")).to_contain_text("Witkoff knows this.23")
        node = page.locator(".ref").first.element_handle()
        go_on.release()
        expect(page.get_by_role("button", name="Ask")).to_be_visible()
        expect(status).to_contain_text("They sit elsewhere 🚋. Witkoff knows this. Sources: 3.")
        assert node is not None
        assert node.evaluate("node => node.isConnected"), "who stands on a citation stays there"
    assert page.locator(".words").inner_text() == "They sit elsewhere 🚋.1\nWitkoff knows this.23"
    expect(page.locator(".source").nth(1)).to_contain_text(_SECOND)


def test_stopping_a_slow_fake_stream_keeps_what_was_said(visit: Visit, seeds: Path) -> None:
    writer = Writer(seeds)
    events = [Passages(writer.passages), writer.say("They sit elsewhere.", _FIRST)]
    page = visit()
    with played_slowly(page, [*events, writer.answer(_WHO)]) as go_on:
        page.get_by_role("textbox", name="question").fill(_WHO)
        page.keyboard.press("Enter")
        go_on.release(2)
        expect(page.locator(".words")).to_have_text("They sit elsewhere.1")
        page.get_by_role("button", name="Stop").click()
        expect(page.locator(".turn .progress")).to_have_text("Stopped.")
        expect(page.get_by_role("button", name="Ask")).to_be_visible()
        expect(page.get_by_role("textbox", name="question")).to_be_focused()
    page.unroute_all()
    asked = play(page, Passages([]), writer.answer(_WHO))
    ask(page, "Und dann?")
    assert asked[0]["history"][1] == {"role": "assistant", "content": "They sit elsewhere."}


def test_a_sentence_without_proof_is_marked_in_a_fake_stream(visit: Visit, seeds: Path) -> None:
    writer = Writer(seeds)
    sentences = [
        writer.say("They sit elsewhere.", _FIRST),
        writer.say(" It was the moon.", _SECOND, verified=False),
    ]
    page = visit()
    play(page, Passages(writer.passages), *sentences, writer.answer(_WHO))
    turn = ask(page, _WHO)
    expect(turn.locator(".words .doubtful")).to_have_text(" It was the moon.")
    expect(turn.locator(".words .flag")).to_have_text("not verified")
    expect(turn.locator(".notice")).to_contain_text("no passage was found that supports it")
    expect(turn.locator(".source .flag")).to_have_count(1)


def test_fallback_and_rewritten_question_are_told_in_a_fake_stream(
    visit: Visit, seeds: Path
) -> None:
    writer = Writer(seeds)
    told = writer.say("Kiew und Europa", "Kiew und Europa")
    whole = writer.answer(
        _WHO,
        mode="extractive",
        fallback_reason="timeout: the chat model took longer than 60 s",
        rewritten_question="Wer sitzt bei den Gesprächen nicht am Tisch?",
    )
    page = visit()
    play(page, Passages(writer.passages), told, whole)
    turn = ask(page, _WHO)
    expect(turn.locator(".notice")).to_contain_text("(timeout: the chat model took longer")
    expect(turn.locator(".understood")).to_contain_text("Understood as")
    expect(turn.locator(".understood q")).to_have_text(whole.answer.rewritten_question or "")


def test_what_contradicts_the_answer_stands_under_it_in_a_fake_stream(
    visit: Visit, seeds: Path
) -> None:
    writer = Writer(seeds)
    told = writer.say("Kiew und Europa", "Kiew und Europa")
    source = writer.say("", _SECOND).citations[0].source
    other = OtherAnswer(AnswerText(_SECOND, "de"), 0.95, source)
    whole = writer.answer(
        _WHO,
        mode="extractive",
        answer=AnswerText("Kiew und Europa", "de"),
        citations=told.citations,
        other_answers=[other],
    )
    page = visit()
    play(page, Passages(writer.passages), told, whole)
    turn = ask(page, _WHO)
    contradicting = turn.locator(".contradicting")
    expect(contradicting.get_by_role("heading")).to_have_text("Other articles say otherwise")
    expect(contradicting.locator("blockquote mark")).to_have_text(_SECOND)
    expect(contradicting.get_by_role("link")).to_have_count(1)


def test_an_error_half_way_leaves_what_was_said_in_a_fake_stream(visit: Visit, seeds: Path) -> None:
    writer = Writer(seeds)
    page = visit()
    failure = Stopped("cut_off", "the chat model's answer broke off")
    play(page, Passages(writer.passages), writer.say("They sit elsewhere.", _FIRST), failure)
    turn = ask(page, _WHO)
    expect(turn.locator(".words")).to_have_text("They sit elsewhere.1")
    expect(turn.get_by_role("alert")).to_have_text(
        "The answer breaks off here: the chat model's answer broke off"
    )


def test_a_connection_lost_half_way_is_told_in_a_fake_stream(visit: Visit, seeds: Path) -> None:
    writer = Writer(seeds)
    page = visit()
    play(page, Passages(writer.passages), writer.say("They sit elsewhere.", _FIRST))
    turn = ask(page, _WHO)
    expect(turn.get_by_role("alert")).to_contain_text("The connection was lost")


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (
            {
                "status": 503,
                "content_type": "application/problem+json",
                "body": json.dumps({"status": 503, "detail": "the store failed"}),
            },
            "the store failed",
        ),
        ({"status": 502, "content_type": "text/html", "body": "<h1>Bad"}, "status 502"),
        ({"content_type": "text/html", "body": "<h1>A log-in page"}, "status 200"),
        (None, "can’t be reached"),
    ],
)
def test_a_refusal_is_told_in_its_turn_by_a_fake_service(
    visit: Visit, reply: dict[str, str] | None, told: str
) -> None:
    page = visit()

    def refuse(route: Route) -> None:
        route.fulfill(**reply) if reply else route.abort()

    page.route("**/v1/questions", refuse)
    turn = ask(page, _WHO)
    expect(turn.get_by_role("alert")).to_contain_text(told)
    expect(page.get_by_role("button", name="Ask")).to_be_visible()


def test_an_answer_that_differs_from_its_sentences_wins_in_a_fake_stream(
    visit: Visit, seeds: Path
) -> None:
    writer = Writer(seeds)
    told = writer.say("They sit elsewhere.", _FIRST)
    page = visit()
    whole = writer.answer(_WHO, answer=AnswerText("They sit at home, or elsewhere.", "en"))
    play(page, Passages(writer.passages), told, whole)
    turn = ask(page, _WHO)
    expect(turn.locator(".words")).to_have_text("They sit at home, o1r elsewhere.")


def test_thumbs_are_there_where_they_are_wanted_by_a_fake_service(
    visit: Visit, seeds: Path
) -> None:
    writer = Writer(seeds)
    told = writer.say("They sit elsewhere.", _FIRST)
    whole = writer.answer(_WHO)
    page = visit("/schema")
    sent = []

    def feedback(route: Route) -> None:
        if route.request.method == "GET":
            return route.fulfill(json={"enabled": True})
        sent.append(route.request.post_data_json)
        return route.fulfill(status=204)

    page.route("**/v1/feedback", feedback)
    play(page, Passages(writer.passages), told, whole)
    page.goto("/")
    turn = ask(page, _WHO)
    down = turn.get_by_role("button", name="Not helpful")
    down.click()
    expect(turn.get_by_role("status")).to_have_text("Thank you.")
    expect(down).to_have_attribute("aria-pressed", "true")
    assert [(s["question"], s["rating"]) for s in sent] == [(_WHO, "down")]
    assert sent[0]["answer"] == json.loads(encoded(whole).split(b"data: ")[1])


def test_events_are_read_however_the_network_cuts_them(visit: Visit) -> None:
    stream = (
        'event: sentence\r\ndata: {"text":"Grüße 🚋 \u2028"}\r\n\r\n'
        ": a comment\n\nid: 7\nevent:answer\ndata:[1,\ndata: 2]\n\ndata: 3\r\r"
    )
    read = """async ({ events }, [bytes, size]) => {
        const body = new ReadableStream({
            start(controller) {
                for (let i = 0; i < bytes.length; i += size)
                    controller.enqueue(new Uint8Array(bytes.slice(i, i + size)));
                controller.close();
            },
        });
        const found = [];
        for await (const event of events(body)) found.push(event);
        return found;
    }"""
    page = visit()
    for size in (1, 2, 3, 5, 1000):
        found = module(page, "stream.js", read, [list(stream.encode()), size])
        assert found[:2] == [
            {"name": "sentence", "data": {"text": "Grüße 🚋 \u2028"}},
            {"name": "answer", "data": [1, 2]},
        ]


def test_text_is_cut_by_code_points(visit: Visit) -> None:
    text = "a👩‍💻e\u0301𝔘🚋\u202eß\r\n😀"
    cuts = [(a, b) for a in range(len(text) + 2) for b in range(a, len(text) + 3)]
    cut = "({ slice, length }, [text, cuts]) => [length(text), cuts.map((c) => slice(text, ...c))]"
    found = module(visit(), "codepoints.js", cut, [text, cuts])
    assert found == [len(text), [text[a:b] for a, b in cuts]]


def test_who_asks_before_the_page_knows_its_archive_is_answered_from_a_fake_stream(
    visit: Visit, seeds: Path
) -> None:
    writer = Writer(seeds)
    told = writer.say("They sit elsewhere.", _FIRST)
    page = visit("/schema")
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    page.route("**/v1/status", hold)
    play(page, Passages(writer.passages), told, writer.answer(_WHO))
    page.goto("/")
    turn = ask(page, _WHO)
    expect(turn.locator(".words")).to_have_text("They sit elsewhere.1")
    waiting[0].continue_()
    expect(page.get_by_label("German")).to_be_attached()
    expect(turn.locator(".words")).to_have_text("They sit elsewhere.1")
    expect(turn.get_by_role("alert")).to_have_count(0)


def test_who_else_printed_it_is_named_in_a_fake_stream(visit: Visit, seeds: Path) -> None:
    writer = Writer(seeds)
    sentence = writer.say(_FIRST, _FIRST)
    copy = Copy(
        article_id="b/c.txt", title="Ohne Kiew", url=None, outlet="<b>Bote</b>",
        published_at="2025-11-20", language="de", content_sha256="1" * 64,
    )  # fmt: skip
    same = structs.replace(
        copy, article_id=PLAN, outlet="Anzeiger", start=7, end=7 + len(_FIRST), quote=_FIRST
    )
    source = structs.replace(sentence.citations[0].source, also_in=[same, copy])
    cited = [structs.replace(sentence.citations[0], source=source)]
    writer.sentences = [structs.replace(sentence, citations=cited)]
    page = visit()
    play(page, *writer.sentences, writer.answer(_WHO))
    ask(page, _WHO)
    told = page.locator(".copies")
    expect(told).to_have_count(2)
    expect(told.nth(0)).to_have_text("Also in Anzeiger")
    expect(told.nth(1)).to_have_text("Not word for word in <b>Bote</b>")
    place = told.nth(0).get_by_role("link").get_attribute("href")
    assert place is not None
    assert f"start=7&end={7 + len(_FIRST)}" in place
    assert told.nth(1).get_by_role("link").get_attribute("href") == "read/b%2Fc%2Etxt?ui=en"
