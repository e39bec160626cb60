"""Every snippet of docs/notifications.md is valid, and its channel delivers to a local server."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from notifications import mail_servers, protocols
from notifications.contract import NOW, PAGE
from notifications.servers import serve

from accelerapp.base.settings import load
from accelerapp.notifications.channels import family
from accelerapp.notifications.model import Address, Delivered

TEXT = (Path(__file__).parents[2] / "docs" / "notifications.md").read_text()
WHOLE = "\n".join(re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL))
ENVIRONMENT = {
    "SMTP_PASSWORD": mail_servers.PASSWORD,
    "SLACK_TOKEN": protocols.SLACK_TOKEN,
    "SLACK_SIGNING_SECRET": "s",
    "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T1/B1/good",
    "PAGERDUTY_ROUTING_KEY": protocols.ROUTING_KEY,
    "PAGERDUTY_WEBHOOK_SECRET": "w",
    "TWILIO_ACCOUNT_SID": protocols.SID,
    "TWILIO_AUTH_TOKEN": protocols.TWILIO_TOKEN,
    "NTFY_TOKEN": protocols.NTFY_TOKEN,
    "PUSHOVER_TOKEN": protocols.PUSHOVER_TOKEN,
    "PUSHOVER_USER": protocols.PUSHOVER_USER,
    "TEAMS_URL": "https://teams.example.com/workflows/1?sig=good",
    "MATTERMOST_URL": "https://mattermost.example.com/hooks/good",
    "PAGE_HOOK_URL": "https://pages.example.com/hook",
    "HOOK_SECRET": "new",
    "HOOK_SECRET_OLD": "old",
    "APPRISE_URL": "matrixs://user:password@matrix.example.com/#ops",
}
SPOKEN = {
    "ops-slack": protocols.slack,
    "deploys": protocols.slack_webhook,
    "duty": protocols.pagerduty,
    "sms": protocols.twilio,
    "call": protocols.twilio,
    "push": protocols.ntfy,
    "phone": protocols.pushover,
    "teams": protocols.teams,
    "mattermost": protocols.mattermost,
    "hook": protocols.webhook,
}
REAL = re.compile(
    r"https://(hooks\.slack\.com|teams\.example\.com|mattermost\.example\.com|pages\.example\.com|ntfy\.example\.com)"
)


def settings_of(folder: Path, content: str, environment: dict[str, str]):
    path = folder / "accelerapp.toml"
    path.write_text(content)
    return load.load(path, environment)


def test_all_of_it_is_valid_and_shows_every_kind(tmp_path):
    known = settings_of(tmp_path, WHOLE, ENVIRONMENT)
    assert set(known.channels) == {*SPOKEN, "mail", "matrix"}
    kinds = {each.kind for each in known.channels.values()}
    assert kinds == {
        "email",
        "slack",
        "pagerduty",
        "twilio_sms",
        "twilio_voice",
        "ntfy",
        "pushover",
        "teams",
        "mattermost",
        "webhook",
        "apprise",
    }


@pytest.mark.parametrize("name", SPOKEN)
def test_a_channel_as_it_is_written_there_delivers(tmp_path, name):
    with serve(SPOKEN[name], tmp_path) as other:
        environment = {key: REAL.sub(other.url, value) for key, value in ENVIRONMENT.items()}
        known = settings_of(tmp_path, REAL.sub(other.url, WHOLE), environment).channels[name]
        if known.kind in ("slack", "pagerduty", "twilio_sms", "twilio_voice", "pushover"):
            known = known.model_copy(update={"url": f"{other.url}/api" if known.kind == "slack" else other.url})
        to = "#ops" if name == "ops-slack" else ""
        assert isinstance(family.of_settings(name, known).send(PAGE, Address(to), NOW), Delivered)
        assert len(other.got) == 1


def test_the_mail_as_it_is_written_there_arrives(tmp_path):
    with mail_servers.serve(tmp_path) as server:
        known = settings_of(tmp_path, WHOLE, ENVIRONMENT).channels["mail"]
        update = {"host": "127.0.0.1", "port": int(server.url.rpartition(":")[2]), "ca_file": server.ca_file}
        assert isinstance(
            family.of_settings("mail", known.model_copy(update=update)).send(PAGE, Address(), NOW), Delivered
        )
        assert server.got[0].receivers == ["ops@example.com"]


def test_a_secret_written_into_the_file_is_refused_for_each_of_them(tmp_path):
    plain = re.sub(r'"env:(\w+)"', r'"plain-\1"', WHOLE)
    secret = {
        f"channels.{name}.{field}"
        for name, table in tomllib.loads(WHOLE)["channels"].items()
        for field in table
        if field in load.channel_kinds.SECRETS
    }
    with pytest.raises(load.errors.InvalidInputError) as told:
        settings_of(tmp_path, plain, {})
    assert secret <= {problem.field for problem in told.value.problems}
