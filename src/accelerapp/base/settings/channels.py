"""The channels that messages go out by: one class per kind. Secrets are written as `env:NAME` or `file:PATH` only."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

_HTTP = r"^https?://[^\s/]+.*$"
Url = Annotated[str, Field(pattern=_HTTP)]
NO_SECRET = SecretStr("")


class _Channel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    ca_file: str = ""
    """File with the authority that signed the server's certificate, if this machine does not know it."""


class Email(_Channel):
    """Mail by SMTP."""

    kind: Literal["email"]
    host: Annotated[str, Field(min_length=1)]
    """Mail server."""
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    """Its port: 587 with starttls, 465 with tls."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection is made safe; none is for a server on this machine."""
    user: str = ""
    """User to log in as; empty: no login."""
    password: SecretStr = NO_SECRET
    """Its password, such as env:SMTP_PASSWORD."""
    sender: Annotated[str, Field(pattern=r"^[^@\s<>]+@[^@\s<>]+$")]
    """Address that mails come from."""
    to: str = ""
    """Addresses of the team, separated by commas."""

    @model_validator(mode="after")
    def _no_password_in_the_clear(self) -> Email:
        if self.security == "none" and self.password.get_secret_value():
            raise ValueError('a password would go over the network in the clear: set security to "starttls" or "tls"')
        return self


class Slack(_Channel):
    """Slack, by a bot's token or by an incoming webhook."""

    kind: Literal["slack"]
    token: SecretStr = NO_SECRET
    """The bot's token (xoxb-…) with the scope chat:write, such as env:SLACK_TOKEN."""
    webhook_url: SecretStr = NO_SECRET
    """Address of an incoming webhook, in place of a token; it always writes to its own channel."""
    to: str = ""
    """Channel of the team, such as #accelerapp-incidents; with a token."""
    signing_secret: SecretStr = NO_SECRET
    """The app's signing secret; with it buttons in messages are believed."""
    app_token: SecretStr = NO_SECRET
    """The app's token (xapp-…) with the scope connections:write: Socket Mode, which needs no address of ours."""
    url: Url = "https://slack.com/api"
    """Address of Slack's web API."""

    @model_validator(mode="after")
    def _one_way(self) -> Slack:
        if bool(self.token.get_secret_value()) == bool(self.webhook_url.get_secret_value()):
            raise ValueError("needs either token or webhook_url")
        return self


class PagerDuty(_Channel):
    """PagerDuty, by Events API v2."""

    kind: Literal["pagerduty"]
    routing_key: SecretStr
    """Integration key of the service in PagerDuty, such as env:PAGERDUTY_ROUTING_KEY."""
    webhook_secret: SecretStr = NO_SECRET
    """Secret of a webhook subscription (V3); with it what people do in PagerDuty is done here too."""
    url: Url = "https://events.pagerduty.com"
    """https://events.eu.pagerduty.com for accounts in the EU."""


class Twilio(_Channel):
    """Text messages and calls, by Twilio."""

    kind: Literal["twilio_sms", "twilio_voice"]
    account_sid: Annotated[str, Field(pattern=r"^AC[0-9a-fA-F]{32}$")]
    """Account SID."""
    auth_token: SecretStr
    """Auth token, such as env:TWILIO_AUTH_TOKEN; answers and key presses are checked with it too."""
    sender: Annotated[str, Field(pattern=r"^(\+[1-9]\d{6,14}|MG[0-9a-fA-F]{32})$")]
    """Number that calls or writes, such as +4930123456; for text messages also a messaging service (MG…)."""
    to: Annotated[str, Field(pattern=r"^(\+[1-9]\d{6,14})?$")] = ""
    """Number of the team."""
    language: str = "en-US"
    """Of calls."""
    replies: bool = False
    """Twilio passes answers and pressed keys on to server.url: an SMS asks for ACK and its code, a call for a key."""
    url: Url = "https://api.twilio.com"
    """Address of Twilio's API."""


class Ntfy(_Channel):
    """Push by ntfy."""

    kind: Literal["ntfy"]
    url: Url = "https://ntfy.sh"
    """Address of the ntfy server."""
    token: SecretStr = NO_SECRET
    """Access token, such as env:NTFY_TOKEN."""
    to: Annotated[str, Field(pattern=r"^[-_A-Za-z0-9]{0,64}$")] = ""
    """Topic of the team; on a public server whoever knows its name reads it."""


class Pushover(_Channel):
    """Push by Pushover."""

    kind: Literal["pushover"]
    token: SecretStr
    """The application's token, such as env:PUSHOVER_TOKEN."""
    to: str = ""
    """User or group key of the team."""
    url: Url = "https://api.pushover.net"
    """Address of Pushover's API."""


class Teams(_Channel):
    """Microsoft Teams, by the webhook of a workflow."""

    kind: Literal["teams"]
    webhook_url: SecretStr
    """Address that the workflow "When a Teams webhook request is received" shows, such as env:TEAMS_URL."""


class Mattermost(_Channel):
    """Mattermost, by an incoming webhook."""

    kind: Literal["mattermost"]
    webhook_url: SecretStr
    """Address of the webhook, such as env:MATTERMOST_URL."""
    to: str = ""
    """Channel or @user in place of the webhook's own."""


class Webhook(_Channel):
    """JSON to any address, signed."""

    kind: Literal["webhook"]
    url: SecretStr
    """Address, such as env:PAGE_HOOK_URL."""
    secrets: Annotated[tuple[SecretStr, ...], Field(max_length=2)] = ()
    """Secrets that sign; two while one takes the place of the other."""


class Apprise(_Channel):
    """Anything that Apprise speaks; needs the extra: pip install 'accelerapp[apprise]'."""

    kind: Literal["apprise"]
    url: SecretStr
    """Apprise's address of the service, such as env:APPRISE_URL."""


Channel: TypeAlias = Annotated[
    Email | Slack | PagerDuty | Twilio | Ntfy | Pushover | Teams | Mattermost | Webhook | Apprise,
    Field(discriminator="kind"),
]
KINDS = "email, slack, pagerduty, twilio_sms, twilio_voice, ntfy, pushover, teams, mattermost, webhook or apprise"
SECRETS = frozenset(
    {
        "password",
        "token",
        "webhook_url",
        "signing_secret",
        "app_token",
        "routing_key",
        "webhook_secret",
        "auth_token",
        "secrets",
    }
)
"""Fields that must be references. The url of webhook and apprise may be one; it is never printed either way."""
