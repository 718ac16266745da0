"""Where the articles and questions of the benchmarks are, and what machine this is."""

from __future__ import annotations

import argparse
import platform
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indexer.article import Article

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class QuestionSet:
    """A folder of articles, and a file or folder of more perhaps, with questions about some."""

    name: str
    articles: Path
    questions: Path
    more: Path | None = None


def question_sets(data: Path) -> dict[str, QuestionSet]:
    """The sets under a data folder: German news, and XQuAD with either side's articles.

    And German news among which some stories stand in another language, too, written for this:
    one article says what the other leaves open. ``mixed`` is German news with XQuAD in English.
    """
    evaluation, corpus = data / "eval", data / "corpora/wikinews-de"
    english = evaluation / "xquad-en"
    sets = [
        QuestionSet("news", corpus, evaluation / "wikinews-dev.jsonl"),
        *(
            QuestionSet(name, corpus, folder / "questions.jsonl", folder / "articles.jsonl")
            for name in ("versions", "stories")
            for folder in [ROOT / "tests/data" / name]
        ),
        QuestionSet("mixed", corpus, english / "questions.jsonl", english / "articles"),
        *(
            QuestionSet(name, evaluation / name / "articles", evaluation / name / "questions.jsonl")
            for name in ("xquad-de", "xquad-en")
        ),
    ]
    return {found.name: found for found in sets}


def articles_in(folder: Path) -> list[Article]:
    """The articles of a folder, without what can't be used."""
    from indexer import sources
    from indexer.article import Article

    items = (item for source in sources.resolve([str(folder)]) for item in sources.read(source))
    return [item for item in items if isinstance(item, Article)]


def parser(description: str | None) -> argparse.ArgumentParser:
    """Arguments that every benchmark takes."""
    found = argparse.ArgumentParser(description=description)
    found.add_argument("--data", type=Path, default=ROOT.parent / "shared", help="data folder")
    return found


def peak_mib() -> float:
    """The most memory that this process has held."""
    scale = 1024 if sys.platform == "linux" else 1024**2  # kilobytes, but bytes on macOS
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


def setting() -> str:
    """Commit, processor and data type: what a figure depends on besides the code."""
    from indexer.graphs import fast_precision

    commit = subprocess.run(
        ["git", "-C", ROOT, "describe", "--always", "--dirty"],
        capture_output=True, text=True, check=False,
    ).stdout.strip()  # fmt: skip
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    import os

    return f"commit {commit}, {os.cpu_count()} cores ({cpu}), {fast_precision()}"
