"""Rules and objectives by the API, and on the console's pages."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from tests import sites
from tests.fakes import FakePlatform

from accelerapp.access.model import Role
from accelerapp.app import App
from accelerapp.base import errors
from accelerapp.base.settings.model import Data, Local, Service, Settings, Slo
from accelerapp.metrics.model import Element, Line, Matrix, Point, Vector

HOSTILE = "<script>alert(1)</script>\u202e"


class FakeSource:
    """A gauge at 0.5, with a gap."""

    name = "fake"

    def __init__(self) -> None:
        self.is_down = False

    def instant(self, expr, at):
        if self.is_down:
            raise errors.CannotTellError("http://prometheus does not answer.", mend="Start it.")
        return Vector((Element({}, Point(at.timestamp(), 0.5)),))

    def range(self, expr, start, end, step):
        if self.is_down:
            raise errors.CannotTellError("http://prometheus does not answer.", mend="Start it.")
        times = [start.timestamp() + 15 * index for index in (0, 1, 2, 30, 31)]
        points = tuple(Point(at, 0.5 if index != 2 else float("nan")) for index, at in enumerate(times))
        return Matrix((Line({"replica": HOSTILE}, points),))


@pytest.fixture
def app(tmp_path):
    local = Local(releases=tmp_path, release="1.0.0", command=("true",), port=8080, memory_limit=1024)
    slo = Slo(kind="availability", objective_percent=99)
    service = Service(local=local, slo=(slo,))
    quiet = {"kind": "promql", "name": "Hostile", "expr": "up", "steps": [f"look at `{HOSTILE}`"], "service": "shop"}
    made = App(Settings(data=Data(folder=tmp_path), services={"shop": service}, rules=(quiet,)))
    made.__dict__["local_platform"] = FakePlatform()
    made.__dict__["metrics"] = SimpleNamespace(source=FakeSource(), own=FakeSource())
    made.evaluate_rules(made.clock.now())
    return made


def get(app, path, **params):
    return sites.client(app).get(f"/api/v1{path}", params=params, headers=sites.key(app, Role.VIEWER))


def test_rules_are_listed_with_how_they_stand(app):
    found = {rule["id"]: rule for rule in get(app, "/rules").json()}
    assert found["shop/HighErrorRate"]["state"] == "pending"
    assert found["shop/HighErrorRate"]["threshold"] == 0.05
    assert found["shop/ServiceDown"]["severity"] == "P1"
    assert len(found["shop/HighErrorRate"]["steps"]) == 5
    assert {rule["service"] for rule in get(app, "/rules", service="shop").json()} == {"shop"}
    assert get(app, "/rules", service="shpo").status_code == 404


def test_one_rule_is_found_by_its_id_or_its_name_and_plotted(app):
    assert get(app, "/rule", rule="HighLatency").json()["id"] == "shop/HighLatency"
    answer = get(app, "/rule", rule="HighLatencies")
    assert answer.status_code == 404
    plot = get(app, "/rule/plot", rule="shop/HighErrorRate", minutes=10).json()
    assert plot["threshold"] == 0.05
    assert len(plot["figure"]["lines"][0]["points"]) == 5


def test_a_source_that_is_down_is_said(app):
    app.metrics.source.is_down = True
    answer = get(app, "/rule/plot", rule="shop/HighErrorRate")
    assert answer.status_code == 503
    assert "does not answer" in answer.json()["message"]
    assert get(app, "/slos").json()[0]["reason"] == "http://prometheus does not answer."


def test_objectives_are_listed_with_what_is_left_of_their_budgets(app):
    (found,) = get(app, "/slos").json()
    assert (found["objective"], found["remaining"]) == (0.99, pytest.approx(-49))
    assert found["burn_rates"]["1h"] == 0.5  # the fake answers every question so


def test_a_prometheus_is_told_where_the_replicas_are_with_the_labels_of_the_embedded_scraper(app):
    groups = get(app, "/prometheus/targets").json()
    replicas = app.local_platform.workload("shop").replicas
    assert [group["targets"] for group in groups] == [[each.address] for each in replicas if each.address]
    assert groups
    assert all(group["labels"]["service"] == "shop" for group in groups)
    app.local_platform.unreachable = True
    assert get(app, "/prometheus/targets").status_code == 503  # Prometheus keeps the list that it has


PAGES = (
    "/rules",
    "/rules?service=shop",
    "/rule?rule=shop/HighErrorRate",
    "/rule?rule=shop/Hostile&minutes=1440",
    "/slo?service=shop&name=availability&days=7",
)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("is_down", [False, True])
def test_every_page_reads_without_script_and_nothing_in_it_can_hurt(app, page, is_down):
    browser, _ = sites.signed_in(app)
    app.metrics.source.is_down = is_down
    answer = browser.get(page)
    assert answer.status_code == 200, answer.text
    assert " style=" not in answer.text
    assert "<script>alert" not in answer.text
    assert "\u202e" not in answer.text
    assert ("does not answer" in answer.text) is is_down


def test_the_page_of_a_rule_shows_its_figure_its_threshold_and_what_to_do(app):
    browser, _ = sites.signed_in(app)
    text = browser.get("/rule?rule=shop/HighErrorRate").text
    assert "&gt; 5 % for 5 min" in text
    assert '"limit": 5.0' in text
    assert "null" in text.split('id="usage"')[1].split("</script>")[0]
    assert "accelerapp logs errors -s shop" in text
    assert browser.get("/rule?rule=none").status_code == 404
    assert browser.get("/slo?service=shop&name=none").status_code == 404


def test_the_budget_of_an_objective_is_shown(app):
    browser, _ = sites.signed_in(app)
    assert "overspent by 4.9e+03 %" in browser.get("/slo?service=shop&name=availability").text


def test_a_gap_in_a_figure_stays_a_gap(app):
    from accelerapp.console import rule_plots

    plot = app.rules.plot("shop/HighErrorRate", 10)
    (line,) = rule_plots.document(plot)["plots"][0]["lines"]
    assert line["v"] == [50.0, 50.0, None, None, 50.0, 50.0]
    assert timedelta(0) < plot.until - plot.since
