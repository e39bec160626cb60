"""What the shop tells its operators: log lines (JSON for requests, plain for the rest) and metrics."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

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
pool_waiting = Gauge("database_pool_waiting", "Requests that wait for a database connection.", registry=registry)


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
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
