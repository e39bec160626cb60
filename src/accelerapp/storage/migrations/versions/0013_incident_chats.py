"""The channels of incidents in a chat."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "incident_chats",
        sa.Column("incident", sa.String(32), nullable=False),
        sa.Column("channel", sa.String(64)),
        sa.Column("is_over", sa.Boolean, nullable=False),
        sa.Column("whole", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("incident", name="pk_incident_chats"),
    )
    op.create_index("ix_incident_chats_channel", "incident_chats", ["channel"])
