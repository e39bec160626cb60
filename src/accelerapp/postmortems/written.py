"""The report as Markdown: the manual's template, word for word, filled. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import tzinfo

from accelerapp.base import text
from accelerapp.postmortems import wording
from accelerapp.postmortems.model import Action, Part, Report

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})", re.MULTILINE)


def markdown(report: Report, where: tzinfo) -> str:
    """The whole report, with times by the clock of `where`."""
    return "\n".join(_lines(report, where)).rstrip() + "\n"


def _lines(report: Report, where: tzinfo) -> Iterator[str]:
    yield f"# Incident Report: {report.incident}"
    yield f"\n**{report.severity} {_line(report.title)}**"
    yield f"\n_{_line(wording.standing(report, where))}_"
    yield from _section(report, Part.SUMMARY)
    yield from _timeline(report, where)
    yield from _impact(report)
    yield from _section(report, Part.ROOT_CAUSE)
    yield from _section(report, Part.RESOLUTION)
    yield "\n## Action Items"
    yield from [f"{number}. {_action(each)}" for number, each in enumerate(report.actions, 1)] or ["None yet."]
    yield from _section(report, Part.LESSONS)


def _section(report: Report, part: Part) -> Iterator[str]:
    yield f"\n## {part.heading}"
    yield whole(report.sections[part].text) or _unknown()


def _timeline(report: Report, where: tzinfo) -> Iterator[str]:
    written = report.sections[Part.TIMELINE].text
    yield f"\n## {Part.TIMELINE.heading}"
    if written:
        yield whole(written)
        return
    yield f"_Times: {wording.zone_said(report, where)}._\n"
    for at, each in zip(wording.times(report.timeline, where), report.timeline, strict=True):
        yield f"- **{at}** - {_line(each.text)}"


def _impact(report: Report) -> Iterator[str]:
    yield f"\n## {Part.IMPACT.heading}"
    yield f"- **Duration**: {wording.duration(report.duration_seconds)}"
    yield f"- **Users Affected**: {wording.users(report)}"
    yield f"- **Services Affected**: {_line(wording.services(report))}"
    yield f"- **Revenue Impact**: {wording.revenue(report.revenue)}"
    if told := report.sections[Part.IMPACT].text:
        yield "\n" + whole(told)


def _action(action: Action) -> str:
    issue = f" ([{action.issue.tracker} {action.issue.number}]({action.issue.url}))" if action.issue else ""
    mark = "x" if action.is_done else " "
    owner, due = _line(wording.owner(action)), wording.due(action)
    return f"[{mark}] {_line(action.text)} - Owner: {owner} - Due: {due}{issue}"


def whole(told: str) -> str:
    """A text that ends for itself: a block of code that nobody closed would swallow what comes after it."""
    clean, opened = text.printable(told, len(told) + 1), ""
    for fence in _FENCE.findall(clean):
        if not opened:
            opened = fence
        elif fence[0] == opened[0] and len(fence) >= len(opened):
            opened = ""
    return f"{clean}\n{opened}" if opened else clean


def _line(told: str) -> str:
    return text.printable(" ".join(told.split()))


def _unknown() -> str:
    return wording.UNKNOWN.capitalize() + "."
