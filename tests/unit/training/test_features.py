"""What the model is shown: the reader's windows, targets at the answer, others by chance."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest

from indexer.models import default_tokenizer
from training.examples import Example, Shown, read_examples, write_examples
from training.features import NULL, Features, Read, batches

pytestmark = pytest.mark.model

_TEXT = "Im Mai 1928 wurde die 28 Meter hohe Brücke von Kähler & Söhne gebaut."


def example(text: str = _TEXT, answer: str = "28 Meter", others: int = 3) -> Example:
    start = text.index(answer)
    return Example(
        question="How high is the bridge?",
        source="x",
        passage=Shown(text, "Brücke (1928-05-02)"),
        span=(start, start + len(answer)),
        others=[Shown(f"Etwas anderes, Nummer {n}.") for n in range(others)],
    )


@pytest.fixture(scope="module")
def features(cache: Path) -> Features:
    return Features(default_tokenizer(cache), negatives=2, seed=1)


@pytest.mark.parametrize("answer", ["28 Meter", "1928", "Kähler & Söhne", _TEXT[:11]])
def test_the_targets_are_the_tokens_of_the_answer(
    cache: Path, features: Features, answer: str
) -> None:
    right = features.of(example(answer=answer))[0]
    tokenizer = default_tokenizer(cache).load()
    tokens = [tokenizer.id_to_token(i) for i in right.ids[right.start : right.end + 1]]
    assert "".join(tokens).replace("▁", " ").strip() == answer
    assert right.first <= right.start <= right.end < right.last


def test_others_follow_without_targets(features: Features) -> None:
    found = features.of(example())
    assert [(read.start, read.end) for read in found[1:]] == [(NULL, NULL)] * 2
    assert len({tuple(read.ids) for read in found}) == 3


def test_the_better_ones_come_more_often(cache: Path) -> None:
    features = Features(default_tokenizer(cache), negatives=1, seed=3)
    seen = [tuple(features.of(example())[1].ids) for _ in range(200)]
    counts = [seen.count(tuple(read)) for read in sorted(set(seen), key=seen.count, reverse=True)]
    assert len(counts) == 3
    best = features._windows(features._encode(["How high is the bridge?"])[0], example().others[0])
    assert seen.count(tuple(best[0].ids)) == counts[0] > 200 / 3


def test_an_answer_that_a_window_cuts_is_left_out(features: Features) -> None:
    long = "Wort " * 600
    assert features.of(example(text=long, answer=long.strip())) == []
    late = long + _TEXT  # the answer is in the last of several windows
    assert features.of(example(text=late))[0].start != NULL


def test_a_question_without_an_answer_has_others_only(features: Features) -> None:
    asked = Example("Was kostet sie?", "x", None, None, [Shown("Sie ist neu.")])
    (read,) = features.of(asked)
    assert read.start == read.end == NULL


def test_the_question_in_the_passages_language_teaches(cache: Path, features: Features) -> None:
    text = example().passage
    assert text is not None
    asked = msgspec.structs.replace(
        example(others=0),
        passage=msgspec.structs.replace(text, language="de", cosine=0.8),
        others=[
            Shown("Le pont est neuf.", language="fr", cosine=0.7),
            Shown("Neu.", language="de"),
        ],
        wordings={"de": "Wie hoch ist sie?", "en": "How high is the bridge?"},
    )
    found = features.of(asked)
    tokenizer = default_tokenizer(cache).load()
    right = found[0]
    shift = len(right.taught) - len(right.ids)
    assert tokenizer.decode(right.taught).startswith("▁Wie ▁hoch ▁ist ▁sie ?")
    assert right.taught[right.first + shift :] == right.ids[right.first :]
    # No French wording teaches the French passage; the other German one is taught.
    assert sorted((read.cosine or 0, bool(read.taught)) for read in found) == [
        (0, True), (0.7, False), (0.8, True),
    ]  # fmt: skip


def test_nothing_teaches_a_question_that_nothing_answers(features: Features) -> None:
    asked = Example(
        "Was kostet sie?", "x", None, None, [Shown("Sie ist neu.", language="de")],
        {"de": "Was kostet sie?"},
    )  # fmt: skip
    assert [read.taught for read in features.of(asked)] == [[]]


def test_batches_hold_their_bound_and_lose_nothing() -> None:
    chance = random.Random(5)  # noqa: S311
    groups = [[Read([0] * chance.randint(5, 60), 1, 4)] * chance.randint(1, 3) for _ in range(99)]
    found = batches(groups, 400, chance)
    assert sorted(map(id, groups)) == sorted(id(group) for batch in found for group in batch)
    for batch in found:
        rows = [read for group in batch for read in group]
        assert max(len(read.ids) for read in rows) * len(rows) <= 400


def test_examples_are_kept_as_they_are(tmp_path: Path) -> None:
    found = [example(), Example("?", "y", None, None, [])]
    assert write_examples(tmp_path / "e.jsonl.gz", found) == 2
    assert read_examples(tmp_path / "e.jsonl.gz") == found
