"""Chat through the official Anthropic client: real HTTP, real answers, its own exceptions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import httpx
import pytest
from anthropic import Anthropic, AsyncAnthropic

from tests.integration.conftest import BODY_LIMIT, Service, read
from tests.unit.service.chat.rendered import rendered

pytestmark = pytest.mark.model

_TALKS = "Who is excluded from the talks?"
_OIL = "What is the price of oil?"
_MESSAGES = "/v1/messages"


@pytest.fixture(scope="module")
def client(running_service: Service) -> Iterator[Anthropic]:
    """As the documentation has it."""
    with Anthropic(base_url=running_service.address, api_key="none", max_retries=0) as connected:
        yield connected


def _user(text: Any) -> dict[str, Any]:
    return {"role": "user", "content": text}


def _ask(client: Anthropic, *messages: Any, model: str = "fundstelle", **more: Any) -> Any:
    said = [_user(m) if isinstance(m, str) else m for m in messages]
    return client.messages.create(model=model, messages=said, max_tokens=1024, **more)


def test_an_answer_is_cited_to_the_character(client: Anthropic, seeds: Path) -> None:
    message = _ask(client, _TALKS)
    assert (message.type, message.role, message.stop_reason) == ("message", "assistant", "end_turn")
    said, ending = message.content
    assert said.text == "Kiew und Europa"
    (citation,) = said.citations
    assert citation.type == "char_location"
    assert citation.cited_text == "Kiew und Europa"
    assert (citation.document_index, citation.document_title[:9]) == (0, "28 Punkte")
    document = message.fundstelle_documents[citation.document_index]
    text = read(seeds / document["article_id"])
    assert text[citation.start_char_index : citation.end_char_index] == citation.cited_text
    assert ending.citations is None
    (target,) = rendered(ending.text).targets
    assert "/read/28-punkte-plan%2Etxt?start=450&end=465&content_sha256=" in target
    assert message.usage.input_tokens == 7
    assert message.usage.output_tokens > 3
    assert message.fundstelle["citations"][0]["source"]["quote"] == "Kiew und Europa"


def test_documents_are_the_articles(client: Anthropic) -> None:
    message = _ask(client, _TALKS)
    documents = message.fundstelle_documents
    assert [d["document_index"] for d in documents] == list(range(len(documents)))
    ids = [d["article_id"] for d in documents]
    assert ids[0] == "28-punkte-plan.txt"
    assert sorted(ids) == sorted({p["article_id"] for p in message.fundstelle["passages"]})


def test_what_the_archive_does_not_say(client: Anthropic) -> None:
    message = _ask(client, _OIL)
    (block,) = message.content
    assert block.text.startswith("The archive does not say.")
    assert block.citations is None
    assert message.stop_reason == "end_turn"


@pytest.mark.parametrize("question", [_TALKS, _OIL])
def test_a_stream_tells_the_same(client: Anthropic, question: str) -> None:
    whole = _ask(client, question)
    with client.messages.stream(
        model="fundstelle", max_tokens=1024, messages=[{"role": "user", "content": question}]
    ) as stream:
        kinds = [event.type for event in stream]
        message = stream.get_final_message()
    assert (kinds[0], kinds[-1]) == ("message_start", "message_stop")
    assert [(b.text, b.citations) for b in message.content] == [
        (b.text, b.citations) for b in whole.content
    ]
    assert message.usage == whole.usage
    assert message.stop_reason == "end_turn"


def test_the_events_of_a_stream(http: httpx.Client) -> None:
    body = {"model": "fundstelle", "max_tokens": 9, "messages": [_user(_TALKS)], "stream": True}
    response = http.post(_MESSAGES, json=body)
    assert response.headers["content-type"].startswith("text/event-stream")
    events = []
    for block in response.text.strip().split("\n\n"):
        name, data = block.split("\n")
        read_ = json.loads(data.removeprefix("data: "))
        assert name == f"event: {read_['type']}"
        events.append(read_)
    block_ = ["content_block_start", "content_block_delta", "content_block_stop"]
    assert [e["type"] for e in events] == [
        *("message_start", "ping"),
        *(block_[0], block_[1], block_[1], block_[2]),
        *block_,
        *("message_delta", "message_stop"),
    ]
    assert events[0]["message"]["content"] == []
    assert events[4]["delta"]["type"] == "citations_delta"
    assert events[-2]["fundstelle"]["status"] == "answered"
    assert events[-2]["fundstelle_documents"]


def test_the_asynchronous_client(running_service: Service, client: Anthropic) -> None:
    async def ask() -> tuple[Any, str]:
        async with AsyncAnthropic(base_url=running_service.address, api_key="none") as connected:
            whole = await connected.messages.create(
                model="fundstelle",
                max_tokens=9,
                messages=[{"role": "user", "content": _TALKS}],
            )
            async with connected.messages.stream(
                model="fundstelle",
                max_tokens=9,
                messages=[{"role": "user", "content": _TALKS}],
            ) as stream:
                return whole, "".join([text async for text in stream.text_stream])

    whole, streamed = asyncio.run(ask())
    assert "".join(block.text for block in whole.content) == streamed
    assert whole.content == _ask(client, _TALKS).content


def test_a_conversation(client: Anthropic) -> None:
    first = _ask(client, "In what year was the ferry Kranich built?")
    assert first.content[0].text == "1984"
    before = {"role": "assistant", "content": [b.model_dump() for b in first.content]}
    second = _ask(client, "In what year was the ferry Kranich built?", before, _TALKS)
    assert second.content[0].text == "Kiew und Europa"


def test_our_own_fields_and_others(client: Anthropic) -> None:
    message = _ask(
        client,
        _user([{"type": "text", "text": _TALKS}]),
        system="Answer in rhymes.",
        stop_sequences=["und"],
        metadata={"user_id": "x"},
        extra_body={"temperature": 1, "top_k": 40, "fundstelle": {"language": "uk"}},
    )
    assert {p["language"] for p in message.fundstelle["passages"]} == {"uk"}


@pytest.mark.parametrize(
    ("request_", "error", "kind"),
    [
        ({"model": "gpt-x"}, anthropic.NotFoundError, "not_found_error"),
        ({"messages": []}, anthropic.BadRequestError, "invalid_request_error"),
        ({"messages": [_user("")]}, anthropic.BadRequestError, "invalid_request_error"),
        ({"messages": [_user("x" * 4001)]}, anthropic.BadRequestError, "invalid_request_error"),
        (
            {"messages": [_user([{"type": "image", "source": {}}])]},
            anthropic.BadRequestError,
            "invalid_request_error",
        ),
        (
            {"messages": [_user("x" * BODY_LIMIT)]},
            anthropic.APIStatusError,
            "request_too_large",
        ),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_can_not_be_asked_is_the_clients_exception(
    client: Anthropic,
    request_: dict[str, Any],
    error: type[anthropic.APIStatusError],
    kind: str,
    stream: bool,
) -> None:
    body: dict[str, Any] = {
        "model": "fundstelle",
        "max_tokens": 9,
        "messages": [_user(_TALKS)],
        "stream": stream,
    }
    with pytest.raises(error) as caught:
        client.messages.create(**body | request_)
    told: Any = caught.value.body
    assert (told["type"], told["error"]["type"]) == ("error", kind)
    assert told["error"]["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 50_000, b"{}"])
def test_a_body_that_is_no_conversation(http: httpx.Client, body: bytes) -> None:
    response = http.post(_MESSAGES, content=body, headers={"content-type": "application/json"})
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_request_error"


def test_another_method(http: httpx.Client) -> None:
    refused = http.delete(_MESSAGES)
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    assert refused.json()["type"] == "error"


def test_models(client: Anthropic) -> None:
    listed = list(client.models.list())
    assert [m.id for m in listed] == ["fundstelle", "fundstelle-extractive"]
    assert client.models.retrieve("fundstelle") == listed[0]
    assert listed[0].display_name == "Fundstelle"
    with pytest.raises(anthropic.NotFoundError) as caught:
        client.models.retrieve("gpt-x")
    told: Any = caught.value.body
    assert told["error"]["type"] == "not_found_error"
