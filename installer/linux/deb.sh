#!/bin/sh
# deb.sh FROZEN VERSION WORK TARGET: packs the frozen program as a Debian package.
set -eu
frozen=$1 version=$2 root=$3 target=$4
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
resources=$here/../../resources
depends='libc6 (>= 2.36), libgl1, libegl1, libglib2.0-0 | libglib2.0-0t64, libdbus-1-3, libxkbcommon-x11-0, libxcb-cursor0,
    libxcb-icccm4, libxcb-keysyms1, libxcb-shape0, libxcb-xkb1, libwayland-cursor0, libwayland-egl1, libgomp1,
    fontconfig-config, fonts-dejavu-core'
documents=$root/usr/share/doc/stillroom
rm -rf "$root"
mkdir -p "$root/DEBIAN" "$root/opt" "$root/usr/bin" "$root/usr/share/applications" "$root/usr/share/metainfo" \
    "$root/usr/share/icons/hicolor/scalable/apps" "$documents"
cp -a "$frozen" "$root/opt/stillroom"
ln -s /opt/stillroom/stillroom "$root/usr/bin/stillroom"
cp "$here/stillroom.desktop" "$root/usr/share/applications/"
cp "$here/app.stillroom.Stillroom.metainfo.xml" "$root/usr/share/metainfo/"
cp "$resources/icons/stillroom.svg" "$root/usr/share/icons/hicolor/scalable/apps/"
{
    cat "$here/../../NOTICE"
    printf '\nHere, resources is the folder /opt/stillroom/lib/resources. The Apache License, Version 2.0, is in\n'
    printf '/usr/share/common-licenses/Apache-2.0.\n'
} >"$documents/copyright"
cat >"$root/DEBIAN/control" <<CONTROL
Package: stillroom
Version: $version
Architecture: amd64
Section: text
Priority: optional
Maintainer: Stillroom <stillroom@localhost>
Installed-Size: $(find "$root/opt" "$root/usr" -printf '%s\n' | awk '{ kibibytes += int(($1 + 1023) / 1024) } END { print kibibytes }')
Depends: $(printf '%s' "$depends" | tr -s ' \n' ' ')
Description: Checked data out of files, with a model on your own machine
 Draws data out of receipts, invoices, contracts and e-mails into a table in which every value points at its place in
 the document. Chats about your files. Works without a network.
CONTROL
# Neither the time of the build nor the umask of who builds is part of the package.
chmod -R u=rwX,go=rX "$root"
find "$root/opt" -name '*.so*' -type f -exec chmod a-x {} +
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
# xz, because every Debian and Ubuntu in use can read it.
dpkg-deb --root-owner-group -Zxz -z6 --build "$root" "$target" >/dev/null
