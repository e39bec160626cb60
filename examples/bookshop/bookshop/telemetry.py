"""What the shop tells its operators: log lines (JSON for requests, plain for the rest) and metrics."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
registry = CollectorRegistry()
requests = Counter("http_requests", "Requests answered.", ["method", "path", "status"], registry=registry)
duration = Histogram(
    "http_request_duration_seconds",
    "Time to answer a request.",
    ["method", "path"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=registry,
)
orders = Counter("orders", "Orders taken.", registry=registry)
pool_open = Gauge("database_pool_connections", "Database connections that are open.", registry=registry)
pool_idle = Gauge("database_pool_idle", "Open database connections that nobody uses.", registry=registry)
pool_waiting = Gauge("database_pool_waiting", "Requests that wait for a database connection.", registry=registry)


def render(pool: Mapping[str, int]) -> bytes:
    """All metrics in Prometheus' text format; `pool` are the figures of the connection pool."""
    pool_open.set(pool.get("pool_size", 0))
    pool_idle.set(pool.get("pool_available", 0))
    pool_waiting.set(pool.get("requests_waiting", 0))
    return prometheus_client.generate_latest(registry)


class JsonLines(logging.Formatter):
    """One JSON object a line; what a caller passes as `extra={"fields": …}` stands beside the message."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        fields = getattr(record, "fields", {})
        return json.dumps(
            {
                "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
                "level": record.levelname,
                "logger": record.name,
                "message": record.getMessage(),
                **fields,
            }
        )


def set_up_logging() -> None:
    """Requests as JSON lines, everything else plain, all to standard output."""
    plain = logging.StreamHandler(sys.stdout)
    plain.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[plain])
    structured = logging.StreamHandler(sys.stdout)
    structured.setFormatter(JsonLines())
    access = logging.getLogger("shop.access")
    access.handlers, access.propagate = [structured], False
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)  # the shop itself says what is wrong
