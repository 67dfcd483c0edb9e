#!/bin/sh
# Installs the programs that the tests and the demo run: i3 on Xvfb, sway with Xwayland, terminals, screenshot tools,
# Nix, and what makes and checks packages.
# Quiet when everything is there. Only Debian and its relatives are served by themselves; elsewhere the
# programs are named and the exit code is 1.
set -eu

# program:package, as Debian names them.
NEEDED="
cc:gcc
Xvfb:xvfb
xrandr:x11-xserver-utils
i3:i3-wm
xterm:xterm
urxvtd:rxvt-unicode
vi:vim-tiny
xdotool:xdotool
scrot:scrot
sway:sway
Xwayland:xwayland
foot:foot
footclient:foot
grim:grim
wtype:wtype
strace:strace
valgrind:valgrind
unshare:util-linux
nsenter:util-linux
setpriv:util-linux
systemctl:systemd
journalctl:systemd
kill:procps
fc-list:fontconfig
groff:groff-base
man:man-db
dpkg-shlibdeps:dpkg-dev
lintian:lintian
jsonschema:python3-jsonschema
nix-instantiate:nix-bin
python3:python3-minimal
"

programs=""
packages=""
for pair in $NEEDED; do
    if ! command -v "${pair%%:*}" >/dev/null 2>&1; then
        programs="$programs ${pair%%:*}"
        case " $packages " in
            *" ${pair#*:} "*) ;;
            *) packages="$packages ${pair#*:}" ;;
        esac
    fi
done

# A terminal without any font does not start. Text in words: with `fc-list` missing there may be fonts all the same.
if ! { command -v fc-list >/dev/null 2>&1 && fc-list :spacing=mono family 2>/dev/null | grep -q .; }; then
    programs="$programs a-monospace-font"
    packages="$packages fonts-dejavu-core"
fi

# The C library's headers, which the linker needs beside the compiler.
if [ ! -e /usr/include/stdlib.h ]; then
    programs="$programs stdlib.h"
    packages="$packages libc6-dev"
fi

[ -n "$packages" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "tests/setup.sh: missing:$programs" >&2
    echo "There is no apt-get here. Install with your package manager what Debian calls:$packages" >&2
    exit 1
fi

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "tests/setup.sh: missing:$programs" >&2
        echo "There is no sudo here. As root: apt-get install --no-install-recommends$packages" >&2
        exit 1
    fi
    as_root="sudo"
fi

echo "tests/setup.sh: installing$packages"
# shellcheck disable=SC2086 # both are lists of words
$as_root apt-get update -qq
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $packages >/dev/null
