"""`/services/{name}/compare`: two windows of a service's log, or two releases, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from accelerapp.base import errors
from accelerapp.console import review
from accelerapp.console.asking import Question
from accelerapp.console.desk import Desk
from accelerapp.logs import comparison, stretches
from accelerapp.web import identity as identities

MOST_CHANGES = 50
PRESETS = (
    ("Last hour, the hour before", "2h..1h", "1h..now"),
    ("Last hour, the same yesterday", "25h..24h", "1h..now"),
    ("Last day, the day before", "48h..24h", "24h..now"),
)
WORDS = {
    comparison.ChangeKind.NEW: "New",
    comparison.ChangeKind.GROWN: "More",
    comparison.ChangeKind.GONE: "Gone",
    comparison.ChangeKind.SHRUNK: "Less",
}
_Text = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True)
class Wanted:
    """What the address names: a release counts before a window."""

    before: str
    after: str
    before_release: str
    after_release: str

    @property
    def sides(self) -> tuple[stretches.Wanted, stretches.Wanted]:
        """Both sides."""
        return (
            stretches.Wanted("" if self.before_release else self.before, self.before_release),
            stretches.Wanted("" if self.after_release else self.after, self.after_release),
        )


def _wanted(before: _Text = "", after: _Text = "", before_release: _Text = "", after_release: _Text = "") -> Wanted:
    return Wanted(before or PRESETS[0][1], after or PRESETS[0][2], before_release, after_release)


def windows(wanted: Wanted, now: datetime) -> list[stretches.Stretch]:
    """The windows of the address that make sense; a release has none here."""
    found = []
    for side in wanted.sides:
        try:
            found += [stretches.parse(side.window, now)] if side.window else []
        except errors.WrongUseError:
            continue
    return found


def span(shown: list[stretches.Stretch], now: datetime) -> int:
    """The range of the time line in minutes: the shortest that holds all windows, or the longest there is."""
    begin = min((one.since for one in shown), default=now)
    needed = (now - begin) / timedelta(minutes=1)
    return next((minutes for minutes, _ in review.RANGES[1:] if minutes >= needed), review.RANGES[-1][0])


def add(router: APIRouter, desk: Desk) -> None:
    """Add the page."""

    @router.get("/services/{name}/compare", response_class=HTMLResponse)
    def compare_page(
        request: Request, name: str, wanted: Annotated[Wanted, Depends(_wanted)], identity: identities.Reader
    ) -> HTMLResponse:
        service, now = desk.service(name), desk.app.clock.now()
        shown = windows(wanted, now)
        answers = desk.asker.ask_all(_questions(desk, service.name, wanted, span(shown, now), now), review.LONGEST)
        line, revisions = answers["line"], answers["revisions"]
        drawn = review.document(line.value.minutes) if line.value else None
        return desk.page(
            request,
            identity,
            "compare.html",
            section="review",
            service=service.name,
            wanted=wanted,
            answer=answers["comparison"],
            most=MOST_CHANGES,
            words=WORDS,
            presets=PRESETS,
            versions=list(dict.fromkeys(each.version for each in revisions.value or ())),
            document=drawn,
            windows=_drawn(shown),
        )


def _questions(desk: Desk, name: str, wanted: Wanted, minutes: int, now: datetime) -> dict[str, Question]:
    service = desk.service(name)
    before, after = wanted.sides
    return {
        "comparison": Question(
            ("service", name, f"compare {wanted}"), lambda: desk.app.compare_logs(name, before, after), review.KEEP
        ),
        "line": Question(
            ("service", name, f"review {minutes}"),
            lambda: desk.app.review_logs(name, timedelta(minutes=minutes), now),
            review.KEEP,
        ),
        "revisions": Question(
            ("service", name, "revisions"), lambda: desk.app.platform(service).revisions(service.name)
        ),
    }


def _drawn(shown: list[stretches.Stretch]) -> list[dict[str, Any]]:
    """The windows for the browser."""
    words = ("earlier", "later") if len(shown) == 2 else ("",)
    return [
        {"word": word, "since": round(one.since.timestamp()), "until": round(one.until.timestamp())}
        for word, one in zip(words, shown, strict=False)
    ]
