"""A listening socket, and the connections that it accepts."""

from __future__ import annotations

import socket

import pytest

from service.errors import AddressError
from service.listening import address_of, listen


def test_a_response_in_two_parts_is_sent_without_waiting_for_the_client() -> None:
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_an_address_that_is_taken_is_told() -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert address_of(listener) == f"http://127.0.0.1:{port}"
        with pytest.raises(AddressError, match=f"port {port}.*choose another"):
            listen("127.0.0.1", port)
