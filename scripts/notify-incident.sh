#!/usr/bin/env bash
# Tells the team of an incident: ./scripts/notify-incident.sh --severity=P1 --message="Service disruption" [--service NAME]
# Exit code: 0 everybody has it, 1 somebody has not, 2 wrong use or settings, 3 nobody could be reached.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PATH="$PATH:$here/../.venv/bin"
exec accelerapp notify "$@"
