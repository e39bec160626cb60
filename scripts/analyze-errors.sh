#!/usr/bin/env bash
# Error patterns of a service's log: ./scripts/analyze-errors.sh [--last=15m] [--service NAME] [FILE...] [--json]
# Exit code: 0 no errors, 1 errors found, 2 wrong use or settings, 3 no errors but something could not be read.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PATH="$PATH:$here/../.venv/bin"
exec accelerapp logs errors "$@"
