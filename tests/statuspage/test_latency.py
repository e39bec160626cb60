"""The latency on the page: what is known, what is not, and when the metrics are asked."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta

import pytest
from pydantic import ValidationError
from tests import sites
from tests.statuspage import scenes
from tests.statuspage.scenes import DAY, NOON, SHOP

from accelerapp.base import clock, errors
from accelerapp.base.ids import ServiceName
from accelerapp.base.settings.model import Settings
from accelerapp.base.settings.people import StatusPage
from accelerapp.engine import jobs
from accelerapp.metrics.model import Line, Matrix, Point
from accelerapp.statuspage import latency, uptime
from accelerapp.statuspage.components import Edited
from accelerapp.statuspage.latency import Latency
from accelerapp.statuspage.model import Board
from accelerapp.statuspage.site import curves, files, pages, shapes, words
from accelerapp.statuspage.site.scene import Served

BOOKS = ServiceName("bookshop")
MINUTE = timedelta(minutes=1)


def points(*values: float, ago: int = 0) -> list[tuple[float, float]]:
    """One in each step, the last of them so many steps before noon."""
    end = NOON.timestamp() - 300 * ago
    return [(end - 300 * back, each) for back, each in enumerate(reversed(values))]


def drawn(found: Latency) -> ET.Element:
    return ET.fromstring(curves.svg(found))


def lines(found: Latency) -> list[str]:
    return [each for each in drawn(found).findall("path")[-1].attrib["d"].split("M") if each]


def test_what_is_no_number_and_what_is_outside_of_the_day_is_not_known():
    given = [*points(0.2, math.nan, 0.1), (NOON.timestamp() - 2 * 86400, 9.0), (NOON.timestamp() + 300, 9.0)]
    found = latency.of_points(BOOKS, given, NOON)
    assert found.values[-4:] == (None, 0.2, None, 0.1)
    assert found.figures == latency.Figures(0.1, pytest.approx(0.15), 0.2)
    assert found.unknown == (latency.STEPS - 2) * latency.STEP
    assert found.since == NOON - DAY


def test_a_gap_breaks_the_line_and_is_hatched():
    found = latency.of_points(BOOKS, [*points(0.1, 0.2, ago=4), *points(0.3)], NOON)
    assert len(lines(found)) == 2
    hatched = [(each.attrib["x"], each.attrib["width"]) for each in drawn(found).findall("rect")]
    assert hatched == [("0", "282"), ("284", "3")]


def test_the_upper_edge_is_a_round_figure_that_nothing_exceeds():
    for most, edge in ((0.0, "1 ms"), (0.18, "200 ms"), (0.2, "200 ms"), (0.51, "1 s"), (1.2, "2 s"), (240.0, "500 s")):
        found = latency.of_points(BOOKS, points(most), NOON)
        assert words.duration(curves.top(found)) == edge
        assert curves.top(found) >= most


def test_the_drawing_has_a_text_that_says_the_same():
    found = latency.of_points(BOOKS, points(*[0.012, 0.03, 1.25] * 80), NOON)
    told = "Smallest 12 ms, median 30 ms, largest 1.25 s, not known for 4 h"
    assert words.latency(found) == told
    assert told in drawn(found).attrib["aria-label"]


def test_the_page_shows_it_under_the_name_that_customers_know():
    board = Board(components=(replace(SHOP, service=BOOKS),))
    shown = (latency.of_points(BOOKS, points(0.1, 0.2), NOON),)
    scene = scenes.scene(board, latency=shown)
    told = pages.index(scene, Served()).decode()
    assert '<svg class="curve"' in told
    assert "bookshop" not in told
    assert "<script" not in told
    assert "Smallest 100 ms" in dict(files.exported(scene))["index.html"].body.decode()
    assert shapes.summary(scene) == shapes.summary(scenes.scene(board))


@pytest.mark.parametrize("found", [Latency(BOOKS, NOON), latency.of_points(BOOKS, points(0.1), NOON - DAY)])
def test_what_the_metrics_cannot_tell_is_not_known_and_not_drawn(found):
    told = pages.index(scenes.scene(scenes.WELL, latency=(found,)), Served()).decode()
    assert 'class="curve"' not in told
    assert "Not known" in told


def test_a_page_with_latency_looks_different_once_that_is_old():
    scene = scenes.scene(scenes.WELL, latency=(latency.of_points(BOOKS, points(0.1), NOON),))
    assert scene.until == NOON + latency.FRESH


def test_without_the_setting_nothing_of_it_is_there():
    assert "Latency" not in pages.index(scenes.scene(scenes.WELL), Served()).decode()


@dataclass
class FakeMetrics:
    """Answers with one line; counts how often it is asked."""

    value: float | None = 0.1
    asked: list[str] = field(default_factory=list)

    def range(self, expr, start, end, step):
        self.asked.append(expr)
        if self.value is None:
            raise errors.CannotTellError("The metrics do not answer.")
        return Matrix((Line({}, (Point(start.timestamp(), self.value), Point(end.timestamp(), self.value))),))


@pytest.fixture
def metrics():
    return FakeMetrics()


@pytest.fixture
def app(tmp_path, metrics):
    made = sites.product(tmp_path)
    made.settings = made.settings.model_copy(update={"status_page": StatusPage(latency=("shop",))})
    made.clock = clock.MovingClock(NOON - DAY)
    made.status_latency.source = lambda: metrics
    made.status_editing.add_component("Books", Edited(service="shop"))
    made.clock.move(DAY + 2 * MINUTE)
    return made


def job(app):
    return next(each for each in jobs.of_app(app) if each.name == "measure_latency")


def test_who_looks_at_the_page_never_asks_the_metrics_and_sees_what_the_job_found(app, metrics):
    anybody = sites.client(app)
    assert "Our metrics cannot tell" in anybody.get("/status").text
    assert metrics.asked == []
    job(app).run(app.clock.now())
    first = anybody.get("/status")
    assert "Smallest 100 ms, median 100 ms, largest 100 ms, not known for 23 h 50 min" in first.text
    assert len(metrics.asked) == 1
    assert "histogram_quantile(0.95, " in metrics.asked[0]
    assert 'service="shop"' in metrics.asked[0]


def test_between_two_steps_nothing_is_asked_and_the_tag_holds(app, metrics):
    anybody = sites.client(app)
    job(app).run(app.clock.now())
    tag = anybody.get("/status").headers["etag"]
    metrics.value = 0.2
    app.clock.move(2 * MINUTE)
    job(app).run(app.clock.now())
    assert anybody.get("/status", headers={"If-None-Match": tag}).status_code == 304
    app.clock.move(2 * MINUTE)
    job(app).run(app.clock.now())
    assert "largest 200 ms" in anybody.get("/status", headers={"If-None-Match": tag}).text
    assert len(metrics.asked) == 2


def test_metrics_that_do_not_answer_make_it_not_known_until_they_do(app, metrics):
    anybody = sites.client(app)
    metrics.value = None
    job(app).run(app.clock.now())
    assert "Our metrics cannot tell" in anybody.get("/status").text
    metrics.value = 0.1
    app.clock.move(MINUTE)
    job(app).run(app.clock.now())
    assert "Our metrics cannot tell" not in anybody.get("/status").text


def test_files_that_are_written_once_ask_for_themselves(app, metrics, tmp_path):
    app.export_status(str(tmp_path / "files"))
    told = (tmp_path / "files" / "index.html").read_text()
    assert re.search(r"<h3>Books</h3>\s*<p class=\"facts\">Smallest 100 ms", told)


def test_the_embedded_metrics_without_a_sample_cannot_tell(tmp_path):
    app = sites.product(tmp_path)
    app.settings = app.settings.model_copy(update={"status_page": StatusPage(latency=("shop",))})
    app.status_latency.renew()
    assert [each.figures for each in app.status_latency.latest] == [None]


def test_the_setting_names_services_that_there_are():
    with pytest.raises(ValidationError, match=r"status_page\.latency names 'nothing'"):
        Settings.model_validate({"status_page": {"latency": ["nothing"]}})


def test_the_page_is_named_after_the_default_service(tmp_path):
    app = sites.product(tmp_path)
    services = dict.fromkeys(("shop", "books"), app.settings.services["shop"])
    app.settings = app.settings.model_copy(update={"services": services, "default_service": "books"})
    assert sites.client(app).get("/status/api/v2/status.json").json()["page"]["name"] == "books"


def test_the_uptime_says_since_when_it_counts():
    assert words.share(uptime.compute([], NOON - 2 * DAY, NOON, UTC)) == "100 % uptime since 22 Nov"
    assert words.share(uptime.compute([], NOON - 365 * DAY, NOON, UTC)) == "100 % uptime"
    assert words.share(uptime.compute([], NOON, NOON, UTC)) == "Uptime not known"
    told = pages.index(scenes.scene(Board(components=(replace(SHOP, starts_at=NOON - DAY),))), Served()).decode()
    assert "100 % uptime since 23 Nov" in told
    assert "Uptime 100 % since 23 Nov: no outage recorded." in told
