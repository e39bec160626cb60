"""The door to the kernel: bytes go in, a `Scan` comes out. Times are milliseconds since 1970, in UTC."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from accelerapp.base import errors
from accelerapp.logs.model import Level

LEVELS = (Level.NONE, Level.DEBUG, Level.INFO, Level.WARNING, Level.ERROR, Level.CRITICAL)
NEVER = -(2**63)
_LONG_AGO, _FAR_AHEAD = NEVER + 1, 2**63 - 1
_Number = ctypes.c_int64
_PADDING = 64


class _Entry(ctypes.Structure):
    _fields_ = (
        ("hash", ctypes.c_uint64),
        ("count", _Number),
        ("first", _Number),
        ("last", _Number),
        ("example", ctypes.c_uint32),
        ("message_length", ctypes.c_uint32),
        ("example_length", ctypes.c_uint32),
        ("level", ctypes.c_int32),
        ("escaped", ctypes.c_int32),
    )


class _Minute(ctypes.Structure):
    _fields_ = (("minute", _Number), ("total", _Number), ("errors", _Number), ("warnings", _Number))


class _Totals(ctypes.Structure):
    _fields_ = (
        ("records", _Number),
        ("levels", _Number * 6),
        ("untimed", _Number),
        ("zoneless", _Number),
        ("cut_lines", _Number),
        ("undecodable_lines", _Number),
        ("lines", _Number),
        ("bytes", _Number),
        ("overflowed", _Number),
        ("minutes_lost", _Number),
        ("nul_bytes", _Number),
        ("marked", _Number),
        ("first", _Number),
        ("last", _Number),
    )


class KernelMissingError(errors.WrongUseError):
    """The package was installed without its compiled part."""


@lru_cache(maxsize=1)
def _library() -> Any:
    found = sorted(Path(__file__).parent.glob("_kernel.*"))
    if not found:
        raise KernelMissingError(
            "The log kernel is not compiled.", mend="Install the package again: building it compiles the kernel."
        )
    library = ctypes.CDLL(str(found[0]))
    pointer, size = ctypes.c_void_p, ctypes.c_size_t
    count = ctypes.POINTER(ctypes.c_uint32)
    for name, result, arguments in (
        ("scanner_new", pointer, (_Number, _Number, _Number)),
        ("scanner_free", None, (pointer,)),
        ("scanner_feed", ctypes.c_int, (pointer, pointer, size)),
        ("scanner_finish", ctypes.c_int, (pointer,)),
        ("scanner_totals", ctypes.POINTER(_Totals), (pointer,)),
        ("scanner_entries", ctypes.POINTER(_Entry), (pointer, count)),
        ("scanner_minutes", ctypes.POINTER(_Minute), (pointer, count)),
        ("scanner_arena", pointer, (pointer,)),
        ("line_parse", ctypes.c_int, (ctypes.c_char_p, size, _Number, ctypes.POINTER(_Number))),
        ("line_strip", size, (ctypes.c_char_p, size, ctypes.c_char_p)),
        ("line_skeleton", size, (ctypes.c_char_p, size, ctypes.c_int, ctypes.c_char_p)),
        ("line_continues", ctypes.c_int, (ctypes.c_char_p, size)),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


@dataclass(frozen=True)
class Entry:
    """Records of one level whose messages differ only in words that bear a digit.

    `hash` is 0 for the entry that takes what the full table could not; `first` and `last` are NEVER without a time.
    """

    hash: int
    level: Level
    count: int
    first: int
    last: int
    message: bytes
    """Of the first such record; of a structured one the inside of the JSON string, escapes included."""
    trace: bytes
    escaped: bool


@dataclass(frozen=True)
class Totals:
    """Counts over all records."""

    records: int
    levels: dict[Level, int]
    untimed: int
    zoneless: int
    cut_lines: int
    undecodable_lines: int
    lines: int
    bytes: int
    nul_bytes: int
    marked: int
    """Records that begin with a line that bears a time, a level or a structure."""
    first: int
    last: int


class Scanner:
    """Scans one source. `feed` bytes as they come, then `finish`; then look at the results."""

    def __init__(self, reference: int, since: int | None = None, until: int | None = None) -> None:
        self._library = _library()
        self._scanner = self._library.scanner_new(
            reference, _LONG_AGO if since is None else since, _FAR_AHEAD if until is None else until
        )
        if not self._scanner:
            raise MemoryError("the log kernel has no memory")

    def __del__(self) -> None:
        if getattr(self, "_scanner", None):
            self._library.scanner_free(self._scanner)

    def feed(self, data: bytes | memoryview) -> None:
        """Take the next bytes; where they are cut changes nothing."""
        if isinstance(data, bytes):
            pointer: Any = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p)
        else:
            pointer = _address(data)
        if self._library.scanner_feed(self._scanner, pointer, len(data)):
            raise MemoryError("the log kernel has no memory")

    def finish(self) -> None:
        """Nothing more comes."""
        if self._library.scanner_finish(self._scanner):
            raise MemoryError("the log kernel has no memory")

    def totals(self) -> Totals:
        """Counts over all records."""
        found = self._library.scanner_totals(self._scanner).contents
        return Totals(
            records=found.records,
            levels={level: found.levels[number] for number, level in enumerate(LEVELS)},
            untimed=found.untimed,
            zoneless=found.zoneless,
            cut_lines=found.cut_lines,
            undecodable_lines=found.undecodable_lines,
            lines=found.lines,
            bytes=found.bytes,
            nul_bytes=found.nul_bytes,
            marked=found.marked,
            first=found.first,
            last=found.last,
        )

    def entries(self) -> Iterator[Entry]:
        """Every skeleton."""
        count = ctypes.c_uint32()
        entries = self._library.scanner_entries(self._scanner, ctypes.byref(count))
        arena = self._library.scanner_arena(self._scanner)
        for one in entries[: count.value]:
            text = ctypes.string_at(arena + one.example, one.example_length)
            yield Entry(
                hash=one.hash,
                level=LEVELS[one.level],
                count=one.count,
                first=one.first,
                last=one.last,
                message=text[: one.message_length],
                trace=text[one.message_length + 1 :],
                escaped=bool(one.escaped),
            )

    def minutes(self) -> Iterator[tuple[int, int, int, int]]:
        """Minute since 1970, records, errors, warnings."""
        count = ctypes.c_uint32()
        minutes = self._library.scanner_minutes(self._scanner, ctypes.byref(count))
        for one in minutes[: count.value]:
            yield one.minute, one.total, one.errors, one.warnings


def _address(data: memoryview) -> ctypes.c_void_p:
    """Where the bytes of a buffer are; a read-only one (a mapped file) has no ctypes array of its own."""
    view = _Buffer()
    _get_buffer(ctypes.py_object(data), ctypes.byref(view), 0)
    try:
        return ctypes.c_void_p(view.buf)
    finally:
        _release_buffer(ctypes.byref(view))  # `data` itself holds the memory for as long as it lives


class _Buffer(ctypes.Structure):
    """`Py_buffer` of the stable ABI."""

    _fields_ = (
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.py_object),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("suboffsets", ctypes.c_void_p),
        ("internal", ctypes.c_void_p),
    )


_get_buffer = ctypes.pythonapi.PyObject_GetBuffer
_get_buffer.argtypes = (ctypes.py_object, ctypes.c_void_p, ctypes.c_int)
_release_buffer = ctypes.pythonapi.PyBuffer_Release
_release_buffer.argtypes = (ctypes.c_void_p,)
_release_buffer.restype = None


@dataclass(frozen=True)
class Line:
    """What one line says. `at` is None without a time; the message is a slice of the line's bytes."""

    level: Level
    at: int | None
    zoneless: bool
    message: bytes
    escaped: bool


def parse(line: bytes, reference: int) -> Line | None:
    """One unwrapped line; None when it has no mark of a record's beginning."""
    out = (_Number * 6)()
    line = _without_codes(line)
    level = _library().line_parse(line, len(line), reference, out)
    if level < 0:
        return None
    return Line(LEVELS[level], out[3] if out[2] else None, bool(out[4]), line[out[0] : out[1]], bool(out[5]))


def continues(line: bytes) -> bool:
    """Does a line belong to the record before it, by its own words?"""
    line = _without_codes(line)
    return bool(_library().line_continues(line, len(line)))


def skeleton(message: bytes, way: int = 2) -> bytes:
    """What messages of one entry have in common. `way`: 0 to 2, as far as the processor can; all make the same."""
    out = ctypes.create_string_buffer(len(message) + _PADDING)
    length = _library().line_skeleton(message + bytes(_PADDING), len(message), way, out)
    return out.raw[:length]


def _without_codes(line: bytes) -> bytes:
    """The line without terminal codes (colours), as they are or as JSON spells them."""
    if b"\x1b" not in line and (b"\\u001" not in line or not line.lstrip().startswith(b"{")):
        return line
    room = ctypes.create_string_buffer(len(line))
    length = _library().line_strip(line, len(line), room)
    return room.raw[:length]
