"""The objects, with the values that can be set left open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from accelerapp import __version__
from accelerapp.platforms.kubernetes import access
from facts import postgres, settings
from facts.chart_values import Values

NAMESPACE = "accelerapp"
NAME = "accelerapp"
PORT = 8000
USER = 10001
LABELS = {"app": NAME}
Object = dict[str, Any]

SECRET_TEMPLATE = """\
{{- /* The password is made once: an upgrade finds the Secret and keeps it. */ -}}
{{- if not .Values.secret }}
{{- $before := (lookup "v1" "Secret" .Release.Namespace "accelerapp").data | default dict }}
{{- $password := index $before "POSTGRES_PASSWORD" | default "" | b64dec | default (randAlphaNum 32) }}
{{- $inside := printf "postgresql://accelerapp:%s@postgres:5432/accelerapp" $password }}
{{- $address := ternary $inside .Values.databaseUrl .Values.postgres.enabled }}
apiVersion: v1
kind: Secret
metadata:
  name: accelerapp
  labels:
    app: accelerapp
  annotations:
    # The volume of PostgreSQL outlives the release, and knows this password.
    helm.sh/resource-policy: keep
stringData:
  DATABASE_URL: {{ required "Set databaseUrl or secret when postgres.enabled is false." $address | quote }}
  POSTGRES_PASSWORD: {{ $password | quote }}
{{- end }}
"""  # noqa: S105
NOTES = """\
Wait for it:          kubectl rollout status deployment/accelerapp -n {{ .Release.Namespace }}
Reach the console:    kubectl port-forward svc/accelerapp 8000:8000 -n {{ .Release.Namespace }}
First administrator:  kubectl exec deploy/accelerapp -n {{ .Release.Namespace }} -- accelerapp user link
What may it do:       kubectl exec deploy/accelerapp -n {{ .Release.Namespace }} -- accelerapp doctor
"""


@dataclass(frozen=True)
class Part:
    """Objects that stand in one file."""

    name: str
    objects: list[Object]
    folder: str = "base"
    is_default: bool = True
    """Is it in the base's list? The others are applied by themselves."""
    condition: str = ""
    """The value that leaves it out of the chart."""
    is_per_namespace: bool = False
    """Made in each namespace that is operated."""


def chart() -> Object:
    """`Chart.yaml`."""
    return {
        "apiVersion": "v2",
        "name": NAME,
        "description": "Runs the operations of services, itself among them.",
        "type": "application",
        "version": __version__,
        "appVersion": __version__,
    }


def every(values: Values) -> Iterator[Part]:
    """All objects."""
    yield Part("configmap", [settings.config_map(values, LABELS)])
    yield Part("serviceaccount", [service_account()])
    for capability in access.CAPABILITIES:
        yield role(capability, values)
    yield Part("deployment", [deployment(values)])
    yield Part("service", [service()])
    yield Part("poddisruptionbudget", [disruption_budget()])
    yield Part("networkpolicy", [network_policy()], condition="networkPolicy")
    database = postgres.every(values)
    yield Part("postgres", [*database], folder="postgres", condition="postgres.enabled")
    condition = "postgres.enabled | and .Values.networkPolicy"
    yield Part("postgres-networkpolicy", [postgres.network_policy(LABELS)], folder="postgres", condition=condition)


def meta(name: str, **more: Any) -> Object:
    """Metadata of one of our objects."""
    return {"name": name, **more, "labels": dict(LABELS)}


def service_account() -> Object:
    """Only the pods that need its token get it: they say so."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": meta(NAME),
        "automountServiceAccountToken": False,
    }


def role(capability: access.Capability, values: Values) -> Part:
    """A capability's Role and its binding, which can be applied to any namespace."""
    kind = "ClusterRole" if capability.is_cluster_wide else "Role"
    is_chart = "⟦" in values.namespace
    name = f"{values.namespace}-{capability.name}" if capability.is_cluster_wide else capability.role
    where = {"namespace": values.here} if is_chart and not capability.is_cluster_wide else {}
    rules = [
        {"apiGroups": [rule.group], "resources": list(rule.resources), "verbs": list(rule.verbs)}
        for rule in capability.rules
    ]
    granted = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": meta(name, **where),
        "rules": rules,
    }
    bound = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": f"{kind}Binding",
        "metadata": meta(name, **where),
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": NAME, "namespace": values.namespace}],
    }
    return Part(
        f"role-{capability.name}",
        [granted, bound],
        is_default=capability.is_granted,
        condition=f"access.{capability.name}",
        is_per_namespace=not capability.is_cluster_wide,
    )


def deployment(values: Values) -> Object:
    """The replicas. A new one is ready before an old one goes."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": meta(NAME),
        "spec": {
            "replicas": values("replicas"),
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "selector": {"matchLabels": LABELS},
            "template": {"metadata": {"labels": LABELS}, "spec": pod(values)},
        },
    }


def pod(values: Values) -> Object:
    """One replica: not root, nothing writable but two folders that end with it."""
    return {
        "serviceAccountName": NAME,
        "automountServiceAccountToken": True,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 40,
        "imagePullSecrets": values("imagePullSecrets"),
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": LABELS},
            }
        ],
        "containers": [container(values)],
        "volumes": [
            {"name": "config", "configMap": {"name": settings.CONFIG_MAP}},
            {"name": "data", "emptyDir": {}},
            {"name": "tmp", "emptyDir": {}},
        ],
    }


def container(values: Values) -> Object:
    """A database that is away makes it unready, and is no reason to start it again."""
    return {
        "name": NAME,
        "image": values("image"),
        "imagePullPolicy": values("imagePullPolicy"),
        "command": ["accelerapp", "up", "--wait", "10m"],
        "ports": [{"name": "http", "containerPort": PORT, "protocol": "TCP"}],
        "env": [
            {"name": "ACCELERAPP_CONFIG", "value": settings.PATH},
            {"name": "HOME", "value": "/tmp"},  # noqa: S108
            {
                "name": "DATABASE_URL",
                "valueFrom": {"secretKeyRef": {"name": values.secret, "key": "DATABASE_URL"}},
            },
        ],
        "startupProbe": probe("/health/live", periodSeconds=5, failureThreshold=132),
        "livenessProbe": probe("/health/live", periodSeconds=10, failureThreshold=3),
        "readinessProbe": probe("/health/ready", periodSeconds=5, failureThreshold=2),
        "resources": values("resources"),
        "securityContext": SECURITY,
        "volumeMounts": [
            {"name": "config", "mountPath": settings.FOLDER, "readOnly": True},
            {"name": "data", "mountPath": settings.DATA},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
        ],
    }


SECURITY = postgres.SECURITY


def probe(path: str, **times: int) -> Object:
    """The startup probe lasts longer than `up --wait` waits."""
    return {"httpGet": {"path": path, "port": "http"}, "timeoutSeconds": 5, **times}


def service() -> Object:
    """Where the replicas are reached."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": meta(NAME),
        "spec": {
            "selector": LABELS,
            "ports": [{"name": "http", "port": PORT, "targetPort": "http", "protocol": "TCP"}],
        },
    }


def disruption_budget() -> Object:
    """A node that is emptied takes one replica at a time."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": meta(NAME),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": LABELS}},
    }


def network_policy() -> Object:
    """One port is reached; what it reaches is for the services and channels to say."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": meta(NAME),
        "spec": {
            "podSelector": {"matchLabels": LABELS},
            "policyTypes": ["Ingress"],
            "ingress": [{"ports": [{"port": PORT, "protocol": "TCP"}]}],
        },
    }
