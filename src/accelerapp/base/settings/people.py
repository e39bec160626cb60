"""What can be set of how people are told, and of how they work on incidents together."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Annotated, Literal

from pydantic import Field, SecretStr, model_validator

from accelerapp.base.settings.fields import ClockOrNever, Duration, PauseOrNever, Section, TimeZone, WeeklyOrNever
from accelerapp.base.severity import Severity


class Notify(Section):
    """Which channels the team is told by, for each severity: names of channels, or name:address."""

    P1: tuple[str, ...] = ()
    """Complete outages, such as ["ops-slack", "pagerduty"]."""
    P2: tuple[str, ...] = ()
    """A major feature does not work."""
    P3: tuple[str, ...] = ()
    """A minor feature does not work."""
    P4: tuple[str, ...] = ()
    """The rest."""

    def of(self, severity: Severity) -> tuple[str, ...]:
        """The targets for a severity."""
        found: tuple[str, ...] = getattr(self, severity.value)
        return found


class Paging(Section):
    """How people are called, beyond what the policies say."""

    link_lasts: Duration = timedelta(days=1)
    """How long the link in a message acknowledges."""
    heartbeat_url: SecretStr = SecretStr("")
    """Address that is called again and again while paging works: an outside watcher that misses it tells you."""
    heartbeat_every: Duration = timedelta(minutes=1)
    """How often that is."""
    handoff_before: PauseOrNever = timedelta(0)
    """How long before a handoff those who come on call and who go get the brief; "0s": at the handoff; "": never."""
    report_at: ClockOrNever = time(9)
    """When what is wrong with on-call is told each day, by the clock of those who are told; "": never."""
    test_at: WeeklyOrNever = "Tuesday 11:00"
    """When each person gets a test page every week, by their own clock; "": never."""


Often = dict[Severity, Duration]


class Updates(Section):
    """How often people are informed while an incident lasts; a severity that is not named is off."""

    inside: Often = Field(
        default_factory=lambda: {Severity.P1: timedelta(minutes=30), Severity.P2: timedelta(minutes=30)}
    )
    """The team."""
    outside: Often = Field(
        default_factory=lambda: {Severity.P1: timedelta(minutes=20), Severity.P2: timedelta(minutes=20)}
    )
    """Everybody else, once there are components on the status page."""
    outside_later: Often = Field(
        default_factory=lambda: {Severity.P1: timedelta(hours=1), Severity.P2: timedelta(hours=1)}
    )
    """The same when later_after has passed; a severity that is not named stays as before."""
    later_after: Duration = timedelta(hours=2)
    """Counted from when the incident was opened."""
    missed_after: Duration = timedelta(minutes=10)
    """How long after the reminder the commander is paged for an update that nobody gave."""


class Incidents(Section):
    """How people work on incidents together."""

    conference: Annotated[str, Field(pattern=r"^(https?://[^\s]+)?$")] = ""
    """Call that people work in, such as "https://meet.example.com/{id}"; {id} is the incident's own; empty: none."""
    slack: str = ""
    """Channel of kind slack, by its name above, whose bot makes a Slack channel for each incident; empty: none."""
    slack_severities: tuple[Severity, ...] = (Severity.P1, Severity.P2)
    """Incidents of these severities have one."""
    marks: tuple[str, ...] = ("pushpin", "round_pushpin")
    """Reactions in Slack that put a message on the time line."""
    updates: Updates = Updates()


class PostMortems(Section):
    """What is written after incidents, and what is done so that they do not come again."""

    time_zone: TimeZone = "UTC"
    """Time zone of the times in reports and of working days, such as Europe/Berlin."""
    currency: str = Field(default="$", max_length=8)
    """What stands before an amount of money."""
    remind_before: PauseOrNever = timedelta(days=1)
    """How long before an action item is due its owner is reminded; "": not before."""
    escalate_after: PauseOrNever = timedelta(days=3)
    """How long after it was due the lead of the owner's team is told; "": never."""


class Issues(Section):
    """Where action items can be made issues of, with `accelerapp incident actions export`."""

    kind: Literal["", "github", "gitlab"] = ""
    """Which tool that is: github or gitlab; empty: none."""
    url: Annotated[str, Field(pattern=r"^(https?://[^\s]+)?$")] = ""
    """Address of its API; empty means https://api.github.com or https://gitlab.com/api/v4."""
    project: str = Field(default="", pattern=r"^([\w.-]+(/[\w.-]+)*)?$")
    """The repository or project, such as acme/shop."""
    token: SecretStr = SecretStr("")
    """Token that may write issues there, such as env:ISSUES_TOKEN."""
    labels: tuple[str, ...] = ("incident",)
    """Labels of the issues."""

    @model_validator(mode="after")
    def _is_whole(self) -> Issues:
        if self.kind and not (self.project and self.token.get_secret_value()):
            raise ValueError(f"kind {self.kind} needs project and token")
        if self.kind == "github" and self.project.count("/") != 1:
            raise ValueError("project of kind github is OWNER/REPOSITORY")
        return self


class StatusPage(Section):
    """The public status page, at /status."""

    name: str = Field(default="", max_length=80)
    """Whose status it is; empty means the name of default_service, or of the first service."""
    url: Annotated[str, Field(pattern=r"^(https?://[^\s]+)?$")] = ""
    """Address under which everybody reaches it, for links in feeds and messages; empty means server.url/status."""
    time_zone: TimeZone = "Etc/UTC"
    """Time zone in which days begin and times are shown, such as Europe/Berlin."""
    description: str = Field(default="", max_length=300)
    """What it is, in a sentence, for search engines."""
    support_url: Annotated[str, Field(pattern=r"^((https?://|mailto:)[^\s]+)?$")] = ""
    """Where customers get help: an https:// or mailto: address."""
    accent: Annotated[str, Field(pattern=r"^(#[0-9a-fA-F]{6})?$")] = ""
    """Colour of the line at the top, such as #1f5fbf."""
    logo: str = ""
    """Picture in place of the name: a PNG, JPEG, WebP or SVG file up to 200 KiB; relative to this file."""
    mail_by: str = ""
    """Channel of the kind email that subscribers are told by; empty means that nobody can subscribe by e-mail."""
    export_to: str = ""
    """Folder, or s3://BUCKET/PREFIX, that the page is written to at each change, to outlive us."""
    latency: tuple[str, ...] = Field(default=(), max_length=20)
    """Services whose latency of the last 24 hours everybody may see; empty means none."""
