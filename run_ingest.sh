#!/bin/sh
# One run of each feed that is named, or of all, for cron on a host without Docker:
#
#   run_ingest.sh inc
#
# The settings are those of this checkout; passwords and addresses come from /etc/fleetfeed.env, or what FLEETFEED_ENV names.
set -eu

project=$(cd "$(dirname "$0")" && pwd)
variables=${FLEETFEED_ENV:-/etc/fleetfeed.env}
case $variables in */*) ;; *) variables=./$variables ;; esac   # else `.` looks for it in PATH
set -a
# shellcheck source=/dev/null
. "$variables"
set +a
unset FLEETFEED_ENV   # no setting of fleetfeed's own
[ $# -gt 0 ] || set -- --all
exec "$project/own/bin/fleetfeed" --project "$project" run "$@" --apply --geocode-clusters --geocode-locations
