#!/usr/bin/env bash
# Ask OSV for known vulnerabilities of every pinned version: those fail. Where OSV cannot be asked, only --strict fails.
# What it found clean is not asked again for a day: an answer for 150 packages takes a while.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# An advisory that is known to be harmless here: --ignore-vuln ID, with the reason beside it.
options=(--vulnerability-service osv --strict --no-deps --disable-pip --desc off --timeout 10 --progress-spinner off -r constraints.txt)
stamp=.venv/audit/.clean-$(cksum <constraints.txt | cut -d ' ' -f 1)
errors=$(mktemp)
trap 'rm -f "$errors"' EXIT

if [[ ${1:-} != --strict && -n $(find "$stamp" -mtime -1 2>/dev/null) ]]; then exit; fi
rm -f .venv/audit/.clean-*
if table=$(.venv/audit/bin/pip-audit "${options[@]}" 2>"$errors"); then
    touch "$stamp"
elif [[ -n $table ]]; then
    printf 'fleetfeed: constraints.txt pins versions with known vulnerabilities. Pin those that mend them (Fix Versions):\n%s\n' "$table" >&2
    exit 1
elif ! grep -Eq '^requests\.exceptions|ServiceError|ConnectionError' "$errors"; then
    printf 'fleetfeed: the audit itself failed:\n' >&2
    cat "$errors" >&2
    exit 1
else
    printf 'fleetfeed: NOT AUDITED: OSV could not be asked for known vulnerabilities of constraints.txt:\n  %.300s\n' \
        "$(grep -i 'error.*:.' "$errors" | tail -n 1)" >&2
    if [[ ${1:-} == --strict ]]; then exit 1; fi
    printf 'The check goes on without; make audit asks again, and fails where it cannot.\n' >&2
fi
