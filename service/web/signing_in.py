"""``/sign-in`` and ``/sign-out``: how a person gives the browser a key, and takes it away again.

The key is kept in a cookie that no script can read and that other sites' pages don't send; it
is gone with the browser. Cookies know no ports: other services of the same host get it, too.
"""

from __future__ import annotations

import re

from litestar import Response, get, post
from litestar.params import FromQuery
from litestar.response import Template

from service.access.gate import COOKIE, Gate
from service.access.scope import Scope
from service.api.admission import OPEN
from service.web.rendering import AnyRequest, sign_in_page, words_for

_MOST_BYTES = 16 * 1024
#: Where signing in may lead: to an article, and never to another site.
_ARTICLE = re.compile(r"read/[!-\[\]-~]+")


@get("/sign-in", opt=OPEN)
async def sign_in(request: AnyRequest, following: FromQuery[str] = "") -> Template | Response[str]:
    """The form; the page itself where no key is asked for."""
    gate: Gate = request.app.state.gate
    if not gate.has_keys:
        return _to("")
    return sign_in_page(request, 200, following=following)


@post("/sign-in", opt=OPEN, status_code=303, request_max_body_size=_MOST_BYTES)
async def take_key(request: AnyRequest) -> Template | Response[str]:
    """Let the browser keep the key, where it is one that reads."""
    form = await request.form()
    secret, following = str(form.get("key") or "").strip(), str(form.get("following") or "")
    gate: Gate = request.app.state.gate
    key = gate.key(secret)
    if key is None or not key.scope.allows(Scope.READ):
        wrong = words_for(request).say("wrong_key")
        return sign_in_page(request, 401, following=following, wrong=wrong)
    return _to(following, f"{COOKIE}={secret}; {_attributes(request)}")


@post("/sign-out", opt=OPEN, status_code=303, request_max_body_size=_MOST_BYTES)
async def drop_key(request: AnyRequest) -> Response[str]:
    """Let the browser forget the key."""
    return _to("sign-in", f"{COOKIE}=; Max-Age=0; {_attributes(request)}", exact=True)


def _attributes(request: AnyRequest) -> str:
    """Without a path, which is then the one that a proxy may have put before ours."""
    public_url: str | None = request.app.state.archives.own.engine.service.public_url
    secure = request.url.scheme == "https" or (public_url or "").startswith("https:")
    return "HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")


def _to(following: str, cookie: str | None = None, *, exact: bool = False) -> Response[str]:
    location = following if exact or _ARTICLE.fullmatch(following) else "./"
    headers = {"Location": location, "Cache-Control": "no-store"}
    if cookie:
        headers["Set-Cookie"] = cookie
    return Response("", media_type="text/plain", status_code=303, headers=headers)
