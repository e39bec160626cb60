"""Writes the kustomize base and the Helm chart beside this file, both from the facts below.

    python deploy/kubernetes/make.py            write
    python deploy/kubernetes/make.py --check    say whether what is written is what would be written

The base holds the facts with their defaults; in the chart the same objects have a value of `values.yaml` in each place.
The Roles come from `accelerapp.platforms.kubernetes.access`, which `accelerapp doctor` asks for.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from facts import chart_values, objects

HERE = Path(__file__).parent
_HEAD = "# Made by deploy/kubernetes/make.py: change it there.\n"
_MARK = re.compile(r"'?⟦(.*?)⟧'?")


@dataclass(frozen=True)
class File:
    """One file to be written, relative to this folder."""

    path: str
    content: str


def files() -> Iterator[File]:
    """Everything that is made."""
    yield from _base()
    yield from _chart()


def _base() -> Iterator[File]:
    folders: dict[str, list[str]] = {"base": [], "postgres": []}
    for found in objects.every(chart_values.Defaults()):
        name = f"{found.name}.yaml"
        yield File(f"{found.folder}/{name}", _HEAD + _dump(found.objects))
        if found.is_default:
            folders[found.folder].append(name)
    for folder, names in folders.items():
        yield File(f"{folder}/kustomization.yaml", _HEAD + _dump([_kustomization(sorted(names))]))
    yield File("kustomization.yaml", _HEAD + _dump([_kustomization(["base", "postgres"])]))


def _kustomization(resources: list[str]) -> dict[str, Any]:
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": objects.NAMESPACE,
        "resources": resources,
    }


def _chart() -> Iterator[File]:
    yield File("chart/Chart.yaml", _HEAD + _dump([objects.chart()]))
    yield File("chart/values.yaml", _HEAD + chart_values.render())
    yield File("chart/templates/secret.yaml", objects.SECRET_TEMPLATE)
    yield File("chart/templates/NOTES.txt", objects.NOTES)
    for found in objects.every(chart_values.Templated()):
        body = _MARK.sub(_braces, _dump(found.objects))
        if found.is_per_namespace:
            body = f"{{{{- range concat (list .Release.Namespace) .Values.namespaces }}}}\n---\n{body}{{{{- end }}}}\n"
            body = body.replace(".Values.", "$.Values.").replace("$.Values.namespaces", ".Values.namespaces")
            body = body.replace(".Release.", "$.Release.").replace("(list $.Release.", "(list .Release.")
        if found.condition:
            body = f"{{{{- if .Values.{found.condition} }}}}\n{body}{{{{- end }}}}\n"
        yield File(f"chart/templates/{found.name}.yaml", _HEAD + body)


def _braces(mark: re.Match[str]) -> str:
    body = mark.group(1)
    return f"{{{{{body} }}}}" if body.startswith("-") else f"{{{{ {body} }}}}"


def _dump(found: list[dict[str, Any]]) -> str:
    return yaml.dump_all(found, Dumper=_Dumper, sort_keys=False, width=1000, allow_unicode=True)


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks; lists indented."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def main(arguments: list[str]) -> int:
    """The exit code: 1 when `--check` finds another content."""
    others = 0
    for file in files():
        path = HERE / file.path
        if "--check" in arguments:
            if not path.is_file() or path.read_text("utf-8") != file.content:
                print(f"{path} is not what make.py makes.")
                others += 1
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.content, "utf-8")
    return 1 if others else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
