"""
Compares the hosts that a reader sees in a text with the host of an address. Pure; links are in links.py.

A text is read as people see it and browsers take it: after NFKC, without invisible characters. Sources: WHATWG, "URL
Standard" (hosts, IPv4 parser); Unicode, UAX #44 (Default_Ignorable_Code_Point), UTS #46 (full stops).
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from urllib.parse import unquote

from bot.core.prompt.lookalikes import seems_ascii
from bot.markdown import is_ignorable

LONGEST_LABEL = 300  # characters; a longer label may name any host
LONGEST_ADDRESS = 1_000  # characters; the host has to end within them
_LONGEST_HOST = 253  # characters; RFC 1035
_LONGEST_PART = 63  # ibid.

_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_MARKS = re.compile(r"[*_~`]")
_BIDIRECTIONAL = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")  # shown as nothing
_NARROW = re.compile("[\u2004-\u2006\u2008-\u200a\u2028\u2029\u202f\u205f]")  # blanks; NFKC makes usual ones of them
_GAP = "\x1f"  # one of those, within _seen()
_UNSEEN_GAP = re.compile(f"(?<=[./:@]){_GAP}++|(?<!{_GAP}){_GAP}++(?=[./:@])")  # where none is seen
# What looks like a full stop (UTS #39, confusables.txt; of Braille a dot below); a zero does between letters alone.
_FULL_STOP = re.compile(
    "[\u0701\u0702\u06d4\u2804\u2820\u2840\u2880\ua4f8\ua60e\U00010a50\U0001d16d]|(?<=[a-z])[\u0660\u06f0](?=[a-z])"
)
_INSTEAD = {"。": ".", "⁄": "/", "∕": "/", "⧸": "/", "╱": "/", "\u2800": " "}  # those that NFKC leaves
_CHARACTER = r"[^\s!-,./:-@\[-^`{-~]"  # of a part of a host: letters, digits, - and _, and most that is not ASCII
_NAMED = re.compile(
    rf"""(?: (?:https?:/*+|(?<!/)//++)(?P<addressed>{_CHARACTER}++(?:\.{_CHARACTER}++)*)
           | \[?(?<![0-9a-z:])(?P<six>[0-9a-f]*+:[0-9a-f:]*:[0-9a-f:.]*)\]?
           | (?<!{_CHARACTER})(?P<dotted>{_CHARACTER}++(?:\.{_CHARACTER}++)+)
           | (?<!{_CHARACTER})(?P<number>0x[0-9a-f]{{7,8}}|[0-9]{{8,11}})(?!{_CHARACTER}) )
         (?P<path>(?::[0-9]*)?[/?\#]\S*)?""",
    re.VERBOSE,
)
_ABBREVIATION = re.compile(r"[a-z](?:\.[a-z])+")  # e.g., U.S.: no name of a single letter is a top-level domain
_PARTICLE = re.compile(r"(\.[a-z][a-z0-9-]*)[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]+\Z")  # bank.com에서
_NUMBER = re.compile(r"0x[0-9a-f]{0,16}|[0-9]{1,16}")
_ADDRESS = re.compile(r"(?:(?P<scheme>[a-z][a-z0-9+.-]*):[/\\]*|[/\\]{2,})?(?P<authority>[^/\\?#]*)", re.IGNORECASE)
_STRIPPED = re.compile(r"[\t\r\n]|^[\x00-\x20]+")  # from an address, by browsers
_RECIPIENTS = re.compile(r"(?:\Amailto:[^?#]*|[?&](?:to|cc|bcc)=[^&#]*)", re.IGNORECASE)  # RFC 6068
_NOT_SHOWN = re.compile(r"[^a-z0-9.:_-]")


@lru_cache(maxsize=1024)
def hidden_target(label: str, address: str) -> str:
    """
    The host of *address*, if a reader of *label* may expect another one; else empty.

    An address without a host, as that of a file beside the text, leads nowhere else.
    """
    address = html.unescape(address[: LONGEST_ADDRESS + 1])
    for host in _targets(address):
        if host and not (_is_clear(label) and all(_leads(each, host) for each in _named(label, host, address))):
            return _NOT_SHOWN.sub("?", host)[:_LONGEST_HOST]
    return ""


def _targets(address: str) -> Iterator[str]:
    """All hosts that *address* may lead to; those of e-mail are of its recipients."""
    for each in dict.fromkeys([_ESCAPED.sub(r"\1", address), address]):  # escapes are Markdown's alone
        address = "".join([c for c in each if not is_ignorable(c)]).lstrip()  # programs on the way may drop them
        if address[:7].lower() == "mailto:":
            boxes = re.split("[,;]", ",".join(map(unquote, _RECIPIENTS.findall(address))))
            yield from (host_of(f"mailto:{box.rpartition('@')[2]}") for box in boxes if "@" in box)
        else:
            yield host_of(address)


@lru_cache(maxsize=1024)
def names_host(label: str) -> bool:
    """Whether a reader of *label* may expect a certain host."""
    return not _is_clear(label) or any(_named(label))


@lru_cache(maxsize=1024)
def host_of(address: str) -> str:
    """The host in the form in which hosts are compared, for e-mail that of the mailbox; empty where there is none."""
    found = _ADDRESS.match(_STRIPPED.sub("", address))
    if not found or not found["authority"]:
        return ""
    if len(address) > LONGEST_ADDRESS and found.end() >= LONGEST_ADDRESS:
        return "?"
    host = _seen(unquote(found["authority"].rpartition("@")[2]), own="").rpartition("@")[2]
    if not found["scheme"] and not re.search(r"[^.]\.[^.]", host):
        return ""
    return _canonical(re.sub(r":[0-9]*\Z", "", host.strip()))


def _is_clear(label: str) -> bool:
    """Whether *label* shows its characters in their order, and is looked at as a whole."""
    return len(label) <= LONGEST_LABEL and not _BIDIRECTIONAL.search(html.unescape(label))


def _named(label: str, target: str = "", address: str = "") -> Iterator[list[str]]:
    """For each host that *label* names its readings; a path behind *target* names none."""
    texts = {_seen(_unescaped(label).replace("\\", "/")), _seen(_unescaped(_MARKS.sub("", label)).replace("\\", "/"))}
    for text in texts:
        if address[:7].lower() == "mailto:":
            text = re.sub(r"[^\s@]++@", " ", text)
        at = 0
        while found := _NAMED.search(text, at):
            readings = _readings(found)
            at = found.end() if _leads(readings, target) else found.end() - len(found["path"] or "")
            if readings:
                yield readings


def _readings(found: re.Match[str]) -> list[str]:
    """
    What somebody may take for the host; none where it is no host after all.

    A host that looks like one in ASCII stays as it is seen, which is the form of no address: it leads nowhere.
    """
    if found["six"] is not None:
        return [six] if (six := _ipv6(found["six"])) else []
    if found["number"] is not None:
        return [four] if (four := _ipv4([found["number"]])) else []
    word = (found["addressed"] or found["dotted"]).strip("_")
    if not found["addressed"] and _ABBREVIATION.fullmatch(word):
        return []
    hosts = [word, _PARTICLE.sub(r"\1", word)]
    return [host if any(map(seems_ascii, host.split("."))) else _canonical(host) for host in hosts]


def _leads(readings: list[str], host: str) -> bool:
    """
    Whether one of *readings* is *host*, with or without `www.`.

    Its parent domain is another host: anybody may have a page below `github.io`.
    """
    return host.removeprefix("www.") in [each.removeprefix("www.") for each in readings]


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(r"\1", html.unescape(text))


def _seen(text: str, own: str = " ") -> str:
    """*text* as it is seen, in small letters; *own* stands for punctuation that is not ASCII."""
    text = unicodedata.normalize("NFKC", _NARROW.sub(_GAP, _CONTROL.sub("", text))).lower()
    if not text.isascii():
        plain = _FULL_STOP.sub(".", text) if own else text
        text = "".join([each if each < "\x80" else _instead(each, own) for each in plain])
    return _UNSEEN_GAP.sub("", text).replace(_GAP, " ")


def _instead(character: str, own: str) -> str:
    if own and character in _INSTEAD:
        return _INSTEAD[character]
    if character == "。":
        return "."
    if is_ignorable(character):
        return ""
    kind = unicodedata.category(character)
    if kind[0] in "LMN" or kind == "So" or not own:
        return character
    return own


def _canonical(host: str) -> str:
    """An IP address as numbers, another host in letters of ASCII as DNS has it."""
    parts = host.strip(".").split(".")
    if host[:1] == "[":
        return _ipv6(host.strip("[]")) or host
    return _ipv4(parts) or ".".join(map(_ascii, parts))


def _ascii(part: str) -> str:
    if part.isascii() or len(part) > _LONGEST_PART:
        return part
    return "xn--" + part.encode("punycode").decode()


def _ipv4(parts: list[str]) -> str:
    """As browsers read it: up to four numbers, each decimal, octal (0…) or hexadecimal (0x…); else empty."""
    if len(parts) > 4 or not all(map(_NUMBER.fullmatch, parts)):
        return ""
    try:
        *first, last = map(_number, parts)
    except ValueError:  # 09
        return ""
    if any(each > 255 for each in first) or last >= 256 ** (5 - len(parts)):
        return ""
    whole = last + sum(each << 8 * (3 - place) for place, each in enumerate(first))
    return ".".join(str(byte) for byte in whole.to_bytes(4, "big"))


def _number(part: str) -> int:
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    return int(part, 8 if part.startswith("0") else 10)


def _ipv6(text: str) -> str:
    try:
        return IPv6Address(text).compressed
    except AddressValueError:
        return ""
