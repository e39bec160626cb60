"""Scraping, storage and rules at size, beside a real Prometheus in the same run: CPU as a share of one core.

20 services of 5 replicas with 200 series each (20,000 in all), 1,000 rules (the manual's three alerts by turns), all every
15 s; the rules' windows are full when the measurement begins. Run it with `python benchmarks/metrics.py [WARM] [MEASURED]`
(seconds; 330 and 120). Needs Debian's `prometheus`. The targets are a process of their own that is not counted.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil

SERVICES, REPLICAS, PATHS, RULES, PERIOD = 20, 5, 10, 1000, 15
_BOUNDS = ("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf")


def main() -> None:
    """Start the targets, both sides and the clock; print the table."""
    warm, measured = [*(int(each) for each in sys.argv[1:3]), *(330, 120)[len(sys.argv[1:3]) :]]
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Replica)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        processes = {
            "accelerapp": subprocess.Popen([sys.executable, __file__, "--ours", str(folder / "ours"), str(port)]),
            "Prometheus": _prometheus(folder / "theirs", port),
        }
        try:
            time.sleep(warm)
            before = {name: _cpu(process.pid) for name, process in processes.items()}
            time.sleep(measured)
            for name, process in processes.items():
                used = _cpu(process.pid) - before[name]
                memory = psutil.Process(process.pid).memory_info().rss / 1e6
                print(f"{name:12}  {100 * used / measured:5.1f} % of a core  {memory:6.0f} MB resident")
        finally:
            for process in processes.values():
                process.terminate()
                process.wait(30)
        print((folder / "ours" / "report").read_text())
        server.shutdown()


def _cpu(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


# -- targets -----------------------------------------------------------------------------------------------------------


class _Replica(BaseHTTPRequestHandler):
    """`/SERVICE/REPLICA/metrics`: 200 series that grow with time."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = _body(int(time.time() * 10)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def _body(at: int) -> str:
    lines = []
    for path in range(PATHS):
        for number, status in enumerate(("200", "404", "500", "503")):
            lines.append(f'http_requests_total{{path="/p{path}",status="{status}"}} {at // (1 + 50 * number)}')
        for number, bound in enumerate(_BOUNDS):
            lines.append(f'http_seconds_bucket{{path="/p{path}",le="{bound}"}} {at * (number + 1) // len(_BOUNDS)}')
        lines.append(f'http_seconds_count{{path="/p{path}"}} {at}')
        lines.append(f'http_seconds_sum{{path="/p{path}"}} {at / 7}')
    lines += ["memory_bytes 150000000", "memory_limit_bytes 256000000"]
    lines += [f'other_gauge{{number="{number}"}} {at % (number + 2)}' for number in range(18)]
    return "\n".join(lines) + "\n"


def _rules() -> list[tuple[str, str, float]]:
    """Name, expression and threshold."""
    made = []
    for number in range(RULES):
        which = f'service="s{number % SERVICES}"'
        chosen = f'{which},path="/p{number // SERVICES % PATHS}"'
        errors = f'sum(rate(http_requests_total{{{chosen},status=~"5.."}}[5m]))'
        expr, threshold = (
            (f"{errors} / sum(rate(http_requests_total{{{chosen}}}[5m]))", 0.05),
            (f"histogram_quantile(0.95, sum by (le) (rate(http_seconds_bucket{{{chosen}}}[5m])))", 500.0),
            (f"memory_bytes{{{which}}} / memory_limit_bytes{{{which}}}", 0.9),
        )[number % 3]
        made.append((f"Rule{number}", expr, threshold))
    return made


# -- Prometheus --------------------------------------------------------------------------------------------------------


def _prometheus(folder: Path, port: int) -> subprocess.Popen[bytes]:
    folder.mkdir()
    jobs = [
        {
            "job_name": f"s{service}-{replica}",
            "metrics_path": f"/s{service}/{replica}/metrics",
            "static_configs": [
                {"targets": [f"127.0.0.1:{port}"], "labels": {"service": f"s{service}", "replica": f"r{replica}"}}
            ],
        }
        for service in range(SERVICES)
        for replica in range(REPLICAS)
    ]
    rules = [{"alert": name, "expr": f"{expr} > {over}", "for": "5m"} for name, expr, over in _rules()]
    (folder / "rules.yml").write_text(json.dumps({"groups": [{"name": "all", "rules": rules}]}))
    config = {
        "global": {"scrape_interval": f"{PERIOD}s", "evaluation_interval": f"{PERIOD}s"},
        "rule_files": ["rules.yml"],
        "scrape_configs": jobs,
    }
    (folder / "prometheus.yml").write_text(json.dumps(config))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{probe.getsockname()[1]}"
    return subprocess.Popen(
        [
            *("prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"),
            f"--web.listen-address={listen}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


# -- ours --------------------------------------------------------------------------------------------------------------


def _ours(folder: Path, port: str) -> None:
    """The engine with the jobs that matter, until TERM; then a report of what the jobs did."""
    import signal

    from accelerapp import app as wiring
    from accelerapp.base.settings import load
    from accelerapp.engine.jobs.collect_metrics import CollectMetrics
    from accelerapp.engine.jobs.evaluate_rules import EvaluateRules
    from accelerapp.engine.jobs.keep_metrics import KeepMetrics
    from accelerapp.engine.runner import Engine

    folder.mkdir()
    (folder / "accelerapp.toml").write_text(_settings(port))
    product = wiring.App(load.load(folder / "accelerapp.toml", {}))
    product.__dict__["local_platform"] = _Platform(port)
    jobs = (
        *(CollectMetrics(product, service.name) for service in product.services),
        KeepMetrics(product),
        EvaluateRules(product),
    )
    engine = Engine(product, jobs)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    engine.start()
    ended.wait()
    shown = [each for each in engine.status() if not each.name.startswith("collect_metrics s1")]
    lines = [f"{len(product.rules.all)} rules"]
    lines += [f"{each.name}: {each.runs} runs, {each.failures} failed, last {each.seconds:.2f} s" for each in shown]
    found = product.metric_source.instant("count({service!=''})", product.clock.now())
    lines.append(f"series: {found.elements[0].point.value:,.0f}")
    lines.append(f"database: {sum(each.stat().st_size for each in folder.glob('data/*.db*')) / 1e6:.0f} MB")
    (folder / "report").write_text("\n".join(lines))
    engine.stop()


def _settings(port: str) -> str:
    services = "".join(
        f'[services.s{number}]\nmetrics_path = "/s{number}/metrics"\n'
        f'[services.s{number}.local]\nreleases = "x"\nrelease = "1"\ncommand = ["true"]\n'
        for number in range(SERVICES)
    )
    rules = "".join(
        f"[[rules]]\nkind = 'promql'\nname = '{name}'\nexpr = '''{expr}'''\nabove = {over}\nfor = '5m'\nevery = '15s'\n"
        for name, expr, over in _rules()
    )
    return f'[data]\nfolder = "data"\n[evaluation]\nbuilt_in_rules = false\n{services}{rules}'


class _Platform:
    """Replicas at the targets' port."""

    def __init__(self, port: str) -> None:
        self._port = port

    def workload(self, service: str) -> Any:
        """Five replicas that are ready."""
        from accelerapp.platforms import interface

        replicas = tuple(
            interface.Replica(
                name=f"r{number}",  # type: ignore[arg-type]
                state=interface.ReplicaState.RUNNING,
                ready=True,
                reason="",
                version="1",
                restarts=0,
                started_at=None,
                address=f"127.0.0.1:{self._port}/{service}/{number}",
            )
            for number in range(REPLICAS)
        )
        return interface.Workload(
            service,
            REPLICAS,
            REPLICAS,
            REPLICAS,
            "1",
            1,
            interface.RolloutPhase.COMPLETE,
            "",
            replicas,  # type: ignore[arg-type]
        )

    def usage(self, service: str) -> list[Any]:
        """None."""
        return []


if __name__ == "__main__":
    if sys.argv[1:2] == ["--ours"]:
        _ours(Path(sys.argv[2]), sys.argv[3])
    else:
        main()
