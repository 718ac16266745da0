"""Languages: detection on short and long text, and tags of every spelling."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from indexer import language
from indexer.language import DETECTED, detect, language_name, valid_code

SENTENCES = {
    "ar": "أعلنت الحكومة اليوم عن ميزانية جديدة للمدارس في جميع أنحاء البلاد.",
    "da": "Regeringen fremlagde tirsdag et forslag om flere penge til skolerne i hele landet.",
    "de": "Die Stadt hat am Montag beschlossen, die alte Brücke bis zum Herbst zu sperren.",
    "el": "Η κυβέρνηση ανακοίνωσε σήμερα νέα μέτρα για τα σχολεία της χώρας.",
    "en": "The council decided on Monday to close the old bridge until the autumn.",
    "es": "El ayuntamiento decidió el lunes cerrar el puente viejo hasta el otoño.",
    "fi": "Kaupunki päätti maanantaina sulkea vanhan sillan syksyyn asti.",
    "fr": "La mairie a décidé lundi de fermer le vieux pont jusqu'à l'automne.",
    "hi": "नगर परिषद ने सोमवार को पुराने पुल को शरद ऋतु तक बंद करने का फैसला किया।",
    "it": "Il comune ha deciso lunedì di chiudere il vecchio ponte fino all'autunno.",
    "ja": "市議会は月曜日に、古い橋を秋まで閉鎖することを決めた。",
    "ko": "시의회는 월요일에 오래된 다리를 가을까지 폐쇄하기로 결정했다.",
    "nl": "De gemeente heeft maandag besloten de oude brug tot de herfst te sluiten.",
    "no": "Regjeringen la tirsdag fram et forslag om mer penger til skolene i hele landet.",
    "pl": "Rada miasta postanowiła w poniedziałek zamknąć stary most do jesieni.",
    "pt": "A câmara decidiu na segunda-feira fechar a ponte velha até ao outono.",
    "ru": "Городской совет решил в понедельник закрыть старый мост до осени.",
    "sv": "Kommunen beslutade på måndagen att stänga den gamla bron fram till hösten.",
    "tr": "Belediye meclisi pazartesi günü eski köprüyü sonbahara kadar kapatmaya karar verdi.",
    "uk": "Міська рада вирішила в понеділок закрити старий міст до осені.",
    "zh": "市议会星期一决定将旧桥关闭到秋天。",
}


@pytest.mark.parametrize("code", SENTENCES)
def test_one_sentence_is_enough(code: str) -> None:
    assert detect(SENTENCES[code]) == code


@pytest.mark.parametrize(
    "text", ["", " \n\t", "123 456,78", "2024-05-01 12:30", "!?…", "OK", "a b", "Wer"]
)
def test_too_few_letters_have_no_language(text: str) -> None:
    assert detect(text) is None


@pytest.mark.parametrize("name", ["Berlin", "Paris"])
def test_a_bare_name_has_no_language(name: str) -> None:
    assert detect(name) is None


def test_names_do_not_drag_a_question_into_a_language_without_newspapers() -> None:
    # Unrestricted, py3langid calls these Luxembourgish and Nigerian Pidgin.
    assert detect("Wann entdeckte Karl Schuster Sauerstoff?") == "de"
    assert detect("Who did John Miller play for in Super Cup XXXI?") == "en"


def test_new_norwegian_is_norwegian() -> None:
    text = "Regjeringa la fram statsbudsjettet tysdag, og ho vil bruke meir pengar på skulane."
    assert detect(text) == "no"


def test_capitals_and_markup_do_not_change_the_language() -> None:
    assert detect(SENTENCES["de"].upper()) == "de"
    assert detect(f"<b>{SENTENCES['fr']}</b>\r\n*** 17:30 ***") == "fr"


def test_only_the_beginning_of_a_long_text_is_looked_at() -> None:
    german, english = SENTENCES["de"] * 60, SENTENCES["en"] * 600
    assert len(german) > 2 * 2000
    assert detect(german + english) == "de"
    assert detect(english + german) == "en"


def test_numbers_in_front_do_not_use_up_what_is_looked_at() -> None:
    assert detect("3:1 2:2 " * 5000 + SENTENCES["sv"]) == "sv"


def test_a_long_text_without_spaces_is_not_read_to_its_end() -> None:
    sample, _ = language._sample(SENTENCES["zh"] * 100_000)
    assert len(sample) < 3000
    assert detect(SENTENCES["zh"] * 100_000) == "zh"


def test_a_lone_surrogate_is_no_obstacle() -> None:
    assert detect(f"\ud800 {SENTENCES['it']}") == "it"


def test_every_answer_is_a_code_of_two_letters() -> None:
    assert all(valid_code(code) == code for code in DETECTED)
    assert not DETECTED & {"pcm", "la", "lb", "jv", "nn", "zxx"}


def test_threads_that_start_together_share_one_model() -> None:
    language._load.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        identifiers = set(pool.map(lambda _: id(language._identifier()), range(8)))
    assert len(identifiers) == 1
    assert language._load.cache_info().misses == 1


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("de", "de"),
        ("DE", "de"),
        (" de-CH ", "de"),
        ("de_AT.UTF-8", "de"),
        ("deu", "de"),
        ("ger", "de"),
        ("zh-Hant-TW", "zh"),
        ("yue", "zh"),
        ("nb", "no"),
        ("nn-NO", "no"),
        ("iw", "he"),
        ("lb", "lb"),
    ],
)
def test_tags_of_every_spelling(tag: str, code: str) -> None:
    assert valid_code(tag) == code


@pytest.mark.parametrize("tag", [None, "", "-", "und", "mul", "german", "xx", "d", "de CH"])
def test_what_is_no_language_tag(tag: str | None) -> None:
    assert valid_code(tag) is None


@pytest.mark.parametrize(
    ("code", "language", "name"),
    [
        ("de", "en", "German"),
        ("uk", "de", "Ukrainisch"),
        ("xx", "en", "xx"),
        ("a code", "en", "a code"),
    ],
)
def test_names_of_languages(code: str, language: str, name: str) -> None:
    assert language_name(code, language) == name
