"""Follow-ups made self-contained: what is carried over, and what is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.conversation import Turn, self_contained


def talk(*said: str) -> list[Turn]:
    """Turns of a user and an assistant, by turns."""
    return [Turn(("user", "assistant")[i % 2], text) for i, text in enumerate(said)]


@pytest.mark.parametrize(
    ("history", "question", "whole"),
    [
        (
            talk("Who signed the treaty of Lindstetten?", "Ada Vance"),
            "And when?",
            "When signed the treaty of Lindstetten?",
        ),
        (talk("Wo liegt Kestwil?"), "Seit wann?", "Seit wann liegt Kestwil?"),
        (
            talk("À quelle heure les voleurs sont-ils entrés ?", "à 2 h 17"),
            "Et par où ?",
            "Par où les voleurs sont-ils entrés?",
        ),
        (
            talk("What does the plan mean for Ukraine?"),
            "What about Poland?",
            "What does the plan mean for Poland?",
        ),
        (
            talk("What does the plan mean for Ukraine?"),
            "And for Poland?",
            "What does the plan mean for Poland?",
        ),
        (
            talk("Was kostet eine Fahrt für Erwachsene?", "6.50 Franken"),
            "Und für Kinder?",
            "Was kostet eine Fahrt für Kinder?",
        ),
        (
            talk("Who asked for a recount in Lindstetten?", "Torben Quill"),
            "Why did he do it?",
            "Why did he do it? (Torben Quill, asked recount Lindstetten)",
        ),
        (
            talk("Was steht im 28-Punkte-Plan?"),
            "Und wer hat das gesagt?",
            "Wer hat das gesagt? (steht 28-Punkte-Plan)",
        ),
        (
            talk("Qui dirige le musée de Valbrune ?", "Ghislaine Aubertot"),
            "Qu’a-t-elle dit ?",
            "Qu’a-t-elle dit? (Ghislaine Aubertot, dirige musée Valbrune)",
        ),
        (
            talk("Хто діяв разом із Макроном?", "Кір Стармер"),
            "А чому він це зробив?",
            "Чому він це зробив? (Кір Стармер, діяв разом Макроном)",
        ),
        (
            talk("Quanto costa il tunnel di Lindstetten?", "184 Millionen Euro"),
            "E chi lo paga?",
            "Chi lo paga? (costa tunnel Lindstetten)",
        ),
    ],
)
def test_what_is_left_unsaid_is_carried_over(
    history: list[Turn], question: str, whole: str
) -> None:
    assert self_contained(question, history) == whole


@pytest.mark.parametrize(
    ("history", "question"),
    [
        ([], "Wo?"),
        ([Turn("assistant", "Guten Tag")], "Und wann?"),
        (talk("Who is excluded from the talks?", "Kiew"), "What is the price of oil?"),
        (talk("Wer baute die Brücke?", "A"), "Wo traf Trump im August Wladimir Putin?"),
        (talk("Who is he?", "X"), "When did Putin say he would come?"),
        (talk("Who won the vote?", "Yes"), "How many places were there at the Kaltjoch dome?"),
        (
            talk("Depuis quand sont-ils en grève ?", "mardi"),
            "Pourquoi l’alarme du musée n’a-t-elle pas sonné ?",
        ),
        (
            talk("Wer baute die Brücke?", "A"),
            "Können Sie mir sagen, wie hoch die Arbeitslosigkeit ist?",
        ),
        (
            talk("Wer entdeckte den Kometen?", "B"),
            "Und was kostet eine einfache Fahrt mit der Fähre «Kranich»?",
        ),
    ],
)
def test_a_question_that_stands_alone_is_left_alone(history: list[Turn], question: str) -> None:
    assert self_contained(question, history) is None


def test_a_follow_up_of_a_follow_up_keeps_the_subject() -> None:
    history = talk("Wer war im Museum von Valbrune?", "zwei Personen", "Und wann?", "am 3. Mai")
    assert self_contained("Warum?", history) == "Warum war im Museum von Valbrune?"


def test_after_a_change_of_topic_only_the_new_one_is_carried_over() -> None:
    history = talk(
        "Wer restauriert das Astrolabium?", "Žunić", "Wie tief war die Vehre?", "5 Meter"
    )
    whole = self_contained("Und wie breit war sie?", history)
    assert whole is not None
    assert "Vehre" in whole
    assert "Astrolabium" not in whole


def test_a_measure_is_not_what_a_pronoun_stands_for() -> None:
    whole = self_contained("How many can it carry?", talk("When was the Kranich built?", "1984"))
    assert whole is not None
    assert "Kranich" in whole
    assert "1984" not in whole


def test_no_more_than_so_many_words_are_carried_over() -> None:
    history = talk("Wer sah " + " ".join(f"Name{n}" for n in range(200)) + "?", "Anna")
    whole = self_contained("Warum hat sie das getan?", history)
    assert whole is not None
    assert len(whole.split()) < 25


@settings(max_examples=200)
@given(
    st.text(max_size=60),
    st.lists(st.builds(Turn, st.sampled_from(["user", "assistant"]), st.text(max_size=60))),
)
def test_any_text_is_taken(question: str, history: list[Turn]) -> None:
    whole = self_contained(question, history)
    assert whole is None or whole.strip()
