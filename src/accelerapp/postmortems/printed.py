"""The report as one HTML file that stands alone and prints well: no script, nothing loaded, people's HTML never run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from html import escape

from accelerapp.base import markdown, text
from accelerapp.postmortems import wording, written
from accelerapp.postmortems.model import Action, Part, Report

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1c2128; background: #fff; max-width: 46rem; margin: 2rem auto;
  padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; border-bottom: 1px solid #d0d7de; padding-bottom: .2rem; }
h3, h4, h5, h6 { font-size: 1rem; margin: 1rem 0 .3rem; }
.lead { font-size: 1.1rem; font-weight: 600; margin: .3rem 0; }
.note, .unknown { color: #57606a; }
.timeline, .actions { padding: 0; list-style: none; }
.timeline li { display: grid; grid-template-columns: minmax(6rem, max-content) 1fr; gap: .75rem; margin: .2rem 0; }
time, .time { font-variant-numeric: tabular-nums; font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: .5rem 0; }
dt { color: #57606a; } dd { margin: 0; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; } td, th { border: 1px solid #d0d7de; padding: .25rem .5rem; text-align: left; }
pre { background: #f6f8fa; padding: .75rem; white-space: pre-wrap; } code { font-size: .9em; }
blockquote { margin: .5rem 0; padding-left: 1rem; border-left: 3px solid #d0d7de; color: #57606a; }
@media print { body { margin: 0; max-width: none; font-size: 11pt; } h2 { break-after: avoid; }
  li, tr, pre { break-inside: avoid; } a { color: inherit; } @page { margin: 2cm; } }
"""


def html(report: Report, where: tzinfo) -> str:
    """The whole page, with times by the clock of `where`."""
    head = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>Incident Report: {_safe(report.incident)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
    )
    return head + "\n".join(_body(report, where)) + "\n</body>\n</html>\n"


def _body(report: Report, where: tzinfo) -> Iterator[str]:
    yield f"<h1>Incident Report: {_safe(report.incident)}</h1>"
    yield f'<p class="lead">{report.severity} {_safe(report.title)}</p>'
    yield f'<p class="note">{_safe(wording.standing(report, where))}</p>'
    yield from _section(report, Part.SUMMARY)
    yield from _timeline(report, where)
    yield from _impact(report)
    yield from _section(report, Part.ROOT_CAUSE)
    yield from _section(report, Part.RESOLUTION)
    yield from _actions(report.actions)
    yield from _section(report, Part.LESSONS)


def _section(report: Report, part: Part) -> Iterator[str]:
    yield f"<h2>{part.heading}</h2>"
    told = report.sections[part].text
    yield markdown.document(written.whole(told)) if told else f'<p class="unknown">{wording.UNKNOWN.capitalize()}.</p>'


def _timeline(report: Report, where: tzinfo) -> Iterator[str]:
    told = report.sections[Part.TIMELINE].text
    yield f"<h2>{Part.TIMELINE.heading}</h2>"
    if told:
        yield markdown.document(written.whole(told))
        return
    yield f'<p class="note">Times: {_safe(wording.zone_said(report, where))}.</p>\n<ul class="timeline">'
    for at, each in zip(wording.times(report.timeline, where), report.timeline, strict=True):
        yield f'<li><span class="time">{_safe(at)}</span> <span>{_safe(each.text)}</span></li>'
    yield "</ul>"


def _impact(report: Report) -> Iterator[str]:
    figures = (
        ("Duration", wording.duration(report.duration_seconds)),
        ("Users Affected", wording.users(report)),
        ("Services Affected", wording.services(report)),
        ("Revenue Impact", wording.revenue(report.revenue)),
    )
    yield f"<h2>{Part.IMPACT.heading}</h2>\n<dl>"
    yield from (f"<dt>{name}</dt><dd>{_safe(value)}</dd>" for name, value in figures)
    yield "</dl>" + markdown.document(written.whole(report.sections[Part.IMPACT].text))


def _actions(actions: tuple[Action, ...]) -> Iterator[str]:
    yield "<h2>Action Items</h2>"
    yield '<ol class="actions">' if actions else '<p class="unknown">None yet.</p>'
    for each in actions:
        mark = "☑" if each.is_done else "☐"
        link = _issue(each)
        owner, due = _safe(wording.owner(each)), wording.due(each)
        yield f'<li>{mark} {_safe(each.text)} <span class="note">Owner: {owner}. Due: {due}.</span>{link}</li>'
    if actions:
        yield "</ol>"


def _issue(action: Action) -> str:
    if action.issue is None or not action.issue.url.startswith(("https://", "http://")):
        return ""
    label = _safe(f"{action.issue.tracker} {action.issue.number}")
    return f' <a href="{escape(action.issue.url)}" rel="nofollow noopener noreferrer">{label}</a>'


def _safe(told: str) -> str:
    return escape(text.printable(" ".join(told.split())))
