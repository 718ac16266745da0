"""Web addresses: one spelling for each, and which of them belong together.

What changes nothing but who is counted (tracking parameters, fragments, default
ports) is taken off, what may name another page is kept: parameters, their order,
a slash at the end. Which host may be asked is left to ``addresses``.
"""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from indexer.errors import SourceError

if TYPE_CHECKING:
    import httpx

_LONGEST: Final = 2048
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_HOST: Final = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}")
# Only names that mean nothing else. Broader lists (courlan's) also drop "cid", "source"
# or "uid", which in older archives name the article.
_TRACKING: Final = re.compile(
    r"""utm_\w+ | (?:mtm|pk|piwik|matomo)_(?:campaign|cid|content|group|keyword|kwd|medium|
    placement|source) | fbclid | gclid | gclsrc | gbraid | wbraid | dclid | msclkid | yclid |
    twclid | ttclid | li_fat_id | igshid | igsh | mc_cid | mc_eid | _hsenc | _hsmi | hsctatracking |
    vero_id | oly_enc_id | oly_anon_id | at_medium | at_campaign | wt_mc | wt_zmc | xtor |
    ns_mchannel | ns_source | ns_campaign | ns_linkname | cmpid | guccounter | guce_referrer""",
    re.VERBOSE | re.IGNORECASE,
)


def is_address(name: str) -> bool:
    """Whether the user means an address, not a path: ``scheme://…``."""
    return bool(re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", name))


def parse(text: str) -> httpx.URL:
    """The address, as it is asked for: credentials stay, the fragment goes.

    Raises SourceError for another scheme than http and https, no host, a port that
    is none, or something that is no address at all.
    """
    import httpx  # here, as whoever only asks would wait for it

    shown = without_credentials(text.strip())
    try:
        url = httpx.URL(text.strip())
        host = url.raw_host.decode("ascii")
    except (httpx.InvalidURL, UnicodeError, ValueError, TypeError) as error:
        raise SourceError(shown, f"is no web address: {error}") from error
    if url.scheme not in _DEFAULT_PORTS:
        raise SourceError(shown, "only addresses with http:// and https:// can be read")
    if not _HOST.fullmatch(host) or (url.port is not None and not 0 < url.port < 65536):
        raise SourceError(shown, "is no web address: it names no host, or a port that is none")
    if len(str(url)) > _LONGEST:
        raise SourceError(shown, f"is longer than {_LONGEST} characters, which no address is")
    return url.copy_with(fragment=None)


def resolve(base: httpx.URL, link: str) -> httpx.URL:
    """The address of a link on the page ``base``. Raises SourceError as ``parse`` does."""
    link = link.strip()
    try:
        return parse(urljoin(shown(base), link))
    except ValueError as error:
        raise SourceError(without_credentials(link), f"is no web address: {error}") from error


def canonical(url: httpx.URL) -> str:
    """The one spelling of an address, which is the id of its article."""
    kept = [
        part
        for part in url.query.decode("ascii", "replace").split("&")
        if part and not _TRACKING.fullmatch(part.partition("=")[0])
    ]
    plain = url.copy_with(query="&".join(kept).encode() or None)
    return origin(plain) + plain.raw_path.decode("ascii")


def origin(url: httpx.URL) -> str:
    """Scheme, host and port: ``https://bote.example``."""
    host = url.raw_host.decode("ascii")
    host = f"[{host}]" if ":" in host else host
    port = "" if url.port in (None, _DEFAULT_PORTS.get(url.scheme)) else f":{url.port}"
    return f"{url.scheme}://{host}{port}"


def same_site(one: httpx.URL, other: httpx.URL) -> bool:
    """Whether both belong to one owner: the same registrable domain, or the same host."""
    return one.raw_host == other.raw_host or (
        (site := _registrable(one)) is not None and site == _registrable(other)
    )


def authorization(url: httpx.URL) -> str | None:
    """The header for the credentials in an address; None where it has none."""
    if not url.userinfo:
        return None
    return "Basic " + b64encode(f"{url.username}:{url.password}".encode()).decode("ascii")


def bare(url: httpx.URL) -> httpx.URL:
    """The address without credentials."""
    return url.copy_with(username=None, password=None) if url.userinfo else url


def shown(url: httpx.URL) -> str:
    """An address as it may be printed and kept: without credentials."""
    return str(bare(url))


def without_credentials(text: str) -> str:
    """An address for a message: ``https://me:secret@host`` without what is before the ``@``."""
    return re.sub(r"(?<=://)[^/?#\s]*@", "", text)


def is_page(article_id: str) -> bool:
    """Whether an article's id is the address of a page, not of an entry without one."""
    return is_address(article_id) and "#" not in article_id


def _registrable(url: httpx.URL) -> str | None:
    import tld

    # With private suffixes: two blogs of one host belong to two owners.
    found = tld.get_fld(str(url), fail_silently=True, search_private=True)
    return found if isinstance(found, str) else None
