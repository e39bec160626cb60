"""What the product needs to be allowed in a cluster, by capability: the Roles are made from this, `doctor` asks for it.

Pure facts. Each capability is a Role of its own, so that each can be left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

PREFIX = "accelerapp"
_READ = ("get", "list", "watch")


@dataclass(frozen=True)
class Rule:
    """Verbs on resources of one API group."""

    group: str
    """Empty for the core."""
    resources: tuple[str, ...]
    """`pods`, `pods/log`."""
    verbs: tuple[str, ...]


@dataclass(frozen=True)
class Capability:
    """What can be granted or left out as a whole."""

    name: str
    what: str
    """`can …`."""
    rules: tuple[Rule, ...]
    is_cluster_wide: bool = False
    """A ClusterRole: what it is about belongs to no namespace."""
    is_granted: bool = True
    """Granted unless somebody leaves it out; the others have to be added."""
    is_needed: bool = False
    """Nothing works without it."""

    @property
    def role(self) -> str:
        """The name of its Role."""
        return f"{PREFIX}-{self.name}"


@dataclass(frozen=True)
class Asked:
    """One thing that may be allowed or not."""

    verb: str
    resource: str
    group: str
    subresource: str = ""

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}" + (f"/{self.subresource}" if self.subresource else "")


CAPABILITIES = (
    Capability(
        "read",
        "read pods, workloads and events",
        (
            Rule("", ("namespaces",), ("get",)),
            Rule(
                "",
                (
                    "pods",
                    "services",
                    "endpoints",
                    "events",
                    "configmaps",
                    "persistentvolumeclaims",
                    "resourcequotas",
                    "limitranges",
                    "serviceaccounts",
                ),
                _READ,
            ),
            Rule("apps", ("deployments", "statefulsets", "daemonsets", "replicasets", "controllerrevisions"), _READ),
            Rule("batch", ("jobs", "cronjobs"), _READ),
            Rule("autoscaling", ("horizontalpodautoscalers",), _READ),
            Rule("policy", ("poddisruptionbudgets",), _READ),
            Rule("networking.k8s.io", ("ingresses", "networkpolicies"), _READ),
            Rule("metrics.k8s.io", ("pods",), ("get", "list")),
        ),
        is_needed=True,
    ),
    Capability("logs", "read the logs of pods", (Rule("", ("pods/log",), ("get",)),)),
    Capability(
        "deploy",
        "scale, restart, switch and configure workloads",
        (
            Rule("apps", ("deployments", "statefulsets", "daemonsets"), ("patch",)),
            Rule("batch", ("jobs", "cronjobs"), ("patch",)),
            Rule("", ("configmaps",), ("create", "patch")),
        ),
    ),
    Capability(
        "nodes",
        "read nodes and what belongs to the whole cluster",
        (
            Rule("", ("nodes", "persistentvolumes"), _READ),
            Rule("metrics.k8s.io", ("nodes",), ("get", "list")),
            Rule("storage.k8s.io", ("storageclasses",), _READ),
            Rule("networking.k8s.io", ("ingressclasses",), _READ),
            Rule(
                "admissionregistration.k8s.io",
                ("validatingwebhookconfigurations", "mutatingwebhookconfigurations"),
                _READ,
            ),
        ),
        is_cluster_wide=True,
    ),
    Capability(
        "exec",
        "run commands in pods and forward their ports",
        (Rule("", ("pods/exec", "pods/portforward"), ("create", "get")),),
        is_granted=False,
    ),
    Capability("secrets", "read Secrets", (Rule("", ("secrets",), _READ),), is_granted=False),
    Capability(
        "kubelet",
        "read the kubelets' own figures",
        (Rule("", ("nodes/proxy",), ("get",)),),
        is_cluster_wide=True,
        is_granted=False,
    ),
)


def asked(capability: Capability) -> Iterator[Asked]:
    """Everything that a capability consists of."""
    for rule in capability.rules:
        for resource in rule.resources:
            name, _, subresource = resource.partition("/")
            for verb in rule.verbs:
                yield Asked(verb, name, rule.group, subresource)
