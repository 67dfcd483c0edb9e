#!/bin/sh
# Makes a folder with the window managers and the systemd of Debian 13 (i3 4.24, sway 1.10,
# systemd 257) and what the tests run beside them, once: target/trixie, or the folder that
# I3PM_TEST_WMS names. Quiet when it is there.
#
#   tests/newer-wms.sh             make the folder
#   tests/newer-wms.sh versions    say which versions are in it
#
# The folder belongs to root and can be removed at any time; nothing stays mounted in it. It is filled from the mirror
# that apt of this machine uses.
set -eu

SUITE=trixie
PACKAGES="i3-wm xvfb x11-xserver-utils xterm sway xwayland foot fonts-dejavu-core systemd man-db procps"

script=$(realpath "$0")
cd "$(dirname "$script")/.."
folder=${I3PM_TEST_WMS:-target/trixie}
# Tells what is in a folder that is whole.
stamp=etc/i3pm-test-packages

fail() {
    echo "tests/newer-wms.sh: $*" >&2
    exit 1
}

# The mirror of Debian itself (no updates, no other archive) that apt has lists of.
mirror() {
    # shellcheck disable=SC2016 # apt fills these in
    apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(CODENAME) $(SITE)' 'Created-By: Packages' |
        awk '$1 == "Debian" && $2 == "main" && $3 !~ /-/ && $4 ~ /^(https?|file):/ { print $4; exit }'
}

# As root, in a mount namespace of its own: what is mounted here ends with it.
make_folder() {
    apt-get update -qq
    if ! command -v debootstrap >/dev/null 2>&1; then
        DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends debootstrap >/dev/null
    fi
    from=$(mirror)
    [ -n "$from" ] || fail "apt knows no mirror of Debian; with another system, fill $folder by hand with: $PACKAGES"
    if [ -z "${http_proxy-}" ]; then
        eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
        [ -z "${http_proxy-}" ] || export http_proxy
    fi

    new=$folder.new
    rm -rf "$new"
    mkdir -p "$new"
    debootstrap --variant=minbase "$SUITE" "$new" "$from" >"$folder.log" 2>&1 ||
        fail "debootstrap $SUITE from $from failed; see $folder.log"
    # No service is to start, and a folder that is thrown away when it is half done needs no fsync.
    printf '#!/bin/sh\nexit 101\n' >"$new/usr/sbin/policy-rc.d"
    chmod 755 "$new/usr/sbin/policy-rc.d"
    echo force-unsafe-io >"$new/etc/dpkg/dpkg.cfg.d/unsafe-io"
    mountpoint -q "$new/proc" || mount -t proc proc "$new/proc"
    mount --rbind /dev "$new/dev"
    # shellcheck disable=SC2086 # a list of words
    chroot "$new" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 \
        apt-get install -qq -y --no-install-recommends $PACKAGES >>"$folder.log" 2>&1 ||
        fail "apt-get install in $new failed; see $folder.log"
    chroot "$new" apt-get clean
    umount -l "$new/dev" "$new/proc"
    echo "$PACKAGES" >"$new/$stamp"
    rm -rf "$folder"
    mv "$new" "$folder"
    rm -f "$folder.log"
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        fail "making $folder needs root, and there is no sudo here. As root: I3PM_TEST_WMS=$folder $script"
    fi
}

case "${1-}" in
"")
    [ "$(cat "$folder/$stamp" 2>/dev/null)" != "$PACKAGES" ] || exit 0
    command -v apt-get >/dev/null 2>&1 ||
        fail "there is no apt-get here; a folder with Debian $SUITE and $PACKAGES can be made elsewhere and copied to $folder"
    echo "tests/newer-wms.sh: installing Debian $SUITE with its window managers in $folder (about two minutes)"
    mkdir -p "$(dirname "$folder")"
    as_root unshare --mount env I3PM_TEST_WMS="$folder" "$script" make-as-root
    ;;
make-as-root) make_folder ;;
versions)
    for package in i3-wm sway foot xvfb systemd; do
        version=$(sed -n "/^Package: $package\$/,/^\$/s/^Version: //p" "$folder/var/lib/dpkg/status")
        echo "$folder: $package $version"
    done
    ;;
*) fail "no such command: $1 (nothing, or: versions)" ;;
esac
