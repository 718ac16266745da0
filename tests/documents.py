"""Real PDF and EPUB files for tests: set with reportlab, and packed with zipfile."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence

from pypdf import PdfReader, PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

Lines = Sequence[str | tuple[str, float]]

_CONTAINER = """<?xml version="1.0"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/>
</rootfiles></container>"""


def pdf(
    *pages: Lines,
    title: str = "",
    author: str = "",
    head: str | None = None,
    foot: str | None = None,
) -> bytes:
    """A page for each list of lines: a text, or a text and its size; "" is a gap.

    A text that begins with two spaces is indented. ``{}`` in ``head`` and ``foot`` is the
    number of the page.
    """
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4)
    canvas.setTitle(title)
    canvas.setAuthor(author)
    for number, lines in enumerate(pages, 1):
        for furniture, y in ((head, 815), (foot, 30)):
            if furniture is not None:
                canvas.setFont("Helvetica", 8)
                canvas.drawString(60, y, furniture.format(number))
        y = 740.0
        for line in lines:
            text, size = (line, 10.0) if isinstance(line, str) else line
            canvas.setFont("Helvetica", size)
            if text.strip():
                canvas.drawString(60 + 12 * text.startswith("  "), y, text.strip())
            y -= 1.2 * size
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def encrypted(data: bytes, user_password: str) -> bytes:
    """The same PDF under AES-256; an empty password opens it for everyone."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    writer.encrypt(user_password, "owner", algorithm="AES-256")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def epub(
    documents: Mapping[str, str],
    *,
    metadata: str = "",
    extra: Mapping[str, bytes | str] | None = None,
    nav: str = "",
) -> bytes:
    """An EPUB 3 of these documents in their order, below ``OEBPS/``."""
    items = "".join(
        f'<item id="d{i}" href="{name}" media-type="application/xhtml+xml"/>'
        for i, name in enumerate(documents)
    )
    references = "".join(f'<itemref idref="d{i}"/>' for i in range(len(documents)))
    package = f"""<?xml version="1.0" encoding="utf-8"?>
    <package xmlns="http://www.idpf.org/2007/opf" version="3.0">
    <metadata xmlns:dc="http://purl.org/dc/elements/1.1/">{metadata}</metadata>
    <manifest><item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>
    {items}</manifest><spine><itemref idref="nav"/>{references}</spine></package>"""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        archive.writestr("META-INF/container.xml", _CONTAINER)
        archive.writestr("OEBPS/content.opf", package)
        archive.writestr("OEBPS/nav.xhtml", page(f"<nav><ol>{nav}</ol></nav>"))
        for name, text in documents.items():
            archive.writestr(f"OEBPS/{name.replace('%20', ' ')}", text)
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return buffer.getvalue()


def page(body: str, *, language: str = "de") -> str:
    """A document of an EPUB."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n'
        f'<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="{language}" lang="{language}">'
        f"<head><title>unsichtbar</title></head><body>{body}</body></html>"
    )
