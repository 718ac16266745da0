"""The web page: asking in ``/``, reading in ``/read/…``, for people rather than programs.

Kept out of the OpenAPI document, and served with headers that let a browser load
nothing from elsewhere.
"""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Router
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig
from markupsafe import Markup, escape

from service.api.problems import HANDLERS
from service.web.assets import page, static
from service.web.headers import HEADERS
from service.web.reader import read
from service.web.rendering import failed
from service.web.signing_in import drop_key, sign_in, take_key


def exact(text: str) -> Markup:
    """Text that a browser reads back unchanged.

    A bare carriage return would become a line feed, and no page can hold a NUL.
    """
    return Markup(str(escape(text)).replace("\r", "&#13;").replace("\0", "\ufffd"))  # noqa: S704


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
)
_ENVIRONMENT.filters["exact"] = exact

TEMPLATES = TemplateConfig(instance=JinjaTemplateEngine.from_environment(_ENVIRONMENT))
WEB = Router(
    path="/",
    route_handlers=[page, static, read, sign_in, take_key, drop_key],
    response_headers=HEADERS,
    # One by one: what the app handles more closely would come before an Exception.
    exception_handlers=dict.fromkeys(HANDLERS, failed),
    include_in_schema=False,
)
__all__ = ["TEMPLATES", "WEB"]
