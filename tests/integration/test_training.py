"""Training on a processor: question files to an adapter that the product reads with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from indexer.models import DEFAULT_MODEL, default_tokenizer, resolve
from indexer.settings import ArchiveSettings
from service.reader import ADAPTER, Readable, Reader
from training.commands import prepare, train
from training.errors import TrainingError
from training.examples import Example, read_examples
from training.features import Features
from training.learning import Progress, learn
from training.loss import loss_of
from training.mining import mine
from training.model import TrainedReader, save_adapter
from training.question_files import Material, add_texts
from training.recipe import Questions, Recipe

pytestmark = pytest.mark.model

_REPOSITORY = Path(__file__).parents[2]
_RECIPE = """
examples = {examples}
tokens = 2048
learning_rate = 2e-4
teaching = 0.3

[[questions]]
file = "questions.jsonl"
articles = "seeds"
"""


@dataclass(frozen=True)
class Work:
    """A folder with a recipe whose examples are mined."""

    folder: Path
    recipe: Path
    examples: list[Example]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Work:
    """The seed articles' questions, prepared."""
    folder = tmp_path_factory.mktemp("training")
    questions = (_REPOSITORY / "tests/data/seeds-questions.jsonl").read_bytes()
    (folder / "questions.jsonl").write_bytes(questions)
    recipe = folder / "recipe.toml"
    recipe.write_text(_RECIPE.format(examples=48), "utf-8")
    prepare(recipe, folder, _REPOSITORY, cache)
    return Work(folder, recipe, read_examples(folder / "examples.jsonl.gz"))


def model_of(cache: Path, adapter: Path | None = ADAPTER) -> TrainedReader:
    model = TrainedReader(Path(resolve(DEFAULT_MODEL, cache)))
    if adapter:
        model.load(adapter)
    return model


def test_examples_have_the_answer_and_others_that_do_not(work: Work) -> None:
    questions = (work.folder / "questions.jsonl").read_text("utf-8").splitlines()
    golds = {gold["question"]: gold for gold in map(json.loads, questions)}
    assert {example.question for example in work.examples} == set(golds)
    answered = [e for e in work.examples if e.passage is not None and e.span is not None]
    assert len(answered) == sum(bool(gold["answers"]) for gold in golds.values())
    for example in answered:
        assert example.passage is not None
        assert example.span is not None
        answer = example.passage.text[slice(*example.span)]
        assert answer in golds[example.question]["answers"]
        assert example.others
        assert not any(answer.casefold() in other.text.casefold() for other in example.others)


def test_what_tells_the_same_story_is_an_example_only_where_it_leaves_the_answer_open(
    cache: Path, tmp_path: Path
) -> None:
    texts: list[dict[str, Any]] = [
        {
            "context": "Die Fähre nach Hallig Oland fährt um 9 Uhr, die Fähre zurück um 17 Uhr.",
            "group": "oland",
            "questions": [
                {
                    "question": "Wann fährt die Fähre von Oland zurück?",
                    "answer": "17 Uhr",
                    "unanswered_by": ["vague"],
                }
            ],
        },
        {
            "context": "The ferry to Oland leaves at nine and returns at five in the afternoon.",
            "group": "oland",
            "questions": [],
        },
        {
            "context": "Пором на острів Оланд тепер ходить двічі на день, зранку і ввечері.",
            "group": "oland",
            "id": "vague",
            "questions": [],
        },
        {"context": "Der Zug nach Dagebüll fährt um 8 Uhr.", "questions": []},
    ]
    material = Material()
    lines = [(number, json.dumps(text).encode()) for number, text in enumerate(texts)]
    add_texts(material, lines, "texts.jsonl")
    (example,) = mine(material, ArchiveSettings(index=tmp_path / "index", cache=cache))
    assert [other.text for other in example.others] == [texts[2]["context"], texts[3]["context"]]


def test_the_model_that_is_trained_reads_as_the_product_does(cache: Path) -> None:
    model = model_of(cache).eval()
    product = Reader(cache, backend="torch", data_type="float32", device="cpu")
    ids = [[0, 70, 4127, 2, 2, 581, 8, 93, 2], [0, 6, 2, 2, 2363, 2]]
    with torch.no_grad():
        for row, expected in zip(ids, product.logits(ids), strict=True):
            tokens = torch.tensor([row])
            torch.testing.assert_close(
                model(tokens, torch.ones_like(tokens))[0].numpy(), expected, atol=2e-3, rtol=1e-3
            )


def test_a_few_steps_learn_something_that_the_product_reads_with(
    work: Work, cache: Path, tmp_path: Path
) -> None:
    out = tmp_path / "mine.safetensors"
    train(work.recipe, work.folder, out, begin=ADAPTER, device="cpu", cache=cache)
    features = Features(default_tokenizer(cache), negatives=1, seed=9)
    groups = [group for e in work.examples[:12] if (group := features.of(e))]

    def loss(adapter: Path) -> float:
        model = model_of(cache, adapter).eval()
        losses = []
        with torch.no_grad():
            for group in groups:
                for read in group:
                    ids = torch.tensor([read.ids])
                    logits = model(ids, torch.ones_like(ids))
                    losses.append(loss_of(logits, [[read]], 0).item())
        return sum(losses) / len(losses)

    assert loss(out) < 0.8 * loss(ADAPTER)
    reader = Reader(cache, adapter=out)
    (reading,) = reader.read("Wie hoch ist der Turm?", [Readable("Der Turm ist 77 Meter hoch.")])
    assert reading.relevance > 0


def test_an_interrupted_run_ends_as_one_that_was_not(work: Work, cache: Path) -> None:
    recipe = Recipe([Questions("questions.jsonl")], examples=6, tokens=512, negatives=1)
    checkpoint = work.folder / "interrupted.pt"

    class Interrupted(Exception):
        """As a key pressed would."""

    def run(*, interrupt: bool, checkpoint: Path | None) -> dict[str, torch.Tensor]:
        def watch(progress: Progress) -> None:
            if interrupt and progress.done >= 3:
                raise Interrupted

        features = Features(default_tokenizer(cache), negatives=1, seed=2)
        torch.manual_seed(0)
        return learn(
            model_of(cache), work.examples, features, recipe,
            device="cpu", checkpoint=checkpoint, save_every_s=0, on_progress=watch,
        )  # fmt: skip

    whole = run(interrupt=False, checkpoint=None)
    with pytest.raises(Interrupted):
        run(interrupt=True, checkpoint=checkpoint)
    resumed = run(interrupt=False, checkpoint=checkpoint)
    for name, tensor in whole.items():
        torch.testing.assert_close(resumed[name], tensor, atol=1e-5, rtol=1e-3)


def test_without_examples_it_says_what_to_run(work: Work, cache: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="python -m training prepare"):
        train(work.recipe, tmp_path, tmp_path / "a", begin=None, device="cpu", cache=cache)


def test_teaching_needs_an_adapter_that_teaches(work: Work, cache: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="name one with --from"):
        train(work.recipe, work.folder, tmp_path / "a", begin=None, device="cpu", cache=cache)


def test_an_adapter_of_another_rank_is_refused(cache: Path, tmp_path: Path) -> None:
    other = TrainedReader(Path(resolve(DEFAULT_MODEL, cache)), rank=8)
    save_adapter(tmp_path / "other.safetensors", dict(other.learnt()), {})
    with pytest.raises(TrainingError, match="other layers, ranks"):
        model_of(cache, tmp_path / "other.safetensors")


@pytest.mark.parametrize("content", [None, b"not an adapter"], ids=["missing", "damaged"])
def test_an_adapter_that_can_not_be_read_is_refused(
    cache: Path, tmp_path: Path, content: bytes | None
) -> None:
    adapter = tmp_path / "mine.safetensors"
    if content is not None:
        adapter.write_bytes(content)
    with pytest.raises(TrainingError, match=r"mine\.safetensors can't be read as an adapter"):
        TrainedReader(Path(resolve(DEFAULT_MODEL, cache))).load(adapter)
