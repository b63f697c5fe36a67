#!/bin/sh
# Renews the pinned requirements from pyproject.toml and the .in files beside this script. Needs uv.
#   sh installer/requirements/renew.sh              the smallest change that satisfies pyproject.toml
#   sh installer/requirements/renew.sh --upgrade    everything to its newest version
# Only names, versions, markers and hashes are written: no addresses, so that a mirror or a proxy serves as well.
set -eu
cd "$(dirname "$0")/../.."
# A folder or index set on this machine must not decide what everybody installs.
unset PIP_FIND_LINKS PIP_INDEX_URL PIP_EXTRA_INDEX_URL UV_FIND_LINKS UV_INDEX UV_DEFAULT_INDEX UV_INDEX_URL UV_EXTRA_INDEX_URL
here=installer/requirements

compile() { # TARGET ARGUMENTS...
    target=$1
    shift
    # uv keeps the hashes it finds, also too few of them; without any it asks for all.
    [ ! -f "$here/$target" ] || { sed 's/ \\$//; /^    --hash=/d' "$here/$target" >"$here/$target.new" && mv "$here/$target.new" "$here/$target"; }
    uv pip compile --no-config --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --custom-compile-command 'sh installer/requirements/renew.sh' --quiet "$@" --output-file "$here/$target"
}

compile run.txt "$@" pyproject.toml --extra ocr --extra encrypted
# test.txt holds only what the tests need beyond run.txt; both are installed without resolving again.
omitted=$(sed -n 's/^\([A-Za-z0-9][A-Za-z0-9._-]*\)==.*/--no-emit-package \1/p' "$here/run.txt" | sort -u)
# shellcheck disable=SC2086
compile test.txt "$@" pyproject.toml --extra ocr --extra encrypted --extra test --constraint "$here/run.txt" $omitted
sed '/^# The following packages were excluded/,$d' "$here/test.txt" > "$here/test.txt.new" && mv "$here/test.txt.new" "$here/test.txt"
compile build.txt "$@" "$here/build.in"
compile package.txt "$@" "$here/package.in"
compile convert.txt "$@" "$here/convert.in"
compile opencv.txt "$@" "$here/opencv.in"
compile starter-model.txt "$@" --no-deps "$here/starter-model.in"
