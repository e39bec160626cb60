"""The one door to objects in S3 and stores that speak its API. obstore is imported when the first bucket is asked.

Endpoint, region and credentials come from the standard variables: AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, or from the machine's role.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, NoReturn, TypeVar

from accelerapp import __version__
from accelerapp.base import errors, text

if TYPE_CHECKING:
    from obstore.store import S3Store

T = TypeVar("T")

_CHUNK = 1 << 20
_CONNECT = timedelta(seconds=5)
_CODE = re.compile(r"<Code>(\w+)</Code>")
_STATUS = re.compile(r"status code: (\d{3})")
_KEYS = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a key that may list and read the bucket"
_WHERE = "Check AWS_ENDPOINT_URL and that the store runs"


class ObjectStoreError(errors.CannotTellError):
    """The store does not give what was asked for."""


@dataclass(frozen=True)
class Stored:
    """An object, without its bytes."""

    key: str
    size: int
    modified: datetime
    """Aware, UTC."""


class Bucket:
    """One bucket. `patience` is how long the store may say nothing, in seconds."""

    def __init__(self, name: str, patience: float = 30.0) -> None:
        self.name = name
        self._patience = timedelta(seconds=patience)

    def look(self, key: str) -> Stored | None:
        """The object of this key; None when there is none. Raises ObjectStoreError."""
        import obstore

        with _explained(self.name):
            try:
                found = _aside(lambda: obstore.head(self._asking, key))
            except FileNotFoundError:
                return None
        return Stored(found["path"], found["size"], found["last_modified"])

    def list(self, folder: str = "") -> Iterator[Stored]:
        """The objects below a folder, in the store's order. Raises ObjectStoreError."""
        import obstore

        with _explained(self.name):
            pages = iter(obstore.list(self._asking, folder or None, chunk_size=1000))
            while page := _aside(lambda: next(pages, None)):
                for found in page:
                    yield Stored(found["path"], found["size"], found["last_modified"])

    def read(self, key: str) -> Iterator[bytes]:
        """The bytes of an object as they come; a broken connection is taken up again. Raises ObjectStoreError."""
        import obstore

        with _explained(self.name):
            body = _aside(lambda: iter(obstore.get(self._reading, key).stream(min_chunk_size=_CHUNK)))
            while chunk := _aside(lambda: next(body, b"")):
                yield chunk

    def write(self, key: str, body: bytes, kind: str) -> None:
        """Put an object of a media type in the place of any of this key. Raises ObjectStoreError."""
        import obstore

        with _explained(self.name):
            attributes = {"Content-Type": kind, "Cache-Control": "public, max-age=10"}
            _aside(lambda: obstore.put(self._asking, key, body, attributes=attributes))

    def remove(self, key: str) -> None:
        """Delete an object; it need not be there. Raises ObjectStoreError."""
        import obstore

        with _explained(self.name), suppress(FileNotFoundError):
            _aside(lambda: obstore.delete(self._asking, key))

    @cached_property
    def _asking(self) -> S3Store:
        return self._store(self._patience)

    @cached_property
    def _reading(self) -> S3Store:
        """A large object takes as long as it takes, as long as bytes come."""
        return self._store(timedelta(days=7))

    def _store(self, whole: timedelta) -> S3Store:
        from obstore.store import S3Store

        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
        return S3Store(
            self.name,
            client_options={
                "allow_http": endpoint.startswith("http://"),
                "connect_timeout": min(_CONNECT, self._patience),
                "read_timeout": self._patience,
                "timeout": whole,
                "user_agent": f"accelerapp/{__version__}",
            },
            retry_config={"max_retries": 2, "retry_timeout": self._patience},
        )


class Shelf:
    """The objects of a bucket below a prefix, as a place for files."""

    def __init__(self, bucket: Bucket, prefix: str) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""

    def put(self, path: str, body: bytes, kind: str) -> None:
        """Write one. Raises ObjectStoreError."""
        self._bucket.write(self._prefix + path, body, kind)

    def names(self, folder: str) -> list[str]:
        """The paths below a folder. Raises ObjectStoreError."""
        return [each.key.removeprefix(self._prefix) for each in self._bucket.list(self._prefix + folder)]

    def remove(self, path: str) -> None:
        """It need not be there. Raises ObjectStoreError."""
        self._bucket.remove(self._prefix + path)


def _aside(question: Callable[[], T]) -> T:
    """Ask in a thread of its own: obstore does not give way to Ctrl-C while it waits for the store."""
    answers: SimpleQueue[Callable[[], T]] = SimpleQueue()

    def ask() -> None:
        try:
            value = question()
        except BaseException as error:  # nobody above sees it: it is raised where the answer is waited for
            answers.put(partial(_raise, error))
        else:
            answers.put(lambda: value)

    threading.Thread(target=ask, name="object store", daemon=True).start()
    return answers.get()()


def _raise(error: BaseException) -> NoReturn:
    raise error


@contextmanager
def _explained(bucket: str) -> Iterator[None]:
    from obstore.exceptions import BaseError

    try:
        yield
    except (BaseError, FileNotFoundError, ValueError) as error:
        message, mend = _reason(bucket, error)
        raise ObjectStoreError(message, mend=mend) from error


def _reason(bucket: str, error: Exception) -> tuple[str, str]:
    """A sentence and a mend, by the code that the store sent or by how the connection failed."""
    told = str(error)
    code = match[1] if (match := _CODE.search(told)) else ""
    status = match[1] if (match := _STATUS.search(told)) else ""
    if "169.254.169.254" in told or "/latest/api/token" in told:
        return "There are no credentials", _KEYS
    if code == "NoSuchBucket":
        return f"There is no bucket '{bucket}'", "Check its name, AWS_REGION and AWS_ENDPOINT_URL"
    if code == "InvalidObjectState":
        return "The object is archived", "Restore it first"
    if isinstance(error, FileNotFoundError):
        return "There is no such object", "It may have been deleted meanwhile"
    if status in ("401", "403"):
        return f"The store denies access{f' ({code})' if code else ''}", _KEYS
    if "redirect" in told or code in ("PermanentRedirect", "AuthorizationHeaderMalformed"):
        return f"The bucket '{bucket}' is in another region", "Set AWS_REGION"
    if "TimedOut" in told or "timed out" in told:
        return "The store did not answer in time", _WHERE
    if "error sending request" in told or "Connect" in told:
        return "The store cannot be reached", _WHERE
    first = text.printable(told.splitlines()[0] if told else type(error).__name__, 200)
    return (f"The store answered {status} {code}".strip() if status else f"The store failed: {first}"), ""
