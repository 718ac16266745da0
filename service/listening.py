"""A host and a port → a socket that listens, and the address it is reached at."""

from __future__ import annotations

import socket

from service.errors import AddressError

_BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """Raises AddressError where it can't be listened on."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, OverflowError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise AddressError(
            f"can't listen on {host} port {port}: {reason}; choose another "
            "(--host, --port, or PORT= with make run)"
        ) from error
    # Connections inherit it. asyncio sets it only on those whose protocol is not left open, as
    # it is here; without it the second part of each response waits 40 ms for the client's word.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def address_of(listener: socket.socket) -> str:
    """The address of a listening socket, as ``http://127.0.0.1:8000``."""
    host, port = listener.getsockname()[:2]
    return f"http://{'[' + host + ']' if ':' in host else host}:{port}"
