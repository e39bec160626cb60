"""Logs that are not files: standard input or any open stream, and the replicas of a platform."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import IO, TYPE_CHECKING, Protocol

from accelerapp.base import errors
from accelerapp.logs.sources import packed
from accelerapp.logs.sources.interface import SourceError

if TYPE_CHECKING:  # reading a file needs no platform, and starts sooner without
    from accelerapp.base.ids import ReplicaName, ServiceName
    from accelerapp.platforms.interface import LogChunk, LogRequest

_CHUNK = 1 << 18


class StreamSource:
    """An open stream of bytes or text."""

    def __init__(self, name: str, stream: IO[bytes] | IO[str]) -> None:
        self._name = name
        self._stream = stream

    @property
    def name(self) -> str:
        """What people call it."""
        return self._name

    def chunks(self, since: datetime | None) -> Iterator[bytes]:
        """The bytes until its end, unpacked. Raises SourceError for a binary one and where it breaks off."""
        yield from packed.unpack(self._pieces())

    def _pieces(self) -> Iterator[bytes]:
        try:
            while chunk := self._stream.read(_CHUNK):
                yield chunk.encode("utf-8", "surrogateescape") if isinstance(chunk, str) else chunk
        except (OSError, ValueError) as error:
            raise SourceError(str(error)) from error


class _Logs(Protocol):
    """What is asked of a platform here."""

    def log_names(self, service: ServiceName) -> list[ReplicaName]: ...

    def logs(self, request: LogRequest) -> Iterator[LogChunk]: ...


class ReplicaSource:
    """One replica's log."""

    def __init__(self, platform: _Logs, service: ServiceName, replica: ReplicaName) -> None:
        self._platform = platform
        self._service = service
        self._replica = replica

    @property
    def name(self) -> str:
        """The replica's name."""
        return self._replica

    def chunks(self, since: datetime | None) -> Iterator[bytes]:
        """The bytes. Raises SourceError where they cannot be read, or not to their end."""
        from accelerapp.platforms.interface import LogRequest

        request = LogRequest(self._service, since=since, replicas=(self._replica,))
        try:
            for chunk in self._platform.logs(request):
                if chunk.unread:
                    raise SourceError(chunk.unread.rstrip("."))
                yield chunk.data
        except errors.CannotTellError as error:
            raise SourceError(error.message) from error


def of_platform(platform: _Logs, service: ServiceName) -> list[ReplicaSource]:
    """A source per replica that has a log, ended ones included. Raises CannotTellError."""
    return [ReplicaSource(platform, service, replica) for replica in platform.log_names(service)]
