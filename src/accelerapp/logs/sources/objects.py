"""Logs in S3 and stores that speak its API: `s3://bucket/key`, `s3://bucket/folder/`, `s3://bucket/folder/*.log.gz`."""

from __future__ import annotations

import fnmatch
import glob
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Protocol

from accelerapp.clients import object_store
from accelerapp.logs.model import Unread
from accelerapp.logs.sources import packed, rotation, sets
from accelerapp.logs.sources.interface import Source, SourceError, told

OBJECTS_AT_MOST = 100_000


class _Bucket(Protocol):
    """What is asked of a bucket here."""

    @property
    def name(self) -> str: ...

    def look(self, key: str) -> object_store.Stored | None: ...

    def list(self, folder: str = "") -> Iterator[object_store.Stored]: ...

    def read(self, key: str) -> Iterator[bytes]: ...


class ObjectSource:
    """One object."""

    def __init__(self, bucket: _Bucket, key: str) -> None:
        self._bucket = bucket
        self._key = key

    @property
    def name(self) -> str:
        """Its address."""
        return f"s3://{self._bucket.name}/{self._key}"

    def chunks(self, since: datetime | None) -> Iterator[bytes]:
        """The bytes, unpacked. Raises SourceError for a binary, a broken archive, and whatever the store refuses."""
        try:
            yield from packed.unpack(self._bucket.read(self._key))
        except object_store.ObjectStoreError as error:
            raise SourceError(told(error)) from error


def find(
    address: str, since: datetime | None = None, bucket: _Bucket | None = None
) -> tuple[list[Source], list[Unread]]:
    """The logs that an address means; objects last written before `since` are left out."""
    name, _, path = address.removeprefix("s3://").partition("/")
    if not name:
        return [], [Unread(address, "it names no bucket: s3://BUCKET/FOLDER/")]
    bucket = bucket or object_store.Bucket(name)
    try:
        found = list(islice(_stored(bucket, path), OBJECTS_AT_MOST + 1))
    except object_store.ObjectStoreError as error:
        return [], [Unread(address, told(error))]
    if not found:
        return [], [Unread(address, "there is no such object, and no folder of this name holds one")]
    unread = []
    if len(found) > OBJECTS_AT_MOST:
        unread.append(Unread(address, f"it holds more than {OBJECTS_AT_MOST:,} objects: name a folder or a pattern"))
        found.pop()
    kept = [one.key for one in found if since is None or one.modified >= since]
    logs = rotation.sets(kept, lambda key: key)
    return [
        sets.gathered(f"s3://{name}/{base}", [ObjectSource(bucket, key) for key in keys]) for base, keys in logs
    ], unread


def _stored(bucket: _Bucket, path: str) -> Iterator[object_store.Stored]:
    """The object of this key; else those of the folder, or those that match. Empty ones mark folders: not taken."""
    one = bucket.look(path) if path and not path.endswith("/") else None
    if one is not None:
        yield one
        return
    folder = path
    while glob.has_magic(folder):
        folder = folder.rpartition("/")[0]
    for found in bucket.list(folder.strip("/")):
        if found.size and (folder == path or fnmatch.fnmatchcase(found.key, path)):
            yield found
