#!/bin/sh
# check_libraries.sh LOG FROZEN: fails where something in the frozen program needs a library that is neither in it nor one
# that the .deb asks the system for. PyInstaller only warns, and the program would end on the user's machine, blaming another
# library.
set -eu
log=$1 frozen=$2
# What the package leaves out again (see installer/stillroom.spec), and drivers that only the user's machine has.
unused='libcuda|libvulkan|libqgtk3|libqeglfs|egldeviceintegrations|libqlinuxfb|libqvnc|libqvkkhr|libqminimal|libqtiff|libqpdf'
if grep -E 'Library not found|could not be resolved' "$log" | grep -vE "$unused" >&2; then
    echo 'A library is missing on this machine, so the package would not start elsewhere. Install it and build again.' >&2
    exit 1
fi
# The libraries of the packages that deb.sh depends on.
system='ld-linux-x86-64\.so\.2|lib(c|m|dl|pthread|rt|util|resolv)\.so\.[0-9]+|lib(GL|EGL|xcb)\.so\.1|libwayland-(client|cursor)\.so\.0|libwayland-egl\.so\.1'
# What is loaded by its name while the program runs, so that no other file asks for it.
loaded='libllama.so libmtmd.so libggml-cpu-x64.so libggml-cpu-haswell.so libqxcb.so libqsvg.so'
there=$(find "$frozen" -name '*.so*' -printf '%f\n' | sort -u)
missing=$(
    for name in $loaded; do
        printf '%s\n' "$there" | grep -qxF "$name" || echo "$name"
    done
    find "$frozen" -type f \( -name '*.so*' -o -perm -u=x \) -exec objdump -p {} + 2>/dev/null |
        awk '/file format/ { file = $1 } $1 == "NEEDED" { print $2, "for", file }' |
        while read -r name needer; do
            printf '%s\n' "$name" | grep -qxE "$system" || printf '%s\n' "$there" | grep -qxF "$name" || echo "$name $needer"
        done
)
if [ -n "$missing" ]; then
    printf '%s\n' "$missing" >&2
    echo 'These libraries are not in the frozen program, so it would not start elsewhere.' >&2
    exit 1
fi
