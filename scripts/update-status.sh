#!/usr/bin/env bash
# Tells the public on the status page: ./scripts/update-status.sh "Investigating service disruption"
# It belongs to the incident that is open; when none is, one is opened. "Issue resolved" resolves it.
# Exit code: 0 it is published, 2 wrong use, 3 the database or server cannot be reached.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PATH="$PATH:$here/../.venv/bin"
exec accelerapp status update "$@"
