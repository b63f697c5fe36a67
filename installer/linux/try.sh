#!/bin/sh
# Tries a package as a new user would: a bare Debian 12, an ordinary user, no network, real mouse and keyboard.
#   sudo sh installer/linux/try.sh dist/stillroom_VERSION_amd64.deb FOLDER-FOR-SCREENSHOTS
#   sudo sh installer/linux/try.sh dist/stillroom-VERSION-linux-x86_64.tar.xz FOLDER-FOR-SCREENSHOTS
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

install() { # PACKAGE...: what Debian has, or a file
    chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >/dev/null
}

as_clerk() {
    chroot "$root" su - clerk -c "$1"
}

chroot "$root" apt-get update -q >/dev/null
chroot "$root" id clerk >/dev/null 2>&1 || chroot "$root" useradd --create-home --shell /bin/sh clerk
home=$root$(chroot "$root" sh -c 'echo ~clerk')
case $package in
*.deb)
    cp "$package" "$root/stillroom.deb"
    install /stillroom.deb
    entry=$root/usr/share/applications/stillroom.desktop
    folder=$root/opt/stillroom
    ;;
*)
    # Every desktop has these two; a bare system has neither.
    install xz-utils fonts-dejavu-core
    rm -rf "$home/unpacked"
    cp "$package" "$home/stillroom.tar.xz"
    as_clerk 'mkdir unpacked && tar -xf stillroom.tar.xz -C unpacked --strip-components 1 && sh unpacked/install.sh' | tee "$home/said"
    # What it says is missing must be all that is missing.
    packages=$(sed -n 's/^On Debian and Ubuntu: sudo apt-get install //p' "$home/said")
    # shellcheck disable=SC2086
    [ -z "$packages" ] || install $packages
    entry=$home/.local/share/applications/stillroom.desktop
    folder=$home/.local/share/stillroom-program
    ;;
esac
install xvfb xdotool imagemagick x11-utils iproute2 util-linux
cp "$(dirname "$0")/try_inside.sh" "$home/try.sh"
exec=$(sed -n 's/^Exec=//p' "$entry" | tr -d '"')
# An empty network namespace: there is nothing to connect to.
status=0
unshare -n chroot "$root" su - clerk -c "sh try.sh '$exec'" || status=$?
cp "$home"/shots/* "$shots/"
cat "$home/report"
echo "$(basename "$package") $(du -m "$package" | cut -f1) MB, installed $(du -sm "$folder" | cut -f1) MB"
case $package in
*.deb) ;;
*)
    as_clerk 'sh unpacked/install.sh --remove'
    left=$(find "$home/.local" -name '*stillroom*' ! -path "$home/.local/share/stillroom*")
    [ -z "$left" ] && [ ! -e "$folder" ] || { echo "Left behind: $left" >&2; status=1; }
    ;;
esac
exit $status
