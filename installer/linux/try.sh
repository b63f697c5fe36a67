#!/bin/sh
# Tries the .deb as a new user would: a bare Debian 12, an ordinary user, no network, real mouse and keyboard.
#   sudo sh installer/linux/try.sh dist/stillroom_VERSION_amd64.deb FOLDER-FOR-SCREENSHOTS
# Needs root, debootstrap, and a Debian mirror (the first one of this machine's apt configuration, or MIRROR).
set -eu
package=$1 shots=$2
root=${ROOT:-$(mktemp -d)/debian}
mirror=${MIRROR:-$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null | grep -m1 debian || true)}
[ -n "$mirror" ] || { echo "No Debian mirror was found; set MIRROR." >&2; exit 1; }
mkdir -p "$shots" "$root"
[ -x "$root/usr/bin/apt-get" ] || debootstrap --variant=minbase bookworm "$root" "$mirror" >/dev/null
for folder in proc sys dev; do mountpoint -q "$root/$folder" || mount --bind "/$folder" "$root/$folder"; done
trap 'for folder in dev sys proc; do umount "$root/$folder" 2>/dev/null || true; done' EXIT
trap 'exit 143' INT TERM
cp /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
for file in /etc/apt/apt.conf.d/*; do cp "$file" "$root/etc/apt/apt.conf.d/" 2>/dev/null || true; done
cp "$package" "$root/stillroom.deb"
chroot "$root" sh -c 'apt-get update -q >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends /stillroom.deb >/dev/null'
chroot "$root" sh -c 'DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends xvfb xdotool imagemagick x11-utils iproute2 util-linux >/dev/null'
chroot "$root" id clerk >/dev/null 2>&1 || chroot "$root" useradd --create-home clerk
home=$root$(chroot "$root" sh -c 'echo ~clerk')
cp "$(dirname "$0")/try_inside.sh" "$home/try.sh"
exec=$(sed -n 's/^Exec=//p' "$root/usr/share/applications/stillroom.desktop")
# An empty network namespace: there is nothing to connect to.
status=0
unshare -n chroot "$root" su - clerk -c "sh try.sh '$exec'" || status=$?
cp "$home"/shots/* "$shots/"
cat "$home/report"
echo ".deb $(du -m "$package" | cut -f1) MB, installed $(du -sm "$root/opt/stillroom" | cut -f1) MB"
exit $status
