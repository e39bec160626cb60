"""All files of the page by name, each made when it is first asked for."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from accelerapp.statuspage.model import Maintenance, Report
from accelerapp.statuspage.site import feeds, pages, shapes
from accelerapp.statuspage.site.scene import Exported, Links, Scene, Served

HTML = "text/html; charset=utf-8"
_JSON = "application/json; charset=utf-8"
_SMALL = 400
"""Bytes below which packing makes nothing smaller."""


@dataclass(frozen=True)
class File:
    """What goes out under a name."""

    body: bytes
    kind: str
    """Its media type."""
    is_for_all: bool = False
    """May pages elsewhere read it, too?"""

    @cached_property
    def etag(self) -> str:
        """Names these bytes and no others."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:20]}"'

    def prepare(self) -> None:
        """Do now what the first who asks would wait for."""
        _ = self.etag, self.packed

    @cached_property
    def packed(self) -> bytes | None:
        """With gzip; None: that makes it no smaller."""
        small = gzip.compress(self.body, 6, mtime=0) if len(self.body) > _SMALL else self.body
        return small if len(small) < len(self.body) else None


@dataclass(frozen=True)
class Logo:
    """The picture of the settings."""

    name: str
    body: bytes
    kind: str


class Files:
    """The files of one scene, as a server answers them; "" is the name of the first page."""

    def __init__(self, scene: Scene, logo: Logo | None = None, links: Links | None = None) -> None:
        self.scene = scene if logo else replace(scene, page=replace(scene.page, logo=""))
        self.logo = logo
        self.links = links or Served()
        self._made: dict[str, File] = {}

    def known(self, name: str) -> File | None:
        """The file if it was made before, with all that belongs to it."""
        return self._made.get(name)

    def get(self, name: str) -> File | None:
        """The file, also by its name in a folder; None: there is none. Two threads may make it twice, alike."""
        name = name.removesuffix(".html")
        name = "" if name == "index" else name
        known = self._made.get(name) or self._make(name)
        if known is not None:
            self._made[name] = known
        return known

    def _make(self, name: str) -> File | None:
        if name in shapes.SHAPES:
            return File(shapes.encode(shapes.SHAPES[name](self.scene)), _JSON, is_for_all=True)
        match name:
            case "":
                return File(pages.index(self.scene, self.links), HTML)
            case "history":
                return File(pages.history(self.scene, self.links), HTML)
            case "status.css":
                return File(pages.stylesheet(self.scene.page.accent), "text/css; charset=utf-8")
            case "icon.svg":
                return File(pages.icon(self.scene), "image/svg+xml")
            case "history.rss":
                return File(feeds.rss(self.scene), "application/rss+xml; charset=utf-8", is_for_all=True)
            case "history.atom":
                return File(feeds.atom(self.scene), "application/atom+xml; charset=utf-8", is_for_all=True)
        if self.logo is not None and name == self.logo.name:
            return File(self.logo.body, self.logo.kind)
        found = self._event(name.removeprefix("incidents/")) if name.startswith("incidents/") else None
        return File(pages.event(self.scene, self.links, found), HTML) if found else None

    def _event(self, id: str) -> Report | Maintenance | None:
        return next((each for each in _events(self.scene) if each.id == id), None)


def _events(scene: Scene) -> Iterator[Report | Maintenance]:
    yield from scene.board.reports
    yield from scene.board.maintenances


def exported(scene: Scene, logo: Logo | None = None) -> Iterator[tuple[str, File]]:
    """All files of a folder that works wherever it is put, with their paths in it."""
    top, deep = Files(scene, logo, Exported()), Files(scene, logo, Exported(1))
    names = {"index.html": "", "history.html": "history"}
    plain = [*shapes.SHAPES, "history.rss", "history.atom", "status.css", "icon.svg", *([logo.name] if logo else [])]
    for path, name in [*names.items(), *((each, each) for each in plain)]:
        if (found := top.get(name)) is not None:
            yield path, found
    for each in _events(scene):
        if (found := deep.get(f"incidents/{each.id}")) is not None:
            yield f"incidents/{each.id}.html", found


def first(scene: Scene, logo: Logo | None = None) -> File:
    """The first page of that folder."""
    top = Files(scene, logo, Exported())
    return File(pages.index(top.scene, top.links), HTML)


def single(files: Files, report: Report) -> File:
    """The page of an incident of long ago."""
    board = replace(files.scene.board, reports=(*files.scene.board.reports, report))
    return File(pages.event(replace(files.scene, board=board), files.links, report), HTML)
