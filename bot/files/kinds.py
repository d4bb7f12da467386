"""Finds the kind of a file by its first bytes, not by its name or its claimed media type. Pure."""

from __future__ import annotations

from enum import Enum, auto

PDF_HEADER_WITHIN = 1024  # bytes; Acrobat looks no further (PDF 1.7, Adobe's implementation note 13)


class Kind(Enum):
    IMAGE = auto()
    PDF = auto()
    TEXT = auto()  # perhaps: text.py finds out
    MISLABELED = auto()  # the content contradicts the claimed media type
    OTHER = auto()


def kind_of(content: bytes, media_type: str) -> Kind:
    """*media_type*, as the sender claims it, decides only for contents without a signature."""
    if content.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")) or _is_webp(content):
        return Kind.IMAGE
    if b"%PDF-" in content[:PDF_HEADER_WITHIN]:
        return Kind.PDF
    essence = media_type.partition(";")[0].strip().lower()
    if essence in ("image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"):
        return Kind.MISLABELED
    if essence.startswith(("audio/", "video/", "font/")) or (essence.startswith("image/") and "svg" not in essence):
        return Kind.OTHER
    return Kind.TEXT


def _is_webp(content: bytes) -> bool:
    return content.startswith(b"RIFF") and content[8:12] == b"WEBP"
