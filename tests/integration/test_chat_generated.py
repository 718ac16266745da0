"""Chat clients and a chat model behind the service: what is generated, end to end.

The place for end-to-end tests of generated answers at the chat doors: the chat model is
a scripted server, service, store, judge and clients are real.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest
from anthropic import Anthropic
from openai import OpenAI

from tests.chat_servers import (
    CUT,
    Script,
    ScriptedServer,
    Status,
    Step,
    numbered,
    pieces,
    says,
    scripted,
)
from tests.integration.conftest import Finished, Service, defects, read, start
from tests.unit.service.chat.rendered import rendered

pytestmark = pytest.mark.model

_QUESTION = "Wer sitzt bei den Gesprächen nicht am Tisch?"
_TRUE = "Kiew und Europa sitzen bei den Gesprächen nicht am Tisch [{Kiew und Europa sitzen}]."
# Words in quotation marks must stand in the article, whatever a judge makes of the rest.
_FALSE = " Dazu hieß es: «Der Ölpreis steigt am Montag auf 312 Dollar je Fass» [1]."
_SAID = "Kiew und Europa sitzen bei den Gesprächen nicht am Tisch."


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedServer]:
    """A chat model; a test sets its script."""
    with scripted(says(_TRUE)) as server:
        yield server


@pytest.fixture(scope="module")
def service(
    model: ScriptedServer,
    seed_index: tuple[Path, Finished],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    """A service with this chat model, which flags what is not verified."""
    folder = tmp_path_factory.mktemp("chat")
    index = Path(shutil.copytree(seed_index[0], folder / "index"))
    env = {
        "FUNDSTELLE_LLM_URL": model.url,
        "FUNDSTELLE_LLM_MODEL": "scripted",
        "FUNDSTELLE_UNVERIFIED": "flag",
        "FUNDSTELLE_PUBLIC_URL": "https://archive.example/f/",
    }
    started = start(index, folder / "log", ready=True, env=env)
    yield started
    started.stop()
    assert defects(started.log.read_text("utf-8")) == []


@pytest.fixture
def open_ai(service: Service) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{service.address}/v1", api_key="none", max_retries=0) as connected:
        yield connected


@pytest.fixture
def claude(service: Service) -> Iterator[Anthropic]:
    with Anthropic(base_url=service.address, api_key="none", max_retries=0) as connected:
        yield connected


def _asked(model: str = "fundstelle") -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": _QUESTION}]}


def _breaks_off(text: str) -> Script:
    def script(request: dict[str, Any]) -> Iterator[Step]:
        yield from pieces(numbered(text, request))
        yield CUT

    return script


def test_scripted_answer_through_openais_client(
    model: ScriptedServer, open_ai: OpenAI, seeds: Path
) -> None:
    model.script = says(_TRUE + _FALSE)
    completion: Any = open_ai.chat.completions.create(**_asked())
    message = completion.choices[0].message
    assert completion.fundstelle["mode"] == "generative"
    (annotation,) = message.annotations
    cited = annotation.url_citation
    assert cited.url.startswith("https://archive.example/f/read/28-punkte-plan%2Etxt?start=")
    assert message.content.startswith(f"{_SAID} [(1)]({cited.url}) Dazu hieß es")
    assert "312 Dollar je Fass». (⚠ nicht belegt)" in message.content
    assert "\n\nQuellen:\n\n- (1): 28 Punkte" in message.content
    assert rendered(message.content).targets == (cited.url,)
    source = completion.fundstelle["citations"][0]["source"]
    assert read(seeds / source["article_id"])[source["start"] : source["end"]] == source["quote"]

    chunks: list[Any] = list(open_ai.chat.completions.create(**_asked(), stream=True))
    assert "".join(c.choices[0].delta.content or "" for c in chunks) == message.content
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert len([c for c in chunks if getattr(c, "event", None)]) == 1


def test_scripted_answer_through_anthropics_client(
    model: ScriptedServer, claude: Anthropic
) -> None:
    model.script = says(_TRUE + _FALSE)
    message: Any = claude.messages.create(**_asked(), max_tokens=99)
    said, flagged, ending = message.content
    assert said.text == _SAID
    assert said.citations[0].cited_text.startswith("Kiew und Europa sitzen")
    assert flagged.text.endswith("(⚠ nicht belegt)")
    assert flagged.citations is None
    assert len(rendered(ending.text).targets) == 1
    with claude.messages.stream(**_asked(), max_tokens=99) as stream:
        streamed = stream.get_final_message()
    assert [(b.text, b.citations) for b in streamed.content] == [
        (b.text, b.citations) for b in message.content
    ]


def test_scripted_model_is_not_asked_in_extractive_mode(
    model: ScriptedServer, open_ai: OpenAI
) -> None:
    before = len(model.requests)
    completion: Any = open_ai.chat.completions.create(**_asked("fundstelle-extractive"))
    assert completion.fundstelle["mode"] == "extractive"
    assert len(model.requests) == before


def test_scripted_failure_before_anything_was_sent(
    model: ScriptedServer, open_ai: OpenAI, claude: Anthropic
) -> None:
    model.script = lambda _: [Status(503)]
    completion: Any = open_ai.chat.completions.create(**_asked())
    content = completion.choices[0].message.content
    assert "\n\nHinweis: Das Chatmodell hat die Anfrage abgelehnt." in content
    assert completion.fundstelle["fallback_reason"].startswith("refused")
    chunks: list[Any] = list(open_ai.chat.completions.create(**_asked(), stream=True))
    assert "".join(c.choices[0].delta.content or "" for c in chunks) == content
    message: Any = claude.messages.create(**_asked(), max_tokens=99)
    assert "Hinweis: " in message.content[-1].text


def test_scripted_failure_after_something_was_sent(
    model: ScriptedServer, open_ai: OpenAI, claude: Anthropic
) -> None:
    model.script = _breaks_off(f"{_TRUE} Washington und Moskau verhandeln im Still")
    chunks: list[Any] = []
    stream = open_ai.chat.completions.create(**_asked(), stream=True)
    with pytest.raises(openai.APIError) as caught:
        chunks.extend(stream)
    assert caught.value.code == "cut_off"
    assert "".join(c.choices[0].delta.content or "" for c in chunks).startswith(_SAID)
    assert all(c.choices[0].finish_reason is None for c in chunks)

    with (
        claude.messages.stream(**_asked(), max_tokens=99) as streamed,
        pytest.raises(anthropic.APIStatusError) as other,
    ):
        streamed.get_final_message()
    told: Any = other.value.body
    assert told["error"]["type"] == "api_error"

    whole: Any = open_ai.chat.completions.create(**_asked())
    assert whole.fundstelle["mode"] == "extractive"
    assert whole.fundstelle["fallback_reason"].startswith("cut_off")
    message: Any = claude.messages.create(**_asked(), max_tokens=99)
    assert message.fundstelle["mode"] == "extractive"
    assert _SAID not in "".join(block.text for block in message.content)
