"""For scripts: does the database answer?

from accelerapp.database import check_connection
print("Database:", "OK" if check_connection() else "FAIL")
"""

from __future__ import annotations

import math
from collections.abc import Callable

from accelerapp.base import errors, side_by_side
from accelerapp.base.settings import load
from accelerapp.clients import postgres

_ASKER = side_by_side.SideBySide()


def check_connection(url: str | None = None, timeout: float = 5.0) -> bool:
    """Does `SELECT 1` work within `timeout` seconds on the product's own database, or on the PostgreSQL at `url`?

    The product's own database is what the settings or DATABASE_URL name, or else the SQLite file in the data folder;
    one that is not there yet is not made. False for a database that cannot be reached, refuses or hangs. Raises
    WrongUseError for an address of another kind, a time-out that is not above zero, or wrong settings.
    """
    if not (timeout > 0 and math.isfinite(timeout)):
        raise errors.WrongUseError(f"{timeout} is not a time-out.", mend="Give a number of seconds above zero.")
    key, question = _question(url, timeout)
    outcome = _ASKER.ask({key: question}, timeout)[key]
    if isinstance(outcome, side_by_side.Failed):
        raise outcome.error
    return isinstance(outcome, side_by_side.Answered) and outcome.value


def _question(url: str | None, timeout: float) -> tuple[str, Callable[[], bool]]:
    if url is None:
        data = load.load().data
        url = data.database_url.get_secret_value()
        if not url:
            from accelerapp.storage import engine

            return str(data.folder), lambda: engine.sqlite_answers(data.folder, timeout)
    return f"database {hash(url)}", lambda: postgres.answers(url, timeout)


__all__ = ["check_connection"]
