"""Finds how to reach a cluster: the named kubeconfig, KUBECONFIG, ~/.kube/config, or the pod's own service account.

Several files in KUBECONFIG are merged as kubectl does: the first that names a thing wins.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml
from lightkube.config import kubeconfig as lightkube_config
from lightkube.config import models
from lightkube.core import exceptions

from accelerapp.base import errors

IN_CLUSTER = "in-cluster"
_LISTS = ("clusters", "contexts", "users")
_PATHS = {"certificate-authority", "client-certificate", "client-key", "tokenFile"}


def find(kubeconfig: str, context: str, environ: Mapping[str, str] = os.environ) -> lightkube_config.SingleConfig:
    """The configuration to use. Raises WrongUseError: there is none, it cannot be read, or it has no such context."""
    named = kubeconfig or environ.get("KUBECONFIG", "")
    home = Path(lightkube_config.DEFAULT_KUBECONFIG).expanduser()
    if named:
        return _pick(_merged([Path(part).expanduser() for part in _split(kubeconfig, named)]), context, named)
    if home.is_file():
        return _pick(_merged([home]), context, str(home))
    return _in_cluster(context, environ)


def _split(kubeconfig: str, named: str) -> list[str]:
    return [kubeconfig] if kubeconfig else [part for part in named.split(os.pathsep) if part]


def _in_cluster(context: str, environ: Mapping[str, str]) -> lightkube_config.SingleConfig:
    try:
        found = lightkube_config.KubeConfig.from_service_account().get()
    except (exceptions.ConfigError, KeyError, OSError) as error:
        raise errors.WrongUseError(
            "There is no kubeconfig, and this is not a pod with a service account.",
            mend="Set KUBECONFIG, or `kubeconfig` in the service's table.",
        ) from error
    if context:
        raise errors.WrongUseError(
            f"There is no context '{context}': a pod's service account has no contexts.", mend="Leave `context` out."
        )
    assert found is not None
    return found._replace(context_name=IN_CLUSTER)


def _merged(paths: list[Path]) -> dict[str, Any]:
    """One kubeconfig of several; files that do not exist are skipped unless none does."""
    existing = [path for path in paths if path.is_file()]
    if not existing:
        raise errors.WrongUseError(
            f"There is no kubeconfig {', '.join(map(str, paths))}.",
            mend="Name one that exists, in KUBECONFIG or settings.",
        )
    merged: dict[str, Any] = {name: [] for name in _LISTS}
    for path in existing:
        content = _read(path)
        merged["current-context"] = merged.get("current-context") or content.get("current-context")
        for name in _LISTS:
            known = {item["name"] for item in merged[name]}
            merged[name] += [item for item in content.get(name) or () if item["name"] not in known]
    return merged


def _read(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
        if not isinstance(content, dict):
            raise ValueError("it is not a table")
        for name in _LISTS:
            for item in content.get(name) or ():
                _complete(item["name"], item[name.removesuffix("s")], path.parent)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise errors.WrongUseError(f"The kubeconfig {path} cannot be read: {_short(error)}.") from error
    return content


def _short(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{error} is missing"
    return str(error).strip().splitlines()[0].removesuffix(".")


def _complete(_: str, item: dict[str, Any], folder: Path) -> None:
    """Makes paths absolute, and lets the newest kind of credential plugin through: its answer has the same shape."""
    for key in _PATHS & item.keys():
        item[key] = str(folder / Path(item[key]).expanduser())
    plugin = item.get("exec")
    if plugin and plugin.get("apiVersion") == "client.authentication.k8s.io/v1":
        wanted = {"apiVersion": plugin["apiVersion"], "kind": "ExecCredential", "spec": {"interactive": False}}
        plugin["env"] = [
            *(plugin.get("env") or ()),
            {"name": "KUBERNETES_EXEC_INFO", "value": json.dumps(wanted)},
        ]
        plugin["apiVersion"] = "client.authentication.k8s.io/v1beta1"


def _pick(content: dict[str, Any], context: str, named: str) -> lightkube_config.SingleConfig:
    names = ", ".join(item["name"] for item in content["contexts"]) or "none"
    wanted = context or content.get("current-context") or ""
    if not wanted:
        raise errors.WrongUseError(
            f"{named} has no current context.", mend=f"Set `context` in the service's table. Contexts: {names}."
        )
    try:
        found = lightkube_config.KubeConfig.from_dict(content).get(wanted)
    except exceptions.ConfigError as error:
        raise errors.WrongUseError(f"There is no context '{wanted}' in {named}.", mend=f"Contexts: {names}.") from error
    except (KeyError, msgspec.ValidationError) as error:
        raise errors.WrongUseError(f"The context '{wanted}' of {named} is not whole: {_short(error)}.") from error
    assert found is not None
    # lightkube wants a user, also where a cluster asks for none
    return found if found.user else found._replace(user=models.User())
