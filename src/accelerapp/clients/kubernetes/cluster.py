"""Calls to one cluster, over lightkube: typed objects in and out, bounded in time, counted, errors in our words.

One `Cluster` may be used from several threads; its connections are kept and shared.
"""

from __future__ import annotations

import builtins
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar, cast

from lightkube import types as lightkube_types
from lightkube.config import kubeconfig as lightkube_config
from lightkube.core import decoders, exceptions, generic_client, resource, selector
from lightkube.models import authorization_v1 as reviews
from lightkube.models import meta_v1
from lightkube.resources import authorization_v1, core_v1

from accelerapp.base import errors
from accelerapp.clients.kubernetes import configs, sending, wording

R = TypeVar("R", bound=resource.Resource)
PatchType = lightkube_types.PatchType
ExpiredError = wording.ExpiredError
ConflictError = wording.ConflictError
LateError = sending.LateError
EVERYWHERE = generic_client.ALL_NS
PAGE = 500
"""Objects per page of a list."""
FOLLOW_SILENCE = 15.0
"""Seconds after which a followed log that says nothing is let go."""
WATCH_SECONDS = 60
"""The server ends a watch after so long; whoever watches goes on from where it was."""


@dataclass(frozen=True)
class Listing(Generic[R]):
    """A list as it was at one moment."""

    items: builtins.list[R]
    version: str
    """Where a watch goes on from here."""


@dataclass(frozen=True)
class Change(Generic[R]):
    """One line of a watch."""

    kind: str
    """ADDED, MODIFIED, DELETED or BOOKMARK; a bookmark's object has only its resourceVersion."""
    object: R


@dataclass(frozen=True)
class ExecResult:
    """What a command in a container answered."""

    exit_code: int
    stdout: bytes
    stderr: bytes


class Cluster:
    """A cluster as one context of a kubeconfig sees it. See the module's text for what all methods have in common."""

    def __init__(self, config: lightkube_config.SingleConfig) -> None:
        self.context = config.context_name
        self.namespace = config.namespace
        self.server = config.cluster.server
        with sending.explained(self._asked("read", "credentials")):
            self._client = sending.Sender(config)

    @property
    def calls(self) -> int:
        """How many requests were sent so far."""
        return self._client.calls

    def close(self) -> None:
        """Close the connections."""
        self._client.http.close()

    # -- objects ---------------------------------------------------------------------------------------------------

    def get(self, kind: type[R], name: str, namespace: str | None = None) -> R:
        """One object. Raises NotFoundError."""
        with self._about("get", kind, namespace, name):
            return cast(R, self._client.request("get", res=kind, name=name, namespace=namespace))

    def list(
        self,
        kind: type[R],
        namespace: str | None,
        labels: Mapping[str, Any] | None = None,
        fields: Mapping[str, Any] | None = None,
    ) -> builtins.list[R]:
        """All objects of a kind in a namespace, page by page; `EVERYWHERE` for all namespaces.

        A namespace that does not exist has none of anything: the API server does not tell the difference.
        """
        return self.listing(kind, namespace, labels, fields).items

    def listing(
        self,
        kind: type[R],
        namespace: str | None,
        labels: Mapping[str, Any] | None = None,
        fields: Mapping[str, Any] | None = None,
    ) -> Listing[R]:
        """Like `list`, with the version that a watch goes on from."""
        with self._about("list", kind, namespace):
            try:
                return self._pages(kind, namespace, _selecting(labels, fields) | {"limit": PAGE})
            except exceptions.ApiError as error:
                if error.status.code != 410:
                    raise
                # the pages took longer than the server keeps them: once more, in one piece
                return self._pages(kind, namespace, _selecting(labels, fields))

    def _pages(self, kind: type[R], namespace: str | None, params: dict[str, Any]) -> Listing[R]:
        request = self._client.prepare_request("list", res=kind, namespace=namespace, params=params)
        items: builtins.list[R] = []
        version = ""
        for page_version, page in self._client.list_chunks(request):
            items += page
            version = page_version or version
        return Listing(items, version)

    def watch(
        self,
        kind: type[R],
        namespace: str | None,
        version: str,
        labels: Mapping[str, Any] | None = None,
        fields: Mapping[str, Any] | None = None,
        on_open: Callable[[], None] = lambda: None,
    ) -> Iterator[Change[R]]:
        """What changes after `version`, as it comes; ends by itself after `WATCH_SECONDS`.

        `on_open` is called when the server has begun to answer. Raises ExpiredError when the version is too old (list
        again), CannotTellError when the connection breaks.
        """
        params = _selecting(labels, fields) | {
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": WATCH_SECONDS,
        }
        with self._about("watch", kind, namespace):
            asked = self._client.prepare_request("list", res=kind, namespace=namespace, watch=True, params=params)
            # a connection that is silent for longer than the server lets any watch run is dead
            asked.timeout = sending.limits(read=WATCH_SECONDS + 15.0)
            with self._client.streamed(asked) as response:
                on_open()
                for line in sending.lines(response.iter_bytes()):
                    yield _change(line, kind)

    def create(self, obj: R, namespace: str | None = None, name: str | None = None) -> R:
        """Make an object; `name` is for subresources. Raises ConflictError: it exists already."""
        with self._about("create", type(obj), namespace, name or ""):
            return cast(R, self._client.request("post", obj=obj, namespace=namespace, name=name))

    def patch(
        self,
        kind: type[R],
        name: str,
        patch: object,
        namespace: str | None = None,
        patch_type: PatchType = PatchType.STRATEGIC,
        dry_run: bool = False,
    ) -> R:
        """Change an object. Raises NotFoundError, ConflictError."""
        with self._about("patch", kind, namespace, name):
            changed = self._client.request(
                "patch",
                res=kind,
                name=name,
                namespace=namespace,
                obj=patch,
                headers={"Content-Type": patch_type.value},
                params={"dryRun": "All" if dry_run else None},
            )
            return cast(R, changed)

    def delete(
        self, kind: type[resource.Resource], name: str, namespace: str | None = None, grace_seconds: int | None = None
    ) -> None:
        """Delete an object and what it owns, in the background. Raises NotFoundError."""
        options = meta_v1.DeleteOptions(propagationPolicy="Background", gracePeriodSeconds=grace_seconds)
        with self._about("delete", kind, namespace, name):
            request = self._client.prepare_request("delete", res=kind, name=name, namespace=namespace)
            request.data = options
            self._client.handle_response(
                "delete", self._client.send(self._client.build_adapter_request(request)), request
            )

    def can_i(self, verb: str, resource: str, namespace: str, group: str = "", subresource: str = "") -> bool:
        """May these credentials do that?"""
        wanted = reviews.ResourceAttributes(
            verb=verb, resource=resource, namespace=namespace or None, group=group, subresource=subresource or None
        )
        review = authorization_v1.SelfSubjectAccessReview(
            spec=reviews.SelfSubjectAccessReviewSpec(resourceAttributes=wanted)
        )
        answered = self.create(review)
        return bool(answered.status and answered.status.allowed)

    def raw_json(self, path: str, params: Mapping[str, str] | None = None, timeout: float | None = None) -> Any:
        """What a GET of `path` (`/version`, `/apis/…`) answers, as JSON. Raises NotFoundError."""
        wait = sending.LIMITS if timeout is None else timeout
        with sending.explained(self._asked("get", path)):
            response = self._client.send(self._client.http.build_request("GET", path, params=params, timeout=wait))
            self._client.raise_for_status(response)
            try:
                return json.loads(response.content)
            except ValueError as error:
                raise errors.CannotTellError(f"The cluster answered {path} with something that is no JSON.") from error

    # -- pods ------------------------------------------------------------------------------------------------------

    def log_lines(
        self,
        pod: str,
        namespace: str,
        container: str = "",
        *,
        previous: bool = False,
        follow: bool = False,
        tail: int | None = None,
        since: datetime | None = None,
        timestamps: bool = False,
    ) -> Iterator[bytes]:
        """The lines of a container's log, line end included (the last may have none), read as they are taken.

        With `timestamps` each begins with its RFC 3339 time and a space. `since` cuts at whole seconds. Following ends
        after `FOLLOW_SILENCE` without a line, for a dead connection looks the same: go on with `since`.
        """
        params = {
            "container": container or None,
            "previous": "true" if previous else None,
            "follow": "true" if follow else None,
            "tailLines": tail,
            "sinceTime": since and since.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "timestamps": "true" if timestamps else None,
        }
        with self._about_pod("get", "pods/log", pod, namespace):
            asked = self._client.prepare_request("get", core_v1.PodLog, name=pod, namespace=namespace, params=params)
            asked.timeout = sending.limits(read=FOLLOW_SILENCE) if follow else sending.LIMITS
            with self._client.streamed(asked) as response:
                pieces = sending.until_silence(response.iter_bytes()) if follow else response.iter_bytes()
                yield from sending.lines(pieces, keep_ends=True)

    def exec(
        self,
        pod: str,
        namespace: str,
        command: Sequence[str],
        container: str = "",
        stdin: bytes | None = None,
        timeout: float = 30.0,
    ) -> ExecResult:
        """Run a command in a container. Raises NotFoundError, CannotTellError on time-out."""
        params: dict[str, Any] = {"command": [*command], "container": container or None, "stdout": True, "stderr": True}
        if stdin is not None:
            params["stdin"] = stdin
        self._client.count()
        with self._about_pod("create", "pods/exec", pod, namespace), sending.ended_within(timeout, pod):
            done = self._client.ws_request("exec", pod, namespace, params, timeout=timeout)
        return ExecResult(done.exit_code, cast(bytes, done.stdout) or b"", cast(bytes, done.stderr) or b"")

    @contextmanager
    def websocket(self, path: str, protocols: Sequence[str], params: Mapping[str, Any]) -> Iterator[Any]:
        """A websocket to `path` of the API server, as httpx2 gives it."""
        self._client.count()
        with (
            sending.explained(self._asked("create", path)),
            self._client.http.websocket(path, subprotocols=[*protocols], params=dict(params)) as opened,
        ):
            yield opened

    # -- within ----------------------------------------------------------------------------------------------------

    @contextmanager
    def _about(self, verb: str, kind: type[Any], namespace: str | None, name: str = "") -> Iterator[None]:
        info = resource.api_info(kind)
        owner = info.parent or info.resource
        asked = self._asked(
            verb,
            info.plural + (f"/{info.action}" if info.action else ""),
            group=owner.group,
            namespace="" if namespace == EVERYWHERE else namespace or "",
            name=name,
            noun=owner.kind.lower(),
        )
        with sending.explained(asked):
            yield

    @contextmanager
    def _about_pod(self, verb: str, what: str, pod: str, namespace: str) -> Iterator[None]:
        with sending.explained(self._asked(verb, what, namespace=namespace, name=pod, noun="pod")):
            yield

    def _asked(self, verb: str, what: str, **more: str) -> wording.Asked:
        return wording.Asked(self.context, self.server, verb, what, **more)


def connect(kubeconfig: str = "", context: str = "") -> Cluster:
    """The cluster that the kubeconfig or the pod's service account leads to; nothing is sent yet.

    Raises WrongUseError: there is no kubeconfig, or it has no such context.
    """
    return Cluster(configs.find(kubeconfig, context))


def _selecting(labels: Mapping[str, Any] | None, fields: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "labelSelector": selector.build_selector(dict(labels)) if labels else None,
        "fieldSelector": selector.build_selector(dict(fields), for_fields=True) if fields else None,
    }


def _change(line: bytes, kind: type[R]) -> Change[R]:
    with sending.DECODING:
        event = decoders.decode_watch_event(line)
        if event.type == "ERROR":
            raise exceptions.ApiError(status=decoders.decode_status(bytes(event.object)))
        return Change(event.type, cast(R, decoders.decode_object(bytes(event.object), cast(Any, kind))))
