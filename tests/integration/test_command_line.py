"""The command line, from arguments to exit status."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Finished, Service, read, run

pytestmark = pytest.mark.model

Command = Callable[..., Finished]
_TALKS = "Who is excluded from the talks?"
_QUESTIONS = Path(__file__).parents[1] / "data" / "seeds-questions.jsonl"


def _exact(answer: dict[str, Any], seeds: Path) -> str:
    """The quote of an answer, checked against the file it came from."""
    source = answer["citations"][0]["source"]
    text = read(seeds / source["article_id"])
    quote: str = text[source["start"] : source["end"]]
    assert quote == source["quote"]
    return quote


def test_a_question_imports_neither_pytorch_nor_what_is_built_on_it(
    seed_index: tuple[Path, Finished],
) -> None:
    """Importing it takes longer than all the rest of a question from a cold process."""
    index, _ = seed_index
    code = (
        "import sys; from service.cli import main; "
        f"status = main(['ask', {_TALKS!r}, '--index', sys.argv[1]]); "
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'onnx', 'litestar', 'openai', "
        "'trafilatura', 'mcp', 'httpx'}; "
        "sys.exit(f'{status} {sorted(heavy & set(sys.modules))}')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(index)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.stderr.strip() == "0 []"


def test_help_is_quick() -> None:
    started = time.perf_counter()
    done = run("--help")
    assert time.perf_counter() - started < 1
    assert done.status == 0
    for verb in ("index", "watch", "ask", "search", "status", "remove", "eval", "serve", "mcp"):
        assert f"\n    {verb} " in done.out


def test_the_report_of_indexing(seed_index: tuple[Path, Finished], seeds: Path) -> None:
    report = seed_index[1].json
    assert list(report) == ["articles", "passages", "seconds", "skipped"]
    assert report["articles"] == {
        "added": len(list(seeds.glob("*.txt"))),
        "updated": 0,
        "unchanged": 0,
        "removed": 0,
        "skipped": 0,
    }
    assert report["passages"] >= report["articles"]["added"]
    assert report["skipped"] == []


def test_indexing_again_changes_nothing_and_loads_no_model(seed_copy: Path, seeds: Path) -> None:
    started = time.perf_counter()
    done = run("index", seeds, "--index", seed_copy, "--json")
    assert time.perf_counter() - started < 8  # a model takes longer to load
    assert (done.status, done.json["passages"]) == (0, 0)
    assert done.json["articles"]["unchanged"] == 18
    assert done.json["articles"]["added"] == done.json["articles"]["updated"] == 0


def test_a_question_in_a_process_of_its_own(seed_index: tuple[Path, Finished], seeds: Path) -> None:
    done = run(
        "ask", "Wer ist von den Gesprächen ausgeschlossen?", "--json", "--index", seed_index[0]
    )
    assert done.status == 0, done.err
    assert done.json["status"] == "answered"
    assert {"Kiew", "Europa"} <= set(_exact(done.json, seeds).split())
    assert done.json["citations"][0]["source"]["article_id"] == "28-punkte-plan.txt"


def test_a_question_in_another_language(
    command: Command, running_service: Service, seeds: Path
) -> None:
    done = command("ask", _TALKS, "--json", "--index", running_service.index)
    assert done.status == 0
    assert {"Kiew", "Europa"} <= set(_exact(done.json, seeds).split())
    told = command("ask", _TALKS, "--index", running_service.index)
    assert told.status == 0
    assert "Kiew und Europa" in told.out.splitlines()[0]
    assert "The quote is in German, the question in English." in told.out


def test_an_unanswerable_question_is_no_failure(command: Command, running_service: Service) -> None:
    question = "What is the price of oil?"
    done = command("ask", question, "--json", "--index", running_service.index)
    assert (done.status, done.json["status"]) == (0, "unanswerable")
    assert (done.json["answer"], done.json["citations"]) == (None, [])
    told = command("ask", question, "--index", running_service.index)
    assert told.status == 0
    assert told.out.startswith("The archive does not say.")


def test_search_filters_by_date_and_language(command: Command, running_service: Service) -> None:
    place = ("--json", "--index", running_service.index, "--top-k", "50")
    found = command("search", "Gespräche", *place, "--language", "uk,fr").json["results"]
    assert {r["language"] for r in found} == {"uk", "fr"}
    day = ("--after", "2025-11-19", "--before", "2025-11-20")
    found = command("search", "Gespräche", *place, *day).json["results"]
    assert {r["published_at"] for r in found} == {"2025-11-19", "2025-11-20"}
    found = command("search", "Gespräche", *place[:-1], "2", "--rerank").json
    assert list(found) == ["results", "timings_ms"]
    assert len(found["results"]) == 2
    assert "read" in found["timings_ms"]


def test_a_search_reads_its_query_from_no_article(
    command: Command, running_service: Service
) -> None:
    told = command("search", "Fähre", "--index", running_service.index)
    assert told.status == 0
    assert told.out.startswith("[1] ")


def test_status(command: Command, seed_index: tuple[Path, Finished]) -> None:
    done = command("status", "--json", "--index", seed_index[0])
    assert done.status == 0
    assert list(done.json) == ["articles", "passages", "store", "recipe", "bytes", "generation"]
    assert done.json["articles"] == 18
    assert done.json["passages"] == seed_index[1].json["passages"]
    told = command("status", "--index", seed_index[0])
    assert "articles   18" in told.out


def test_remove(command: Command, seed_copy: Path) -> None:
    gone, unknown = "28-punkte-plan.txt", "none\x1b[1m.txt"
    done = command("remove", gone, unknown, gone, "--json", "--index", seed_copy)
    assert (done.status, done.json) == (0, {"removed": 1, "unknown": [unknown]})
    told = command("remove", unknown, "--index", seed_copy)
    assert (told.status, told.out) == (0, "0 removed\n")
    assert "not in the archive: none�[1m.txt" in told.err
    assert command("status", "--json", "--index", seed_copy).json["articles"] == 17


def test_an_id_that_is_no_text_is_unknown(seed_copy: Path) -> None:
    done = run("remove", "caf\udce9.txt", "--json", "--index", seed_copy)
    assert "Traceback" not in done.err
    assert (done.status, done.out) == (2, "")


def test_eval(command: Command, running_service: Service) -> None:
    done = command("eval", _QUESTIONS, "--json", "--index", running_service.index)
    assert done.status == 0
    figures = done.json
    assert list(figures) == [
        *("questions", "answerable", "unanswerable", "overall", "by_language", "latency_ms")
    ]
    assert figures["questions"] == figures["answerable"] + figures["unanswerable"] == 55
    assert {"de", "en", "fr", "uk"} <= set(figures["by_language"])
    overall = figures["overall"]
    assert set(overall) == {
        *("article_recall_at_1", "article_recall_at_5", "article_mrr_at_10"),
        *("span_f1", "span_exact", "evidence_hit", "answered_rate"),
        *("abstention_auc", "abstention_accuracy"),
    }
    # The seeds tell their stories in several articles: the one meant is found, mostly first.
    assert overall["article_recall_at_5"] == 1.0
    assert overall["article_recall_at_1"] >= 0.85
    assert overall["abstention_auc"] >= 0.7
    assert set(figures["latency_ms"]) == {"p50", "p95"}


@pytest.mark.parametrize(
    ("content", "said"), [("", "holds no question"), ('{"id": "1"}\n', ":1: "), (None, "can't be")]
)
def test_eval_of_a_file_that_can_not_be_used(
    content: str | None, said: str, command: Command, tmp_path: Path
) -> None:
    file = tmp_path / "questions.jsonl"
    if content is not None:
        file.write_text(content, "utf-8")
    done = command("eval", file, "--index", tmp_path / "none")
    assert (done.status, done.out) == (1, "")
    assert said in done.err


def test_prune_of_standard_input_is_a_wrong_use(command: Command, tmp_path: Path) -> None:
    done = command("index", "-", "--prune", "--index", tmp_path / "none")
    assert (done.status, done.out) == (2, "")
    assert "--prune" in done.err


@pytest.fixture
def archive(seeds: Path, tmp_path: Path, command: Command, seed_index: object) -> tuple[Path, Path]:
    """A folder with three articles, and its index."""
    folder, index = tmp_path / "news", tmp_path / "news-index"
    folder.mkdir()
    for name in ("28-punkte-plan.txt", "kranich-2025-06-14.txt"):
        shutil.copy(seeds / name, folder)
    (folder / "lines.jsonl").write_text('{"id": "j-1", "text": "Ein Satz."}\n', "utf-8")
    done = command("index", folder, "--index", index, "--json")
    assert (done.status, done.json["articles"]["added"]) == (0, 3)
    return folder, index


def test_prune_removes_what_vanished_and_keeps_what_became_unreadable(
    archive: tuple[Path, Path], command: Command
) -> None:
    folder, index = archive
    (folder / "kranich-2025-06-14.txt").unlink()
    (folder / "28-punkte-plan.txt").write_bytes(b"\xff\xfe\x00broken\xff")
    (folder / "lines.jsonl").write_text("{broken\n", "utf-8")
    done = command("index", folder, "--index", index, "--json")
    assert done.json["articles"]["removed"] == 0
    done = command("index", folder, "--index", index, "--json", "--prune")
    assert done.status == 4
    assert done.json["articles"]["removed"] == 1
    assert done.json["articles"]["skipped"] == 2
    listed = command(
        "remove", "28-punkte-plan.txt", "j-1", "kranich-2025-06-14.txt", "--json", "--index", index
    )
    assert listed.json == {"removed": 2, "unknown": ["kranich-2025-06-14.txt"]}


def test_prune_acts_within_its_source_alone(archive: tuple[Path, Path], command: Command) -> None:
    folder, index = archive
    other = folder.parent / "other"
    other.mkdir()
    done = command("index", other, "--index", index, "--json", "--prune")
    assert (done.status, done.json["articles"]["removed"]) == (0, 0)
    assert command("status", "--json", "--index", index).json["articles"] == 3


def test_skipped_input_is_named_and_told_by_the_status(
    running_service: Service, command: Command, tmp_path: Path
) -> None:
    (tmp_path / "a.jsonl").write_text('\n{"id": "a"}\n', "utf-8")
    (tmp_path / "b.txt").write_bytes(b"\xff\xfe")
    (tmp_path / "c.png").write_bytes(b"\x89PNG")
    done = command("index", tmp_path, "--index", running_service.index, "--json")
    assert done.status == 4
    assert "a.jsonl:2: " in done.err
    assert "b.txt: " in done.err
    assert "c.png" not in done.err
    assert [(s["source"], s["line"]) for s in done.json["skipped"]] == [
        ("a.jsonl", 2),
        ("b.txt", None),
    ]


def test_standard_input_as_json_lines(running_service: Service, command: Command) -> None:
    lines = '{"id": "std-1", "text": "Eins."}\n{"id": "std-2", "text": "Zwei."}\nbroken\n'
    done = run("index", "-", "--json", "--index", running_service.index, stdin=lines.encode())
    try:
        assert done.status == 4
        assert done.json["articles"]["added"] == 2
        assert "-:3: " in done.err
    finally:
        removed = command("remove", "std-1", "std-2", "--json", "--index", running_service.index)
    assert removed.json["removed"] == 2


def test_an_id_that_stands_twice_in_a_run_is_an_error(
    running_service: Service, command: Command, tmp_path: Path
) -> None:
    lines = [json.dumps({"id": "twice", "text": f"Satz {n}."}) for n in (1, 2)]
    between = [json.dumps({"id": f"id-{n}", "text": "x"}) for n in range(64)]
    file = tmp_path / "a.jsonl"
    file.write_text("\n".join([lines[0], *between, lines[1]]), "utf-8")
    ids = ["twice", *(f"id-{n}" for n in range(64))]
    try:
        done = command("index", file, "--index", running_service.index, "--json")
        assert done.status == 4
        assert (done.json["articles"]["added"], done.json["articles"]["updated"]) == (65, 0)
        assert "'twice' stands twice" in done.err
    finally:
        command("remove", *ids, "--index", running_service.index)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["ask", "Wer?"], 1, "fundstelle index"),
        (["search", "Wer?"], 1, "fundstelle index"),
        (["status"], 1, "fundstelle index"),
        (["remove", "a"], 1, "fundstelle index"),
        (["index", "/none/such"], 1, "/none/such: does not exist"),
        (["ask", " "], 2, "question: it is empty"),
        (["ask", "Wer?", "--top-k", "0"], 2, "top_k"),
        (["ask", "Wer?", "--after", "gestern"], 2, "published_after"),
        (["ask", "Wer?", "--language", "german"], 2, "language"),
        (["ask", "Wer?", "--archive", "../x"], 2, "can't name an archive"),
    ],
)
def test_what_goes_wrong_says_what_to_do(
    arguments: list[str], status: int, said: str, command: Command, tmp_path: Path
) -> None:
    index = tmp_path / "none"
    done = command(*arguments, "--index", index)
    assert (done.status, done.out) == (status, "")
    assert said in done.err
    assert not index.exists()


def test_writing_needs_a_chat_model(
    command: Command, running_service: Service, seed_index: tuple[Path, Finished]
) -> None:
    for index in (seed_index[0], running_service.index):  # by itself, and through its owner
        done = command("ask", "Wer?", "--mode", "generative", "--index", index)
        assert (done.status, done.out) == (2, "")
        assert "mode: no chat model is configured; set FUNDSTELLE_LLM_URL" in done.err


@pytest.mark.parametrize(
    "arguments", [[], ["nothing"], ["ask"], ["ask", "Wer?", "--nothing"], ["backup"]]
)
def test_usage(arguments: list[str], command: Command) -> None:
    with pytest.raises(SystemExit) as ended:
        command(*arguments)
    assert ended.value.code == 2


@pytest.mark.parametrize("verb", ["index", "watch"])
def test_a_command_that_is_given_no_source_says_what_to_name(verb: str, command: Command) -> None:
    done = command(verb)
    assert (done.status, done.out) == (2, "")
    assert "name a file, a folder or an address" in done.err


def test_another_recipe(seed_copy: Path, seeds: Path, command: Command) -> None:
    done = command("index", seeds, "--passage-tokens", "100", "--index", seed_copy)
    assert (done.status, done.out) == (3, "")
    assert "passage_tokens" in done.err
    assert "'fundstelle reindex'" in done.err
    assert command("status", "--json", "--index", seed_copy).json["articles"] == 18


def test_an_unknown_variable(
    monkeypatch: pytest.MonkeyPatch, command: Command, seed_index: tuple[Path, Finished]
) -> None:
    monkeypatch.setenv("FUNDSTELLE_TRESHOLD", "0.1")
    for arguments in (["status"], ["ask", "Wer?"], ["serve", "--port", "0"]):
        done = command(*arguments, "--index", seed_index[0])
        assert done.status == 2
        assert "did you mean FUNDSTELLE_THRESHOLD?" in done.err


@pytest.mark.parametrize("port", ["-1", "65536"])
def test_a_port_that_is_none(port: str, seed_copy: Path) -> None:
    done = run("serve", "--port", port, "--index", seed_copy)
    assert done.status in {1, 2}
    assert "Traceback" not in done.err
    assert not (seed_copy / "owner.json").exists()
