"""``fundstelle mcp``: the archive as a server of the Model Context Protocol.

Over standard input and output, or as streamable HTTP. What can't be done is a tool error
that says what to do; a defect is logged and told without detail. What the tools are is in
``mcp_tools.py``, how they reach the archive in ``shared_door.py``.
"""

from __future__ import annotations

import json
import logging
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

import anyio
import msgspec
import uvicorn
from mcp.server import Server
from mcp.server.context import ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    ToolAnnotations,
)
from mcp.types import Tool as DescribedTool
from sse_starlette.sse import AppStatus

from indexer.errors import FundstelleError
from indexer.settings import ArchiveSettings
from service.access.asgi import Admitting
from service.access.binding import require_protection
from service.access.boundary import Boundary
from service.access.caller import Caller
from service.access.gate import Gate
from service.access.keyring import Keyring
from service.access.scope import Scope
from service.draining import Draining
from service.draining_server import DrainingServer
from service.errors import ServiceStopping
from service.listening import address_of, listen
from service.mcp_tools import TOOLS, Tool
from service.settings import ServiceSettings, secrets_of
from service.shared_door import SharedDoor
from service.shared_doors import SharedDoors
from service.telemetry.logs import write_logs

_LOG = logging.getLogger(__name__)
_PATH = "/mcp"
_INSTRUCTIONS = (
    "A news archive. Use ask for questions of fact, search to see what there is, and "
    "read_article to read around a citation. Name the article for everything you report."
)


def serve_stdio(archive: ArchiveSettings, service: ServiceSettings) -> None:
    """Serve whoever started this process, until standard input ends."""

    async def run() -> None:
        server = _server(archive, service, Draining())
        # The package takes standard output for the protocol alone: what is printed elsewhere
        # goes to standard error.
        async with stdio_server() as (requests, responses):
            await server.run(requests, responses, server.create_initialization_options())

    write_logs(service.telemetry, secrets_of(archive, service))
    anyio.run(run)


def serve_http(archive: ArchiveSettings, service: ServiceSettings, *, host: str, port: int) -> None:
    """Serve over streamable HTTP until SIGINT or SIGTERM. Raises AddressError.

    Each key reads its own archive. Raises SettingsError where others could reach it and need
    no key, and KeysError where the keys can't be used.
    """
    require_protection(host, service)
    keyring = Keyring(service.keys) if service.keys is not None else None
    gate = Gate(Boundary.of(service, host), archive.archive, keyring, rate=service.rate)
    write_logs(service.telemetry, secrets_of(archive, service))
    # uvicorn raises a signal again once it has shut down; as Python's own it would end us there.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    listener, draining = listen(host, port), Draining()
    # By itself the package cuts every answer off that is on its way when a signal comes.
    AppStatus.disable_automatic_graceful_drain()  # type: ignore[no-untyped-call]
    app = _server(archive, service, draining).streamable_http_app(
        streamable_http_path=_PATH,
        # The gate has looked at host and origin.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    _LOG.info("Fundstelle serves MCP at %s%s (Ctrl-C stops it)", address_of(listener), _PATH)
    try:
        admitting: Any = Admitting(app, gate, Scope.READ, draining)
        config = uvicorn.Config(admitting, log_config=None, access_log=False, http="h11")
        server = DrainingServer(config, draining, service.drain_timeout, then=_end_streams)
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        pass
    finally:
        listener.close()


def _end_streams() -> None:
    """Those that clients keep open for what they may be told."""
    AppStatus.should_exit = True


def _server(
    archive: ArchiveSettings, service: ServiceSettings, draining: Draining
) -> Server[SharedDoors]:
    async def call_tool(
        context: ServerRequestContext[SharedDoors, Any], params: CallToolRequestParams
    ) -> CallToolResult:
        try:
            async with draining.answer():
                return await _call_tool(context, params)
        except ServiceStopping as stopping:
            return _failed(str(stopping))

    @asynccontextmanager
    async def lifespan(_: Server[SharedDoors]) -> AsyncGenerator[SharedDoors, None]:
        doors = SharedDoors(archive, service)
        try:
            yield doors
        finally:
            await doors.close()

    return Server(
        "fundstelle",
        version=version("fundstelle"),
        title="Fundstelle",
        instructions=_INSTRUCTIONS,
        lifespan=lifespan,
        on_list_tools=_list_tools,
        on_call_tool=call_tool,
    )


async def _list_tools(
    _: ServerRequestContext[SharedDoors, Any], __: PaginatedRequestParams | None
) -> ListToolsResult:
    return ListToolsResult(tools=[_described(tool) for tool in TOOLS])


async def _call_tool(
    context: ServerRequestContext[SharedDoors, Any], params: CallToolRequestParams
) -> CallToolResult:
    tool = next((t for t in TOOLS if t.name == params.name), None)
    if tool is None:
        known = ", ".join(t.name for t in TOOLS)
        return _failed(f"there is no tool {params.name!r}; there are {known}")
    try:
        given = msgspec.convert(_arguments(params.arguments or {}), tool.takes, strict=False)
        value, text = await tool.call(_door(context), given)
    except (msgspec.ValidationError, FundstelleError) as error:
        return _failed(str(error))
    except Exception:
        _LOG.exception("the tool %s failed", tool.name)
        return _failed("something went wrong inside; the server's log says what")
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=msgspec.to_builtins(value)
    )


def _door(context: ServerRequestContext[SharedDoors, Any]) -> SharedDoor:
    """The door to the archive of whoever sent this very message; over a pipe there is one."""
    if context.request is None:
        return context.lifespan_context.of(None)
    caller: Caller = context.request.state.caller
    return context.lifespan_context.of(caller.archive)


def _arguments(given: dict[str, Any]) -> dict[str, Any]:
    """The arguments; some clients send a list as JSON in a string."""
    history = given.get("history")
    if isinstance(history, str):
        try:
            return given | {"history": json.loads(history)}
        except (ValueError, RecursionError):
            return given
    return given


def _failed(reason: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=reason)], is_error=True)


def _described(tool: Tool) -> DescribedTool:
    return DescribedTool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=_schema(tool.takes),
        output_schema=_schema(tool.gives),
        annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False),
    )


def _schema(of: type[msgspec.Struct]) -> dict[str, Any]:
    """A JSON Schema with an object at its root, as the protocol wants it."""
    schema = msgspec.json.schema(of)
    definitions: dict[str, Any] = schema.pop("$defs", {})
    root = definitions.pop(schema["$ref"].rpartition("/")[2])
    return {**root, **({"$defs": definitions} if definitions else {})}
