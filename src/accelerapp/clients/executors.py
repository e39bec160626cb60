"""Who reads the parts of large logs: threads of this process, or a Dask cluster.

Threads are enough on one machine: the kernel works without Python's lock, and threads cost nothing to start.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from accelerapp.base import errors

_CONNECT_SECONDS = 10
_LEAST = 8
"""Threads, however few cores there are: logs that are far away are waited for, not worked on."""


class ClusterUnreachableError(errors.CannotTellError):
    """The Dask scheduler does not answer."""


@contextmanager
def opened(address: str | Executor | None = None) -> Iterator[Executor]:
    """An executor for as long as the block lasts: of the Dask scheduler at `tcp://host:8786`, or threads.

    One that the caller has already is taken as it is, and left open.

    Raises WrongUseError when Dask is not installed, ClusterUnreachableError when the scheduler does not answer.
    """
    if isinstance(address, Executor):
        yield address
        return
    if address is None:
        with ThreadPoolExecutor(max(_LEAST, os.cpu_count() or 1), thread_name_prefix="logs") as executor:
            yield executor
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise errors.WrongUseError(
            "A Dask cluster needs the package 'distributed'.", mend="Install accelerapp[dask]."
        ) from error
    try:
        client: Any = Client(address, timeout=_CONNECT_SECONDS)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise ClusterUnreachableError(
            f"The Dask scheduler at {address} does not answer.", mend="Check the address, such as tcp://host:8786."
        ) from error
    with client:
        yield client.get_executor(pure=False)
