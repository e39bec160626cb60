"""Escalations of pages, the outbox, and the key that signs links."""

import sqlalchemy as sa
from alembic import op

from accelerapp.storage.types import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pagings",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("page", sa.String(32), nullable=False, unique=True),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("triggered_at", UtcDateTime, nullable=False, index=True),
        sa.Column("resolved_at", UtcDateTime, index=True),
        sa.Column("next_at", UtcDateTime),
        sa.Column("whole", sa.Text, nullable=False),
    )
    _partial("ix_pagings_next_at", "pagings", "next_at", "next_at IS NOT NULL")
    _outbox()
    op.create_table(
        "signing_keys",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("secret", sa.Text, nullable=False),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("paging", sa.String(32), nullable=False, index=True),
        sa.Column("subject", sa.String(32), nullable=False, index=True),
        sa.Column("call", sa.Integer, nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("key", sa.String(256), nullable=False, unique=True),
        sa.Column("severity", sa.String(4), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("due_at", UtcDateTime, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("claimed_by", sa.Text, nullable=False),
        sa.Column("claimed_until", UtcDateTime),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("may_have_arrived", sa.Boolean, nullable=False),
        sa.Column("link_used_at", UtcDateTime),
        sa.Column("link_used_for", sa.String(16), nullable=False),
    )
    _partial("ix_outbox_due_at", "outbox", "due_at", "state IN ('queued', 'sending')")


def _partial(name: str, table: str, column: str, condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, [column], sqlite_where=where, postgresql_where=where)
