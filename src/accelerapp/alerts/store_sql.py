"""Alerts, decisions and pages in the database; one instance works in one unit of work."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from accelerapp.alerts.model import Alert, AlertState, Decision, DecisionKind, Page, Verdict
from accelerapp.alerts.store import Filter
from accelerapp.base.ids import AlertId, PageId
from accelerapp.base.severity import Severity
from accelerapp.storage import tables

_T = tables.alerts
_BATCH = 500
_SAME = (
    "id", "fingerprint", "source", "starts_at", "opened_at", "seen_at", "why", "look_at", "lapses_at", "escalates_at",
    "resolved_at", "ended_at", "acknowledged_at", "acknowledged_by", "held_by", "page", "incident", "generator_url",
    "value",
)  # fmt: skip
_DECIDED = ("why", "held_by", "page", "look_at", "escalates_at")
_UPDATE_DECIDED = (
    update(_T).where(_T.c.id == bindparam("of")).values({name: bindparam(name) for name in (*_DECIDED, "verdict")})
)
_NEVER_CHANGED = {"id", "fingerprint", "service", "rule", "labels", "source", "opened_at", "group_key", "openings"}


class SqlAlerts:
    """See `store.AlertStore`."""

    def __init__(self, work: Connection) -> None:
        self._work = work

    def lock(self) -> None:
        """On PostgreSQL a lock of the transaction; SQLite lets one unit of work write at a time anyway."""
        if self._work.dialect.name == "postgresql":
            self._work.execute(text("SELECT pg_advisory_xact_lock(hashtext('accelerapp alerts'))"))

    def latest(self, fingerprints: Collection[str], since: datetime) -> dict[str, Alert]:
        """The open one, else the last."""
        found: dict[str, Alert] = {}
        for some in _batches(list(fingerprints)):
            named = _T.c.fingerprint.in_(some)  # two questions, each with an index of its own
            for recent in (_T.c.resolved_at > since, _T.c.resolved_at.is_(None)):
                query = select(_T).where(named, recent).order_by(_T.c.resolved_at)
                found.update((each.fingerprint, each) for each in self._alerts(query))
        return found

    def open_count(self) -> int:
        """How many are open."""
        return self._work.execute(select(func.count()).select_from(_T).where(_T.c.resolved_at.is_(None))).scalar_one()

    def put(self, alerts: Iterable[Alert], new: Collection[AlertId] = ()) -> None:
        """New ones in one statement, changed ones in another."""
        rows = [(each.id in new, _values(each)) for each in alerts]
        # Ends come first: of one thing a new alert may be open only after the one before is over.
        changed = [
            {**{k: v for k, v in row.items() if k not in _NEVER_CHANGED}, "of": row["id"]} for n, row in rows if not n
        ]
        if changed:
            names = [name for name in changed[0] if name != "of"]
            statement = update(_T).where(_T.c.id == bindparam("of")).values({name: bindparam(name) for name in names})
            self._work.execute(statement, changed)
        inserted = [row for is_new, row in rows if is_new]
        if inserted:
            self._work.execute(insert(_T), inserted)

    def put_decided(self, alerts: Iterable[Alert]) -> None:
        """Nothing else of them is written."""
        rows = [
            {**{name: getattr(each, name) for name in _DECIDED}, "verdict": each.verdict.value, "of": each.id}
            for each in alerts
        ]
        if rows:
            self._work.execute(_UPDATE_DECIDED, rows)

    def get(self, id: AlertId) -> Alert | None:
        """One alert."""
        return next(self._alerts(select(_T).where(_T.c.id == id)), None)

    def find(self, wanted: Filter) -> list[Alert]:
        """Newest first."""
        query = select(_T).order_by(_T.c.opened_at.desc(), _T.c.id.desc()).limit(wanted.limit)
        if wanted.is_open is not None:
            query = query.where(_T.c.resolved_at.is_(None) if wanted.is_open else _T.c.resolved_at.is_not(None))
        if wanted.service:
            query = query.where(_T.c.service == wanted.service)
        if wanted.group:
            query = query.where(_T.c.group_key == wanted.group)
        return list(self._alerts(query))

    def due(self, now: datetime, limit: int) -> list[Alert]:
        """Open alerts to decide about."""
        return self._until(_T.c.look_at, now, limit)

    def lapsed(self, now: datetime, limit: int) -> list[Alert]:
        """Open alerts that nobody spoke of."""
        return self._until(_T.c.lapses_at, now, limit)

    def escalating(self, now: datetime, limit: int) -> list[Alert]:
        """Open alerts that are to open an incident."""
        return self._until(_T.c.escalates_at, now, limit)

    def _until(self, column: ColumnElement[Any], now: datetime, limit: int) -> list[Alert]:
        open_ = _T.c.resolved_at.is_(None)
        return list(self._alerts(select(_T).where(column <= now, open_).order_by(column).limit(limit)))

    def open_of_rules(self, rules: Collection[str]) -> list[Alert]:
        """Open alerts of these rules."""
        return list(self._alerts(select(_T).where(_T.c.resolved_at.is_(None), _T.c.rule.in_(list(rules)))))

    def held_by(self, holders: Collection[str]) -> list[Alert]:
        """Open alerts that these hold back."""
        wanted = _T.c.held_by.in_([holder for holder in holders if holder])
        return list(self._alerts(select(_T).where(_T.c.look_at.is_not(None), wanted)))

    def look_at_held(self, now: datetime, holder: str = "") -> int:
        """Decide anew."""
        statement = update(_T).where(_T.c.look_at.is_not(None), _T.c.resolved_at.is_(None)).values(look_at=now)
        return self._work.execute(statement.where(_T.c.held_by == holder) if holder else statement).rowcount

    def of_page(self, page: PageId, limit: int = 1000) -> list[Alert]:
        """The alerts of a page."""
        order = (_T.c.resolved_at.is_not(None), _T.c.opened_at.desc(), _T.c.id.desc())
        return list(self._alerts(select(_T).where(_T.c.page == page).order_by(*order).limit(limit)))

    def add_decisions(self, decisions: Iterable[Decision]) -> None:
        """Keep them, in one statement."""
        rows = [
            {"subject": each.subject, "at": each.at, "kind": each.kind, "reason": each.reason} for each in decisions
        ]
        if rows:
            self._work.execute(insert(tables.decisions), rows)

    def decisions(self, subject: str, limit: int = 1000) -> list[Decision]:
        """The history."""
        t = tables.decisions
        query = select(t).where(t.c.subject == subject).order_by(t.c.number.desc()).limit(limit)
        found = [Decision(DecisionKind(row.kind), row.reason, row.at, row.subject) for row in self._work.execute(query)]
        return found[::-1]

    def page(self, id: PageId) -> Page | None:
        """One page."""
        row = self._work.execute(select(tables.pages).where(tables.pages.c.id == id)).first()
        return _page(row) if row else None

    def put_pages(self, pages: Iterable[Page]) -> None:
        """Insert or replace."""
        rows = [_page_values(each) for each in pages]
        if not rows:
            return
        dialect = postgresql if self._work.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(tables.pages)
        kept = {name: statement.excluded[name] for name in rows[0] if name != "id"}
        self._work.execute(statement.on_conflict_do_update(index_elements=["id"], set_=kept), rows)

    def pages_of_groups(self, groups: Collection[str]) -> dict[str, Page]:
        """The page of each group that has open alerts of it."""
        t, found = tables.pages, {}
        for some in _batches(list(groups)):
            query = (
                select(_T.c.group_key.label("of_group"), t)
                .distinct()
                .join_from(_T, t, _T.c.page == t.c.id)
                .where(_T.c.page.is_not(None), _T.c.resolved_at.is_(None), _T.c.group_key.in_(some))
                .order_by(t.c.at)
            )
            found.update({row.of_group: _page(row) for row in self._work.execute(query)})
        return found

    def pages_since(self, since: datetime) -> int:
        """How many."""
        query = select(func.count()).select_from(tables.pages).where(tables.pages.c.at >= since)
        return self._work.execute(query).scalar_one()

    def storm_since(self, since: datetime) -> Page | None:
        """The page of a storm."""
        t = tables.pages
        wanted = (t.c.group_key == "", t.c.closed_at.is_(None), t.c.last_at >= since)
        row = self._work.execute(select(t).where(*wanted).order_by(t.c.at.desc()).limit(1)).first()
        return _page(row) if row else None

    def settled_pages(self) -> list[Page]:
        """Pages without open alerts."""
        t = tables.pages
        is_busy = exists().where(_T.c.page == t.c.id, _T.c.resolved_at.is_(None))
        return [_page(row) for row in self._work.execute(select(t).where(t.c.closed_at.is_(None), ~is_busy))]

    def prune(self, before: datetime) -> int:
        """Forget what was over."""
        d, p = tables.decisions, tables.pages
        old = select(_T.c.id).where(_T.c.resolved_at < before)
        self._work.execute(delete(d).where(d.c.subject.in_(old)))
        self._work.execute(delete(p).where(p.c.closed_at < before))
        return self._work.execute(delete(_T).where(_T.c.resolved_at < before)).rowcount

    def _alerts(self, query: Select[Any]) -> Iterator[Alert]:
        return (_alert(row) for row in self._work.execute(query))


def _batches(items: Sequence[str]) -> Iterator[Sequence[str]]:
    return (items[start : start + _BATCH] for start in range(0, len(items), _BATCH))


def _values(alert: Alert) -> dict[str, Any]:
    return {
        **{name: getattr(alert, name) for name in _SAME},
        "state": alert.state.value,
        "severity": alert.severity.value,
        "verdict": alert.verdict.value,
        "service": alert.service,
        "rule": alert.rule,
        "group_key": alert.group,
        "labels": _json(alert.labels),
        "annotations": _json(alert.annotations),
        "openings": json.dumps([at.timestamp() for at in alert.openings]),
    }


def _json(labels: Any) -> str:
    return json.dumps(labels, ensure_ascii=False, separators=(",", ":"))


def _alert(row: Row[Any]) -> Alert:
    known: Any = row._mapping
    return Alert(
        **{name: known[name] for name in _SAME},
        labels=json.loads(row.labels),
        annotations=json.loads(row.annotations),
        severity=Severity(row.severity),
        state=AlertState(row.state),
        verdict=Verdict(row.verdict),
        group=row.group_key,
        openings=tuple(datetime.fromtimestamp(at, UTC) for at in json.loads(row.openings)),
    )


def _page_values(page: Page) -> dict[str, Any]:
    return {
        "id": page.id,
        "group_key": page.group,
        "title": page.title,
        "severity": page.severity.value,
        "service": page.service,
        "at": page.at,
        "last_at": page.last_at,
        "alerts": page.alerts,
        "closed_at": page.closed_at,
        "incident": page.incident,
    }


def _page(row: Row[Any]) -> Page:
    names = ("id", "title", "service", "at", "last_at", "alerts", "closed_at", "incident")
    known: Any = row._mapping
    return Page(**{name: known[name] for name in names}, group=row.group_key, severity=Severity(row.severity))
