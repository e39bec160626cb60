"""All tables. A migration makes each; a test compares the two."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    true,
)

from accelerapp.storage.types import UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _where(condition: ColumnElement[bool]) -> dict[str, Any]:
    """Options of an index over some of the rows."""
    return {"sqlite_where": condition, "postgresql_where": condition}


accounts = Table(
    "accounts",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("disabled", Boolean, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("account", String(64), nullable=False, index=True),
    Column("csrf", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(128), nullable=False),
    Column("role", String(16), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    Column("created_by", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("last_used_at", UtcDateTime),
)

# One row at most: the one-time link that makes the first administrator.
setup_links = Table(
    "setup_links",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

# Failed sign-ins per name or address, for the back-off.
sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("subject", String(160), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
)

samples = Table(
    "samples",
    metadata,
    Column("service", String(64), nullable=False),
    Column("replica", String(128), nullable=False),
    Column("metric", String(32), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("value", Float, nullable=False),
    PrimaryKeyConstraint("service", "metric", "at", "replica", name="pk_samples"),
    Index("ix_samples_at", "at"),
)

# The last health report of each service and since when its verdict holds.
health_states = Table(
    "health_states",
    metadata,
    Column("service", String(64), primary_key=True),
    Column("verdict", String(16), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("report", Text, nullable=False),
)

# What is usual in a service's log: that it is looked at, each hour, each pattern. An hour: hours since 1970, UTC.
log_baselines = Table(
    "log_baselines",
    metadata,
    Column("service", String(64), primary_key=True),
    Column("seen_at", UtcDateTime),
    Column("away_until", UtcDateTime),
    Column("dropped_at", Integer),
)

log_hours = Table(
    "log_hours",
    metadata,
    Column("service", String(64), nullable=False),
    Column("hour", Integer, nullable=False),
    Column("total", BigInteger),
    Column("errors", BigInteger, nullable=False),
    Column("sources", Text, nullable=False),
    PrimaryKeyConstraint("service", "hour", name="pk_log_hours"),
)

log_patterns = Table(
    "log_patterns",
    metadata,
    Column("service", String(64), nullable=False),
    Column("id", String(32), nullable=False),
    Column("level", String(16), nullable=False),
    Column("message", Text, nullable=False),
    Column("example", Text, nullable=False),
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("counts", Text, nullable=False),
    PrimaryKeyConstraint("service", "id", name="pk_log_patterns"),
)

# Who does which piece of work now. Times are of the database's clock; an empty holder has given it back.
leases = Table(
    "leases",
    metadata,
    Column("name", String(160), primary_key=True),
    Column("holder", String(128), nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("taken_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("note", Text, nullable=False),
)

# Alerts: at most one per fingerprint is open. Indexes hold only the rows that are looked for by them: a new alert is in
# few, so that a burst writes few pages.
alerts = Table(
    "alerts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("fingerprint", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("severity", String(4), nullable=False),
    Column("service", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("labels", Text, nullable=False),
    Column("annotations", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("generator_url", Text, nullable=False),
    Column("value", Float),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("group_key", Text, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("why", Text, nullable=False),
    Column("look_at", UtcDateTime),
    Column("lapses_at", UtcDateTime),
    Column("escalates_at", UtcDateTime),
    Column("resolved_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("acknowledged_at", UtcDateTime),
    Column("acknowledged_by", Text, nullable=False),
    Column("held_by", String(32), nullable=False),
    Column("page", String(32)),
    Column("incident", String(32)),
    Column("openings", Text, nullable=False),
    Index("ix_alerts_opened_at", "opened_at"),
)
Index("uq_alerts_open", alerts.c.fingerprint, unique=True, **_where(alerts.c.resolved_at.is_(None)))
Index("ix_alerts_resolved", alerts.c.fingerprint, alerts.c.resolved_at, **_where(alerts.c.resolved_at.is_not(None)))
Index("ix_alerts_page", alerts.c.page, **_where(alerts.c.page.is_not(None)))
Index(
    "ix_alerts_group_key",
    alerts.c.group_key,
    alerts.c.page,
    **_where(alerts.c.page.is_not(None) & alerts.c.resolved_at.is_(None)),
)
Index("ix_alerts_look_at", alerts.c.look_at, **_where(alerts.c.look_at.is_not(None)))
Index("ix_alerts_lapses_at", alerts.c.lapses_at, **_where(alerts.c.lapses_at.is_not(None)))
Index("ix_alerts_escalates_at", alerts.c.escalates_at, **_where(alerts.c.escalates_at.is_not(None)))

# The history of alerts and silences, line by line.
decisions = Table(
    "decisions",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("subject", String(32), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("reason", Text, nullable=False),
)

# What somebody is told: the alerts say to which page they belong.
pages = Table(
    "pages",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("group_key", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("severity", String(4), nullable=False),
    Column("service", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("last_at", UtcDateTime, nullable=False),
    Column("alerts", Integer, nullable=False),
    Column("closed_at", UtcDateTime, index=True),
    Column("incident", String(32)),
)

silences = Table(
    "silences",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("service", String(64), nullable=False),
    Column("matchers", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("noticed_at", UtcDateTime),
    Column("is_closed", Boolean, nullable=False),
)

integrations = Table(
    "integrations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(128), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    Column("created_by", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("service", String(64), nullable=False),
    Column("secret", Text, nullable=False),
    Column("every_seconds", Float),
    Column("last_at", UtcDateTime),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("title", Text, nullable=False),
    Column("severity", String(4), nullable=False),
    Column("service", Text, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("opened_at", UtcDateTime, nullable=False, index=True),
    Column("opened_by", String(64), nullable=False),
    Column("closed_at", UtcDateTime),
    Column("merged_into", String(32), index=True),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("whole", Text),
)

# Each version of an entry is a row; `place` is the number of the first version, of those that correct it.
incident_entries = Table(
    "incident_entries",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("incident", String(32), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("by", String(64), nullable=False),
    Column("entry", String(32)),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("is_current", Boolean, nullable=False, server_default=true()),
    Column("place", BigInteger),
    Column("whole", Text),
)
Index("ix_incident_entries_entry", incident_entries.c.entry, incident_entries.c.version, unique=True)

# How each rule stands (`status` is the whole noun), and when the rules of a period were last looked at.
rule_states = Table(
    "rule_states",
    metadata,
    Column("rule", String(256), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("status", Text, nullable=False),
)

rule_looks = Table(
    "rule_looks",
    metadata,
    Column("period_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
)

# Labelled series. A target's id is new after each restart; its series are numbered. A scrape holds one number for each
# series; hours that are over become blocks, and old blocks those of a longer step. Times: milliseconds since 1970.
metric_targets = Table(
    "metric_targets",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String(512), nullable=False, index=True),
)

metric_series = Table(
    "metric_series",
    metadata,
    Column("target", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),
    Column("labels", Text, nullable=False),
    PrimaryKeyConstraint("target", "number", name="pk_metric_series"),
)

metric_scrapes = Table(
    "metric_scrapes",
    metadata,
    Column("target", BigInteger, nullable=False),
    Column("at_ms", BigInteger, nullable=False, index=True),
    Column("samples", LargeBinary, nullable=False),
    PrimaryKeyConstraint("target", "at_ms", name="pk_metric_scrapes"),
)

metric_blocks = Table(
    "metric_blocks",
    metadata,
    Column("target", BigInteger, nullable=False),
    Column("step_ms", BigInteger, nullable=False),
    Column("start_ms", BigInteger, nullable=False),
    Column("end_ms", BigInteger, nullable=False, index=True),
    Column("samples", LargeBinary, nullable=False),
    PrimaryKeyConstraint("target", "step_ms", "start_ms", name="pk_metric_blocks"),
)

# On-call: people, teams, schedules and policies (`body` is the whole noun), and what changes that for a while.
oncall_entries = Table(
    "oncall_entries",
    metadata,
    Column("kind", String(16), nullable=False),
    Column("name", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("changed_by", String(64), nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("kind", "name", name="pk_oncall_entries"),
)

oncall_overrides = Table(
    "oncall_overrides",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("schedule", String(64), nullable=False),
    Column("rank", String(16), nullable=False),
    Column("person", String(64), nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False, index=True),
    Column("made_by", String(64), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("reason", Text, nullable=False),
    Column("swap", String(32)),
)

oncall_swaps = Table(
    "oncall_swaps",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("schedule", String(64), nullable=False),
    Column("rank", String(16), nullable=False),
    Column("giver", String(64), nullable=False),
    Column("taker", String(64), nullable=False),
    Column("gives_from", UtcDateTime, nullable=False),
    Column("gives_until", UtcDateTime, nullable=False),
    Column("takes_from", UtcDateTime),
    Column("takes_until", UtcDateTime),
    Column("state", String(16), nullable=False),
    Column("asked_by", String(64), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False, index=True),
    Column("answered_by", String(64), nullable=False),
    Column("answered_at", UtcDateTime),
)

# Codes that prove a contact method, and links of calendars: only their hashes.
oncall_codes = Table(
    "oncall_codes",
    metadata,
    Column("person", String(64), nullable=False),
    Column("method", String(64), nullable=False),
    Column("address", Text, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("sent_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("tries", Integer, nullable=False),
    PrimaryKeyConstraint("person", "method", name="pk_oncall_codes"),
)

oncall_feeds = Table(
    "oncall_feeds",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("name", String(64), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    Column("made_by", String(64), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
)

# The escalation of each page (`whole` is the whole noun), and what it sends: one row for each message and target.
pagings = Table(
    "pagings",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("page", String(32), nullable=False, unique=True),
    Column("kind", String(16), nullable=False, server_default="page"),
    Column("state", String(16), nullable=False, index=True),
    Column("triggered_at", UtcDateTime, nullable=False, index=True),
    Column("resolved_at", UtcDateTime, index=True),
    Column("next_at", UtcDateTime),
    Column("whole", Text, nullable=False),
)
Index("ix_pagings_next_at", pagings.c.next_at, **_where(pagings.c.next_at.is_not(None)))

outbox = Table(
    "outbox",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("paging", String(32), nullable=False, index=True),
    Column("subject", String(32), nullable=False, index=True),
    Column("call", Integer, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("person", String(64), nullable=False),
    Column("method", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("address", Text, nullable=False),
    Column("key", String(256), nullable=False, unique=True),
    Column("severity", String(4), nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("claimed_by", Text, nullable=False),
    Column("claimed_until", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("reason", Text, nullable=False),
    Column("may_have_arrived", Boolean, nullable=False),
    Column("link_used_at", UtcDateTime),
    Column("link_used_for", String(16), nullable=False),
)
Index("ix_outbox_due_at", outbox.c.due_at, **_where(outbox.c.state.in_(["queued", "sending"])))

# Secrets that the installation made for itself, such as the one that signs links.
signing_keys = Table(
    "signing_keys",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("secret", Text, nullable=False),
)

# The public status page. `whole` is the whole noun; the mark grows with every change of the page.
status_components = Table(
    "status_components",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("is_group", Boolean, nullable=False),
    Column("whole", Text, nullable=False),
)

status_reports = Table(
    "status_reports",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("is_open", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, index=True),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("whole", Text, nullable=False),
)

status_maintenances = Table(
    "status_maintenances",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime),
    Column("whole", Text, nullable=False),
)

status_outages = Table(
    "status_outages",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("component", String(32), nullable=False, index=True),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime),
    Column("whole", Text, nullable=False),
)

status_marks = Table(
    "status_marks",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("number", BigInteger, nullable=False),
)

# What is written after incidents, and what is done so that they do not come again. `whole` is the whole noun.
postmortems = Table(
    "postmortems",
    metadata,
    Column("incident", String(32), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("whole", Text, nullable=False),
)

action_items = Table(
    "action_items",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("incident", String(32), nullable=False, index=True),
    Column("owner", Text, nullable=False),
    Column("due_on", Date, index=True),
    Column("is_done", Boolean, nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    Column("whole", Text, nullable=False),
)

# The channel of each incident in a chat. `whole` is the whole noun.
incident_chats = Table(
    "incident_chats",
    metadata,
    Column("incident", String(32), primary_key=True),
    Column("channel", String(64), index=True),
    Column("is_over", Boolean, nullable=False),
    Column("whole", Text, nullable=False),
)

# Who is told of what the status page says, and the letters to them.
status_subscribers = Table(
    "status_subscribers",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("way", String(16), nullable=False),
    Column("address", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False, index=True),
    Column("ended_at", UtcDateTime),
    Column("whole", Text, nullable=False),
    Index("ix_status_subscribers_address", "address", "way", unique=True),
)

status_letters = Table(
    "status_letters",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("subscriber", String(32), nullable=False, index=True),
    Column("state", String(16), nullable=False),
    Column("queued_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("whole", Text, nullable=False),
    Index("ix_status_letters_due_at", "state", "due_at"),
)
