"""The rules by which a claim is compared with a passage; no model."""

from __future__ import annotations

import pytest

from service.support.agreement import Agreement, compare
from service.support.judge import Features, SupportCalibration
from service.support.names import Spellings, names
from service.support.polarity import absolutes, negations
from service.support.quantities import quantities, values


def readings(text: str, language: str) -> list[set[str]]:
    return [set(quantity.readings) for quantity in quantities(text, language)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("640 000 euros", "fr"), ("640,000 euros", "en")),
        (("16.214 Stimmen", "de"), ("16,214 votes", "en")),
        (("1,8 Millionen", "de"), ("1.8 million", "en")),
        (("3,5 Mrd. Euro", "de"), ("3.5 billion euros", "en")),
        (("28-Punkte-Plan", "de"), ("a 28-point plan", "en")),
        (("drei Männer", "de"), ("three men", "en")),
        (("vierundvierzig", "de"), ("forty-four", "en")),
        (("п’ять осіб", "uk"), ("5 people", "en")),
        (("2½ Knoten", "de"), ("2.5 knots", "en")),
        (("am 19.11.", "de"), ("on 19 November", "en")),
        (("le 20 septembre", "fr"), ("September 20", "en")),
        (("um 13.40 Uhr", "de"), ("at 1:40 p.m.", "en")),
        (("à 2 h 17", "fr"), ("at 2:17", "en")),
        (("am Mittwoch", "de"), ("у середу", "uk")),
        (("due feriti", "it"), ("zwei Verletzte", "de")),
    ],
)
def test_one_quantity_in_two_notations(one: tuple[str, str], other: tuple[str, str]) -> None:
    ((first,), (second,)) = readings(*one), readings(*other)
    assert first & second


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("16.214", "de"), ("16.241", "de")),
        (("1,8 Millionen", "de"), ("1,8 Milliarden", "de")),
        (("19. November", "de"), ("19 December", "en")),
        (("um 8.52 Uhr", "de"), ("at 9:52", "en")),
        (("28 points", "en"), ("20 Punkte", "de")),
    ],
)
def test_two_quantities_that_differ(one: tuple[str, str], other: tuple[str, str]) -> None:
    ((first,), (second,)) = readings(*one), readings(*other)
    assert not first & second


def test_words_that_are_numbers_elsewhere_only() -> None:
    assert readings("The rent is due once again.", "en") == []
    assert readings("Er sagte, das sei klar.", "de") == []


def test_a_day_before_which_there_is_none_implies_nothing() -> None:
    assert values("14 Menschen", "de", "0001-01-01") == {"14"}
    assert "weekday 3" in values("14 Menschen", "de", "2025-11-20T08:00:00Z")


def test_weekdays_of_an_article_are_dates() -> None:
    known = values("Am Mittwoch wurde das Treffen abgesagt.", "de", "2025-11-20")
    assert {"weekday 2", "date 11-19"} <= known
    assert "date 11-18" not in known


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Kyiv", "in Kiew"),
        ("Kyiv", "Київ мовчить"),
        ("Zelensky", "Wolodymyr Selenskyj"),
        ("Zelensky", "із Зеленським"),
        ("Dmitriev", "Кирило Дмитрієв"),
        ("Pokrovsk", "bei Pokrowsk"),
        ("Moscow", "Moskau"),
        ("Turkey", "in der Türkei"),
        ("Germany", "nach Deutschland"),
        ("Munich", "nach München"),
        ("Gaza", "den Gazastreifen"),
        ("Ukrainian", "ein ukrainischer Beamter"),
        ("Karadzic", "Radovan Karadžić"),
    ],
)
def test_a_name_in_another_spelling(name: str, text: str) -> None:
    assert Spellings(text).has(name)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Macron", "Selenskyj traf Merz"),
        ("Berlin", "in Bern und Bonn"),
        ("Sweden", "nach Deutschland"),
        ("Sasbach", "Torben Quill, Holger Stubbenkamp"),
    ],
)
def test_another_name(name: str, text: str) -> None:
    assert not Spellings(text).has(name)


def test_what_reads_like_a_name() -> None:
    def sure(text: str, language: str) -> list[str]:
        return [name.text for name in names(text, language) if name.sure]

    assert sure("Trains to Berlin stopped. Nobody knew.", "en") == ["Berlin"]
    assert sure("Die Züge nach Berlin standen, sagte Torben Quill.", "de") == [
        "Berlin", "Torben", "Quill",
    ]  # fmt: skip


def test_negations_and_absolutes() -> None:
    assert negations("Kiew und Europa sitzen nicht am Tisch.", "de")
    assert negations("L’alarme n’a pas sonné.", "fr")
    assert negations("A meeting was called off.", "en")
    assert not negations("Kyiv and Europe are at the table.", "en")
    assert absolutes("Everyone on board was injured.", "en")
    assert absolutes("Es war das größte Hochwasser.", "de")
    assert not absolutes("At least twelve people were hurt.", "en")


PASSAGE = (
    "Die Autofähre «Kranich» ist am Samstag gegen die Mole von Kestwil geprallt. "
    "Zwölf Personen wurden verletzt. Ein Alkoholtest verlief negativ."
)
HEAD = "Fähre rammt die Mole (2025-06-14)"


def agreement(claim: str, nearest: str = PASSAGE) -> Agreement:
    return compare(claim, "en", PASSAGE, "de", HEAD, nearest, nearest)


def test_a_claim_that_agrees() -> None:
    assert agreement("Twelve people were hurt when the Kranich hit the pier at Kestwil.") == (
        Agreement(stated=1, unstated=0, unnamed=0, denies=0, drops_denial=0, exceeds=0)
    )


@pytest.mark.parametrize(
    ("claim", "item"),
    [
        ("Thirteen people were hurt.", "unstated"),
        ("On 12 July the ferry hit the pier.", "unstated"),
        ("The ferry hit the pier at Neuenfurt.", "unnamed"),
        ("The ferry did not hit the pier.", "denies"),
        ("All the passengers were hurt.", "exceeds"),
    ],
)
def test_a_claim_that_differs_in_one_item(claim: str, item: str) -> None:
    assert getattr(agreement(claim), item) == 1


def test_a_claim_that_leaves_out_a_negation() -> None:
    found = agreement("Kyiv has a seat at the table.", "Kiew sitzt nicht am Tisch.")
    assert found.drops_denial == 1


def test_what_differs_lowers_the_probability() -> None:
    calibration = SupportCalibration()
    same = Features(0.9, 0.08, 0.0, 1, 0, 0, 0, 0, 0)
    probability = calibration.probability(same)
    assert 0 < probability < 1
    for other in (
        Features(0.8, 0.08, 0.0, 1, 0, 0, 0, 0, 0),
        Features(0.9, 0.0, 0.0, 1, 0, 0, 0, 0, 0),
        Features(0.9, 0.08, -9.0, 1, 0, 0, 0, 0, 0),
        Features(0.9, 0.08, 0.0, 1, 1, 0, 0, 0, 0),
        Features(0.9, 0.08, 0.0, 1, 0, 1, 0, 0, 0),
        Features(0.9, 0.08, 0.0, 1, 0, 0, 1, 0, 0),
        Features(0.9, 0.08, 0.0, 1, 0, 0, 0, 1, 0),
        Features(0.9, 0.08, 0.0, 1, 0, 0, 0, 0, 1),
    ):
        assert calibration.probability(other) < probability
