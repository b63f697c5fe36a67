# Shared by run.sh and test.sh, which set $checkout: brings the environment up to date and sets $environment and $python.
# shellcheck shell=sh

say() {
    printf '%s\n' "$*" >&2
}

# The checksum of all that decides what the environment holds, and where it points.
setup_stamp() { # [FILE...]
    cat "$checkout"/installer/set_up/*.py "$checkout/installer/requirements/run.txt" \
        "$checkout/installer/requirements/build.txt" "$checkout/installer/requirements/starter-model.txt" "$@" | cksum
    printf ' %s\n' "$checkout"
}

is_set_up() { # STAMP
    [ -x "$environment/bin/python" ] && [ -r "$environment/stamp" ] && [ -r "$environment/model" ] || return 1
    { IFS= read -r recorded && IFS= read -r recorded_options; } <"$environment/stamp" || return 1
    [ "$recorded" = "$1" ] || return 1
    [ -z "${CMAKE_ARGS:-}" ] || [ "$CMAKE_ARGS" = "$recorded_options" ] || return 1
    { IFS= read -r deciding && IFS= read -r model; } <"$environment/model" || return 1
    [ "$deciding" = "${HOME:-}|${STILLROOM_HOME:-}|${XDG_DATA_HOME:-}" ] && [ -f "$model" ]
}

# Sets $found to a Python that can be used, rather one that can make environments.
find_python() {
    for wanted in 'import sys, sqlite3, ssl, ensurepip, venv' 'import sys, sqlite3, ssl'; do
        for found in "${STILLROOM_PYTHON:-python3}" python3.13 python3.14 python3.12 python3.11; do
            command -v "$found" >/dev/null 2>&1 || continue
            "$found" -c "$wanted; sys.exit(not ((3, 11) <= sys.version_info < (3, 15) and sys.maxsize > 2**32))" \
                >/dev/null 2>&1 && return 0
        done
    done
    return 1
}

advise_python() {
    if command -v apt-get >/dev/null 2>&1; then
        say 'Python 3.11 or newer (up to 3.14) was not found. Type: sudo apt-get install python3 python3-venv'
    elif [ "$(uname -s)" = Darwin ]; then
        say 'Python 3.11 or newer (up to 3.14) was not found. Type: brew install python@3.13 (or get it from python.org)'
    else
        say "Python 3.11 or newer (up to 3.14) was not found. Install python3 with the system's package manager."
    fi
}

set_up() { # run|tests
    environment=${STILLROOM_VENV:-$checkout/.venv}
    python=$environment/bin/python
    unset PYTHONHOME PYTHONPATH
    # A file beside the user's documents must never be taken for one of the application's modules.
    export PYTHONSAFEPATH=1
    if [ "$1" = tests ]; then
        stamp="tests $(setup_stamp "$checkout/installer/requirements/test.txt" | tr -d '\n')"
        is_set_up "$stamp" && return 0
    else
        stamp="run $(setup_stamp | tr -d '\n')"
        is_set_up "$stamp" && return 0
        # What the tests were set up for serves as well.
        is_set_up "tests $(setup_stamp "$checkout/installer/requirements/test.txt" | tr -d '\n')" && return 0
    fi
    find_python || {
        advise_python
        return 1
    }
    tests=
    [ "$1" = tests ] && tests=--tests
    PYTHONPATH=$checkout/installer "$found" -m set_up --environment "$environment" --stamp "$stamp" $tests >&2
}
