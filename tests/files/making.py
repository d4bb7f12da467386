"""Files to read, made here: pictures, and PDFs written by hand."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

from PIL import Image
from pypdf import PdfWriter

FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def picture(form: str = "PNG", size: tuple[int, int] = (40, 30), mode: str = "RGB", color: object = "red") -> bytes:
    stream = BytesIO()
    Image.new(mode, size, color).save(stream, form)  # type: ignore[arg-type] # whatever the mode takes
    return stream.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


def png_of_size(width: int, height: int, *, rows: bytes = b"") -> bytes:
    """A PNG that says to be so large, in gray of one bit; *rows* are its pixels, compressed."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def pdf(*pages: str, streams: list[bytes] | None = None, encoding: str = "") -> bytes:
    """One line of text on each page, or *streams*: each page's content, as it is. *encoding*: of the font."""
    contents = streams or [f"BT /F1 12 Tf 72 720 Td ({page}) Tj ET".encode("latin-1") for page in pages]
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(contents)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(contents)} >>".encode(),
        FONT.replace(b" >>", f" /Encoding {encoding} >>".encode()) if encoding else FONT,
    ]
    for n, content in enumerate(contents):
        resources = "/Resources << /Font << /F1 3 0 R >> >>"
        page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] {resources} /Contents {5 + 2 * n} 0 R >>"
        objects += [page.encode(), _stream(content)]
    return _assembled(objects)


def slow_pdf() -> bytes:
    """60 kB that keep pypdf busy for ten seconds of processor time or more."""
    return pdf(streams=[b"BT /F1 12 Tf " + b"(x) Tj " * 3_000_000 + b"ET"] * 2)


def locked_pdf(password: str, owner: str = "owner") -> bytes:
    writer = PdfWriter(BytesIO(pdf("a secret")))
    writer.encrypt(password, owner, algorithm="RC4-128")
    stream = BytesIO()
    writer.write(stream)
    return stream.getvalue()


def _stream(content: bytes) -> bytes:
    packed = zlib.compress(content, 9)
    return f"<< /Length {len(packed)} /Filter /FlateDecode >>\nstream\n".encode() + packed + b"\nendstream"


def _assembled(objects: list[bytes]) -> bytes:
    body, places = b"%PDF-1.7\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n".encode() + each + b"\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    count = len(objects) + 1
    trailer = f"trailer << /Size {count} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    return body + f"xref\n0 {count}\n0000000000 65535 f \n{table}{trailer}".encode()
