#!/bin/sh
# archive.sh FROZEN VERSION WORK TARGET: packs the frozen program with an install.sh that needs no rights.
set -eu
frozen=$1 version=$2 work=$3 target=$4
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$work/stillroom-$version
rm -rf "$work"
mkdir -p "$root"
cp -a "$frozen" "$root/program"
cp "$here/install.sh" "$here/stillroom.desktop" "$root/"
cp "$here/../../resources/icons/stillroom.svg" "$here/../../LICENSE" "$here/../../NOTICE" "$root/"
# A pipe would hide that tar failed.
tar --sort=name --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX --mtime="@$SOURCE_DATE_EPOCH" -C "$work" \
    -cf "$work/stillroom.tar" "stillroom-$version"
xz -6 -T0 --stdout "$work/stillroom.tar" >"$target"
rm -rf "$work"
