"""Issues on GitLab, by its REST API v4: https://docs.gitlab.com/api/issues/."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import quote

from accelerapp.base import errors
from accelerapp.base.ids import ActionId
from accelerapp.clients.http import HttpClient
from accelerapp.postmortems.model import Issue
from accelerapp.postmortems.trackers import answers, interface

URL = "https://gitlab.com/api/v4"
_PAGE = 100


class GitLab:
    """One project, by its path or number."""

    name: ClassVar[str] = "gitlab"

    def __init__(self, project: str, token: str, labels: Sequence[str] = (), url: str = "") -> None:
        headers = {"PRIVATE-TOKEN": token}
        self._client = HttpClient((url or URL).rstrip("/"), timeout=interface.SECONDS, headers=headers)
        self._path = f"/projects/{quote(project, safe='')}/issues"
        self._labels = ",".join(labels)

    def find(self, action: ActionId, since: datetime) -> Issue | None:
        """Among those made since then: that list comes from the database, a search may come from an index."""
        wanted = interface.mark(action)
        params: dict[str, Any] = {"created_after": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", "scope": "all"}
        for page in range(1, interface.MOST_PAGES + 1):
            answer = self._client.request("GET", self._path, {**params, "per_page": _PAGE, "page": page})
            found = answers.read(answer, self.name, 200)
            for each in found:
                if wanted in (each.get("description") or ""):
                    return self._issue(each)
            if len(found) < _PAGE:
                return None
        raise errors.CannotTellError(
            f"{self.name} lists more than {interface.MOST_PAGES * _PAGE:,} issues since then.",
            mend=f"Look there for the text accelerapp:{action}.",
        )

    def create(self, draft: interface.Draft) -> Issue:
        """With the day on which it is due."""
        body = {"title": draft.title[: interface.TITLE], "description": draft.body, "labels": self._labels}
        due = {"due_date": draft.due_on.isoformat()} if draft.due_on else {}
        answer = self._client.request("POST", self._path, json=body | due)
        return self._issue(answers.read(answer, self.name, 201))

    def _issue(self, found: Any) -> Issue:
        number, url = answers.text_of(found, "iid", "web_url")
        return Issue(self.name, f"#{number}", url)
