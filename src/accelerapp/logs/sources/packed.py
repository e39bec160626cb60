"""Unpacks bytes as they come: gzip and Zstandard (several members too), UTF-16 with a mark; anything else must be text.

Memory is bounded: at most one chunk is unpacked at a time, and a Zstandard window of at most 128 MiB is taken.
"""

from __future__ import annotations

import codecs
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Protocol

from accelerapp.logs.sources.interface import SourceError

_CHUNK = 1 << 18
_GZIP = b"\x1f\x8b"
_ZSTANDARD = b"\x28\xb5\x2f\xfd"
_SKIPPABLE = tuple(bytes([0x50 + low]) + b"\x2a\x4d\x18" for low in range(16))
"""Zstandard's frames for others' use; parallel packers begin a file with one."""
_PADDING = b"\0"
_BINARY_SHARE = 0.01
_NEVER_IN_TEXT = bytes([*range(9), *range(14, 27), 28, 29, 30, 31])


class _Unit(Protocol):
    """What unpacks one member."""

    def decompress(self, data: bytes, max_length: int) -> bytes: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...


class _Gzip:
    """zlib's object, with the words of the others."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)
        self.needs_input = True

    def decompress(self, data: bytes, max_length: int) -> bytes:
        piece = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self.needs_input = not self._inner.unconsumed_tail and len(piece) < max_length
        return piece

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data


def is_packed(head: bytes) -> bool:
    """Must the bytes that begin so be unpacked, or recoded, before they are lines?"""
    marks = (_GZIP, _ZSTANDARD, *_SKIPPABLE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    return head.startswith(marks)


def unpack(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The bytes inside, whatever they are packed with. Raises SourceError where an archive breaks, and for a binary."""
    source = iter(chunks)
    head = next(source, b"")
    whole = chain([head], source)
    if head.startswith(_GZIP):
        return _text(_members(whole, _Gzip))
    if head.startswith((_ZSTANDARD, *_SKIPPABLE)):
        return _text(_members(whole, _zstandard()))
    return _text(whole)


def _text(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Text as it is, or recoded. Raises SourceError for a binary, which an archive may hold too."""
    head = next(chunks, b"")
    whole = chain([head], chunks)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _recoded(whole)
    refuse_binary(head)
    return whole


def refuse_binary(head: bytes) -> None:
    """Raise SourceError when the bytes that begin so are no text."""
    body = head.lstrip(b"\0")  # the place of what was rotated away
    if len(body) - len(body.translate(None, _NEVER_IN_TEXT)) > _BINARY_SHARE * len(body):
        raise SourceError("it is a binary file, not a log")


def _zstandard() -> Callable[[], _Unit]:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd.ZstdDecompressor


def _members(chunks: Iterable[bytes], new: Callable[[], _Unit]) -> Iterator[bytes]:
    """What all members hold, one after the other."""
    unit, inside = new(), False
    for chunk in chunks:
        data = chunk if inside else chunk.lstrip(_PADDING)
        while data or not unit.needs_input:
            piece = _piece(unit, data)
            inside = True
            if piece:
                yield piece
            data = b""
            if unit.eof:
                data, unit, inside = unit.unused_data.lstrip(_PADDING), new(), False
    if inside:
        raise SourceError("the archive is broken from here on: its end is missing")


def _piece(unit: _Unit, data: bytes) -> bytes:
    try:
        return unit.decompress(data, _CHUNK)
    except Exception as error:  # zlib.error or ZstdError: the latter's module is imported only for its own archives
        if "too much memory" in str(error):
            raise SourceError("the archive needs a window above 128 MiB; pack it without --long") from error
        raise SourceError("the archive is broken from here on") from error


def _recoded(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """UTF-16 with a byte order mark, as Windows writes it, as UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-16")("replace")
    for chunk in chunks:
        yield decoder.decode(chunk).encode()
    yield decoder.decode(b"", final=True).encode()
