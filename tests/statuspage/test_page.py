"""What the page says: in words, in HTML, in feeds, and never more than was published."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.statuspage import scenes
from tests.statuspage.scenes import DAY, HOUR, NOON, SHOP

from accelerapp.base import markdown
from accelerapp.base.ids import ServiceName
from accelerapp.statuspage import service
from accelerapp.statuspage.model import Board, ComponentState, Follows, Progress
from accelerapp.statuspage.service import Overall
from accelerapp.statuspage.site import files, pages, shapes, words
from accelerapp.statuspage.site.scene import Scene, Served

HOSTILE = "<script>alert(1)</script> <img src=x onerror=alert(2)> [x](javascript:alert(3)) [y](data:text/html,z) ![p](https://evil.example/p.png) \"'&"


def index(board: Board, **given: object) -> str:
    return pages.index(scenes.scene(board, **given), Served()).decode()


def test_all_is_well_is_said_only_when_it_is():
    assert "All systems are operational" in index(scenes.WELL)
    assert service.overall(scenes.broken(), NOON) is Overall.PARTIAL
    assert service.overall(Board(), NOON) is Overall.EMPTY


def test_a_component_whose_state_is_not_known_says_since_when_and_what_it_was():
    lost = replace(SHOP, unknown_since=NOON - HOUR)
    told = index(Board(components=(lost,)))
    assert "Not known since <time" in told
    assert "24 Nov 2026, 11:00 UTC" in told
    assert "Last known: operational" in told
    assert "We cannot tell how some systems are" in told
    shape = shapes.summary(scenes.scene(Board(components=(lost,))))
    assert shape["status"] == {"indicator": "minor", "description": "Status Not Known"}
    assert "not known since 2026-11-24T11:00:00.000Z" in shape["components"][0]["description"]


def test_a_component_that_follows_a_service_nobody_looks_at_is_not_known_by_and_by():
    followed = replace(SHOP, service=ServiceName("shop"), follows=Follows.SERVICE, looked_at=NOON)
    board = Board(components=(followed,))
    assert service.overall(board, NOON + service.FRESH) is Overall.OPERATIONAL
    later = NOON + service.FRESH + HOUR / 60
    assert service.overall(board, later) is Overall.UNKNOWN
    assert service.shown(board, later)[0].unknown_since == NOON
    assert service.changes_at(board, NOON) == NOON + service.FRESH


def test_while_the_database_is_silent_nothing_is_called_operational():
    told = index(scenes.WELL, stale_since=NOON - HOUR)
    assert "All systems are operational" not in told
    assert "was last known to be right at" in told


def test_an_open_incident_without_a_component_is_told_all_the_same():
    board = scenes.told(scenes.WELL, "We are looking into it.", NOON)
    assert service.overall(board, NOON) is Overall.INCIDENT
    watched = scenes.told(
        board, "It seems to be over.", NOON, status=Progress.MONITORING, components={"Shop": ComponentState.OPERATIONAL}
    )
    assert service.overall(watched, NOON) is Overall.WATCHED


def test_maintenance_begins_and_ends_by_the_clock():
    work = scenes.planned("New disks", NOON, 2 * HOUR)
    board = replace(scenes.WELL, maintenances=(work,))
    states = [
        {each.component.name: each.state for each in service.shown(board, at)}["Checkout"]
        for at in (NOON - HOUR, NOON, NOON + HOUR, NOON + 2 * HOUR)
    ]
    operational, worked_on = ComponentState.OPERATIONAL, ComponentState.UNDER_MAINTENANCE
    assert states == [operational, worked_on, worked_on, operational]
    assert service.changes_at(board, NOON - HOUR) == NOON


@pytest.mark.parametrize("body", [HOSTILE, "```\n" + HOSTILE + "\n```", "> " + HOSTILE, f"[{HOSTILE}](https://a.b)"])
def test_what_people_write_never_becomes_code(body):
    board = scenes.told(scenes.WELL, body, NOON)
    board = replace(board, reports=(replace(board.reports[0], title=HOSTILE),))
    board = replace(board, components=(replace(SHOP, name=HOSTILE, description=HOSTILE),))
    scene = scenes.scene(board)
    for told in (
        pages.index(scene, Served()).decode(),
        pages.history(scene, Served()).decode(),
        pages.event(scene, Served(), board.reports[0]).decode(),
    ):
        assert "<script" not in told
        assert "onerror=" not in re.sub(r"&lt;img[^&]*&gt;", "", told)
        assert not re.search(r'(href|src)="(javascript|data):', told)
        assert '<img src="https://evil' not in told


def test_links_go_to_the_web_and_to_mail_only_and_pass_on_no_reputation():
    told = markdown.html("[a](https://a.b) <mailto:x@y.z> [c](ftp://c.d) [d](/admin) [e](//e.f) [g](HTTPS://g.h)")
    assert re.findall(r'href="([^"]+)"', told) == ["https://a.b", "mailto:x@y.z", "HTTPS://g.h"]
    assert told.count('rel="nofollow noopener noreferrer"') == 3


def test_a_hundred_kilobytes_of_odd_markdown_are_refused_with_the_limit():
    with pytest.raises(Exception, match="takes at most 25,000 characters; these are 100,000"):
        scenes.told(scenes.WELL, "[" * 100_000, NOON)


def test_characters_that_turn_the_direction_of_text_or_cannot_be_seen_are_left_out():
    board = scenes.told(scenes.WELL, "a\u202eb\x00c\x1bd", NOON)
    assert board.reports[0].updates[0].body == "abcd"


def test_the_feeds_are_well_formed_and_newest_first():
    made = files.Files(scenes.scene(scenes.broken()))
    rss = ET.fromstring(made.get("history.rss").body)
    titles = [each.text for each in rss.iterfind("./channel/item/title")]
    assert titles[0] == "Problem with Shop and Checkout"
    atom = ET.fromstring(made.get("history.atom").body)
    at = "{http://www.w3.org/2005/Atom}"
    changed = [each.text for each in atom.iterfind(f"{at}entry/{at}updated")]
    assert changed == sorted(changed, reverse=True)
    assert len({each.text for each in atom.iterfind(f"{at}entry/{at}id")}) == len(changed)


def test_feeds_hold_hostile_texts():
    board = scenes.told(scenes.WELL, HOSTILE + "]]>", NOON)
    made = files.Files(scenes.scene(replace(board, reports=(replace(board.reports[0], title=HOSTILE),))))
    for name in ("history.rss", "history.atom"):
        assert "<script" not in ET.tostring(ET.fromstring(made.get(name).body), "unicode").replace("&lt;", "")


def test_who_wrote_an_update_is_nowhere_on_the_page():
    made = dict(files.exported(scenes.scene(scenes.broken())))
    assert not [path for path, each in made.items() if re.search(rb"\bann\b", each.body)]


def test_times_are_in_the_zone_of_the_page_and_say_so():
    scene = Scene(replace(scenes.PAGE, time_zone="America/New_York"), scenes.broken(), NOON)
    assert "24 Nov 2026, 06:00 EST" in pages.index(scene, Served()).decode()
    assert shapes.summary(scene)["page"]["updated_at"].endswith("-05:00")
    autumn = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    from zoneinfo import ZoneInfo

    assert (
        words.period(autumn, autumn + HOUR, ZoneInfo("Europe/Berlin"))
        == "25 Oct 2026, 02:30 CEST – 25 Oct 2026, 02:30 CET"
    )


def test_percentages_are_never_rounded_up():
    assert [words.percent(each) for each in (100.0, 99.9999, 98.79, None)] == [
        "100 %",
        "99.99 %",
        "98.7 %",
        "not known",
    ]


def test_links_between_exported_files_lead_to_files_that_are_there():
    import posixpath

    made = dict(files.exported(scenes.scene(scenes.broken(), written_at=NOON)))
    for path, each in made.items():
        if not path.endswith(".html"):
            continue
        for link in re.findall(r'(?:href|src)="([^"#]+)"', each.body.decode()):
            if not link.startswith(("http", "mailto")):
                assert posixpath.normpath(posixpath.join(posixpath.dirname(path), link)) in made, (path, link)
    assert b"Written <time" in made["index.html"].body


def test_the_stylesheet_is_small_and_the_pages_have_no_script_and_no_style_in_them():
    assert len(pages.stylesheet("")) <= 8 * 1024
    many = tuple(replace(SHOP, id=f"cmp_{number}", name=f"System {number}") for number in range(40))
    told = index(replace(scenes.past(), components=many))
    assert len(told.encode()) < 200 * 1024
    assert "<script" not in told
    assert "style=" not in told


def test_an_incident_of_long_ago_has_a_page():
    report = scenes.over(9, "Long ago", 900 * DAY)
    told = files.single(files.Files(scenes.scene(scenes.WELL)), report).body.decode()
    assert "Long ago" in told
