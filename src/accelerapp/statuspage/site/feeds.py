"""RSS 2.0 and Atom (RFC 4287) of what was told, newest first.

An entry stands for an incident or a maintenance and changes with each update: readers show it anew. Its body is the
same safe HTML as on the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape
from xml.sax.saxutils import escape as xml_escape
from xml.sax.saxutils import quoteattr

from accelerapp.base import markdown
from accelerapp.statuspage import maintenances
from accelerapp.statuspage.model import Update
from accelerapp.statuspage.site import words
from accelerapp.statuspage.site.scene import Scene

MOST = 25


@dataclass(frozen=True)
class Item:
    """One entry."""

    id: str
    title: str
    address: str
    created_at: datetime
    updated_at: datetime
    html: str


def items(scene: Scene) -> list[Item]:
    """Those that were told of last; not what is planned for more than is shown."""
    found = sorted(_all(scene), key=lambda each: (each.updated_at, each.id), reverse=True)
    return found[:MOST]


def _all(scene: Scene) -> Iterator[Item]:
    for each in scene.board.reports:
        yield _item(scene, each.id, each.title, each.created_at, each.updates)
    for work in scene.board.maintenances:
        when = words.period(work.scheduled_for, work.scheduled_until, scene.zone)
        updates = maintenances.updates(work, scene.now)
        yield _item(scene, work.id, f"Maintenance: {work.title} ({when})", work.created_at, updates)


def _item(scene: Scene, id: str, title: str, created_at: datetime, updates: tuple[Update, ...]) -> Item:
    told = "\n".join(
        f"<p><strong>{escape(words.of_status(each.status))}</strong>, "
        f"{escape(words.moment(each.at, scene.zone))}</p>\n{markdown.html(each.body)}"
        for each in reversed(updates)
    )
    return Item(id, title, scene.address(id), created_at, updates[-1].at, told)


def rss(scene: Scene) -> bytes:
    """`history.rss`."""
    page = scene.page
    own = quoteattr(f"{page.url}/history.rss")
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>'
        f"<title>{_x(page.name)} status</title><link>{_x(page.url)}</link>"
        f"<description>Incidents and maintenance of {_x(page.name)}</description>"
        f'<atom:link href={own} rel="self" type="application/rss+xml"/>'
        f"<lastBuildDate>{format_datetime(scene.updated_at)}</lastBuildDate>\n"
    )
    entries = "".join(
        f"<item><title>{_x(each.title)}</title><link>{_x(each.address)}</link>"
        f'<guid isPermaLink="false">{_x(each.id)}</guid><pubDate>{format_datetime(each.updated_at)}</pubDate>'
        f"<description>{_x(each.html)}</description></item>\n"
        for each in items(scene)
    )
    return f"{head}{entries}</channel></rss>\n".encode()


def atom(scene: Scene) -> bytes:
    """`history.atom`."""
    page = scene.page
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<id>{_x(page.url)}</id><title>{_x(page.name)} status</title><author><name>{_x(page.name)}</name></author>"
        f"<updated>{scene.updated_at.isoformat(timespec='seconds')}</updated>"
        f'<link rel="alternate" type="text/html" href={quoteattr(page.url)}/>'
        f'<link rel="self" type="application/atom+xml" href={quoteattr(page.url + "/history.atom")}/>\n'
    )
    entries = "".join(
        f"<entry><id>tag:{_x(page.id)},2026:{_x(each.id)}</id><title>{_x(each.title)}</title>"
        f"<published>{each.created_at.isoformat(timespec='seconds')}</published>"
        f"<updated>{each.updated_at.isoformat(timespec='seconds')}</updated>"
        f'<link rel="alternate" type="text/html" href={quoteattr(each.address)}/>'
        f'<content type="html">{_x(each.html)}</content></entry>\n'
        for each in items(scene)
    )
    return f"{head}{entries}</feed>\n".encode()


def _x(told: str) -> str:
    return xml_escape(told, {'"': "&quot;"})
