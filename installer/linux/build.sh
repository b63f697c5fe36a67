#!/bin/sh
# Makes the packages for Linux in dist/: a .deb, and an archive that needs no rights. Runs on Debian 12 or newer.
#   sh installer/linux/build.sh
# The engine is compiled for every processor (all variants, chosen at start), which takes about ten minutes once on two cores.
set -eu
checkout=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
cd "$checkout"
build=$checkout/build
export PYTHONHASHSEED=0
SOURCE_DATE_EPOCH=$(git -C "$checkout" log -1 --format=%ct 2>/dev/null || echo 1700000000)
export SOURCE_DATE_EPOCH

STILLROOM_VENV=$build/venv
CMAKE_ARGS="-DGGML_NATIVE=OFF -DGGML_BACKEND_DL=ON -DGGML_CPU_ALL_VARIANTS=ON"
export STILLROOM_VENV CMAKE_ARGS
. "$checkout/installer/setup.sh"
set_up run
{ IFS= read -r _ && IFS= read -r STARTER_MODEL; } <"$environment/model"
export STARTER_MODEL
"$python" -m pip --disable-pip-version-check install --quiet --require-hashes --only-binary :all: \
    -r installer/requirements/package.txt
for tool in dpkg-deb objdump xz; do
    command -v "$tool" >/dev/null || { say "$tool is missing. Type: apt-get install dpkg-dev binutils xz-utils"; exit 1; }
done

rm -rf "$build/frozen" "$build/work"
"$python" -m PyInstaller --noconfirm --log-level WARN --distpath "$build/frozen" --workpath "$build/work" \
    installer/stillroom.spec 2>"$build/pyinstaller.log" || { tail -20 "$build/pyinstaller.log" >&2; exit 1; }
if grep -E "Library not found|could not be resolved" "$build/pyinstaller.log" | grep -vE "libcuda|libvulkan|libqgtk3" >&2; then
    say 'A library is missing on this machine, so the package would not start elsewhere. Install it and build again.'
    exit 1
fi
version=$("$build/frozen/stillroom/stillroom" --version | cut -d' ' -f2)

# What is frozen must answer before it is packed.
STILLROOM_HOME=$build/try "$build/frozen/stillroom/stillroom" extract resources/samples/receipt.txt --template receipt \
    --out "$build/try.jsonl" 2>/dev/null || { say 'The frozen program does not work.'; exit 1; }
rm -rf "$build/try" "$build/try.jsonl"

mkdir -p dist
sh installer/linux/deb.sh "$build/frozen/stillroom" "$version" "$build/deb" "dist/stillroom_${version}_amd64.deb"
sh installer/linux/archive.sh "$build/frozen/stillroom" "$version" "$build/archive" "dist/stillroom-$version-linux-x86_64.tar.xz"
ls -l dist
