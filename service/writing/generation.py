"""The chat model: an OpenAI-compatible server that writes, streamed and within a time limit.

Whatever goes wrong with it ends as one exception with a reason. What it is asked is
left to ``prompt.py``, whether what it writes is true to ``citations.py``.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, TypedDict, cast

from service.errors import FailureReason, GenerationFailed
from service.settings import ServiceSettings
from service.telemetry.record import Stage, held_stage

if TYPE_CHECKING:
    from openai import AsyncOpenAI, AsyncStream
    from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam

_CONNECT_S = 5.0
_DETAIL = 200


class Message(TypedDict):
    """One message of a prompt: ``role`` is ``system``, ``user`` or ``assistant``."""

    role: str
    content: str


class ChatModel:
    """A chat model behind an address. Bound to the event loop that first uses it."""

    def __init__(self, url: str, model: str, api_key: str | None, *, max_tokens: int) -> None:
        self._url = url
        self._model = model
        self._api_key = api_key
        self._max_tokens = max_tokens
        self._client: AsyncOpenAI | None = None

    async def stream(
        self, messages: Sequence[Message], *, within: float, stage: Stage = "generate"
    ) -> AsyncGenerator[str, None]:
        """What the model writes, as it comes, until its last word ``within`` so many seconds.

        ``stage`` is what its time counts as, from the request to the last word. Raises
        GenerationFailed, also half-way through. An answer that reached ``max_tokens`` is no
        failure: its end is missing.
        """
        with held_stage(stage) as headers:
            async with aclosing(self._stream(messages, within, headers)) as pieces:
                async for piece in pieces:
                    yield piece

    async def _stream(
        self, messages: Sequence[Message], within: float, headers: dict[str, str]
    ) -> AsyncGenerator[str, None]:
        deadline = time.monotonic() + within
        chunks: AsyncStream[ChatCompletionChunk] | None = None
        finish = None
        try:
            async with asyncio.timeout(within):
                chunks = await self._request(messages, headers)
            source = aiter(chunks)
            while True:
                # Not around the whole loop: a time limit must not be held over a yield.
                async with asyncio.timeout(deadline - time.monotonic()):
                    chunk = await anext(source, None)
                if chunk is None:
                    break
                for choice in (chunk.choices or [])[:1]:
                    finish = choice.finish_reason or finish
                    if choice.delta and choice.delta.content:
                        yield choice.delta.content
        except Exception as error:
            raise self._failure(error, begun=chunks is not None) from error
        finally:
            if chunks is not None:
                with suppress(Exception):  # the connection may be gone
                    await chunks.close()
        if finish is None:
            raise GenerationFailed("cut_off", "the chat model's answer broke off")
        if finish == "content_filter":
            raise GenerationFailed("refused", "a content filter stopped the chat model")

    async def complete(self, messages: Sequence[Message], *, within: float) -> str:
        """The whole text. Raises GenerationFailed."""
        pieces = self.stream(messages, within=within, stage="rewrite")
        return "".join([piece async for piece in pieces])

    async def close(self) -> None:
        """Let go of the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _request(
        self, messages: Sequence[Message], headers: dict[str, str]
    ) -> AsyncStream[ChatCompletionChunk]:
        if self._client is None:
            # Building it reads the machine's certificates, which takes a while.
            self._client = await asyncio.to_thread(self._connect)
        return await self._client.chat.completions.create(
            model=self._model,
            messages=cast("list[ChatCompletionMessageParam]", list(messages)),
            max_tokens=self._max_tokens,
            temperature=0,
            stream=True,
            extra_headers=headers,
        )

    def _connect(self) -> AsyncOpenAI:
        from openai import AsyncOpenAI, Timeout

        return AsyncOpenAI(
            base_url=self._url,
            # The client wants one, and would else take OPENAI_API_KEY to wherever the URL points.
            api_key=self._api_key or "none",
            organization="",
            project="",
            timeout=Timeout(None, connect=_CONNECT_S),  # the whole has its own limit
            max_retries=0,
        )

    def _failure(self, error: Exception, *, begun: bool) -> GenerationFailed:
        import httpx2
        import openai

        reason: FailureReason
        if isinstance(error, TimeoutError | openai.APITimeoutError | httpx2.TimeoutException):
            reason, detail = "timeout", "the chat model was not done within its time limit"
            if isinstance(error.__cause__, httpx2.ConnectTimeout):
                reason, detail = "unreachable", f"nothing answers at {self._url}"
        elif isinstance(error, openai.APIStatusError):
            reason, detail = "refused", f"the chat model answered with status {error.status_code}"
        elif begun and isinstance(error, openai.APIConnectionError | httpx2.HTTPError):
            reason, detail = "cut_off", "the connection to the chat model was lost"
        elif isinstance(error, openai.APIConnectionError | httpx2.HTTPError):
            reason, detail = "unreachable", f"nothing answers at {self._url}"
        elif isinstance(error, openai.APIError):  # an error event within the stream
            reason, detail = "refused", f"the chat model reported: {error.message[:_DETAIL]}"
        elif isinstance(error, json.JSONDecodeError | openai.OpenAIError | ValueError):
            reason, detail = "nonsense", "what the chat model sent can't be read"
        else:
            reason, detail = "nonsense", f"what the chat model sent can't be read: {error!r}"
        return GenerationFailed(reason, detail)


def chat_model(settings: ServiceSettings) -> ChatModel | None:
    """The chat model of the settings, None where there is none."""
    if settings.llm_url is None or settings.llm_model is None:
        return None
    return ChatModel(
        settings.llm_url,
        settings.llm_model,
        settings.llm_api_key,
        max_tokens=settings.llm_max_tokens,
    )
