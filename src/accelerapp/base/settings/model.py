"""What can be set. One sentence per field: the commented example file is made from these sentences.

Durations are written like `15m`, sizes like `256M`. A secret is written as `env:NAME` or `file:PATH`.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, model_validator

from accelerapp.base.settings import channels as channel_kinds
from accelerapp.base.settings.fields import Duration, KubernetesName, Name, Pause, Port, Section, Size, WorkloadName
from accelerapp.base.settings.people import Incidents, Issues, Notify, Paging, PostMortems, StatusPage
from accelerapp.base.severity import Severity

SQLITE_FILE = "accelerapp.db"
"""In the data folder."""


class Server(Section):
    """Where the console and the API are served."""

    host: str = "127.0.0.1"
    """Address to listen on; until an administrator exists only this machine is answered, whatever stands here."""
    port: Port = 8000
    """Port to listen on."""
    url: str = ""
    """Address under which people reach the console, for links; empty means http://HOST:PORT."""
    names: tuple[str, ...] = ()
    """Further host names under which it may be asked, such as accelerapp.tools.svc inside a cluster."""
    session_length: Duration = timedelta(hours=12)
    """How long a sign-in lasts."""
    drain: Pause = timedelta(0)
    """How long it goes on answering after TERM while /health/ready says no, so that nothing new is sent to it."""


class Data(Section):
    """Where things are kept."""

    folder: Path = Path(".accelerapp")
    """Folder for the embedded database, the local platform's state and logs; relative to the settings file."""
    database_url: SecretStr = SecretStr("")
    """PostgreSQL for several replicas, such as env:DATABASE_URL; empty means SQLite in the data folder."""
    usage_retention: Duration = timedelta(days=7)
    """How long CPU and memory samples of replicas are kept."""

    @property
    def has_database(self) -> bool:
        """Is there a database already? Of PostgreSQL that is for it to say."""
        return bool(self.database_url.get_secret_value()) or (self.folder / SQLITE_FILE).exists()


class Health(Section):
    """When a service counts as degraded."""

    timeout: Duration = timedelta(seconds=10)
    """How long one check may take before its line reads unknown."""
    error_share: float = Field(default=0.01, ge=0, le=1)
    """Share of error records in the log of the last hour, 5 minutes or minute above which a service is degraded."""
    error_minimum: int = Field(default=5, ge=1)
    """Fewer errors than this are never a reason."""
    slow_response: Duration = timedelta(seconds=2)
    """A probe of the service's address slower than this is a reason."""
    disk_percent: float = Field(default=90, gt=0, le=100)
    """Disk use above which a disk is a reason."""
    memory_percent: float = Field(default=90, gt=0, le=100)
    """Memory use of a replica, in percent of its limit, above which it is a reason."""
    cpu_percent: float = Field(default=95, gt=0, le=100)
    """CPU use of a host or node above which it is a reason."""
    certificate_days: int = Field(default=21, ge=0)
    """A TLS certificate that expires within so many days is a reason."""
    connections_percent: float = Field(default=85, gt=0, le=100)
    """Database connections in use, in percent of the limit, above which the database is a reason."""
    long_query: Duration = timedelta(minutes=5)
    """A database query that runs longer than this is a reason."""


class Inhibition(Section):
    """An alert that explains others: while it is open, they page nobody."""

    source: str
    """Matchers of the alert that explains; one of them names its rule: alertname="ServiceDown"."""
    target: str = ""
    """Matchers of the alerts that it explains; empty means all others."""
    equal: tuple[str, ...] = ("service",)
    """Labels that both have with the same value."""


class Alerts(Section):
    """What becomes of alerts that come in."""

    group_by: tuple[str, ...] = ("service", "alertname")
    """Alerts that agree in these labels are one group, and one page."""
    group_wait: Duration = timedelta(seconds=10)
    """How long a new alert waits for others of its group and for what explains it; a P1 waits for nothing."""
    resolve_timeout: Duration = timedelta(minutes=5)
    """An alert whose sender repeats it all the time counts as resolved when nothing was heard of it for so long."""
    forget_after: Duration = timedelta(days=3)
    """An alert whose sender says when it ends counts as resolved when nothing was heard of it for so long."""
    incident_after: Duration = timedelta(minutes=15)
    """An alert that is still there after this time opens an incident."""
    incident_at_once: Severity = Severity.P1
    """Alerts of this severity and worse open an incident at once."""
    flap_openings: int = Field(default=3, ge=1, le=9)
    """An alert that opened more often than this within flap_window pages only if it stays for flap_wait."""
    flap_window: Duration = timedelta(hours=1)
    """See flap_openings."""
    flap_wait: Duration = timedelta(minutes=5)
    """See flap_openings."""
    storm_pages: int = Field(default=10, ge=1)
    """More pages than this within storm_window are one page with a list."""
    storm_window: Duration = timedelta(minutes=1)
    """See storm_pages."""
    inhibit: tuple[Inhibition, ...] = (Inhibition(source='alertname="ServiceDown"'),)
    """Which alerts explain which others."""
    silence_notice: Duration = timedelta(minutes=15)
    """So long before a silence ends it is said what will page then."""
    most_open: int = Field(default=20_000, ge=1, le=1_000_000)
    """Alerts open at the same time above which new ones are counted and not kept, which is an alert of its own."""
    retention: Duration = timedelta(days=90)
    """How long resolved alerts with their decisions are kept."""


class Metrics(Section):
    """Where figures over time come from, and how long they are kept."""

    source: str = "embedded"
    """embedded: what is scraped and kept here; or the address of a Prometheus, Thanos, VictoriaMetrics or Mimir."""
    token: SecretStr = SecretStr("")
    """Bearer token for that address, such as env:PROMETHEUS_TOKEN."""
    scrape: bool = True
    """Whether the services are scraped here; platform figures and probes are kept in any case."""
    period: Duration = timedelta(seconds=15)
    """From one scrape to the next."""
    timeout: Duration = timedelta(seconds=5)
    """How long a target may take to answer; at most the period."""
    retention: Duration = timedelta(days=2)
    """How long every sample is kept; after that one for each two minutes."""
    rollup_retention: Duration = timedelta(days=30)
    """How long those are kept."""
    most_series: int = Field(default=10_000, ge=1, le=1_000_000)
    """Series of one target above which new ones are left out, which the job of the scrape says."""
    largest_answer: Size = 16 * 1024**2
    """A target's answer that is larger is not read: the target counts as down."""

    @model_validator(mode="after")
    def _times_fit(self) -> Metrics:
        if self.timeout > self.period:
            raise ValueError("timeout is longer than period")
        if self.period > timedelta(minutes=2):
            raise ValueError("period is longer than 2m, the step of what is kept for long")
        if not timedelta(hours=3) <= self.retention <= self.rollup_retention:
            raise ValueError("retention must be at least 3h and at most rollup_retention")
        if self.source != "embedded" and not self.source.startswith(("http://", "https://")):
            raise ValueError('source is neither "embedded" nor an http:// or https:// address')
        return self


class Local(Section):
    """How the built-in supervisor runs a service as processes on this machine."""

    releases: Path
    """Folder that holds one folder per release, named by its version."""
    release: str
    """Version to start with; afterwards the version last set stays."""
    command: tuple[str, ...] = Field(min_length=1)
    """Command of one replica; {python}, {release} (folder), {version}, {port} and {data} (kept folder) are set."""
    replicas: int = Field(default=1, ge=0, le=100)
    """How many replicas to start with; afterwards the number last set stays."""
    port: Port | None = None
    """Port of the proxy before the replicas; none for a service that serves nothing."""
    health_path: str = "/health"
    """Path that answers 2xx when a replica is ready; asked only of services with a port."""
    environment: dict[str, str] = Field(default_factory=dict)
    """Environment of the replicas; the same placeholders as in command are filled in, env: and file: are resolved."""
    memory_limit: Size = 0
    """A replica above this resident memory is ended with the reason OOMKilled; 0 means no limit."""
    ready_timeout: Duration = timedelta(seconds=60)
    """A replica that is not ready after this time is replaced."""
    settle: Duration = timedelta(seconds=3)
    """A new replica must stay ready this long before an old one is ended."""
    stop_signal: Literal["TERM", "INT", "QUIT"] = "TERM"
    """Signal that asks a replica to end."""
    stop_grace: Duration = timedelta(seconds=15)
    """How long after the stop signal a replica is killed."""
    log_size: Size = 64 * 1024**2
    """Size at which a replica's log is rotated."""
    log_files: int = Field(default=5, ge=1, le=1000)
    """How many rotated logs of a replica are kept."""
    on_exit: Literal["stop", "keep"] = "stop"
    """What `accelerapp up` does with the replicas when it is stopped: stop them or keep them running."""


class Kubernetes(Section):
    """Which workload of which cluster a service is."""

    namespace: KubernetesName = "default"
    """Namespace of the workload."""
    workload: WorkloadName = ""
    """Name, or kind and name such as statefulset/db where two kinds share it; empty means the service's name."""
    container: KubernetesName | Literal[""] = ""
    """Container that is meant by version, logs and commands; empty means the first one."""
    context: str = ""
    """Context of the kubeconfig; empty means its current one."""
    kubeconfig: str = ""
    """File to reach the cluster with; empty means KUBECONFIG, ~/.kube/config, or the pod's own service account."""


class Slo(Section):
    """What a service promises: the share of requests that go well over 30 days."""

    kind: Literal["availability", "latency"]
    """availability: requests that do not fail; latency: requests that are answered in time."""
    objective_percent: float = Field(gt=50, lt=100)
    """Share of good requests, in percent, such as 99.9; what is left is the error budget."""
    name: Name | Literal[""] = ""
    """Name; empty means the kind."""
    within: Duration = timedelta(milliseconds=500)
    """Of latency: how quick is good; a bound of the histogram's buckets."""
    minimum_requests: int = Field(default=100, ge=1)
    """With fewer requests than this in the longer window nothing is an alert."""
    requests: str = "http_requests_total"
    """Of availability: the counter of requests."""
    failed: str = 'status=~"5.."'
    """Of availability: which of them failed, as a matcher of labels."""
    histogram: str = "http_request_duration_seconds"
    """Of latency: the histogram of request times in seconds, without its _bucket."""
    selector: str = ""
    """Which series are the service's, as matchers of labels; empty means service="NAME"."""
    runbook: str = ""
    """Address of the runbook."""

    @property
    def title(self) -> str:
        """Its name."""
        return self.name or self.kind


class Service(Section):
    """One service to operate."""

    platform: Literal["local", "kubernetes"] = "local"
    """Where it runs: local (processes on this machine) or kubernetes (a workload of a cluster)."""
    description: str = ""
    """What it is, in a sentence."""
    owner: str = ""
    """Who answers for it: a team or an address."""
    url: str = ""
    """Address that answers 2xx when the service works, for example https://shop.example.com/health."""
    database: SecretStr = SecretStr("")
    """The service's PostgreSQL, such as env:SHOP_DATABASE_URL, for the database part of the health check."""
    database_command: tuple[str, ...] = ()
    """Command that, run beside a replica, ends with 0 when its database answers; for one out of reach from here."""
    metrics_path: str = Field(default="/metrics", pattern=r"^(/.*)?$")
    """Path of each replica's metrics in Prometheus' text format; empty means that it has none."""
    targets: tuple[str, ...] = ()
    """More addresses to scrape for it, such as an exporter's http://127.0.0.1:9187/metrics."""
    logs: tuple[str, ...] = ()
    """Logs to read beside what the platform keeps: files, folders, patterns, s3://… or loki+http://… addresses."""
    repository: str = ""
    """Folder or address of its git repository."""
    dashboards: tuple[str, ...] = ()
    """Addresses of its dashboards."""
    revenue_per_minute: float = Field(default=0, ge=0, allow_inf_nan=False)
    """What a minute of it is worth, for the reports of incidents; 0: not known."""
    local: Local | None = None
    """How the local platform runs it."""
    kubernetes: Kubernetes | None = None
    """Which workload of a cluster it is."""
    slo: tuple[Slo, ...] = ()
    """What it promises."""

    @model_validator(mode="after")
    def _slos_have_names_of_their_own(self) -> Service:
        titles = [each.title for each in self.slo]
        if len(set(titles)) < len(titles):
            raise ValueError("slo: each needs a name of its own")
        return self

    @model_validator(mode="after")
    def _platform_is_described(self) -> Service:
        if self.platform == "local" and self.local is None:
            other = ' (or platform = "kubernetes")' if self.kubernetes else ""
            raise ValueError(f"needs a table 'local' that says how to run it{other}")
        if self.platform == "kubernetes" and self.kubernetes is None:
            raise ValueError("needs a table 'kubernetes' that says which workload it is")
        return self


class Evaluation(Section):
    """How rules are evaluated."""

    built_in_rules: bool = True
    """Whether every service has the built-in rules: errors, latency, memory, down, restarts."""
    rules_files: tuple[str, ...] = ()
    """More files with [[rules]], in TOML; relative to the settings file."""


class Settings(Section):
    """All settings."""

    server: Server = Server()
    data: Data = Data()
    health: Health = Health()
    alerts: Alerts = Alerts()
    metrics: Metrics = Metrics()
    services: dict[Name, Service] = Field(default_factory=dict)
    evaluation: Evaluation = Evaluation()
    channels: dict[Name, channel_kinds.Channel] = Field(default_factory=dict)
    notify: Notify = Notify()
    paging: Paging = Paging()
    incidents: Incidents = Incidents()
    postmortems: PostMortems = PostMortems()
    issues: Issues = Issues()
    status_page: StatusPage = StatusPage()
    rules: tuple[dict[str, Any], ...] = ()
    """Rules, each a table of its kind; `accelerapp alert rules check` reads them."""
    default_service: str = ""
    """Service that is meant where none is named; empty means the first one."""
    source: Path | None = Field(default=None, exclude=True)

    @model_validator(mode="after")
    def _default_service_exists(self) -> Settings:
        if self.default_service and self.default_service not in self.services:
            raise ValueError(f"default_service names '{self.default_service}', which is not among the services")
        return self

    @model_validator(mode="after")
    def _replies_have_an_address(self) -> Settings:
        for name, each in self.channels.items():
            if isinstance(each, channel_kinds.Twilio) and each.replies and not self.server.url:
                raise ValueError(f"channels.{name}.replies needs server.url, the address that Twilio reaches")
        return self

    @model_validator(mode="after")
    def _chat_has_a_bot(self) -> Settings:
        name = self.incidents.slack
        known = self.channels.get(name)
        if name and not (isinstance(known, channel_kinds.Slack) and known.token.get_secret_value()):
            raise ValueError(f"incidents.slack names '{name}', which is no channel of kind slack with a token")
        return self

    @model_validator(mode="after")
    def _subscribers_are_told_by_mail(self) -> Settings:
        name = self.status_page.mail_by
        if name and (name not in self.channels or self.channels[name].kind != "email"):
            raise ValueError(f"status_page.mail_by names '{name}', which is no channel of the kind email")
        return self

    @model_validator(mode="after")
    def _latency_is_of_services(self) -> Settings:
        for name in self.status_page.latency:
            if name not in self.services:
                raise ValueError(f"status_page.latency names '{name}', which is not among the services")
        return self

    @model_validator(mode="after")
    def _notified_channels_exist(self) -> Settings:
        for severity in Severity:
            for target in self.notify.of(severity):
                if (name := target.partition(":")[0]) not in self.channels:
                    raise ValueError(f"notify.{severity} names '{name}', which is not among the channels")
        return self
