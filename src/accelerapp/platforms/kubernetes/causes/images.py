"""Images that cannot be pulled: which one, and what the registry said."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lightkube.resources.core_v1 import Secret

from accelerapp.base import text
from accelerapp.platforms.causes import Cause
from accelerapp.platforms.kubernetes.causes import facts
from accelerapp.platforms.kubernetes.snapshot import Snapshot

_WAITS = (
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "ImageInspectError",
    "RegistryUnavailable",
)

# What a registry's or runtime's words mean; the first that fits counts. Access before "not found": registries answer
# both to whoever may not look.
_MEANINGS = (
    (r"unauthori[sz]ed|authentication required|access denied|forbidden|\b40[13]\b|no basic auth|denied:", "access"),
    (r"no such host|name resolution|lookup .* on|server misbehaving", "host"),
    (r"not found|manifest unknown|does not exist|\b404\b|no such image", "absent"),
    (r"x509|certificate|server gave HTTP response to HTTPS", "tls"),
    (r"toomanyrequests|rate limit|\b429\b", "limit"),
    (r"no match for platform|exec format", "platform"),
    (r"connection refused|i/o timeout|deadline exceeded|timed? ?out|no route|unreachable|\b50\d\b", "network"),
)  # fmt: skip
_WORDS = {
    "access": (
        "the registry does not let this cluster read it",
        "Add a pull secret that may read it (imagePullSecrets)",
    ),
    "host": ("its registry's name is not known", "Correct the registry in the image's name, or the DNS of the nodes"),
    "absent": ("the registry has no such image", "Correct the image's name and tag, or push it"),
    "tls": ("the registry's certificate is not trusted", "Add the registry's CA to the nodes, or use its right name"),
    "limit": ("the registry has had too many requests", "Wait, sign in with a pull secret, or use a mirror"),
    "platform": ("it was not built for the nodes' processor", "Push an image for the nodes' architecture"),
    "network": ("its registry cannot be reached from the node", "Check the network between the nodes and the registry"),
}


def find(snapshot: Snapshot) -> Iterator[Cause]:
    """A cause per container that waits for its image."""
    for part in facts.all_parts(snapshot):
        if part.waiting in _WAITS:
            yield _cause(snapshot, part)


def _cause(snapshot: Snapshot, part: facts.Part) -> Cause:
    image = text.printable(part.container.image or "(none)", 200)
    said = _said(snapshot, part)
    why, advice = _why(part, said)
    secret = _missing_pull_secret(snapshot, part)
    if secret:
        why = f"the pull secret '{secret}' does not exist"
        advice = f"Make it: `kubectl create secret docker-registry {secret} … -n {snapshot.namespace}`; or correct it"
    owner = facts.workload(snapshot, part.pod)
    place = f"set image {owner} {part.name}=IMAGE" if not owner.startswith("pod/") else f"edit {owner}"
    return Cause(
        kind="missing-pull-secret" if secret else "image-not-pullable",
        subject=facts.subject(part.pod),
        sentence=f"The image '{image}' of the {part.title} cannot be pulled: {why}.",
        evidence=(f"{part.title}: state.waiting: {part.waiting}", *((said,) if said else ())),
        mend=f"{advice}: `kubectl {place} -n {snapshot.namespace}`.",
    )


def _said(snapshot: Snapshot, part: facts.Part) -> str:
    """The puller's words: those of the event, since the state soon says only that it waits before trying again."""
    for event in facts.events(snapshot, part.pod, "Failed", "InspectFailed", "ErrImageNeverPull"):
        if (part.container.image or "") in (event.message or "") and re.search(r"pull|image", event.message or ""):
            return text.printable(facts.told(event), 400)
    return text.printable(part.waiting_message, 400)


def _why(part: facts.Part, said: str) -> tuple[str, str]:
    if part.waiting == "InvalidImageName":
        return "that is no name of an image", "Write it as registry/name:tag, in lower case"
    if part.waiting == "ErrImageNeverPull":
        return (
            "the node does not have it and its imagePullPolicy is Never",
            "Load it onto the node, or let it be pulled",
        )
    # The image's own name must not be taken for the registry's words.
    words = said.replace(part.container.image or "\0", "")
    kind = next((kind for pattern, kind in _MEANINGS if re.search(pattern, words, re.IGNORECASE)), "")
    return _WORDS.get(kind, ("the kubelet tries again and again", "Correct the image's name"))


def _missing_pull_secret(snapshot: Snapshot, part: facts.Part) -> str:
    for each in facts.spec(part.pod).imagePullSecrets or ():
        if each.name and snapshot.lacks(Secret, each.name):
            return each.name
    return ""
