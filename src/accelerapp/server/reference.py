"""`/api/docs`: every operation of the API on one page, made from its description; no script, no network."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>API of Accelerapp</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="{style}">
<main class="plain"><h1>API</h1>
<p>Send a token as <code>Authorization: Bearer …</code>; <code>accelerapp token create</code> makes one.
Errors are <code>{{"message", "mend", "problems": [{{"field", "reason"}}]}}</code>.
The whole description is in <a href="/api/openapi.json">openapi.json</a>.</p>
<table><thead><tr><th>Method</th><th>Path</th><th>What it does</th><th>Takes</th><th>Answers</th></tr></thead>
<tbody>{rows}</tbody></table></main></html>"""


def page(schema: dict[str, Any], style: str) -> str:
    """The page; `style` is the address of the style sheet."""
    return _PAGE.format(style=html.escape(style), rows="".join(_rows(schema)))


def _rows(schema: dict[str, Any]) -> Iterator[str]:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            cells = (
                html.escape(method.upper()),
                f"<code>{html.escape(path)}</code>",
                html.escape(operation.get("description") or operation.get("summary", "")),
                "<br>".join(f"<code>{html.escape(field)}</code>" for field in _takes(schema, operation)),
                html.escape(_answers(operation)),
            )
            yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _takes(schema: dict[str, Any], operation: dict[str, Any]) -> Iterator[str]:
    """Query parameters as `?name`, then the fields of the body; what may be left out ends with its default."""
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "query":
            yield f"?{parameter['name']}{_default(parameter['schema'], required=parameter.get('required', False))}"
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    described = schema["components"]["schemas"].get(_name(body), {})
    for name, field in described.get("properties", {}).items():
        yield f"{name}{_default(field, required=name in described.get('required', []))}"


def _default(field: dict[str, Any], *, required: bool) -> str:
    if required:
        return ""
    return f"={field['default']}" if field.get("default") is not None else " (optional)"


def _answers(operation: dict[str, Any]) -> str:
    """The noun of the good answer: `Workload`, `list of Event`, or the kind of text."""
    good: dict[str, Any] = next(
        (answer for status, answer in operation["responses"].items() if status.startswith("2")), {}
    )
    for kind, content in good.get("content", {}).items():
        described = content.get("schema", {})
        if described.get("type") == "array":
            return f"list of {_name(described['items'])}"
        return _name(described) or kind
    return ""


def _name(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]
