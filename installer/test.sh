#!/bin/sh
# Sets up as run.sh does, with what the tests need, and checks everything. The last line is the outcome of the tests.
#   sh installer/test.sh [ARGUMENTS FOR PYTEST...]
set -eu
checkout=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$checkout"
. installer/setup.sh
started=$(date +%s)
set_up tests || exit
setup_seconds=$(($(date +%s) - started))

# The tests find the starter model although each has a home of its own, and fail rather than skip where it is missing.
{ IFS= read -r _ && IFS= read -r STILLROOM_STARTER_MODEL; } <"$environment/model"
export STILLROOM_STARTER_MODEL CI=true
# Windows open without a display, and look the same everywhere.
export QT_QPA_PLATFORM=offscreen
PATH=$environment/bin:$PATH

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

check() { # NAME COMMAND...
    name=$1
    shift
    printf '\n== %s\n' "$name"
    begun=$(date +%s)
    {
        status=0
        "$@" 2>&1 || status=$?
        echo "$status" >"$work/status"
    } | tee "$work/output"
    status=$(cat "$work/status")
    outcome=passed
    if [ "$status" -ne 0 ]; then
        outcome=failed
        failed=1
    fi
    printf '%-16s %s in %s s\n' "$name" "$outcome" "$(($(date +%s) - begun))" >>"$work/summary"
}

printf '%-16s %s in %s s\n' 'set-up' passed "$setup_seconds" >"$work/summary"
check ruff ruff check .
check format ruff format --check .
check mypy mypy
check imports lint-imports
# As many files of tests side by side as there are cores, four at most: each opens windows or loads models of its own.
check pytest python -m pytest -n logical --maxprocesses 4 --dist loadfile "$@"

printf '\n'
cat "$work/summary"
closing=$(grep ' in [0-9.]*s' "$work/output" | tail -n 1 | sed 's/^=* *//; s/ *=*$//')
printf '%s\n' "${closing:-0 passed, 1 failed}"
exit "$failed"
