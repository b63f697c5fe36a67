#!/bin/sh
# Starts Stillroom from a checkout, setting up what is missing.
#   sh installer/run.sh                 the window; without a display, the sample documents in the terminal
#   sh installer/run.sh ARGUMENTS...    the command line (--help says what there is)
# STILLROOM_VENV: another folder for the environment. STILLROOM_PYTHON: the Python to use. CMAKE_ARGS: how the engine is compiled.
set -eu
checkout=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$checkout/installer/setup.sh"
set_up run || exit

if [ $# -gt 0 ]; then
    exec "$python" -m stillroom "$@"
fi
if [ "$(uname -s)" = Linux ] && [ -z "${DISPLAY:-}" ] && [ -z "${WAYLAND_DISPLAY:-}" ] && [ -z "${QT_QPA_PLATFORM:-}" ]; then
    say 'There is no display, so the window cannot open. Here is what Stillroom draws out of its three sample documents.'
    samples=$checkout/resources/samples
    status=0
    for sample in receipt.txt:receipt invoice.pdf:invoice contract.docx:contract; do
        "$python" -m stillroom extract "$samples/${sample%:*}" --template "${sample#*:}" || status=$?
    done
    say 'Your own files: sh installer/run.sh extract FILES... --template receipt --out table.csv'
    exit "$status"
fi
exec "$python" -m stillroom
