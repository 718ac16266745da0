"""Where a service may listen without keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.errors import SettingsError
from service.access.binding import require_protection
from service.settings import ServiceSettings

_OPEN = ("0.0.0.0", "::", "", "192.0.2.1", None)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_this_machine_needs_no_key(host: str) -> None:
    require_protection(host, ServiceSettings())


@pytest.mark.parametrize("host", _OPEN)
def test_others_do_and_the_message_says_how_they_get_one(host: str | None) -> None:
    with pytest.raises(SettingsError) as raised:
        require_protection(host, ServiceSettings())
    for word in ("fundstelle keys add", "FUNDSTELLE_KEYS", "FUNDSTELLE_ALLOW_UNPROTECTED=1"):
        assert word in str(raised.value)


@pytest.mark.parametrize("host", _OPEN)
def test_with_keys_or_leave_every_address_will_do(host: str | None, tmp_path: Path) -> None:
    require_protection(host, ServiceSettings(keys=tmp_path / "keys.json"))
    require_protection(host, ServiceSettings(allow_unprotected=True))


def test_a_host_that_is_none_is_told_where_it_is_tried() -> None:
    require_protection("no.such.host.invalid", ServiceSettings())
