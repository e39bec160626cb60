"""What is usual in a service's log."""

import sqlalchemy as sa
from alembic import op

from accelerapp.storage.types import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "log_baselines",
        sa.Column("service", sa.String(64), primary_key=True),
        sa.Column("seen_at", UtcDateTime),
        sa.Column("away_until", UtcDateTime),
        sa.Column("dropped_at", sa.Integer),
    )
    op.create_table(
        "log_hours",
        sa.Column("service", sa.String(64), nullable=False),
        sa.Column("hour", sa.Integer, nullable=False),
        sa.Column("total", sa.BigInteger),
        sa.Column("errors", sa.BigInteger, nullable=False),
        sa.Column("sources", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("service", "hour", name="pk_log_hours"),
    )
    op.create_table(
        "log_patterns",
        sa.Column("service", sa.String(64), nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("example", sa.Text, nullable=False),
        sa.Column("first_at", UtcDateTime, nullable=False),
        sa.Column("last_at", UtcDateTime, nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("service", "id", name="pk_log_patterns"),
    )
