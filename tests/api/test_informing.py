"""Updates for the team over the API."""

from __future__ import annotations

from tests.api.test_incidents import ask, opened  # noqa: F401

from accelerapp.access.model import Role


def test_responders_tell_the_team_and_readers_see_what_is_due(ask):  # noqa: F811
    one = opened(ask, severity="P1")
    path = f"/incidents/{one['id']}"
    assert ask("POST", f"{path}/inside-updates", {"text": "x"}, role=Role.VIEWER).status_code == 403
    given = ask("POST", f"{path}/inside-updates", {"text": "We go back."})
    assert (given.status_code, given.json()["targets"]) == (201, [])
    inside, outside = ask("GET", f"{path}/audiences", role=Role.VIEWER).json()
    assert (inside["told_at"], outside["told_at"]) == (given.json()["entry"]["at"], None)
    assert ask("GET", f"{path}/chat", role=Role.VIEWER).json() is None


def test_too_much_nothing_and_private_ones_are_refused(ask):  # noqa: F811
    one = opened(ask, severity="P1", is_private=True)
    path = f"/incidents/{one['id']}"
    assert ask("POST", f"{path}/inside-updates", {"text": "x" * 10_001}).status_code in (400, 422)
    assert ask("POST", f"{path}/inside-updates", {"text": " "}).status_code in (400, 422)
    for method, end, body in (("POST", "inside-updates", {"text": "x"}), ("GET", "audiences", None)):
        assert ask(method, f"{path}/{end}", body, name="zoe").status_code == 404
