"""On-call: people, teams, schedules and policies, overrides and swaps, codes and feeds."""

import sqlalchemy as sa
from alembic import op

from accelerapp.storage.types import UtcDateTime

revision = "0007"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "oncall_entries",
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("changed_by", sa.String(64), nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", name="pk_oncall_entries"),
    )
    op.create_table(
        "oncall_overrides",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("schedule", sa.String(64), nullable=False),
        sa.Column("rank", sa.String(16), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("starts_at", UtcDateTime, nullable=False),
        sa.Column("ends_at", UtcDateTime, nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("swap", sa.String(32)),
    )
    op.create_table(
        "oncall_swaps",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("schedule", sa.String(64), nullable=False),
        sa.Column("rank", sa.String(16), nullable=False),
        sa.Column("giver", sa.String(64), nullable=False),
        sa.Column("taker", sa.String(64), nullable=False),
        sa.Column("gives_from", UtcDateTime, nullable=False),
        sa.Column("gives_until", UtcDateTime, nullable=False),
        sa.Column("takes_from", UtcDateTime),
        sa.Column("takes_until", UtcDateTime),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("asked_by", sa.String(64), nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("answered_by", sa.String(64), nullable=False),
        sa.Column("answered_at", UtcDateTime),
    )
    op.create_table(
        "oncall_codes",
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("method", sa.String(64), nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("sent_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("person", "method", name="pk_oncall_codes"),
    )
    op.create_table(
        "oncall_feeds",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.UniqueConstraint("hash", name="uq_oncall_feeds_hash"),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_oncall_overrides_ends_at", "oncall_overrides", ["ends_at"])
    op.create_index("ix_oncall_swaps_asked_at", "oncall_swaps", ["asked_at"])
