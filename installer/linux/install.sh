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

ours() { # whether the command in the user's folder is the one made here
    [ "$(readlink "$link" 2>/dev/null)" = "$program/stillroom" ]
}

if [ "${1:-}" = --remove ]; then
    if ours; then rm "$link"; fi
    rm -rf "$program" "$program.new" "$program.old" "$entry" "$icon"
    echo "Stillroom is removed. Your runs, conversations and models are still in $data/stillroom."
    exit 0
fi

# What is there stays whole until the new one is.
mkdir -p "$(dirname "$entry")" "$(dirname "$icon")" "$(dirname "$link")"
rm -rf "$program.new" "$program.old"
cp -a "$here/program" "$program.new"
[ ! -e "$program" ] || mv "$program" "$program.old"
mv "$program.new" "$program"
rm -rf "$program.old"
cp "$here/stillroom.svg" "$icon"

# A folder's name as the entry's quotes want it, as every text of an entry wants it, and then as sed wants it.
for_sed() { sed 's/[\\&|]/\\&/g'; }
exec=$(printf '%s' "$program/stillroom" | sed 's/[\\"`$]/\\&/g; s/\\/\\\\/g; s/%/%%/g' | for_sed)
try=$(printf '%s' "$program/stillroom" | sed 's/\\/\\\\/g' | for_sed)
picture=$(printf '%s' "$icon" | sed 's/\\/\\\\/g' | for_sed)
sed "s|^Exec=.*|Exec=\"$exec\"|; s|^TryExec=.*|TryExec=$try|; s|^Icon=.*|Icon=$picture|" "$here/stillroom.desktop" >"$entry.new"
mv "$entry.new" "$entry"
if ours || [ ! -e "$link" ]; then
    ln -sfn "$program/stillroom" "$link"
    echo "Stillroom is in the list of applications. From a terminal: $link"
else
    echo "Stillroom is in the list of applications. $link is something else and stays; from a terminal: $program/stillroom"
fi

# The window asks the system for a few libraries that a desktop usually has.
missing=$(find "$program" -name '*.so*' -exec env LD_LIBRARY_PATH="$program/lib" ldd {} + 2>/dev/null |
    sed -n 's/^[[:space:]]*\(.*\) => not found$/\1/p' | sort -u | tr '\n' ' ')
if [ -n "$missing" ]; then
    packages=
    for library in $missing; do
        case $library in
        libGL.so.*) packages="$packages libgl1" ;;
        libEGL.so.*) packages="$packages libegl1" ;;
        libxcb.so.*) packages="$packages libxcb1" ;;
        libwayland-client.so.*) packages="$packages libwayland-client0" ;;
        libwayland-cursor.so.*) packages="$packages libwayland-cursor0" ;;
        libwayland-egl.so.*) packages="$packages libwayland-egl1" ;;
        esac
    done
    echo "Before the window can open, this system needs: $missing"
    [ -z "$packages" ] || echo "On Debian and Ubuntu: sudo apt-get install$packages"
fi
