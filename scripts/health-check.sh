#!/usr/bin/env bash
# Checks the health of a service: ./scripts/health-check.sh [--service NAME | --all] [--json]
# Exit code: 0 healthy, 1 degraded or down, 2 wrong use or settings, 3 unknown.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PATH="$PATH:$here/../.venv/bin"
exec accelerapp health "$@"
