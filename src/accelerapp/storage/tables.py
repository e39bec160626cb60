"""All tables. A migration makes each; a test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from accelerapp.storage.types import UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

accounts = Table(
    "accounts",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("disabled", Boolean, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("account", String(64), nullable=False, index=True),
    Column("csrf", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(128), nullable=False),
    Column("role", String(16), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    Column("created_by", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("last_used_at", UtcDateTime),
)

# One row at most: the one-time link that makes the first administrator.
setup_links = Table(
    "setup_links",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

# Failed sign-ins per name or address, for the back-off.
sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("subject", String(160), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
)

samples = Table(
    "samples",
    metadata,
    Column("service", String(64), nullable=False),
    Column("replica", String(128), nullable=False),
    Column("metric", String(32), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("value", Float, nullable=False),
    PrimaryKeyConstraint("service", "metric", "at", "replica", name="pk_samples"),
    Index("ix_samples_at", "at"),
)

# The last health report of each service and since when its verdict holds.
health_states = Table(
    "health_states",
    metadata,
    Column("service", String(64), primary_key=True),
    Column("verdict", String(16), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("report", Text, nullable=False),
)

# What is usual in a service's log: that it is looked at, each hour, each pattern. An hour: hours since 1970, UTC.
log_baselines = Table(
    "log_baselines",
    metadata,
    Column("service", String(64), primary_key=True),
    Column("seen_at", UtcDateTime),
    Column("away_until", UtcDateTime),
    Column("dropped_at", Integer),
)

log_hours = Table(
    "log_hours",
    metadata,
    Column("service", String(64), nullable=False),
    Column("hour", Integer, nullable=False),
    Column("total", BigInteger),
    Column("errors", BigInteger, nullable=False),
    Column("sources", Text, nullable=False),
    PrimaryKeyConstraint("service", "hour", name="pk_log_hours"),
)

log_patterns = Table(
    "log_patterns",
    metadata,
    Column("service", String(64), nullable=False),
    Column("id", String(32), nullable=False),
    Column("level", String(16), nullable=False),
    Column("message", Text, nullable=False),
    Column("example", Text, nullable=False),
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("counts", Text, nullable=False),
    PrimaryKeyConstraint("service", "id", name="pk_log_patterns"),
)

# Who does which piece of work now. Times are of the database's clock; an empty holder has given it back.
leases = Table(
    "leases",
    metadata,
    Column("name", String(160), primary_key=True),
    Column("holder", String(128), nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("taken_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("note", Text, nullable=False),
)
