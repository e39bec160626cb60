"""Incidents are kept whole; entries of their time line have ids and versions. Rows of before stay as they are."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("incidents", sa.Column("merged_into", sa.String(32)))
    op.add_column("incidents", sa.Column("version", sa.Integer, nullable=False, server_default="1"))
    op.add_column("incidents", sa.Column("whole", sa.Text))
    op.create_index("ix_incidents_merged_into", "incidents", ["merged_into"])
    op.add_column("incident_entries", sa.Column("entry", sa.String(32)))
    op.add_column("incident_entries", sa.Column("version", sa.Integer, nullable=False, server_default="1"))
    op.add_column("incident_entries", sa.Column("is_current", sa.Boolean, nullable=False, server_default=sa.true()))
    op.add_column("incident_entries", sa.Column("place", sa.BigInteger))
    op.add_column("incident_entries", sa.Column("whole", sa.Text))
    op.create_index("ix_incident_entries_entry", "incident_entries", ["entry", "version"], unique=True)
