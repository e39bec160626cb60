"""Names of images: `registry/path:tag@digest`, by the grammar of the OCI distribution reference. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from accelerapp.base import errors, text

_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-f]{32,128}")
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]+)?"
_REPOSITORY = re.compile(rf"(?:{_HOST}/)?{_PART}(?:/{_PART})*")
_ALGORITHMS = ("sha256", "sha512")
_SHORT = 12


@dataclass(frozen=True)
class Image:
    """An image's name in parts; what it does not carry is empty."""

    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        """The whole name again."""
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.repository}{tag}" + (f"@{self.digest}" if self.digest else "")

    @property
    def version(self) -> str:
        """What people call this version: the tag, else the first figures of the digest, else `latest`."""
        return self.tag or self.digest.partition(":")[2][:_SHORT] or "latest"


def parse(name: str) -> Image:
    """The parts of a name. Anything is taken: a cluster may run what the grammar does not know."""
    rest, _, digest = name.partition("@")
    head, colon, tag = rest.rpartition(":")
    if not colon or "/" in tag:
        return Image(rest, "", digest)
    return Image(head, tag, digest)


def wanted(present: str, version: str) -> Image:
    """The image for a version: a tag, a digest (`sha256:…`) or a whole name, beside the image that runs now.

    Raises NotFoundError when it can't be one: no registry has it.
    """
    if _TAG.fullmatch(version):
        return Image(parse(present).repository, version)
    if _DIGEST.fullmatch(version.removeprefix("@")):
        return Image(parse(present).repository, "", version.removeprefix("@"))
    image = parse(version)
    if not (image.tag or image.digest) or not _is_well_formed(image):
        raise errors.NotFoundError(
            f"There is no release '{text.printable(version, 80)}': that is neither a tag nor an image.",
            mend=f"Name a tag of {parse(present).repository}, a digest sha256:…, or a whole image: registry/app:1.2.",
        )
    return image


def _is_well_formed(image: Image) -> bool:
    return bool(
        _REPOSITORY.fullmatch(image.repository)
        and image.repository not in _ALGORITHMS  # `sha256:abc` is a digest cut off, not an image of that name
        and (not image.tag or _TAG.fullmatch(image.tag))
        and (not image.digest or _DIGEST.fullmatch(image.digest))
    )
