"""EPUB bytes → its documents in reading order, and what it says of itself.

Reads the container (EPUB 2 and 3): the package, the spine and the names in its table of
contents. What a document says is left to ``epub.py``. Nothing is unpacked to disk or
fetched, entities of its own are not resolved, and what it unpacks to is bounded.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from indexer.errors import SourceError

if TYPE_CHECKING:
    from lxml.etree import _Element

_MOST_FILES: Final = 20_000
_MOST_BYTES: Final = 20_000_000  # of one document, unpacked
_MOST_IN_ALL: Final = 400_000_000
_PAGES: Final = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")
_DC: Final = "{http://purl.org/dc/elements/1.1/}"
_FURNITURE: Final = ("cover", "toc", "title-page", "titlepage", "copyright-page", "colophon")


@dataclass(frozen=True)
class Document:
    """A document of the spine: ``name`` relative to the package, ``label`` its name in the
    table of contents, or None.
    """

    name: str
    path: str
    label: str | None


class Package:
    """An open EPUB. ``metadata`` holds ``title``, ``creator``, ``date``, … where they are given.

    Raises SourceError where it is damaged, protected or too large.
    """

    def __init__(self, data: bytes, source: str) -> None:
        self._source = source
        self._unpacked = 0
        self._protected: set[str] = set()
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise SourceError(source, f"is damaged, or no EPUB ({error})") from error
        if len(self._zip.namelist()) > _MOST_FILES:
            raise SourceError(source, f"holds more than {_MOST_FILES} files")
        container = self._xml("META-INF/container.xml")
        rootfile = container.find(".//{*}rootfile")
        path = rootfile.get("full-path") if rootfile is not None else None
        if not path:
            raise SourceError(source, "is no EPUB: its container names no package")
        self._path = path
        self._folder = dirname(path)
        self._package = self._xml(path)
        self._protected = self._encrypted()

    @property
    def metadata(self) -> Mapping[str, list[str]]:
        """Dublin Core of the package, by name: ``title``, ``creator``, ``language``, …"""
        found: dict[str, list[str]] = {}
        for node in self._package.iterfind(f".//{_DC}*"):
            value = " ".join("".join(node.itertext()).split())
            if value and isinstance(node.tag, str):
                found.setdefault(node.tag.removeprefix(_DC), []).append(value)
        return found

    def documents(self) -> Iterator[Document]:
        """The documents in reading order, but for the cover and tables of contents."""
        labels = self._labels()
        known = {
            item.get("id"): item
            for item in self._package.iterfind(".//{*}manifest/{*}item")
            if item.get("media-type") in _PAGES and item.get("href")
        }
        aside = self._aside()
        seen: set[str] = set()
        for reference in self._package.iterfind(".//{*}spine/{*}itemref"):
            item = known.get(reference.get("idref"))
            if item is None or "nav" in (item.get("properties") or "").split():
                continue
            name = normpath(unquote(item.get("href", "")))
            path = self._resolve(name)
            if path not in aside and path not in seen:
                seen.add(path)
                yield Document(name, path, labels.get(path))

    def read(self, path: str) -> bytes:
        """A file of the container. Raises SourceError where it is missing or too large."""
        if path in self._protected:
            raise SourceError(self._source, "is protected against copying (DRM); export it without")
        try:
            with self._zip.open(path) as stream:
                # What the directory says of its size may be a lie.
                data = stream.read(_MOST_BYTES + 1)
        except KeyError as error:
            raise SourceError(self._source, f"lacks its own file {path!r}") from error
        except RuntimeError as error:  # zipfile's word for a password
            raise SourceError(self._source, "needs a password; save it without one") from error
        except Exception as error:
            raise SourceError(self._source, f"is damaged at {path!r} ({error})") from error
        self._unpacked += len(data)
        if len(data) > _MOST_BYTES or self._unpacked > _MOST_IN_ALL:
            raise SourceError(self._source, "unpacks to more than any newspaper; it is not read")
        return data

    def _xml(self, path: str) -> _Element:
        from lxml import etree

        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
        )
        try:
            return etree.fromstring(self.read(path), parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise SourceError(self._source, f"is damaged at {path!r} ({error})") from error

    def _optional(self, path: str) -> Any:
        """A file that an EPUB may lack, None where it does or can't be read."""
        try:
            return self._xml(path) if path in self._zip.namelist() else None
        except SourceError:
            return None

    def _encrypted(self) -> set[str]:
        """What is encrypted: fonts often are, which is no matter here."""
        found = self._optional("META-INF/encryption.xml")
        if found is None:
            return set()
        references = found.iterfind(".//{*}CipherReference")
        return {unquote(reference.get("URI") or "") for reference in references}

    def _aside(self) -> set[str]:
        """Paths of the cover and the like, as the guide of EPUB 2 names them."""
        return {
            self._resolve(unquote((reference.get("href") or "").partition("#")[0]))
            for reference in self._package.iterfind(".//{*}guide/{*}reference")
            if (reference.get("type") or "").lower() in _FURNITURE
        }

    def _labels(self) -> dict[str, str]:
        """What the table of contents calls each document."""
        labels: dict[str, str] = {}
        for item in self._package.iterfind(".//{*}manifest/{*}item"):
            path = self._resolve(unquote(item.get("href") or ""))
            is_nav = "nav" in (item.get("properties") or "").split()
            if is_nav or item.get("media-type") == "application/x-dtbncx+xml":
                tree = self._optional(path)
                for target, label in _entries(tree) if tree is not None else ():
                    place = normpath(join(dirname(path), unquote(target.partition("#")[0])))
                    labels.setdefault(place, label)
        return labels

    def _resolve(self, name: str) -> str:
        return normpath(join(self._folder, name))


def _entries(tree: _Element) -> Iterator[tuple[str, str]]:
    """Targets and labels of a table of contents: of EPUB 3, else of EPUB 2."""
    for link in tree.iterfind(".//{*}nav//{*}a"):
        yield link.get("href") or "", " ".join("".join(link.itertext()).split())
    for point in tree.iterfind(".//{*}navPoint"):
        content, label = point.find("{*}content"), point.find("{*}navLabel/{*}text")
        if content is not None and label is not None:
            yield content.get("src") or "", " ".join("".join(label.itertext()).split())
