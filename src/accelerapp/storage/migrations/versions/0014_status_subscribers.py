"""Subscribers of the status page, and the letters to them."""

import sqlalchemy as sa
from alembic import op

from accelerapp.storage.types import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "status_subscribers",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("way", sa.String(16), nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("whole", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_status_subscribers"),
    )
    op.create_index("ix_status_subscribers_address", "status_subscribers", ["address", "way"], unique=True)
    op.create_index("ix_status_subscribers_asked_at", "status_subscribers", ["asked_at"])
    op.create_table(
        "status_letters",
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("subscriber", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("queued_at", UtcDateTime, nullable=False),
        sa.Column("due_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("whole", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_status_letters"),
    )
    op.create_index("ix_status_letters_subscriber", "status_letters", ["subscriber"])
    op.create_index("ix_status_letters_due_at", "status_letters", ["state", "due_at"])
