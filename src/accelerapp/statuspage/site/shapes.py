"""Statuspage's public API, version 2: the same fields with the same meaning, so that its clients work unchanged.

Source: https://www.githubstatus.com/api and the like, which every Statuspage has. Times are in the page's time zone
with milliseconds. A state that is not known has no word there: the one that was known last stands, the description says
since when it is not known, and the indicator is not `none`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from accelerapp.statuspage import maintenances, service
from accelerapp.statuspage.model import Group, Impact, Maintenance, Report, Stage, Update
from accelerapp.statuspage.service import Shown
from accelerapp.statuspage.site.scene import Scene

Shape = dict[str, Any]
MOST = 50
"""Incidents and maintenances in a list, as at Statuspage."""
_COMING = (Stage.SCHEDULED,)
_ACTIVE = (Stage.IN_PROGRESS, Stage.VERIFYING)


def summary(scene: Scene) -> Shape:
    """`summary.json`."""
    works = service.planned(scene.board, scene.now, *_COMING, *_ACTIVE)
    return {
        **status(scene),
        "components": _components(scene),
        "incidents": _reports(scene, is_open=True),
        "scheduled_maintenances": [_maintenance(scene, each) for each in works],
    }


def status(scene: Scene) -> Shape:
    """`status.json`."""
    found = scene.overall
    return {"page": _page(scene), "status": {"indicator": found.indicator, "description": found.description}}


def components(scene: Scene) -> Shape:
    """`components.json`."""
    return {"page": _page(scene), "components": _components(scene)}


def incidents(scene: Scene) -> Shape:
    """`incidents.json`."""
    return {"page": _page(scene), "incidents": _reports(scene)}


def unresolved(scene: Scene) -> Shape:
    """`incidents/unresolved.json`."""
    return {"page": _page(scene), "incidents": _reports(scene, is_open=True)}


def scheduled(scene: Scene) -> Shape:
    """`scheduled-maintenances.json`."""
    return _works(scene, scene.board.maintenances[:MOST])


def upcoming(scene: Scene) -> Shape:
    """`scheduled-maintenances/upcoming.json`."""
    return _works(scene, service.planned(scene.board, scene.now, *_COMING))


def active(scene: Scene) -> Shape:
    """`scheduled-maintenances/active.json`."""
    return _works(scene, service.planned(scene.board, scene.now, *_ACTIVE))


SHAPES: Mapping[str, Callable[[Scene], Shape]] = {
    "api/v2/summary.json": summary,
    "api/v2/status.json": status,
    "api/v2/components.json": components,
    "api/v2/incidents.json": incidents,
    "api/v2/incidents/unresolved.json": unresolved,
    "api/v2/scheduled-maintenances.json": scheduled,
    "api/v2/scheduled-maintenances/upcoming.json": upcoming,
    "api/v2/scheduled-maintenances/active.json": active,
}


def encode(shape: Shape) -> bytes:
    """As the bytes that go out."""
    return json.dumps(shape, ensure_ascii=False, separators=(",", ":")).encode()


# -- parts -------------------------------------------------------------------------------------------------------------


def _page(scene: Scene) -> Shape:
    page = scene.page
    zone, changed = page.time_zone, _time(scene, scene.updated_at)
    return {"id": page.id, "name": page.name, "url": page.url, "time_zone": zone, "updated_at": changed}


def _time(scene: Scene, at: datetime | None) -> str | None:
    if at is None:
        return None
    return at.astimezone(scene.zone).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _components(scene: Scene) -> list[Shape]:
    """Groups stand among them, as at Statuspage: each before its members."""
    found = [_component(scene, each) for each in scene.shown if each.component.group is None]
    for group in service.ordered(scene.board.groups):
        members = [each for each in scene.shown if each.component.group == group.id]
        if members:
            found.append(_group(scene, group, members))
            found += [_component(scene, each) for each in members]
    return found


def _group(scene: Scene, group: Group, members: list[Shown]) -> Shape:
    return {
        **_place(scene, group.id, group.name, group.position, group.created_at, group.updated_at),
        "status": service.group_state(members).value,
        "description": group.description or None,
        "showcase": False,
        "start_date": None,
        "group_id": None,
        "group": True,
        "only_show_if_degraded": False,
        "components": [each.component.id for each in members],
    }


def _component(scene: Scene, each: Shown) -> Shape:
    one = each.component
    return {
        **_place(scene, one.id, one.name, one.position, one.created_at, one.updated_at),
        "status": each.state.value,
        "description": _description(scene, each) or None,
        "showcase": one.showcase,
        "start_date": one.counts_from.astimezone(scene.zone).date().isoformat(),
        "group_id": one.group,
        "group": False,
        "only_show_if_degraded": one.only_show_if_degraded,
    }


def _place(scene: Scene, id: str, name: str, position: int, created_at: datetime, updated_at: datetime) -> Shape:
    return {
        "id": id,
        "name": name,
        "position": position,
        "created_at": _time(scene, created_at),
        "updated_at": _time(scene, updated_at),
        "page_id": scene.page.id,
    }


def _description(scene: Scene, each: Shown) -> str:
    if each.unknown_since is None:
        return each.component.description
    since = _time(scene, each.unknown_since)
    return f"{each.component.description} (Its state is not known since {since}; shown is the last known one.)".strip()


def _reports(scene: Scene, *, is_open: bool | None = None) -> list[Shape]:
    found = [each for each in scene.board.reports if is_open in (None, each.is_open)]
    return [_report(scene, each) for each in found[: None if is_open else MOST]]


def _report(scene: Scene, each: Report) -> Shape:
    return {
        **_told(scene, each.id, each.title, each.impact, each.created_at, each.updates),
        "status": each.status.value,
        "monitoring_at": _time(scene, each.monitoring_at),
        "resolved_at": _time(scene, each.resolved_at),
        "started_at": _time(scene, each.created_at),
        "components": _of(scene, each.components),
    }


def _works(scene: Scene, found: Iterable[Maintenance]) -> Shape:
    return {"page": _page(scene), "scheduled_maintenances": [_maintenance(scene, each) for each in found]}


def _maintenance(scene: Scene, each: Maintenance) -> Shape:
    stage = maintenances.stage(each, scene.now)
    ended = maintenances.ends_at(each) if stage is Stage.COMPLETED else None
    updates = maintenances.updates(each, scene.now)
    return {
        **_told(scene, each.id, each.title, None, each.created_at, updates),
        "status": stage.value,
        "monitoring_at": None,
        "resolved_at": _time(scene, ended),
        "started_at": _time(scene, maintenances.begins_at(each)),
        "scheduled_for": _time(scene, each.scheduled_for),
        "scheduled_until": _time(scene, each.scheduled_until),
        "components": _of(scene, each.components),
    }


def _told(
    scene: Scene, id: str, title: str, impact: Impact | None, created_at: datetime, updates: tuple[Update, ...]
) -> Shape:
    """What incidents and maintenances have in common; the impact of the latter is `maintenance`."""
    return {
        "id": id,
        "name": title,
        "impact": impact.value if impact else "maintenance",
        "shortlink": scene.address(id),
        "created_at": _time(scene, created_at),
        "updated_at": _time(scene, updates[-1].at),
        "page_id": scene.page.id,
        "incident_updates": [_update(scene, id, each) for each in reversed(updates)],
    }


def _update(scene: Scene, of: str, each: Update) -> Shape:
    at = _time(scene, each.at)
    return {
        "id": each.id,
        "incident_id": of,
        "status": each.status,
        "body": each.body,
        "created_at": at,
        "updated_at": at,
        "display_at": at,
        "affected_components": [
            {
                "code": change.component,
                "name": scene.name(change.component),
                "old_status": change.before.value,
                "new_status": change.after.value,
            }
            for change in each.changes
        ]
        or None,
        "deliver_notifications": True,
        "custom_tweet": None,
        "tweet_id": None,
    }


def _of(scene: Scene, ids: Iterable[str]) -> list[Shape]:
    wanted = set(ids)
    return [_component(scene, each) for each in scene.shown if each.component.id in wanted]
