"""Reaching a database from inside a pod: which pods to try, the tiny program, what its answer means. Pure.

The program takes the address from DATABASE_URL in the container's own environment and opens a TCP connection. It needs
Python or bash there; user and password never leave the pod. Where neither is in the image, that is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lightkube.resources.core_v1 import Pod

from accelerapp.base import errors, text
from accelerapp.platforms.kubernetes.causes import facts
from accelerapp.platforms.kubernetes.snapshot import Reached, Snapshot

VARIABLE = "DATABASE_URL"
TIMEOUT = 8.0
"""Seconds for the whole attempt."""
_MOST = 3
_ERRNO = re.compile(r"\[Errno -?\d+\] ")
_NO_VARIABLE, _NO_TOOL = 96, 97

_PYTHON = (
    "import os,socket,sys,urllib.parse as p\n"
    f"u=os.environ.get('{VARIABLE}') or sys.exit({_NO_VARIABLE})\n"
    "u=p.urlsplit(u)\n"
    "h,o=u.hostname,u.port or {'mysql':3306,'redis':6379,'mongodb':27017}.get(u.scheme.split('+')[0],5432)\n"
    f"h or sys.exit({_NO_VARIABLE})\n"
    "print(f'{h}:{o}',flush=True)\n"
    "try: socket.create_connection((h,o),3).close()\n"
    "except OSError as e: sys.exit('problem: '+str(e))\n"
)
_SHELL = (
    f'[ -n "${VARIABLE}" ] || exit {_NO_VARIABLE}; '
    f'for p in python3 python; do command -v $p >/dev/null 2>&1 && exec $p -c "$0"; done; '
    f"command -v bash >/dev/null 2>&1 || exit {_NO_TOOL}; "
    f'a=${{{VARIABLE}#*://}}; a=${{a%%/*}}; a=${{a##*@}}; h=${{a%%:*}}; o=${{a##*:}}; [ "$h" = "$o" ] && o=5432; '
    'echo "$h:$o"; exec 2>&1; timeout 3 bash -c "exec 3<>/dev/tcp/$h/$o" || { echo "problem: no connection"; exit 1; }'
)
COMMAND = ("sh", "-c", _SHELL, _PYTHON)


def tries(snapshot: Snapshot, pods: Sequence[Pod]) -> Iterator[tuple[str, str]]:
    """(pod, container) to try it in: those that run without being ready and may have the variable."""
    owners: set[tuple[str, str]] = set()
    for pod in pods:
        if facts.phase(pod) != "Running" or facts.is_ready(pod) or facts.is_leaving(pod):
            continue
        for part in facts.parts(pod):
            has_it = part.container.envFrom or any(env.name == VARIABLE for env in part.container.env or ())
            key = (facts.workload(snapshot, pod), part.name)
            if has_it and part.state.running and key not in owners and len(owners) < _MOST:
                owners.add(key)
                yield facts.name(pod), part.name


def understand(exit_code: int, stdout: bytes, stderr: bytes) -> Reached | None:
    """What the program found; None: there is no such variable. Raises CannotTellError: it could not be tried."""
    lines = [line.strip() for line in stdout.decode(errors="replace").splitlines() if line.strip()]
    said = [line.strip() for line in (*lines[1:], *stderr.decode(errors="replace").splitlines()) if line.strip()]
    if exit_code == _NO_VARIABLE:
        return None
    problem = next((line.removeprefix("problem: ") for line in said if line.startswith("problem: ")), "")
    if lines and exit_code == 0:
        return Reached(VARIABLE, text.printable(lines[0], 200), "")
    if lines and problem:
        return Reached(VARIABLE, text.printable(lines[0], 200), text.printable(_ERRNO.sub("", problem), 200))
    if exit_code == _NO_TOOL:
        raise errors.CannotTellError("It could not be tried: the image has neither Python nor bash.")
    raise errors.CannotTellError(
        f"It could not be tried: {text.printable(said[-1], 200) if said else f'exit code {exit_code}'}."
    )
