"""The public status page: components, what was told of incidents, maintenances, outages."""

import sqlalchemy as sa
from alembic import op

from accelerapp.storage.types import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "status_components",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("is_group", sa.Boolean, nullable=False),
        sa.Column("whole", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_status_components"),
    )
    op.create_table(
        "status_reports",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.Column("whole", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_status_reports"),
    )
    op.create_index("ix_status_reports_created_at", "status_reports", ["created_at"])
    op.create_table(
        "status_maintenances",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("starts_at", UtcDateTime, nullable=False),
        sa.Column("ends_at", UtcDateTime),
        sa.Column("whole", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_status_maintenances"),
    )
    op.create_table(
        "status_outages",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("component", sa.String(32), nullable=False),
        sa.Column("starts_at", UtcDateTime, nullable=False),
        sa.Column("ends_at", UtcDateTime),
        sa.Column("whole", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_status_outages"),
    )
    op.create_index("ix_status_outages_component", "status_outages", ["component"])
    op.create_table(
        "status_marks",
        sa.Column("name", sa.String(16), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_status_marks"),
    )
