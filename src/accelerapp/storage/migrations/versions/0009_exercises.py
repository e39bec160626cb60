"""Escalations have a kind: a page, a test or a drill. All that there were are pages."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pagings", sa.Column("kind", sa.String(16), nullable=False, server_default="page"))
