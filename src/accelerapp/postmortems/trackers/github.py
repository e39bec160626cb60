"""Issues on GitHub, by its REST API of 2022-11-28: https://docs.github.com/en/rest/issues/issues."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from accelerapp.base.ids import ActionId
from accelerapp.clients.http import HttpClient
from accelerapp.postmortems.model import Issue
from accelerapp.postmortems.trackers import answers, interface

URL = "https://api.github.com"


class GitHub:
    """One repository, `owner/name`."""

    name: ClassVar[str] = "github"

    def __init__(self, project: str, token: str, labels: Sequence[str] = (), url: str = "") -> None:
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
        self._client = HttpClient((url or URL).rstrip("/"), token, interface.SECONDS, headers)
        self._path = f"/repos/{project}/issues"
        self._labels = list(labels)

    def find(self, action: ActionId, since: datetime) -> Issue | None:
        """It has no search that knows an issue at once, so the list of what changed since is looked through."""
        params = {"state": "all", "since": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}
        found = answers.find_marked(self._client, self._path, params, action, name=self.name, field="body")
        return self._issue(found) if found else None

    def create(self, draft: interface.Draft) -> Issue:
        """Labels that are not there yet are made; GitHub leaves them out when the token may not set them."""
        body = {"title": draft.title[: interface.TITLE], "body": draft.body, "labels": self._labels}
        answer = self._client.request("POST", self._path, json=body)
        return self._issue(answers.read(answer, self.name, 201))

    def _issue(self, found: Any) -> Issue:
        number, url = answers.text_of(found, "number", "html_url")
        return Issue(self.name, f"#{number}", url)
