#!/bin/sh
# Not tested on real machines. Makes a disk image with Stillroom.app on macOS; needs Python 3.11 to 3.14 and Xcode's tools.
#   sh installer/macos/build.sh
set -eu
checkout=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
cd "$checkout"
STILLROOM_VENV=$checkout/build/venv
CMAKE_ARGS="-DGGML_NATIVE=OFF -DGGML_METAL_EMBED_LIBRARY=ON"
export STILLROOM_VENV CMAKE_ARGS
. "$checkout/installer/setup.sh"
set_up run
{ IFS= read -r _ && IFS= read -r STARTER_MODEL; } <"$environment/model"
export STARTER_MODEL
"$python" -m pip install --quiet --require-hashes -r installer/requirements/package.txt
"$python" -m PyInstaller --noconfirm --distpath build/frozen --workpath build/work installer/stillroom.spec
version=$(build/frozen/stillroom/stillroom --version | cut -d' ' -f2)
app=build/Stillroom.app
rm -rf "$app"
mkdir -p "$app/Contents/MacOS" "$app/Contents/Resources"
cp -R build/frozen/stillroom/. "$app/Contents/MacOS/"
sed "s/VERSION/$version/" installer/macos/Info.plist >"$app/Contents/Info.plist"
# Signed for this machine only; to be given away it has to be signed and notarised with a developer's identity.
codesign --force --deep --sign - "$app"
mkdir -p dist
hdiutil create -volname Stillroom -srcfolder "$app" -ov -format UDZO "dist/stillroom-$version.dmg"
