#!/bin/sh
# check_libraries.sh LOG: fails where PyInstaller did not find a library that something in the package needs. It only warns,
# and the program would end on the user's machine, blaming another library.
set -eu
# What the package leaves out again (see installer/stillroom.spec), and drivers that only the user's machine has.
unused='libcuda|libvulkan|libqgtk3|libqeglfs|egldeviceintegrations|libqlinuxfb|libqvnc|libqvkkhr|libqminimal|libqtiff|libqpdf'
if grep -E 'Library not found|could not be resolved' "$1" | grep -vE "$unused" >&2; then
    echo 'A library is missing on this machine, so the package would not start elsewhere. Install it and build again.' >&2
    exit 1
fi
