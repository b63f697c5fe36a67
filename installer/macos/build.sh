#!/bin/sh
# Not tested on real machines. Makes a disk image with Stillroom.app on macOS; needs Python 3.11 to 3.14 and Xcode's tools.
#   sh installer/macos/build.sh
set -eu
checkout=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
cd "$checkout"
STILLROOM_VENV=$checkout/build/venv
# Metal is compiled in; what the processor computes suits every Mac of the kind this is built on.
CMAKE_ARGS="-DGGML_NATIVE=OFF -DGGML_METAL_EMBED_LIBRARY=ON"
export STILLROOM_VENV CMAKE_ARGS PYTHONHASHSEED=0
. "$checkout/installer/setup.sh"
set_up run
{ IFS= read -r _ && IFS= read -r STARTER_MODEL; } <"$environment/model"
export STARTER_MODEL
"$python" -m pip install --quiet --require-hashes --only-binary :all: -r installer/requirements/package.txt
# The bundle is signed for this machine only; to be given away it has to be signed and notarised with a developer's identity.
"$python" -m PyInstaller --noconfirm --distpath build/frozen --workpath build/work installer/stillroom.spec
version=$("$python" -c 'import stillroom; print(stillroom.__version__)')
build/frozen/Stillroom.app/Contents/MacOS/stillroom extract resources/samples/receipt.txt --template receipt >/dev/null
mkdir -p dist
hdiutil create -volname Stillroom -srcfolder build/frozen/Stillroom.app -ov -format UDZO "dist/stillroom-$version.dmg"
