"""From settings to channels: the one place that knows which kinds there are."""

from __future__ import annotations

from accelerapp.base import errors
from accelerapp.base.settings import channels as settings
from accelerapp.clients import mail, outgoing
from accelerapp.notifications.channels import (
    apprise,
    email,
    mattermost,
    ntfy,
    pagerduty,
    pushover,
    slack,
    teams,
    twilio,
    webhook,
)
from accelerapp.notifications.channels import slack_rooms as rooms
from accelerapp.notifications.channels import slack_socket as slack_sockets
from accelerapp.notifications.channels.interface import Channel


def of_settings(name: str, known: settings.Channel, seconds: float = outgoing.SECONDS, public: str = "") -> Channel:
    """The channel that a table of the settings describes; `seconds` bound each request, twice that a mail.

    `public` is our own address, which answers come back to.
    """
    if isinstance(known, settings.Email):
        return _email(name, known, seconds)
    if isinstance(known, settings.Apprise):
        return apprise.AppriseChannel(name, known.url.get_secret_value())
    door = outgoing.Outgoing(seconds, known.ca_file)
    if isinstance(known, settings.Twilio):
        return _twilio(name, known, door, public)
    if isinstance(known, settings.Slack | settings.PagerDuty):
        return _with_account(name, known, door)
    if isinstance(known, settings.Ntfy):
        return ntfy.NtfyChannel(name, door, known.url, known.token.get_secret_value(), known.to)
    if isinstance(known, settings.Pushover):
        return pushover.PushoverChannel(name, door, known.url, known.token.get_secret_value(), known.to)
    if isinstance(known, settings.Teams):
        return teams.TeamsChannel(name, door, known.webhook_url.get_secret_value())
    if isinstance(known, settings.Mattermost):
        return mattermost.MattermostChannel(name, door, known.webhook_url.get_secret_value(), known.to)
    secrets = tuple(each.get_secret_value() for each in known.secrets)
    return webhook.WebhookChannel(name, door, known.url.get_secret_value(), secrets)


def slack_socket(known: settings.Slack, seconds: float = outgoing.SECONDS) -> slack_sockets.SlackSocket | None:
    """What receives pressed buttons of this Slack channel; None: it has no app_token, so they come by HTTP or not."""
    token = known.app_token.get_secret_value()
    door = outgoing.Outgoing(seconds, known.ca_file)
    return slack_sockets.SlackSocket(door, known.url, token, known.ca_file) if token else None


def slack_rooms(known: settings.Channel, seconds: float = outgoing.SECONDS) -> rooms.SlackRooms:
    """Makes channels with the bot of this one. Raises WrongUseError for one that has no bot."""
    if not isinstance(known, settings.Slack) or not known.token.get_secret_value():
        raise errors.WrongUseError("incidents.slack names no channel of kind slack with a token.")
    return rooms.SlackRooms(outgoing.Outgoing(seconds, known.ca_file), known.url, known.token.get_secret_value())


def _email(name: str, known: settings.Email, seconds: float) -> Channel:
    server = mail.Server(
        host=known.host,
        port=known.port,
        security=known.security,
        user=known.user,
        password=known.password.get_secret_value(),
        ca_file=known.ca_file,
        seconds=2 * seconds,
    )
    return email.EmailChannel(name, server, known.sender, known.to)


def _with_account(name: str, known: settings.Slack | settings.PagerDuty, door: outgoing.Outgoing) -> Channel:
    if isinstance(known, settings.PagerDuty):
        return pagerduty.PagerDutyChannel(name, door, known.url, known.routing_key.get_secret_value())
    return slack.SlackChannel(
        name,
        door,
        known.url,
        token=known.token.get_secret_value(),
        webhook=known.webhook_url.get_secret_value(),
        team=known.to,
        has_buttons=bool(known.signing_secret.get_secret_value() or known.app_token.get_secret_value()),
    )


def _twilio(name: str, known: settings.Twilio, door: outgoing.Outgoing, public: str) -> Channel:
    return twilio.TwilioChannel(
        name,
        door,
        known.url,
        account_sid=known.account_sid,
        auth_token=known.auth_token.get_secret_value(),
        sender=known.sender,
        calls=known.kind == "twilio_voice",
        language=known.language,
        team=known.to,
        replies=known.replies,
        public=public,
    )
