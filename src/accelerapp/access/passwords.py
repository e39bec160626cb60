"""Passwords as argon2id hashes; keys and cookies, which are random and long, as SHA-256."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from accelerapp.base import errors

if TYPE_CHECKING:
    import argon2


class Passwords(Protocol):
    """Makes and checks the hash of a password."""

    def hash(self, password: str) -> str:
        """A text to keep."""
        ...

    def verify(self, hash: str | None, password: str) -> bool:
        """Is it the password? With no hash it takes as long and is always False."""
        ...


class Argon2Passwords:
    """argon2id with the library's defaults (RFC 9106, low memory profile: 64 MiB for one hash).

    Only a few are made at a time, so that a flood of sign-ins does not take all memory. Raises CannotTellError when
    no turn comes.
    """

    def __init__(self, at_once: int = 2, patience: float = 10.0) -> None:
        self._turns = threading.BoundedSemaphore(at_once)
        self._patience = patience

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=self._patience):
            raise errors.CannotTellError("Too many people sign in at once.", mend="Try again in a moment.")
        try:
            yield
        finally:
            self._turns.release()

    @cached_property
    def _hasher(self) -> argon2.PasswordHasher:
        import argon2  # only who signs in pays for it

        return argon2.PasswordHasher()

    @cached_property
    def _nobody(self) -> str:
        return str(self._hasher.hash("nobody's password"))

    def hash(self, password: str) -> str:
        """A text to keep."""
        with self._turn():
            return str(self._hasher.hash(password))

    def verify(self, hash: str | None, password: str) -> bool:
        """Is it the password? An unknown account takes as long as a known one."""
        import argon2

        try:
            with self._turn():
                return bool(self._hasher.verify(hash or self._nobody, password)) and hash is not None
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False


def digest(secret: str) -> str:
    """What is kept of a random secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
