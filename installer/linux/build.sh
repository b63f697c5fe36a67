#!/bin/sh
# Makes the packages for Linux in dist/: a .deb, and an archive that needs no rights. Runs on Debian 12 or newer.
#   sh installer/linux/build.sh            makes them
#   sh installer/linux/build.sh --twice    makes them twice, and says whether every byte is the same
# The engine is compiled for every processor (all variants, chosen at start), and OpenCV with the parts that are used:
# about fifteen minutes once on two cores; both are kept, and the next build takes a few minutes.
set -eu
checkout=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
cd "$checkout"
build=$checkout/build
umask 022
export PYTHONHASHSEED=0 LC_ALL=C.UTF-8
SOURCE_DATE_EPOCH=$(git -C "$checkout" log -1 --format=%ct 2>/dev/null || echo 1700000000)
export SOURCE_DATE_EPOCH

STILLROOM_VENV=$build/venv
CMAKE_ARGS="-DGGML_NATIVE=OFF -DGGML_BACKEND_DL=ON -DGGML_CPU_ALL_VARIANTS=ON"
export STILLROOM_VENV CMAKE_ARGS
. "$checkout/installer/setup.sh"
for tool in dpkg-deb objdump strip xz; do
    command -v "$tool" >/dev/null || { say "$tool is missing. Type: apt-get install dpkg-dev binutils xz-utils"; exit 1; }
done
set_up run
{ IFS= read -r _ && IFS= read -r STARTER_MODEL; } <"$environment/model"
export STARTER_MODEL
"$python" -m pip --disable-pip-version-check install --quiet --require-hashes --only-binary :all: \
    -r installer/requirements/package.txt
PYTHONPATH=$checkout/installer "$python" installer/linux/small_opencv.py

freeze() { # TARGET
    rm -rf "$1" "$build/work"
    "$python" -m PyInstaller --noconfirm --clean --log-level WARN --distpath "$1" --workpath "$build/work" \
        installer/stillroom.spec 2>"$build/pyinstaller.log" || { tail -20 "$build/pyinstaller.log" >&2; return 1; }
    sh installer/linux/check_libraries.sh "$build/pyinstaller.log" "$1/stillroom"
}

pack() { # FROZEN TARGET
    mkdir -p "$2"
    sh installer/linux/deb.sh "$1" "$version" "$build/deb" "$2/stillroom_${version}_amd64.deb"
    sh installer/linux/archive.sh "$1" "$version" "$build/archive" "$2/stillroom-$version-linux-x86_64.tar.xz"
}

freeze "$build/frozen"
version=$("$build/frozen/stillroom/stillroom" --version | cut -d' ' -f2)

# What is frozen must answer before it is packed: text, and a picture through OCR.
for sample in resources/samples/receipt.txt resources/screenshots/window.png; do
    STILLROOM_HOME=$build/try "$build/frozen/stillroom/stillroom" extract "$sample" --template receipt \
        --out "$build/try.jsonl" 2>/dev/null || { say "The frozen program does not work: $sample."; exit 1; }
    rm -rf "$build/try" "$build/try.jsonl"
done

pack "$build/frozen/stillroom" dist
if [ "${1:-}" = --twice ]; then
    freeze "$build/again"
    diff -r "$build/frozen" "$build/again" || { say 'What was frozen differs.'; exit 1; }
    pack "$build/again/stillroom" "$build/packed-again"
    diff -r dist "$build/packed-again" || { say 'The packages differ.'; exit 1; }
    say "Every byte is the same: $(find "$build/again" -type f | wc -l) files, and the packages made of them."
    rm -rf "$build/again" "$build/packed-again"
fi
ls -l dist
