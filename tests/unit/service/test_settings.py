"""Settings from the environment, and none that nobody reads."""

from __future__ import annotations

import pytest

from indexer.errors import SettingsError
from indexer.settings import ArchiveSettings
from service.settings import ServiceSettings, refuse_unknown


def test_a_misspelt_variable_is_an_error_that_suggests_the_right_one() -> None:
    with pytest.raises(SettingsError, match=r"FUNDSTELLE_TRESHOLD.*did you mean FUNDSTELLE_THRESH"):
        refuse_unknown({"FUNDSTELLE_TRESHOLD": "0.5"})


def test_an_unknown_variable_like_no_other_is_an_error_too() -> None:
    with pytest.raises(SettingsError, match="QWXYZ_QWXYZ_QWXYZ is not known; docs/settings"):
        refuse_unknown({"FUNDSTELLE_QWXYZ_QWXYZ_QWXYZ": ""})


def test_ours_and_those_of_tests_and_others_pass() -> None:
    known = ArchiveSettings.variables() | ServiceSettings.variables()
    refuse_unknown(
        dict.fromkeys([*known, "FUNDSTELLE_TEST_QDRANT_URL", "HOME", "fundstelle_x"], "")
    )


def test_no_two_settings_share_a_variable() -> None:
    assert not ArchiveSettings.variables() & ServiceSettings.variables()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "-1"),
        ("PORT", "http"),
        ("THRESHOLD", "1.01"),
        ("THRESHOLD", "-0.1"),
        ("THRESHOLD", "nan"),
        ("PASSAGES_READ", "0"),
        ("WORKERS", "0"),
        ("MAX_BODY_BYTES", "1023"),
        ("LLM_URL", "localhost:11434/v1"),
        ("LLM_URL", "ftp://localhost/v1"),
        ("LLM_TIMEOUT", "0"),
        ("UNVERIFIED", "hide"),
        ("SUPPORT_THRESHOLD", "2"),
    ],
)
def test_a_value_that_can_not_be_used_names_its_variable(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"FUNDSTELLE_{variable}='{value}' can't be used"):
        ServiceSettings.from_environment({f"FUNDSTELLE_{variable}": value})


def test_what_is_given_goes_before_the_environment_and_that_before_the_default() -> None:
    environment = {"FUNDSTELLE_PORT": "9000", "FUNDSTELLE_HOST": "::1", "FUNDSTELLE_WORKERS": ""}
    settings = ServiceSettings.from_environment(environment, port=0, host=None)
    assert (settings.port, settings.host, settings.workers) == (0, "::1", 4)


def test_a_chat_model_needs_both_its_address_and_its_name() -> None:
    url = {"FUNDSTELLE_LLM_URL": "http://localhost:11434/v1/"}
    with pytest.raises(SettingsError, match="FUNDSTELLE_LLM_MODEL is not"):
        ServiceSettings.from_environment(url)
    with pytest.raises(SettingsError, match="FUNDSTELLE_LLM_URL is not"):
        ServiceSettings.from_environment({"FUNDSTELLE_LLM_MODEL": "qwen3"})
    both = ServiceSettings.from_environment(url | {"FUNDSTELLE_LLM_MODEL": "qwen3"})
    assert (both.llm_url, both.llm_model) == ("http://localhost:11434/v1", "qwen3")


def test_a_key_is_not_shown() -> None:
    assert "s3cret" not in repr(
        ServiceSettings.from_environment({"FUNDSTELLE_LLM_API_KEY": "s3cret"})
    )
