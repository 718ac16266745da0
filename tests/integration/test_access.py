"""Keys, hosts, origins and rates over a socket, against running services."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anthropic
import httpx
import openai
import pytest
from msgspec import structs

from service.access.key_file import changing
from service.access.secret import new_secret
from tests.keyed_service import ARTICLE, ORIGIN, QUESTION, WORDS, KeyedService
from tests.services import Finished, Service, run

pytestmark = pytest.mark.model

Command = Callable[..., Finished]


def _status(keyed: KeyedService, secret: str) -> int:
    headers = {"x-api-key": secret}
    response = httpx.get(f"{keyed.service.address}/v1/access", headers=headers, trust_env=False)
    return response.status_code


def test_keys_come_and_go_while_the_service_runs(keyed: KeyedService) -> None:
    first = keyed.add("guest")
    assert _status(keyed, first) == 200
    with changing(keyed.file) as keys:
        keys["guest"], second = keys["guest"].rotated(datetime.now(UTC), timedelta(hours=1))
    assert (_status(keyed, first), _status(keyed, second)) == (200, 200)
    with changing(keyed.file) as keys:
        past = datetime.now(UTC) - timedelta(seconds=1)
        assert keys["guest"].former
        former = structs.replace(keys["guest"].former, until=past)
        keys["guest"] = structs.replace(keys["guest"], former=former)
    assert (_status(keyed, first), _status(keyed, second)) == (401, 200)
    with changing(keyed.file) as keys:
        keys["guest"] = structs.replace(keys["guest"], expires_at=past)
    assert _status(keyed, second) == 401
    with changing(keyed.file) as keys:
        del keys["guest"]
    assert _status(keyed, second) == 401


def test_a_damaged_file_changes_nothing_and_is_told_of(keyed: KeyedService) -> None:
    secret, whole = keyed.secrets["default-read"], keyed.file.read_bytes()
    keyed.file.write_bytes(whole[: len(whole) // 2])
    try:
        assert _status(keyed, secret) == 200
        assert _status(keyed, new_secret()) == 401
        assert "go on counting" in keyed.service.log.read_text("utf-8")
    finally:
        keyed.file.write_bytes(whole)
    assert _status(keyed, secret) == 200


def test_no_key_stands_in_the_index_or_the_log(keyed: KeyedService) -> None:
    _status(keyed, new_secret())
    texts = [keyed.file.read_text("utf-8"), keyed.service.log.read_text("utf-8")]
    assert not any(secret in text for secret in keyed.secrets.values() for text in texts)


def test_a_key_that_asks_too_often_has_to_wait(keyed: KeyedService) -> None:
    headers = {"authorization": f"Bearer {keyed.add('hasty', rate=3)}"}
    with httpx.Client(base_url=keyed.service.address, headers=headers, trust_env=False) as http:
        assert [http.get("/v1/access").status_code for _ in range(4)] == [200, 200, 200, 429]
        refused = http.get("/v1/access")
        assert 15 <= int(refused.headers["retry-after"]) <= 20
        assert refused.headers["content-type"] == "application/problem+json"
        assert "3 requests a minute" in refused.json()["detail"]
        assert http.get("/health/ready").is_success
    assert _status(keyed, keyed.secrets["default-read"]) == 200  # the others don't


def test_openai_s_client_sends_a_key_and_knows_the_errors(keyed: KeyedService) -> None:
    def ask(secret: str) -> str:
        with openai.OpenAI(
            base_url=f"{keyed.service.address}/v1",
            api_key=secret,
            max_retries=0,
            http_client=openai.DefaultHttpxClient(trust_env=False),
        ) as client:
            asked: list[openai.types.chat.ChatCompletionMessageParam] = [
                {"role": "user", "content": QUESTION}
            ]
            completion = client.chat.completions.create(model="fundstelle", messages=asked)
            return completion.choices[0].message.content or ""

    assert WORDS in ask(keyed.secrets["default-read"])
    assert WORDS not in ask(keyed.secrets["other-read"])
    with pytest.raises(openai.AuthenticationError) as unknown:
        ask(new_secret())
    assert unknown.value.code == "invalid_api_key"
    with pytest.raises(openai.PermissionDeniedError):
        ask(keyed.secrets["default-metrics"])
    slow = keyed.add("slow-openai", rate=1)
    ask(slow)
    with pytest.raises(openai.RateLimitError) as limited:
        ask(slow)
    assert limited.value.code == "rate_limit_exceeded"


def test_so_does_anthropic_s(keyed: KeyedService) -> None:
    def ask(secret: str) -> str:
        with anthropic.Anthropic(
            base_url=keyed.service.address,
            api_key=secret,
            max_retries=0,
            http_client=anthropic.DefaultHttpxClient(trust_env=False),
        ) as client:
            message = client.messages.create(
                model="fundstelle",
                max_tokens=100,
                messages=[{"role": "user", "content": QUESTION}],
            )
            return "".join(b.text for b in message.content if b.type == "text")

    assert WORDS in ask(keyed.secrets["default-read"])
    with pytest.raises(anthropic.AuthenticationError) as unknown:
        ask(new_secret())
    assert unknown.value.body["error"]["type"] == "authentication_error"  # type: ignore[index]
    with pytest.raises(anthropic.PermissionDeniedError):
        ask(keyed.secrets["default-metrics"])
    slow = keyed.add("slow-anthropic", rate=1)
    ask(slow)
    with pytest.raises(anthropic.RateLimitError):
        ask(slow)


def test_the_command_line_goes_into_every_archive_of_the_folder(
    keyed: KeyedService, command: Command, tmp_path: Path
) -> None:
    index = keyed.service.index
    for archive, articles in (("default", 18), ("other", 1)):
        done = command("status", "--json", "--index", index, "--archive", archive)
        assert (done.status, done.json["articles"]) == (0, articles), done.err
    (tmp_path / "new.txt").write_text("The lighthouse of Brinmouth is 31 metres high.", "utf-8")
    new = ("--index", index, "--archive", "third")
    assert "no index" in command("status", *new).err
    assert not (index / "third").exists()
    assert command("index", tmp_path, "--json", *new).json["articles"]["added"] == 1
    asked = command("ask", "How high is the lighthouse?", "--json", *new).json
    assert {p["article_id"] for p in asked["passages"]} == {"new.txt"}
    assert command("status", "--json", "--index", index).json["articles"] == 18
    file = tmp_path / "third.zip"
    assert command("backup", file, "--json", *new).json["articles"] == 1


def test_every_host_but_ours_is_refused(http: httpx.Client) -> None:
    for path in ("/", "/v1/status", "/v1/articles", f"/read/{ARTICLE}", "/health/live", "/schema"):
        assert http.get(path).is_success
        for host in ("evil.example", "evil.example:8000", "127.0.0.1.evil.example"):
            response = http.get(path, headers={"host": host})
            assert response.status_code == 421, path
            assert "FUNDSTELLE_ALLOWED_HOSTS" in response.text
            assert ARTICLE not in response.text


_ARTICLE = json.dumps({"id": "planted", "text": "Planted by a page of another site."})


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "application/json"]
)
def test_pages_of_other_sites_change_nothing(
    origin: str, media_type: str, http: httpx.Client
) -> None:
    headers = {"origin": origin, "content-type": media_type}
    posted = http.post("/v1/articles", content=_ARTICLE, headers=headers)
    assert posted.status_code == 403
    assert posted.headers["content-type"] == "application/problem+json"
    assert "FUNDSTELLE_ALLOWED_ORIGINS" in posted.json()["detail"]
    assert http.delete(f"/v1/articles/{ARTICLE}", headers=headers).status_code == 403
    assert http.get("/v1/articles/planted").status_code == 404
    assert http.get(f"/v1/articles/{ARTICLE}").is_success
    shaped = http.post("/v1/chat/completions", content="{}", headers=headers)
    assert shaped.status_code == 403
    assert shaped.json()["error"]["code"] == "wrong_origin"


def test_our_own_page_may(http: httpx.Client) -> None:
    headers = {"origin": str(http.base_url).rstrip("/"), "sec-fetch-site": "same-origin"}
    asked = http.post("/v1/questions", json={"question": QUESTION}, headers=headers)
    assert asked.json()["answer"]["text"] == WORDS


_PREFLIGHT = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type",
}


def test_no_other_site_reads_answers(http: httpx.Client) -> None:
    origin = {"origin": "https://evil.example"}
    for response in (
        http.get("/v1/status", headers=origin),
        http.options("/v1/questions", headers=origin | _PREFLIGHT),
    ):
        assert not [name for name in response.headers if name.startswith("access-control")]


def test_but_those_that_are_named(keyed: KeyedService) -> None:
    with keyed.client("default-read") as http:
        asked = {"origin": ORIGIN}
        body = {"question": QUESTION}
        assert http.options("/v1/questions", headers=asked | _PREFLIGHT).headers[
            "access-control-allow-origin"
        ] == ORIGIN  # fmt: skip
        answered = http.post("/v1/questions", json=body, headers=asked)
        assert answered.is_success
        unknown = http.get("/v1/status", headers=asked | {"authorization": "Bearer x"})
        assert unknown.status_code == 401
        for response in (answered, unknown):
            assert response.headers["access-control-allow-origin"] == ORIGIN
            assert "access-control-allow-credentials" not in response.headers
        other = {"origin": f"{ORIGIN}.evil.example"}
        assert http.post("/v1/questions", json=body, headers=other).status_code == 403
        refused = http.options("/v1/questions", headers=other | _PREFLIGHT)
        assert "access-control-allow-origin" not in refused.headers


@pytest.mark.parametrize(
    ("arguments", "env"),
    [
        (("serve", "--host", "0.0.0.0"), {}),
        (("serve",), {"FUNDSTELLE_HOST": "::"}),
        (("mcp", "--http", "--host", "0.0.0.0"), {}),
    ],
)
def test_others_are_not_let_in_without_keys(
    arguments: tuple[str, ...], env: dict[str, str], tmp_path: Path
) -> None:
    index = tmp_path / "index"
    done = run(*arguments, "--port", "0", "--index", index, env=env)
    assert done.status == 2
    assert "fundstelle keys add" in done.err
    assert "FUNDSTELLE_ALLOW_UNPROTECTED=1" in done.err
    assert not index.exists()


def test_a_keys_file_that_can_not_be_used_is_refused_at_the_start(tmp_path: Path) -> None:
    keys, index = tmp_path / "keys.json", tmp_path / "index"
    done = run("serve", "--port", "0", "--index", index, "--keys", keys)
    assert (done.status, "fundstelle keys add" in done.err) == (2, True)
    keys.write_text("{}", "utf-8")
    keys.chmod(0o600)
    done = run("serve", "--port", "0", "--index", index, env={"FUNDSTELLE_KEYS": str(keys)})
    assert (done.status, "is damaged" in done.err) == (2, True)
    assert not index.exists()


def test_a_person_signs_in_reads_and_signs_out(keyed: KeyedService) -> None:
    with httpx.Client(base_url=keyed.service.address, trust_env=False) as http:
        page = f"/read/{ARTICLE}"
        asked = http.get(page, params={"start": "1", "end": "9"})
        assert asked.status_code == 401
        assert WORDS not in asked.text
        following = f"read/{ARTICLE}?start=1&amp;end=9"
        assert f'name="following" value="{following}"' in asked.text
        wrong = http.post("/sign-in", data={"key": new_secret(), "following": "x"})
        assert (wrong.status_code, "set-cookie" in wrong.headers) == (401, False)
        useless = http.post("/sign-in", data={"key": keyed.secrets["default-metrics"]})
        assert useless.status_code == 401

        form = {"key": f" {keyed.secrets['default-read']}\n", "following": f"read/{ARTICLE}?a=1"}
        signed = http.post("/sign-in", data=form)
        assert (signed.status_code, signed.headers["location"]) == (303, f"read/{ARTICLE}?a=1")
        cookie = signed.headers["set-cookie"]
        assert {"HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))
        assert "Path" not in cookie
        assert WORDS in http.get(page).text
        assert http.get("/v1/access").json()["key"] == "default-read"
        evil = http.post("/v1/questions", json={}, headers={"origin": "https://evil.example"})
        assert evil.status_code == 403
        left = http.post("/sign-out")
        assert (left.status_code, left.headers["location"]) == (303, "sign-in")
        assert http.get(page).status_code == 401


@pytest.mark.parametrize(
    "following",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "read/\\x",
        "javascript:x",
        "a\nb",
    ],
)
def test_signing_in_leads_to_no_other_place(following: str, keyed: KeyedService) -> None:
    form = {"key": keyed.secrets["default-read"], "following": following}
    signed = httpx.post(f"{keyed.service.address}/sign-in", data=form, trust_env=False)
    assert (signed.status_code, signed.headers["location"]) == (303, "./")


def test_nobody_else_signs_a_browser_in(keyed: KeyedService) -> None:
    form = {"key": keyed.secrets["default-read"]}
    headers = {"origin": "https://evil.example"}
    url = f"{keyed.service.address}/sign-in"
    assert httpx.post(url, data=form, headers=headers, trust_env=False).status_code == 403


def test_without_keys_there_is_nothing_to_sign_in_to(running_service: Service) -> None:
    response = httpx.get(f"{running_service.address}/sign-in", trust_env=False)
    assert (response.status_code, response.headers["location"]) == (303, "./")
    access = httpx.get(f"{running_service.address}/v1/access", trust_env=False).json()
    assert access == {"archive": "default", "scope": "admin", "key": None, "rate": None}
