"""What trackers answer, read the same way for all of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from accelerapp.base import errors
from accelerapp.base.ids import ActionId
from accelerapp.clients.http import Answer, HttpClient
from accelerapp.postmortems.trackers import interface
from accelerapp.postmortems.trackers.interface import BusyError, RefusedError

_PAGE = 100
_LATER = (429, 500, 502, 503, 504)


def read(answer: Answer, name: str, wanted: int) -> Any:
    """The JSON of an answer. Raises RefusedError, BusyError; CannotTellError for what cannot be understood."""
    if answer.status in _LATER or _is_limited(answer):
        raise _later(answer, name)
    if answer.status != wanted:
        raise RefusedError(f"{name} answers {answer.status}: {_said(answer)}", mend=_mend(answer.status))
    try:
        return json.loads(answer.body)
    except ValueError as error:
        raise errors.CannotTellError(f"{name} answers {answer.status} with something that is no JSON.") from error


def find_marked(
    client: HttpClient, path: str, params: Mapping[str, Any], action: ActionId, *, name: str, field: str
) -> Any:
    """The issue whose `field` has the mark of this action item, of all that are listed; None: there is none.

    Raises RefusedError, CannotTellError.
    """
    wanted = interface.mark(action)
    for page in range(1, interface.MOST_PAGES + 1):
        found = read(client.request("GET", path, {**params, "per_page": _PAGE, "page": page}), name, 200)
        for each in found:
            # GitHub lists pull requests as issues.
            if wanted in (each.get(field) or "") and "pull_request" not in each:
                return each
        if len(found) < _PAGE:
            return None
    raise errors.CannotTellError(
        f"{name} lists more than {interface.MOST_PAGES * _PAGE:,} issues since then.",
        mend=f"Look there for the text accelerapp:{action}.",
    )


def text_of(found: Any, *names: str) -> list[str]:
    """These fields of an issue. Raises CannotTellError when one is missing."""
    values = [found.get(name) for name in names] if isinstance(found, dict) else [None]
    if any(each is None for each in values):
        raise errors.CannotTellError(f"The tracker answers with an issue without {' or '.join(names)}.")
    return [str(each) for each in values]


def _later(answer: Answer, name: str) -> errors.CannotTellError:
    """What a server says that is at its limit it does before it begins; one that fails may have begun."""
    kind = errors.CannotTellError if answer.status in (500, 502, 504) else BusyError
    after = _header(answer, "retry-after")
    wait = f" in {after} seconds" if after.isdecimal() else " later"
    return kind(f"{name} answers {answer.status}: {_said(answer)}", mend=f"Try again{wait}.")


def _is_limited(answer: Answer) -> bool:
    """GitHub says so with a 403, too."""
    spent = _header(answer, "x-ratelimit-remaining") == "0" or bool(_header(answer, "retry-after"))
    return answer.status == 403 and spent


def _header(answer: Answer, name: str) -> str:
    return next((value for key, value in answer.headers.items() if key.lower() == name), "")


def _said(answer: Answer) -> str:
    try:
        found = json.loads(answer.body)
        return str(found.get("message") or found.get("error") or found)[:300]
    except (ValueError, AttributeError):
        return answer.body[:200].decode("utf-8", "replace")


def _mend(status: int) -> str:
    if status in (401, 403):
        return "issues.token has to be one that may write issues in issues.project."
    if status in (404, 410):
        return "Check issues.project, that it keeps issues, and that the token may see it."
    return ""
