"""Looks at the product's database and changes nothing: for the check of the settings."""

from __future__ import annotations

from pathlib import Path

from accelerapp.base import errors
from accelerapp.base.settings.model import SQLITE_FILE
from accelerapp.storage import engine as engines

_SENTENCES = {
    engines.Schema.CURRENT: "answers, and its schema is of this version.",
    engines.Schema.BEHIND: "answers; its schema is brought up to date at the next start.",
    engines.Schema.EMPTY: "answers and is empty; its schema is made at the first start.",
}


def describe(folder: Path, url: str) -> str:
    """A sentence when all is well. Raises WrongUseError when it does not answer or is of a newer version."""
    if not url and not (folder / SQLITE_FILE).exists():
        return "The built-in database is made at the first start."
    engine = engines.open_database(folder, url)
    try:
        state = engines.schema(engine)
    except engines.DatabaseUnavailableError as error:
        raise errors.WrongUseError(error.message, mend=error.mend) from error.__cause__
    finally:
        engine.dispose()
    if state is engines.Schema.NEWER:
        raise errors.WrongUseError(
            "The database was written by a newer Accelerapp.", mend="Install that version again."
        )
    return f"The database {_SENTENCES[state]}"
