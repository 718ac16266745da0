"""Embedding: vectors of the real model, and what it reads of a text."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from indexer import sources
from indexer.article import Article
from indexer.embedding import Embedder, passage_input
from indexer.errors import ModelError
from indexer.models import default_model
from indexer.passages import PassageSettings, cut

TRANSLATIONS = {
    "Der Stadtrat schließt die alte Brücke bis zum Herbst.": (
        "The city council is closing the old bridge until autumn."
    ),
    "Die Kraniche ziehen in diesem Jahr früher nach Süden.": (
        "The cranes are flying south earlier this year."
    ),
    "Der Minister trat am Freitag wegen des Skandals zurück.": (
        "The minister resigned on Friday because of the scandal."
    ),
}


@pytest.fixture(scope="module")
def tokenizer(cache: Path) -> Tokenizer:
    """The model's tokenizer, asked without the embedder."""
    return Tokenizer.from_file(str(default_model(cache) / "tokenizer.json"))


def length(tokenizer: Tokenizer, text: str) -> int:
    return len(tokenizer.encode(f"passage: {text}").ids)


def filling(tokenizer: Tokenizer) -> list[str]:
    """As many words of one token as the model reads."""
    words = ["ab"] * (513 - length(tokenizer, "ab"))
    assert length(tokenizer, " ".join(words)) == 512
    return words


@pytest.mark.parametrize(
    ("title", "published_at", "expected"),
    [
        ("Titel", "2025-01-31T12:00:00Z", "Titel (2025-01-31)\nText."),
        ("Titel", None, "Titel\nText."),
        (None, "2025-01-31", "(2025-01-31)\nText."),
        (None, None, "Text."),
        ("", None, "Text."),
        ("x" * 500, None, "x" * 200 + "\nText."),
    ],
)
def test_headline_and_date_stand_in_front(
    title: str | None, published_at: str | None, expected: str
) -> None:
    news = Article("a", "Text.", title=title, published_at=published_at)
    assert passage_input(news, "Text.") == expected


def test_vectors_are_of_unit_length_and_in_order(embedder: Embedder) -> None:
    texts = ["kurz", "Ein Satz. " * 30, "", "中文", "mittel lang " * 5]
    together = embedder.embed_passages(texts)
    assert together.shape == (5, embedder.dimension)
    assert embedder.dimension == 384
    assert together.dtype == np.float32
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-2)
    for text, vector in zip(texts, together, strict=True):
        (alone,) = embedder.embed_passages([text])
        assert float(alone @ vector) > 0.995


def test_no_texts_give_no_vectors(embedder: Embedder) -> None:
    assert embedder.embed_passages([]).shape == (0, 384)
    assert embedder.embed_questions([]).shape == (0, 384)


def test_questions_and_passages_are_embedded_differently(embedder: Embedder) -> None:
    text = "Wer schließt die Brücke?"
    (question,), (passage,) = embedder.embed_questions([text]), embedder.embed_passages([text])
    assert 0.8 < float(question @ passage) < 0.999


def test_a_sentence_is_nearest_to_its_translation(embedder: Embedder) -> None:
    german = embedder.embed_questions(list(TRANSLATIONS))
    english = embedder.embed_passages(list(TRANSLATIONS.values()))
    similarity = german @ english.T
    assert similarity.argmax(axis=1).tolist() == [0, 1, 2]
    assert similarity.argmax(axis=0).tolist() == [0, 1, 2]


def test_a_text_fits_up_to_the_last_token(embedder: Embedder, tokenizer: Tokenizer) -> None:
    assert embedder.max_tokens == 512
    filled = " ".join(filling(tokenizer))
    assert embedder.fits(filled)
    assert not embedder.fits(f"{filled} ab")
    assert embedder.fits("")


def test_what_does_not_fit_is_not_read(embedder: Embedder, tokenizer: Tokenizer) -> None:
    words = filling(tokenizer)
    filled = " ".join(words)
    beyond, within = f"{filled} Kranich Minister", " ".join([*words[:-1], "Storch"])
    one, other, changed = embedder.embed_passages([filled, beyond, within])
    assert one == pytest.approx(other, abs=1e-2)
    assert float(one @ changed) < float(one @ other) - 1e-4


def test_no_passage_of_the_seeds_is_longer_than_the_model_reads(
    embedder: Embedder, tokenizer: Tokenizer, seeds: Path
) -> None:
    (source,) = sources.resolve([str(seeds)])
    articles = [item for item in sources.read(source) if isinstance(item, Article)]
    assert len(articles) > 10
    one_long = Article("long", "\n\n".join(a.text for a in articles), title="Alles zusammen")
    for settings in (PassageSettings(), PassageSettings(max_tokens=4000, overlap_tokens=0)):
        for article in [*articles, one_long]:
            passages = cut(
                article,
                settings,
                fits=lambda text, article=article: embedder.fits(passage_input(article, text)),  # type: ignore[misc]
            )
            lengths = [length(tokenizer, passage_input(article, p.text)) for p in passages]
            assert max(lengths) <= embedder.max_tokens
    # Here the budget was no limit, so that it was the model that set one.
    assert len(lengths) > 10
    assert max(lengths) > 400


def test_threads_take_turns(embedder: Embedder) -> None:
    """Cutting passages must not change how a text being embedded is read."""
    too_long = "Der Rat tagte heute. " * 400
    (expected,) = embedder.embed_passages([too_long])
    answers: set[bool] = set()
    done = threading.Event()

    def ask_whether_it_fits() -> None:
        while not done.is_set():
            answers.add(embedder.fits(too_long))
            time.sleep(0.001)  # else it would take every turn

    asking = [threading.Thread(target=ask_whether_it_fits) for _ in range(2)]
    for thread in asking:
        thread.start()
    try:
        for _ in range(12):
            (vector,) = embedder.embed_passages([too_long])
            assert float(vector @ expected) > 0.995
    finally:
        done.set()
        for thread in asking:
            thread.join()
    assert answers == {False}


def test_a_folder_that_is_no_model_is_a_model_error_with_advice(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", "utf-8")
    with pytest.raises(ModelError, match="could not be loaded") as caught:
        Embedder(str(tmp_path), tmp_path)
    assert str(tmp_path) in str(caught.value)
