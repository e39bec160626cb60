"""The PostgreSQL beside it: one replica with a volume."""

from __future__ import annotations

from typing import Any

from facts.chart_values import Values

NAME = "postgres"
PORT = 5432
LABELS = {"app": NAME}
FOLDER = "/var/lib/postgresql/data"
SECURITY = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
Object = dict[str, Any]


def every(values: Values) -> tuple[Object, ...]:
    """The Service and the StatefulSet."""
    return service(), stateful_set(values)


def service() -> Object:
    """Where it is reached."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": NAME, "labels": LABELS},
        "spec": {
            "selector": LABELS,
            "ports": [{"name": "postgres", "port": PORT, "targetPort": "postgres", "protocol": "TCP"}],
        },
    }


def stateful_set(values: Values) -> Object:
    """The volume outlives the pod, and also the StatefulSet."""
    claim = {
        "metadata": {"name": "data"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": values("postgres.storageClassName"),
            "resources": {"requests": {"storage": values("postgres.storage")}},
        },
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": NAME, "labels": LABELS},
        "spec": {
            "serviceName": NAME,
            "replicas": 1,
            "selector": {"matchLabels": LABELS},
            "template": {"metadata": {"labels": LABELS}, "spec": pod(values)},
            "volumeClaimTemplates": [claim],
        },
    }


def pod(values: Values) -> Object:
    """Not root, and no token of the cluster."""
    user = values("postgres.user")
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 60,
        "imagePullSecrets": values("imagePullSecrets"),
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": user,
            "runAsGroup": user,
            "fsGroup": user,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container(values)],
        "volumes": [{"name": "run", "emptyDir": {}}, {"name": "tmp", "emptyDir": {}}],
    }


def container(values: Values) -> Object:
    """The environment is that of the usual image."""
    ready = {"exec": {"command": ["pg_isready", "-U", "accelerapp", "-d", "accelerapp"]}, "timeoutSeconds": 5}
    return {
        "name": NAME,
        "image": values("postgres.image"),
        "ports": [{"name": "postgres", "containerPort": PORT, "protocol": "TCP"}],
        "env": [
            {"name": "POSTGRES_USER", "value": "accelerapp"},
            {"name": "POSTGRES_DB", "value": "accelerapp"},
            {"name": "PGDATA", "value": f"{FOLDER}/pgdata"},
            {
                "name": "POSTGRES_PASSWORD",
                "valueFrom": {"secretKeyRef": {"name": values.secret, "key": "POSTGRES_PASSWORD"}},
            },
        ],
        "readinessProbe": {**ready, "periodSeconds": 5},
        "livenessProbe": {**ready, "periodSeconds": 20, "failureThreshold": 6},
        "startupProbe": {**ready, "periodSeconds": 5, "failureThreshold": 120},
        "resources": values("postgres.resources"),
        "securityContext": SECURITY,
        "volumeMounts": [
            {"name": "data", "mountPath": FOLDER},
            {"name": "run", "mountPath": "/var/run/postgresql"},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
        ],
    }


def network_policy(client: dict[str, str]) -> Object:
    """Only Accelerapp reaches it, and it reaches nobody."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": NAME, "labels": LABELS},
        "spec": {
            "podSelector": {"matchLabels": LABELS},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [
                {"from": [{"podSelector": {"matchLabels": client}}], "ports": [{"port": PORT, "protocol": "TCP"}]}
            ],
        },
    }
