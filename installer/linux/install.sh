#!/bin/sh
# Puts Stillroom into your home folder; no rights are needed.
#   sh install.sh             installs, or replaces what is there
#   sh install.sh --remove    takes it away again; your data stays
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
data=${XDG_DATA_HOME:-$HOME/.local/share}
program=$data/stillroom-program
entry=$data/applications/stillroom.desktop
icon=$data/icons/hicolor/scalable/apps/stillroom.svg
link=$HOME/.local/bin/stillroom
if [ "${1:-}" = --remove ]; then
    rm -rf "$program" "$entry" "$icon" "$link"
    echo "Stillroom is removed. Your runs, conversations and models are still in $data/stillroom."
    exit 0
fi
mkdir -p "$(dirname "$entry")" "$(dirname "$icon")" "$(dirname "$link")"
rm -rf "$program.new"
cp -a "$here/program" "$program.new"
rm -rf "$program"
mv "$program.new" "$program"
cp "$here/stillroom.svg" "$icon"
sed "s|^Exec=.*|Exec=\"$program/stillroom\"|; s|^TryExec=.*|TryExec=$program/stillroom|" "$here/stillroom.desktop" >"$entry"
ln -sf "$program/stillroom" "$link"
echo "Stillroom is in the list of applications. From a terminal: $link"
