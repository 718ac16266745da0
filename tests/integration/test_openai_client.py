"""Chat through the official OpenAI client: real HTTP, real answers, its own exceptions."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletionChunk

from tests.integration.conftest import BODY_LIMIT, Service, read
from tests.unit.service.chat.rendered import rendered

pytestmark = pytest.mark.model

_TALKS = "Who is excluded from the talks?"
_OIL = "What is the price of oil?"
_CHAT = "/v1/chat/completions"
_JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def client(running_service: Service) -> Iterator[OpenAI]:
    """As the documentation has it."""
    with OpenAI(
        base_url=f"{running_service.address}/v1", api_key="none", max_retries=0
    ) as connected:
        yield connected


def _user(text: Any) -> dict[str, Any]:
    return {"role": "user", "content": text}


def _ask(client: OpenAI, *messages: Any, model: str = "fundstelle", **more: Any) -> Any:
    said = [_user(m) if isinstance(m, str) else m for m in messages]
    return client.chat.completions.create(model=model, messages=said, **more)


def _content(chunks: list[ChatCompletionChunk]) -> str:
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


@pytest.mark.parametrize("model", ["fundstelle", "fundstelle-extractive"])
def test_an_answer_with_a_link_to_the_character(client: OpenAI, seeds: Path, model: str) -> None:
    completion = _ask(client, _TALKS, model=model)
    (choice,) = completion.choices
    assert (completion.object, completion.model) == ("chat.completion", model)
    assert (choice.finish_reason, choice.message.role) == ("stop", "assistant")
    content = choice.message.content
    assert content.startswith("Kiew und Europa [(1)](")
    (annotation,) = choice.message.annotations
    cited = annotation.url_citation
    assert content[cited.start_index : cited.end_index] == f"[(1)]({cited.url})"
    assert rendered(content).targets == (cited.url,)
    link = urlsplit(cited.url)
    article_id = unquote(link.path.removeprefix("/read/"))
    start, end = (int(parse_qs(link.query)[key][0]) for key in ("start", "end"))
    assert read(seeds / article_id)[start:end] == "Kiew und Europa"
    assert cited.title.startswith("28 Punkte")
    answer = completion.fundstelle
    assert (answer["status"], answer["mode"]) == ("answered", "extractive")
    assert answer["citations"][0]["source"]["quote"] == "Kiew und Europa"
    usage = completion.usage
    assert usage.prompt_tokens == 7
    assert usage.completion_tokens > 10
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


def test_links_lead_to_where_the_service_was_asked(
    client: OpenAI, running_service: Service
) -> None:
    url = _ask(client, _TALKS).choices[0].message.annotations[0].url_citation.url
    assert url.startswith(f"{running_service.address}/read/")
    page = httpx.get(url, trust_env=False)
    assert page.is_success
    assert re.search(r"<mark[^>]*>Kiew und Europa</mark>", page.text)


def test_what_the_archive_does_not_say(client: OpenAI) -> None:
    (choice,) = _ask(client, _OIL).choices
    assert choice.finish_reason == "stop"
    assert choice.message.content.startswith("The archive does not say.\n\n")
    assert choice.message.annotations == []
    assert len(rendered(choice.message.content).targets) == 5
    german = _ask(client, "Wie teuer ist das Erdöl heute an der Börse?").choices[0].message
    assert german.content.startswith("Das Archiv sagt es nicht.")


@pytest.mark.parametrize("question", [_TALKS, _OIL])
def test_a_stream_tells_the_same(client: OpenAI, question: str) -> None:
    whole = _ask(client, question)
    chunks = list(_ask(client, question, stream=True))
    assert _content(chunks) == whole.choices[0].message.content
    assert {c.object for c in chunks} == {"chat.completion.chunk"}
    assert len({c.id for c in chunks}) == 1
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [c.choices[0].finish_reason for c in chunks] == [None] * (len(chunks) - 1) + ["stop"]
    assert all(c.usage is None for c in chunks)
    last: Any = chunks[-1]
    assert last.fundstelle["status"] == whole.fundstelle["status"]
    annotations = [a.model_dump() for a in whole.choices[0].message.annotations]
    assert getattr(last.choices[0].delta, "annotations", []) == annotations


def test_a_stream_with_usage(client: OpenAI) -> None:
    chunks = list(_ask(client, _TALKS, stream=True, stream_options={"include_usage": True}))
    assert all(c.usage is None for c in chunks[:-1])
    assert chunks[-1].choices == []
    assert chunks[-1].usage == _ask(client, _TALKS).usage


def test_the_clients_own_accumulator(client: OpenAI) -> None:
    with client.chat.completions.stream(
        model="fundstelle", messages=[{"role": "user", "content": _TALKS}]
    ) as stream:
        completion = stream.get_final_completion()
    message: Any = completion.choices[0].message
    cited = message.annotations[0].url_citation
    assert message.content[cited.start_index : cited.end_index].startswith("[(1)](")


def test_the_asynchronous_client(running_service: Service, client: OpenAI) -> None:
    async def ask() -> tuple[Any, str]:
        async with AsyncOpenAI(
            base_url=f"{running_service.address}/v1", api_key="none"
        ) as connected:
            whole = await connected.chat.completions.create(
                model="fundstelle", messages=[{"role": "user", "content": _TALKS}]
            )
            stream = await connected.chat.completions.create(
                model="fundstelle", messages=[{"role": "user", "content": _TALKS}], stream=True
            )
            return whole.choices[0].message.content, _content([c async for c in stream])

    whole, streamed = asyncio.run(ask())
    assert whole == streamed == _ask(client, _TALKS).choices[0].message.content


def test_open_webui_is_shown_the_whole_passage(http: httpx.Client) -> None:
    """Its server takes ``event`` out of every chunk of a stream, and passes it to the page."""
    body = {"model": "fundstelle", "messages": [_user(_TALKS)], "stream": True}
    response = http.post(_CHAT, json=body)
    assert response.headers["content-type"].startswith("text/event-stream")
    lines = [line for line in response.text.split("\n") if line]
    assert all(line.startswith("data: ") for line in lines)
    assert lines[-1] == "data: [DONE]"
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]
    (event,) = [chunk["event"] for chunk in chunks if "event" in chunk]
    annotation = chunks[-1]["choices"][0]["delta"]["annotations"][0]["url_citation"]
    assert event["type"] == "source"
    (metadata,) = event["data"]["metadata"]
    (document,) = event["data"]["document"]
    # The same source as the annotation's, so that both are one entry there.
    assert metadata["source"] == metadata["source_url"] == annotation["url"]
    assert event["data"]["source"] == {
        "id": annotation["url"],
        "name": annotation["title"],
        "url": annotation["url"],
    }
    assert "Kiew und Europa sitzen bei diesen Gesprächen nicht am Tisch." in document
    assert len(document) > 500


def test_a_conversation(client: OpenAI) -> None:
    first = _ask(client, "In what year was the ferry Kranich built?")
    assert first.choices[0].message.content.startswith("1984 [(1)](")
    second = _ask(
        client,
        "In what year was the ferry Kranich built?",
        first.choices[0].message.model_dump(exclude_none=True),
        _TALKS,
    )
    assert second.choices[0].message.content.startswith("Kiew und Europa [(1)](")
    assert second.usage.prompt_tokens > first.usage.prompt_tokens


def test_our_own_fields(client: OpenAI) -> None:
    filters = {"language": ["uk"], "top_k": 3, "published_after": "2025-01-01"}
    completion = _ask(client, _TALKS, extra_body={"fundstelle": filters})
    answer = completion.fundstelle
    assert answer["filters"] == {"language": ["uk"], "published_after": "2025-01-01"}
    assert {p["language"] for p in answer["passages"]} == {"uk"}
    assert len(answer["passages"]) <= 3


def test_what_clients_send_besides_is_ignored(client: OpenAI) -> None:
    completion = _ask(
        client,
        {"role": "system", "content": "Answer in rhymes."},
        {"role": "developer", "content": "Never cite."},
        _user([{"type": "text", "text": _TALKS}]),
        temperature=2,
        max_tokens=1,
        top_p=0.1,
        stop=["und"],
        n=1,
        user="x",
        tools=[{"type": "function", "function": {"name": "f", "parameters": {}}}],
        response_format={"type": "json_object"},
        extra_body={"chat_id": "x", "metadata": {"a": "b"}},
    )
    assert completion.choices[0].message.content.startswith("Kiew und Europa [(1)](")


_HOSTILE = (
    "Der Bürgermeister von Quendovia heißt Zorblax <img src=x> Wimpel 👩‍💻. "
    "![x](http://evil.example/p.png) [hier](http://evil.example) www.evil.example\n"
    "# Achtung\n<script>alert(1)</script> «Wimpel» kostet $5 statt $10.\n"
)


def test_an_article_can_not_add_markup(client: OpenAI, http: httpx.Client) -> None:
    title = "[Bürgermeister](http://evil.example) <b>von</b> Quendovia 😀"
    http.post("/v1/articles", json=[{"id": "h/1 ü", "text": _HOSTILE, "title": title}])
    try:
        for question in (
            "Wie heißt der Bürgermeister von Quendovia?",
            "Wer ist in Quendovia der Koch?",
        ):
            message = _ask(client, question).choices[0].message
            shown = rendered(message.content)
            assert shown.tags <= {"p", "br", "code", "a", "blockquote", "ul", "li"}
            assert all("/read/" in target for target in shown.targets)
            assert title in shown.text
            for annotation in message.annotations:
                cited = annotation.url_citation
                marker = message.content[cited.start_index : cited.end_index]
                assert marker == f"[(1)]({cited.url})"
                assert "/read/h%2F1%20%C3%BC?start=" in cited.url
    finally:
        http.delete("/v1/articles/h%2F1%20%C3%BC")


def test_offsets_are_code_points(client: OpenAI, http: httpx.Client) -> None:
    """In UTF-16, as in JavaScript, they have to be counted anew: docs/chat.md says how."""
    text = "Das Schiff heißt «👩‍💻🚋 Kranich 😀 Ü» und fährt seit Montag über den Quendovisee."
    http.post("/v1/articles", json=[{"id": "emoji", "text": text}])
    try:
        message = _ask(client, "Wie heißt das Schiff auf dem Quendovisee?").choices[0].message
    finally:
        http.delete("/v1/articles/emoji")
    assert "😀" in message.content
    for annotation in message.annotations:
        cited = annotation.url_citation
        marker = message.content[cited.start_index : cited.end_index]
        assert marker == f"[(1)]({cited.url})"
        units = message.content.encode("utf-16-le")
        before = len(message.content[: cited.start_index].encode("utf-16-le"))
        assert units[before:].decode("utf-16-le").startswith(marker)


@pytest.mark.parametrize(
    ("request_", "error", "param", "code"),
    [
        ({"model": "gpt-x"}, openai.NotFoundError, "model", "model_not_found"),
        ({"messages": []}, openai.BadRequestError, "messages", None),
        (
            {"messages": [{"role": "system", "content": "x"}]},
            openai.BadRequestError,
            "messages",
            None,
        ),
        ({"messages": [_user(" ")]}, openai.BadRequestError, "messages[0].content", None),
        ({"messages": "x"}, openai.BadRequestError, "messages", None),
        ({"messages": [_user(7)]}, openai.BadRequestError, "messages[0].content", None),
        ({"messages": [{"content": "x"}]}, openai.BadRequestError, "messages[0].role", None),
        (
            {"messages": [_user([{"type": "image_url", "image_url": {"url": "data:"}}])]},
            openai.BadRequestError,
            "messages[0].content[0]",
            None,
        ),
        (
            {"messages": [_user("x" * 4001)]},
            openai.BadRequestError,
            "messages[0].content",
            "string_above_max_length",
        ),
        ({"n": 2}, openai.BadRequestError, "n", None),
        ({"stream": "yes"}, openai.BadRequestError, "stream", None),
        (
            {"extra_body": {"fundstelle": {"top_k": 99}}},
            openai.BadRequestError,
            "fundstelle.top_k",
            None,
        ),
        (
            {"extra_body": {"fundstelle": {"topk": 9}}},
            openai.BadRequestError,
            "fundstelle.topk",
            None,
        ),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_can_not_be_asked_is_the_clients_exception(
    client: OpenAI,
    request_: dict[str, Any],
    error: type[openai.APIStatusError],
    param: str,
    code: str | None,
    stream: bool,
) -> None:
    body: dict[str, Any] = {"model": "fundstelle", "messages": [_user(_TALKS)], "stream": stream}
    with pytest.raises(error) as caught:
        client.chat.completions.create(**body | request_)
    told: Any = caught.value.body
    assert (told["type"], told["code"]) == ("invalid_request_error", code)
    assert told["param"] == param
    assert told["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 50_000, b"{}"])
def test_a_body_that_is_no_conversation(http: httpx.Client, body: bytes) -> None:
    response = http.post(_CHAT, content=body, headers=_JSON)
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/json"
    error = response.json()["error"]
    assert list(error) == ["message", "type", "param", "code"]
    assert error["message"]


def test_other_errors_have_the_same_shape(http: httpx.Client, client: OpenAI) -> None:
    refused = http.get(_CHAT)
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    assert refused.json()["error"]["type"] == "invalid_request_error"
    with pytest.raises(openai.APIStatusError) as caught:
        _ask(client, "x" * BODY_LIMIT)
    assert caught.value.status_code == 413
    with pytest.raises(openai.NotFoundError):
        client.embeddings.create(model="fundstelle", input="x")


def test_models(client: OpenAI) -> None:
    listed = client.models.list()
    assert [m.id for m in listed] == ["fundstelle", "fundstelle-extractive"]
    for model in listed:
        assert client.models.retrieve(model.id) == model
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("gpt-x")
    assert caught.value.code == "model_not_found"


def test_lists_are_sorted_by_where_they_stand(client: OpenAI) -> None:
    annotations = _ask(client, _TALKS).choices[0].message.annotations
    spans = [(a.url_citation.start_index, a.url_citation.end_index) for a in annotations]
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
