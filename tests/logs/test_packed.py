"""Packed bytes as they come in pieces: several members, broken ends, hostile ones."""

from __future__ import annotations

import gzip
import io
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.packing import zstd

from accelerapp.logs.sources import family, packed, streams
from accelerapp.logs.sources.interface import SourceError

TEXT = b"".join(
    b"2026-11-24T10:00:00Z INFO event %d %d\n" % (n, random.Random(n).getrandbits(64)) for n in range(20_000)
)
_CHECKED = {zstd.CompressionParameter.checksum_flag: 1}  # as the command does
PACKERS = pytest.mark.parametrize(
    "pack", [gzip.compress, lambda data: zstd.compress(data, options=_CHECKED)], ids=["gzip", "zstandard"]
)
Pack = Callable[[bytes], bytes]


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@PACKERS
@pytest.mark.parametrize("size", [4, 1000, 1 << 20])
def test_pieces_of_any_size_give_the_same_bytes(pack: Pack, size: int) -> None:
    data = TEXT[:20_000] if size == 4 else TEXT
    assert b"".join(packed.unpack(cut(pack(data), size))) == data


@PACKERS
def test_several_members_are_one_log(pack: Pack) -> None:
    whole = pack(TEXT) + pack(b"") + pack(b"the end\n") + b"\0" * 512
    assert b"".join(packed.unpack(cut(whole, 777))) == TEXT + b"the end\n"


def test_a_zstandard_file_may_begin_with_a_frame_for_others() -> None:
    skippable = b"\x51\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"size"
    assert b"".join(packed.unpack(cut(skippable + zstd.compress(TEXT), 100))) == TEXT


@PACKERS
def test_a_broken_tail_gives_what_was_read_and_says_that_the_end_is_missing(pack: Pack) -> None:
    whole, read = pack(TEXT), bytearray()
    with pytest.raises(SourceError, match="broken from here on: its end is missing"):
        for piece in packed.unpack(cut(whole[: len(whole) // 2], 1000)):
            read += piece
    assert len(TEXT) // 4 < len(read) < len(TEXT)
    assert TEXT.startswith(read)


@PACKERS
def test_rubbish_in_the_middle_or_behind_is_named(pack: Pack) -> None:
    whole = pack(TEXT)
    for broken in (whole[:5000] + b"\xff" * 5000 + whole[10_000:], whole + b"rubbish"):
        with pytest.raises(SourceError, match="broken"):
            for _ in packed.unpack(cut(broken, 1000)):
                pass


@PACKERS
def test_an_archive_that_swells_is_unpacked_piece_by_piece(pack: Pack) -> None:
    bomb = pack(bytes(64 << 20))
    assert max(len(piece) for piece in packed.unpack([bomb])) <= 1 << 18


def test_a_window_that_would_take_the_memory_is_refused() -> None:
    options = {zstd.CompressionParameter.window_log: 30}
    packer = zstd.ZstdCompressor(options=options)
    with pytest.raises(SourceError, match="128 MiB"):
        list(packed.unpack([packer.compress(TEXT) + packer.flush()]))


@given(
    st.sampled_from([b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18", b"\xff\xfe", b""]), st.binary(max_size=400)
)
def test_whatever_comes_is_read_or_named(mark: bytes, rest: bytes) -> None:
    try:
        list(packed.unpack(cut(mark + rest, 7)))
    except SourceError as error:
        assert error.message


@PACKERS
def test_a_binary_in_an_archive_is_no_log(pack: Pack) -> None:
    with pytest.raises(SourceError, match="binary"):
        list(packed.unpack(cut(pack(bytes(range(256)) * 40), 1000)))


@PACKERS
def test_utf_16_in_an_archive_is_recoded(pack: Pack) -> None:
    assert b"".join(packed.unpack([pack(TEXT.decode().encode("utf-16"))])) == TEXT


@PACKERS
def test_an_archive_on_a_stream_is_unpacked(pack: Pack) -> None:
    assert b"".join(streams.StreamSource("standard input", io.BytesIO(pack(TEXT))).chunks(None)) == TEXT


def test_a_binary_on_a_stream_is_no_log() -> None:
    with pytest.raises(SourceError, match="binary"):
        list(streams.StreamSource("standard input", io.BytesIO(bytes(range(256)) * 40)).chunks(None))


def test_zstandard_files_are_found_and_read(tmp_path: Path) -> None:
    (tmp_path / "app.log.zst").write_bytes(zstd.compress(TEXT))
    (source,), unread = family.find(str(tmp_path))
    assert unread == []
    assert b"".join(source.chunks(None)) == TEXT
