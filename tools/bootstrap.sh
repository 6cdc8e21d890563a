#!/usr/bin/env bash
# Make a fresh machine ready: PostgreSQL with PostGIS, a Python >= 3.11, and .venv with all packages.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

pythons=(python3 python3.13 python3.12 python3.11)
[[ -z ${PYTHON:-} ]] || pythons=("$PYTHON")
missing=()   # packages of the system

step() { printf 'fleetfeed: %s\n' "$*"; }
fail() { printf 'fleetfeed: %s\n' "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

# --- PostgreSQL -------------------------------------------------------------------------------------------------------

postgres_majors() {
    local bin
    for bin in /usr/lib/postgresql/*/bin/postgres; do
        if [[ -x $bin ]]; then bin=${bin#/usr/lib/postgresql/}; printf '%s\n' "${bin%%/*}"; fi
    done | sort -rn | awk '$1 >= 14'
}

has_postgis() {
    local major
    for major in $(postgres_majors); do
        [[ -e /usr/share/postgresql/$major/extension/postgis.control ]] && return
    done
    return 1
}

want_postgres() {
    local major
    major=$(postgres_majors | head -n 1)
    if [[ -n $major ]]; then
        missing+=("postgresql-$major-postgis-3")
        return
    fi
    major=$(apt-cache depends postgresql 2>/dev/null | awk -F- '/Depends: postgresql-[0-9]+$/ { print $2; exit }')
    [[ -n $major ]] || fail "apt offers no PostgreSQL; install one (14 or newer) with PostGIS, then call this again."
    ((major >= 14)) || fail "apt offers PostgreSQL $major only; 14 or newer is needed (apt.postgresql.org has it)."
    missing+=("postgresql-$major" "postgresql-$major-postgis-3")
}

# --- Python -----------------------------------------------------------------------------------------------------------

find_python() {   # the first that is new enough; one that can make a virtual environment, if there is one
    local candidate
    for candidate in "${pythons[@]}"; do
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
        python=$candidate
        "$candidate" -c 'import venv, ensurepip; ensurepip.version()' >/dev/null 2>&1 && return
    done
    return 1
}

want_python() {
    local name
    if [[ -n $python ]]; then
        name=$("$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
        missing+=("$name-venv")
        return
    fi
    for name in python3.13 python3.12 python3.11; do
        apt-cache show "$name-venv" >/dev/null 2>&1 || continue
        missing+=("$name" "$name-venv")
        return
    done
    fail "apt offers no Python 3.11 or newer; install one, then call this again with PYTHON=/path/to/python3."
}

# --- A browser for the tests ------------------------------------------------------------------------------------------

has_browser() { [[ -n ${CHROMIUM:-} ]] || has chromium; }

# --- What apt has to bring --------------------------------------------------------------------------------------------

become_root() {   # prefix of commands that only root may run
    ((EUID != 0)) || { root=(); return; }
    has sudo && { sudo -n true 2>/dev/null || [[ -t 0 ]]; } && root=(sudo)
}

install_with_apt() {
    local command=(env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends)
    if become_root; then
        step "apt-get update"
        "${root[@]}" apt-get update -qq >/dev/null || step "apt-get update failed; going on without"
    fi
    has_postgis || want_postgres
    find_python || want_python
    has_browser || missing+=(chromium fonts-dejavu-core)
    become_root || fail "missing: ${missing[*]}. Run as root: apt-get update && apt-get install ${missing[*]}"
    step "apt-get install ${missing[*]}"
    "${root[@]}" "${command[@]}" -qq "${missing[@]}" >/dev/null || fail "apt-get could not install ${missing[*]}"
    find_python || fail "still no Python 3.11 or newer that can make a virtual environment."
}

check_without_apt() {
    has initdb || has pg_config || compgen -G '/usr/pgsql-*/bin/initdb' >/dev/null \
        || compgen -G '/opt/homebrew/opt/postgresql@*/bin/initdb' >/dev/null \
        || step "PostgreSQL with PostGIS is missing (Fedora: postgresql-server postgis; Alpine: postgresql postgis;" \
            "Homebrew: postgis)"
    find_python || fail "a Python 3.11 or newer with venv is missing (or name one: PYTHON=/path/to/python3)."
}

system_packages() {
    find_python || [[ -n $python || -z ${PYTHON:-} ]] || fail "PYTHON=$PYTHON is not a Python 3.11 or newer."
    if ! has apt-get; then check_without_apt
    elif ! has_postgis || ! find_python || ! has_browser; then install_with_apt
    fi
}

# --- .venv ------------------------------------------------------------------------------------------------------------

stamp() {   # prints the stamp of what should be installed; fails when .venv cannot run
    local version
    version=$(.venv/bin/python --version 2>/dev/null) || return
    printf '.venv/.stamp-%s' "$({ cat pyproject.toml constraints.txt; echo "$version $PWD"; } | checksum)"
}

checksum() { if has sha256sum; then sha256sum; else shasum -a 256; fi | cut -c 1-16; }

wrong_python() {   # an explicit $PYTHON of another version than .venv's
    [[ -n ${PYTHON:-} && $("$PYTHON" --version 2>&1) != "$(.venv/bin/python --version 2>/dev/null)" ]]
}

up_to_date() {
    local current
    current=$(stamp) && [[ -e $current ]] && ! wrong_python
}

make_venv() {
    if wrong_python || ! .venv/bin/python -c 'import pip' 2>/dev/null; then
        step "making .venv with $("$python" --version)"
        rm -rf .venv 2>/dev/null || fail "cannot remove the old .venv (another user's?): remove it first."
        "$python" -m venv .venv || fail "$python could not make .venv"
    fi
    step "installing the packages of pyproject.toml into .venv (a minute or two)"
    rm -f .venv/.stamp-*
    .venv/bin/python -m pip install -qq --disable-pip-version-check --no-input -c constraints.txt -e '.[dev]' \
        || fail "pip could not install the packages; nothing else was changed."
    touch "$(stamp)"
    step "ready"
}

python=
if up_to_date && { has_postgis || ! has apt-get; }; then exit; fi
system_packages
up_to_date || make_venv
