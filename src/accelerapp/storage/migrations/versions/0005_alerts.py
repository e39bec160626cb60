"""Alerts with their decisions, pages, silences and senders; incidents."""

import sqlalchemy as sa
from alembic import op

from accelerapp.storage.types import UtcDateTime

revision = "0005"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("fingerprint", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("severity", sa.String(4), nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("labels", sa.Text, nullable=False),
        sa.Column("annotations", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("generator_url", sa.Text, nullable=False),
        sa.Column("value", sa.Float),
        sa.Column("starts_at", UtcDateTime, nullable=False),
        sa.Column("opened_at", UtcDateTime, nullable=False),
        sa.Column("seen_at", UtcDateTime, nullable=False),
        sa.Column("group_key", sa.Text, nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("look_at", UtcDateTime),
        sa.Column("lapses_at", UtcDateTime),
        sa.Column("escalates_at", UtcDateTime),
        sa.Column("resolved_at", UtcDateTime),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("acknowledged_at", UtcDateTime),
        sa.Column("acknowledged_by", sa.Text, nullable=False),
        sa.Column("held_by", sa.String(32), nullable=False),
        sa.Column("page", sa.String(32)),
        sa.Column("incident", sa.String(32)),
        sa.Column("openings", sa.Text, nullable=False),
    )
    op.create_index("ix_alerts_opened_at", "alerts", ["opened_at"])
    for name, columns, condition in (
        ("uq_alerts_open", ["fingerprint"], "resolved_at IS NULL"),
        ("ix_alerts_resolved", ["fingerprint", "resolved_at"], "resolved_at IS NOT NULL"),
        ("ix_alerts_page", ["page"], "page IS NOT NULL"),
        ("ix_alerts_group_key", ["group_key", "page"], "page IS NOT NULL AND resolved_at IS NULL"),
        ("ix_alerts_look_at", ["look_at"], "look_at IS NOT NULL"),
        ("ix_alerts_lapses_at", ["lapses_at"], "lapses_at IS NOT NULL"),
        ("ix_alerts_escalates_at", ["escalates_at"], "escalates_at IS NOT NULL"),
    ):
        where = sa.text(condition)
        op.create_index(
            name, "alerts", columns, unique=name.startswith("uq"), sqlite_where=where, postgresql_where=where
        )
    op.create_table(
        "decisions",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("ix_decisions_subject", "decisions", ["subject"])
    op.create_table(
        "pages",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("group_key", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("severity", sa.String(4), nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("last_at", UtcDateTime, nullable=False),
        sa.Column("alerts", sa.Integer, nullable=False),
        sa.Column("closed_at", UtcDateTime),
        sa.Column("incident", sa.String(32)),
    )
    op.create_index("ix_pages_at", "pages", ["at"])
    op.create_index("ix_pages_closed_at", "pages", ["closed_at"])
    op.create_table(
        "silences",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("service", sa.String(64), nullable=False),
        sa.Column("matchers", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("starts_at", UtcDateTime, nullable=False),
        sa.Column("ends_at", UtcDateTime, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("noticed_at", UtcDateTime),
        sa.Column("is_closed", sa.Boolean, nullable=False),
    )
    op.create_index("ix_silences_ends_at", "silences", ["ends_at"])
    op.create_table(
        "integrations",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("service", sa.String(64), nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("every_seconds", sa.Float),
        sa.Column("last_at", UtcDateTime),
        sa.UniqueConstraint("hash", name="uq_integrations_hash"),
    )
    op.create_table(
        "incidents",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("severity", sa.String(4), nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("opened_at", UtcDateTime, nullable=False),
        sa.Column("opened_by", sa.String(64), nullable=False),
        sa.Column("closed_at", UtcDateTime),
    )
    op.create_index("ix_incidents_state", "incidents", ["state"])
    op.create_index("ix_incidents_opened_at", "incidents", ["opened_at"])
    op.create_table(
        "incident_entries",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("incident", sa.String(32), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
    )
    op.create_index("ix_incident_entries_incident", "incident_entries", ["incident"])
