"""A request's body, read as Discord reads it: JSON, a form, or `payload_json` and `files[n]` of a multipart form."""

from __future__ import annotations

import json
import re

from aiohttp import BodyPartReader, web

from tests.standins.discord.rest.errors import ApiError, invalid
from tests.standins.discord.rest.routes import Upload

FILE = re.compile(r"files\[(\d+)\]")
FILE_LIMIT = 10 * 1024**2  # "10 MiB for all users", each file
REQUEST_LIMIT = 25 * 1024**2

Body = tuple[object, list[Upload]]


async def read(request: web.Request) -> Body:
    """The JSON of a request, {} without any, and its files. Errors are those of an invalid form."""
    if not request.can_read_body:
        return {}, []
    if request.content_type == "multipart/form-data":
        return await _multipart(request)
    if request.content_type == "application/x-www-form-urlencoded":
        return dict(await request.post()), []
    if request.content_type != "application/json":
        raise invalid("", "CONTENT_TYPE_INVALID", "Expected \"Content-Type\" header to be one of {'application/json'}.")
    return _parsed(await request.read()), []


def _parsed(content: bytes) -> object:
    try:
        return json.loads(content)
    except ValueError:
        raise ApiError(50109) from None


async def _multipart(request: web.Request) -> Body:
    fields: dict[str, object] = {}
    files: list[Upload] = []
    total = 0
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise invalid("", "MULTIPART_NESTED", "A part of the form is a form of its own.")
        name, content = part.name or "", bytes(await part.read(decode=True))
        total += len(content)
        if len(content) > FILE_LIMIT or total > REQUEST_LIMIT:
            raise ApiError(40005)
        add = _file if FILE.fullmatch(name) else _field
        add(fields, files, part, content)
    if len({file.number for file in files}) < len(files):
        raise invalid("files", "FILES_NOT_UNIQUE", "Each file must be uniquely named.")
    return fields, files


def _file(_fields: dict[str, object], files: list[Upload], part: BodyPartReader, content: bytes) -> None:
    found = FILE.fullmatch(part.name or "")
    if found is None or not part.filename:
        raise invalid("files", "FILE_WITHOUT_NAME", "A file must have a filename.")
    files.append(Upload(found[1], part.filename, part.headers.get("Content-Type"), content))


def _field(fields: dict[str, object], _files: list[Upload], part: BodyPartReader, content: bytes) -> None:
    if part.name == "payload_json":
        parsed = _parsed(content)
        fields.update(parsed if isinstance(parsed, dict) else {})
    else:
        fields[part.name or ""] = content.decode()
