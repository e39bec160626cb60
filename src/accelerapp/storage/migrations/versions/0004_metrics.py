"""Labelled series: targets with their series, scrapes, and blocks of many scrapes."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "metric_targets",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(512), nullable=False, index=True),
    )
    op.create_table(
        "metric_series",
        sa.Column("target", sa.BigInteger, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("labels", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("target", "number", name="pk_metric_series"),
    )
    op.create_table(
        "metric_scrapes",
        sa.Column("target", sa.BigInteger, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False, index=True),
        sa.Column("samples", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("target", "at_ms", name="pk_metric_scrapes"),
    )
    op.create_table(
        "metric_blocks",
        sa.Column("target", sa.BigInteger, nullable=False),
        sa.Column("step_ms", sa.BigInteger, nullable=False),
        sa.Column("start_ms", sa.BigInteger, nullable=False),
        sa.Column("end_ms", sa.BigInteger, nullable=False, index=True),
        sa.Column("samples", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("target", "step_ms", "start_ms", name="pk_metric_blocks"),
    )
