"""Ingresses: a class, a Service, a port or a TLS Secret that does not exist."""

from __future__ import annotations

from collections.abc import Iterator

from lightkube.models.networking_v1 import IngressServiceBackend, IngressSpec
from lightkube.resources.core_v1 import Secret, Service
from lightkube.resources.networking_v1 import Ingress, IngressClass

from accelerapp.platforms.causes import Cause
from accelerapp.platforms.kubernetes.causes import facts
from accelerapp.platforms.kubernetes.snapshot import Snapshot

_OLD_CLASS = "kubernetes.io/ingress.class"
_DEFAULT = "ingressclass.kubernetes.io/is-default-class"


def find(snapshot: Snapshot) -> Iterator[Cause]:
    """The causes of each Ingress."""
    for each in snapshot.all(Ingress):
        if each.spec is not None:
            yield from _class(snapshot, each, each.spec)
            yield from _backends(snapshot, each, each.spec)
            yield from _secrets(snapshot, each, each.spec)


def _cause(snapshot: Snapshot, each: Ingress, kind: str, words: str, evidence: tuple[str, ...], mend: str) -> Cause:
    edit = f"{facts.edit(snapshot, facts.subject(each))}"
    return Cause(kind, facts.subject(each), f"{facts.subject(each)} {words}.", evidence, f"{mend}: {edit}.")


def _class(snapshot: Snapshot, each: Ingress, spec: IngressSpec) -> Iterator[Cause]:
    if not snapshot.knows(IngressClass):
        return
    classes = snapshot.all(IngressClass)
    known = f"ingress classes: {', '.join(map(facts.name, classes)) or 'none'}"
    wanted = spec.ingressClassName
    if wanted and snapshot.get(IngressClass, wanted) is None:
        words = f"wants the ingress class '{wanted}', which does not exist: no controller serves it"
        evidence = (f"spec.ingressClassName: {wanted}", known)
        yield _cause(snapshot, each, "missing-ingress-class", words, evidence, "Name a class that exists")
    elif not wanted and _OLD_CLASS not in (facts.meta(each).annotations or {}) and not any(map(_is_default, classes)):
        words = "names no ingress class, and none is the default: no controller serves it"
        evidence = ("spec.ingressClassName: none", known)
        yield _cause(snapshot, each, "missing-ingress-class", words, evidence, "Set spec.ingressClassName")


def _is_default(found: IngressClass) -> bool:
    return (facts.meta(found).annotations or {}).get(_DEFAULT) == "true"


def _backends(snapshot: Snapshot, each: Ingress, spec: IngressSpec) -> Iterator[Cause]:
    named = [("spec.defaultBackend", spec.defaultBackend.service)] if spec.defaultBackend else []
    for rule in spec.rules or ():
        for path in (rule.http and rule.http.paths) or ():
            named += [(f"rule {rule.host or '*'}{path.path or '/'}", path.backend.service)]
    for field, backend in named:
        if backend is not None:
            yield from _backend(snapshot, each, field, backend)


def _backend(snapshot: Snapshot, each: Ingress, field: str, backend: IngressServiceBackend) -> Iterator[Cause]:
    service = snapshot.get(Service, backend.name)
    if service is None:
        if snapshot.knows(Service):
            words = f"leads to the Service '{backend.name}', which does not exist"
            evidence = (f"{field}: service {backend.name}", f"no such Service in namespace {snapshot.namespace}")
            yield _cause(snapshot, each, "missing-service", words, evidence, "Make the Service, or name another")
        return
    ports = (service.spec and service.spec.ports) or []
    wanted = backend.port and (backend.port.name or backend.port.number)
    if wanted and ports and wanted not in {*(one.port for one in ports), *(one.name for one in ports)}:
        shown = ", ".join(f"{one.port}" + (f" ({one.name})" if one.name else "") for one in ports)
        words = f"leads to port {wanted} of the Service '{backend.name}', which has no such port"
        evidence = (f"{field}: {backend.name}:{wanted}", f"ports of the Service: {shown}")
        yield _cause(snapshot, each, "wrong-service-port", words, evidence, "Name a port of the Service")


def _secrets(snapshot: Snapshot, each: Ingress, spec: IngressSpec) -> Iterator[Cause]:
    for tls in spec.tls or ():
        if tls.secretName and snapshot.lacks(Secret, tls.secretName):
            words = f"takes its certificate from the Secret '{tls.secretName}', which does not exist"
            hosts = ", ".join(tls.hosts or ()) or "every host"
            evidence = (f"spec.tls: secretName {tls.secretName}, for {hosts}",)
            mend = f"Make it (`kubectl create secret tls {tls.secretName} --cert=… --key=…`), or name another"
            yield _cause(snapshot, each, "missing-tls-secret", words, evidence, mend)
