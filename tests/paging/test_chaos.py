"""No page is lost while processes are killed and stopped and channels misbehave."""

from __future__ import annotations

import pytest
from tests import databases
from tests.paging import chaos


@pytest.mark.parametrize(("kind", "processes"), [("sqlite", 1), ("postgresql", 3)])
def test_every_page_is_delivered_and_nothing_escalates_after_an_acknowledgement(request, tmp_path, kind, processes):
    plan = chaos.Plan(pages=30, processes=processes, seconds=6, speed=180, pause=(0.5, 2), lease=chaos.LEASE_SECONDS)
    if kind == "sqlite":
        found = chaos.Chaos(tmp_path, "", plan).run()
    else:
        with databases.new_postgres(request) as url:
            found = chaos.Chaos(tmp_path, url, plan).run()
    assert found.pages == 30
    assert found.kills > 0
    assert (found.lost, found.undelivered, found.unended, found.stopped_short) == (0, 0, 0, 0), found
    assert (found.after_acknowledgement, found.sent_after_acknowledgement) == (0, 0), found
    assert found.escalations > 0
