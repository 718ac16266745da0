"""The owner of an embedded index, asked over HTTP.

Finds the service that ``owner.json`` names, makes sure that it is the one meant,
and offers what an Engine offers, with the same results and errors.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec

from indexer.article import Article
from indexer.backup_file import keep
from indexer.errors import IndexLocked, SourceError
from indexer.generations import require_name
from indexer.ownership import Owner
from indexer.places import without_repeats
from indexer.recipe import Recipe
from indexer.report import Report
from indexer.settings import ArchiveSettings
from indexer.sources import Item
from service.access.gate import ARCHIVE_HEADER, CREATE_HEADER
from service.answer import Answer, FoundPassage
from service.article_segment import article_segment
from service.article_shapes import FullArticle
from service.errors import OwnerError, QuestionError
from service.media import INTERNAL
from service.question import Question
from service.renewal import Progress, Renewed
from service.renewal_job import RenewalStatus

_HANDSHAKE_S = 2.0
_POLL_S = 0.25
_BATCH_BYTES = 4 * 1024 * 1024
_BATCH_ARTICLES = 64


class OwnerClient:
    """Works like an Engine, through the service that owns the index."""

    def __init__(self, http: httpx.Client, owner: Owner) -> None:
        self._http = http
        self.owner = owner

    @classmethod
    def find(cls, archive: ArchiveSettings, *, create: bool = False) -> OwnerClient | None:
        """The owner of the index, None where none answers.

        A record of a dead owner, or of an address that another program has since
        taken, counts as none, and so does an owner that is stopping. An owner with keys serves
        every archive of the folder, and makes one that is not there with ``create``. Raises
        IndexLocked where the owner serves another archive alone.
        """
        require_name(archive.archive)  # before it becomes a header
        owner = Owner.read(archive.index)
        if owner is None or owner.address is None:
            return None
        try:
            http = httpx.Client(
                base_url=owner.address,
                headers={
                    "authorization": f"Bearer {owner.token}",
                    ARCHIVE_HEADER: archive.archive,
                    CREATE_HEADER: "yes" if create else "no",
                },
                # A proxy from the environment has no business between this machine and itself.
                trust_env=False,
                timeout=httpx.Timeout(None, connect=_HANDSHAKE_S),
            )
        except (httpx.InvalidURL, ValueError, TypeError):
            return None  # the record is damaged
        try:
            health = http.get("/health", timeout=_HANDSHAKE_S).json()
            is_owner = bool(health["owner"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            is_owner = False
        if not is_owner:
            http.close()
            return None
        if health.get("status") == "stopping":
            http.close()
            return None  # the index is soon free
        if health["archive"] != archive.archive:
            http.close()
            raise IndexLocked(
                f"process {owner.pid} serves the archive {health['archive']!r} of {archive.index}; "
                f"stop it to use {archive.archive!r}"
            )
        return cls(http, owner)

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def require_recipe(self, archive: ArchiveSettings) -> None:
        """Raise RecipeMismatch where other settings are asked for than the index has."""
        recipe = Recipe.from_json(self.status()["recipe"])
        recipe.require_settings(
            archive.model, archive.passage_tokens, archive.passage_overlap, str(archive.index)
        )

    def index(
        self, items: Iterable[Item], on_progress: Callable[[Report], None] | None = None
    ) -> Report:
        """Send articles to the owner, a few at a time."""
        report = Report()
        started = time.perf_counter()
        for articles in _batches(items, report):
            body = b"\n".join(msgspec.json.encode(article) for article in articles)
            answer = self._post("/v1/articles", body, INTERNAL)
            report.merge(Report.from_json(answer))
            report.seconds = time.perf_counter() - started
            if on_progress:
                on_progress(report)
        return report

    def remove(self, ids: list[str]) -> dict[str, Any]:
        """Remove articles one by one: ``{"removed", "unknown"}``."""
        removed, unknown = 0, []
        for article_id in dict.fromkeys(ids):
            response = self._send("DELETE", _route(article_id))
            if response.status_code == httpx.codes.NOT_FOUND:
                unknown.append(article_id)
            else:
                removed += _checked(response).json()["removed"]
        return {"removed": removed, "unknown": unknown}

    def sources(self, source_root: str) -> Iterator[tuple[str, str]]:
        """The ids and source files of a root's articles."""
        cursor: str | None = None
        while True:
            params = {"source_root": source_root, "limit": "1000"}
            params |= {"cursor": cursor} if cursor else {}
            page = _checked(self._send("GET", "/v1/articles", params=params)).json()
            yield from ((a["article_id"], a["source"]) for a in page["articles"])
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def answer(self, question: Question) -> Answer:
        """Ask the owner. Raises QuestionError where it can't answer in the mode asked for."""
        body: dict[str, Any] = {
            "question": question.text,
            "mode": question.mode,
            "top_k": question.top_k,
        }
        said = {"history": question.history, "now": question.now}
        body |= {name: value for name, value in said.items() if value}
        if question.group is not None:
            body["group"] = question.group
        if not question.dates:
            body["dates"] = False
        content = msgspec.json.encode(body | dict(question.filters))
        response = _checked(
            self._send(
                "POST",
                "/v1/questions",
                content=content,
                headers={"content-type": "application/json"},
            )
        )
        return msgspec.json.decode(response.content, type=Answer)

    def search(
        self, question: Question, *, rerank: bool
    ) -> tuple[list[FoundPassage], dict[str, float]]:
        """Let the owner search."""
        params: dict[str, Any] = {"q": question.text, "top_k": question.top_k, "rerank": rerank}
        params |= question.filters
        if question.group is not None:
            params["group"] = question.group
        if not question.dates:
            params["dates"] = False
        if "language" in params:
            params["language"] = ",".join(params["language"])
        found = _checked(self._send("GET", "/v1/search", params=params)).json()
        return msgspec.convert(found["results"], list[FoundPassage]), found["timings_ms"]

    def article(self, article_id: str) -> FullArticle | None:
        """One article with its text, None where the archive has none of this id."""
        response = self._send("GET", _route(article_id))
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        return msgspec.json.decode(_checked(response).content, type=FullArticle)

    def status(self) -> dict[str, Any]:
        """What ``fundstelle status --json`` prints."""
        found: dict[str, Any] = _checked(self._send("GET", "/v1/status")).json()
        return found

    def evaluate(self, lines: bytes) -> dict[str, Any]:
        """Let the owner measure the answers to a question file."""
        return self._post("/v1/evaluations", lines, "application/x-ndjson")

    def back_up(self, path: Path) -> int:
        """Let the owner back the archive up to a file here; how many articles it has."""
        try:
            with self._http.stream("GET", "/v1/backup") as response:
                if response.is_error:
                    response.read()
                return keep(_checked(response).iter_bytes(), path)
        except httpx.HTTPError as error:
            raise self._lost(error) from error

    def restore(self, path: Path, on_progress: Progress, *, drop_old: bool) -> Renewed:
        """Let the owner put a backup back."""
        with path.open("rb") as stream:
            params = {"drop_old": drop_old}
            _checked(self._send("POST", "/v1/restore", content=stream, params=params))
        return self._renewed(on_progress)

    def reindex(self, asked: ArchiveSettings, on_progress: Progress, *, drop_old: bool) -> Renewed:
        """Let the owner index all articles anew."""
        wanted = {
            "model": asked.model,
            "passage_tokens": asked.passage_tokens,
            "passage_overlap": asked.passage_overlap,
            "drop_old": drop_old,
        }
        self._post("/v1/reindex", msgspec.json.encode(wanted), "application/json")
        return self._renewed(on_progress)

    def drop_former(self) -> list[str]:
        """Let the owner remove the former generations."""
        dropped: list[str] = _checked(self._send("DELETE", "/v1/former")).json()["dropped"]
        return dropped

    def _renewed(self, on_progress: Progress) -> Renewed:
        while True:
            response = _checked(self._send("GET", "/v1/renewal"))
            status = msgspec.json.decode(response.content, type=RenewalStatus)
            if status.result is not None:
                return status.result
            if status.state != "running":
                raise OwnerError(f"the service that owns the index says: {status.error}")
            on_progress(status.done, status.total)
            time.sleep(_POLL_S)

    def optimize(self) -> None:
        """The owner does that by itself when it is idle."""

    def _post(self, path: str, body: bytes, media_type: str) -> dict[str, Any]:
        response = self._send("POST", path, content=body, headers={"content-type": media_type})
        answer: dict[str, Any] = _checked(response).json()
        return answer

    def _send(self, method: str, path: str, **content: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, **content)
        except httpx.HTTPError as error:
            raise self._lost(error) from error

    def _lost(self, error: httpx.HTTPError) -> OwnerError:
        return OwnerError(
            f"the service at {self.owner.address} (process {self.owner.pid}) was lost: "
            f"{error}; what it had confirmed is kept, run the command again for the rest"
        )


def _route(article_id: str) -> str:
    return f"/v1/articles/{article_segment(article_id)}"


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_error:
        try:
            problem = response.json()
            detail = problem["detail"]
        except (ValueError, KeyError, TypeError):
            problem, detail = {}, f"status {response.status_code}"
        for wrong in problem.get("errors", []):
            if wrong["path"] == "mode":  # what the service can do is known to it alone
                raise QuestionError(wrong["path"], wrong["message"])
        raise OwnerError(f"the service that owns the index says: {detail}")
    return response


def _batches(items: Iterable[Item], report: Report) -> Iterator[list[Article]]:
    """Articles a few at a time; errors go to the report.

    An id that stands twice is found here: the owner sees one batch at a time.
    """
    batch: list[Article] = []
    size = 0
    for item in without_repeats(items):
        if isinstance(item, SourceError):
            report.skipped.append(item)
            continue
        batch.append(item)
        size += len(item.text.encode())
        if len(batch) >= _BATCH_ARTICLES or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
