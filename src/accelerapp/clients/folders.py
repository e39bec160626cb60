"""A folder that files are put into, each whole or not at all."""

from __future__ import annotations

from pathlib import Path

from accelerapp.base import errors, ids


class Folder:
    """Paths are relative, with slashes, and made by us."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self, path: str, body: bytes, kind: str) -> None:
        """Write a file beside its place and move it there. Raises WrongUseError."""
        target = self._path / path
        beside = target.with_name(f".{target.name}.{ids.new_id('tmp')}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                beside.write_bytes(body)
                beside.replace(target)
            finally:
                beside.unlink(missing_ok=True)
        except OSError as error:
            raise errors.WrongUseError(
                f"{target} cannot be written: {error.strerror}.", mend="Name a folder that may be written."
            ) from error

    def names(self, folder: str) -> list[str]:
        """The paths of the files in a folder."""
        found = self._path / folder
        return [f"{folder}/{each.name}" for each in found.iterdir() if each.is_file()] if found.is_dir() else []

    def remove(self, path: str) -> None:
        """It need not be there."""
        (self._path / path).unlink(missing_ok=True)
