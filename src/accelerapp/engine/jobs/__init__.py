"""What the engine does again and again: one file per job; `of_app` lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accelerapp.engine.jobs.check_health import CheckHealth
from accelerapp.engine.jobs.collect_metrics import CollectMetrics, CollectNodes
from accelerapp.engine.jobs.collect_own import CollectOwn
from accelerapp.engine.jobs.evaluate_rules import EvaluateRules
from accelerapp.engine.jobs.follow_alerts import FollowAlerts
from accelerapp.engine.jobs.follow_incidents import FollowActs, FollowCalls, FollowStorms
from accelerapp.engine.jobs.inform import FollowChats, RemindOfUpdates
from accelerapp.engine.jobs.interface import Job
from accelerapp.engine.jobs.keep_metrics import KeepMetrics
from accelerapp.engine.jobs.learn_logs import LearnLogs
from accelerapp.engine.jobs.notices import ReportOncall, TellHandoffs
from accelerapp.engine.jobs.paging import AuditPaging, CallPeople, ProveReach, SendHeartbeat
from accelerapp.engine.jobs.prune import Prune
from accelerapp.engine.jobs.remind import Remind
from accelerapp.engine.jobs.sample_usage import SampleUsage
from accelerapp.engine.jobs.status_page import ExportStatus, FollowServices, MeasureLatency, TellSubscribers
from accelerapp.engine.jobs.supervise import Supervise

if TYPE_CHECKING:
    from accelerapp.app import App


def of_app(app: App) -> tuple[Job, ...]:
    """All jobs of the product. Health and logs are a job per service, so that a slow one delays no other."""
    return (
        Supervise(app),
        SampleUsage(app),
        *(CheckHealth(app, service.name) for service in app.services),
        *(LearnLogs(app, service.name) for service in app.services),
        *(CollectMetrics(app, service.name) for service in app.services),
        CollectNodes(app),
        CollectOwn(app),
        KeepMetrics(app),
        EvaluateRules(app),
        FollowAlerts(app),
        CallPeople(app),
        AuditPaging(app),
        FollowActs(app),
        FollowCalls(app),
        FollowStorms(app),
        *((ProveReach(app),) if app.settings.paging.test_at else ()),
        TellHandoffs(app),
        ReportOncall(app),
        Remind(app),
        RemindOfUpdates(app),
        *((FollowChats(app),) if app.settings.incidents.slack else ()),
        FollowServices(app),
        *_export(app),
        *_heartbeat(app),
        Prune(app),
    )


def _export(app: App) -> tuple[Job, ...]:
    exporting = (ExportStatus(app),) if app.settings.status_page.export_to else ()
    measuring = (MeasureLatency(app),) if app.settings.status_page.latency else ()
    return (*measuring, *exporting, TellSubscribers(app))


def _heartbeat(app: App) -> tuple[Job, ...]:
    known = app.settings.paging
    return (SendHeartbeat(app, known.heartbeat_every),) if known.heartbeat_url.get_secret_value() else ()
