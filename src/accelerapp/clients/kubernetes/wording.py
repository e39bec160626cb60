"""What a failed call to Kubernetes means, as one of our errors with the mend."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

import httpx2
import msgspec
from httpx2 import websockets
from lightkube.core import exceptions

from accelerapp.base import errors


class ExpiredError(errors.CannotTellError):
    """The place in the history that was asked for is gone: list again."""


class ConflictError(errors.WrongUseError):
    """The object was changed by somebody else in the meantime, or exists already."""


@dataclass(frozen=True)
class Asked:
    """What was asked of which cluster: `patch`, `deployments`, …; group is empty for the core API."""

    context: str
    server: str
    verb: str
    resource: str
    group: str = ""
    namespace: str = ""
    name: str = ""
    noun: str = ""
    """One of the resource: `deployment`."""

    @property
    def where(self) -> str:
        """` in shop`, or nothing for what has no namespace."""
        return f" in {self.namespace}" if self.namespace else ""

    @property
    def what(self) -> str:
        """`deployment 'web' in shop`, `deployments in shop`."""
        return (f"{self.noun or self.resource} '{self.name}'" if self.name else self.resource) + self.where


def explain(error: Exception, asked: Asked) -> errors.AccelerappError:
    """Our error for one of httpx, lightkube or the system; the caller raises it `from error`."""
    if isinstance(error, httpx2.HTTPStatusError | websockets.WebSocketUpgradeError):
        return _refused(*_status(error), asked)
    if isinstance(error, httpx2.TimeoutException):
        return errors.CannotTellError(
            f"The cluster of context '{asked.context}' did not answer in time ({asked.verb} {asked.what}).",
            mend=f"Check {asked.server}; try again.",
        )
    if isinstance(error, exceptions.ConfigError | OSError) and not isinstance(error, ssl.SSLError):
        return errors.CannotTellError(
            f"There are no credentials for context '{asked.context}': {_first_line(error)}.",
            mend="Check the user of that context in the kubeconfig.",
        )
    if _of_kind(error, ssl.SSLError):
        return errors.CannotTellError(
            f"The cluster of context '{asked.context}' cannot be trusted: {_first_line(error)}.",
            mend="Check the kubeconfig's certificate-authority and the server's name.",
        )
    if isinstance(error, msgspec.MsgspecError):
        return errors.CannotTellError(
            f"The cluster of context '{asked.context}' answered {asked.verb} {asked.what} in a form that is not known.",
            mend="Its version may be too old or too new; Kubernetes 1.20 and later are supported.",
        )
    return errors.CannotTellError(
        f"The cluster of context '{asked.context}' cannot be reached at {asked.server}.",
        mend="Check that it runs and that this machine can reach it; `kubectl cluster-info` asks the same server.",
    )


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].removesuffix(".") if lines else type(error).__name__


def _of_kind(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__ or error.__context__
    return False


def _refused(code: int, said: str, asked: Asked) -> errors.AccelerappError:
    if code == 401:
        return errors.CannotTellError(
            f"The cluster of context '{asked.context}' does not accept the credentials: they are wrong or expired.",
            mend="Sign in to the cluster again, or renew the token in the kubeconfig.",
        )
    if code == 403:
        return _forbidden(said, asked)
    if code == 404:
        return errors.NotFoundError(f"There is no {asked.what} (context '{asked.context}').")
    if code == 410:
        return ExpiredError(f"The cluster's history of {asked.resource}{asked.where} does not reach back so far.")
    if code == 409:
        return ConflictError(f"{asked.what} cannot be changed: {said}", mend="Look at it again, then try again.")
    if code == 429:
        return errors.CannotTellError(
            f"The cluster of context '{asked.context}' is too busy for {asked.verb} {asked.what}.",
            mend="Try again soon.",
        )
    if code >= 500:
        return errors.CannotTellError(
            f"The cluster of context '{asked.context}' failed at {asked.verb} {asked.what} ({code}): {said}",
            mend="Try again; see the API server's log when it stays.",
        )
    return errors.WrongUseError(f"The cluster refused {asked.verb} {asked.what}: {said}")


def _status(error: httpx2.HTTPStatusError | websockets.WebSocketUpgradeError) -> tuple[int, str]:
    """The code and what the API server said. An error in the middle of a watch is a Status without a response."""
    status = getattr(error, "status", None)
    code = (status and status.code) or (500 if status else error.response.status_code)
    said = (status and status.message) or f"it answered {code}"
    return code, said.removesuffix(".") + "."


def _forbidden(said: str, asked: Asked) -> errors.AccelerappError:
    """A 403 is nearly always about rights; a quota or an admission webhook says something else, which is told."""
    if "cannot" not in said and "User" not in said and "exceeded quota" in said:
        return errors.ForbiddenError(f"The cluster refused {asked.verb} {asked.what}: {said}")
    kind, whose = ("Role", f" in namespace {asked.namespace}") if asked.namespace else ("ClusterRole", "")
    group = asked.group or '""'
    return errors.ForbiddenError(
        f"These credentials (context '{asked.context}') may not {asked.verb} {asked.resource}{asked.where}.",
        mend=f"Add a {kind}{whose} with apiGroups [{group}], resources [{asked.resource}], verbs [{asked.verb}].",
    )
