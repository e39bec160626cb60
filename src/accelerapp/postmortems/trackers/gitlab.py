"""Issues on GitLab, by its REST API v4: https://docs.gitlab.com/api/issues/."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import quote

from accelerapp.base.ids import ActionId
from accelerapp.clients.http import HttpClient
from accelerapp.postmortems.model import Issue
from accelerapp.postmortems.trackers import answers, interface

URL = "https://gitlab.com/api/v4"


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
        params = {"created_after": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", "scope": "all"}
        found = answers.find_marked(self._client, self._path, params, action, name=self.name, field="description")
        return self._issue(found) if found else None

    def create(self, draft: interface.Draft) -> Issue:
        """With the day on which it is due."""
        body = {"title": draft.title[: interface.TITLE], "description": draft.body, "labels": self._labels}
        due = {"due_date": draft.due_on.isoformat()} if draft.due_on else {}
        answer = self._client.request("POST", self._path, json=body | due)
        return self._issue(answers.read(answer, self.name, 201))

    def _issue(self, found: Any) -> Issue:
        number, url = answers.text_of(found, "iid", "web_url")
        return Issue(self.name, f"#{number}", url)
