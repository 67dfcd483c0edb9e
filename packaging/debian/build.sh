#!/bin/sh
# Builds target/debian/i3pm_VERSION_ARCHITECTURE.deb of what `make install` installs: `make deb`. The programs have been built. The same source
# and the same programs give the same bytes: times are those of the last commit (or SOURCE_DATE_EPOCH), owners are root.
# DEBFULLNAME and DEBEMAIL say who answers for the package.
set -eu
umask 022
export LC_ALL=C
cd "$(dirname "$0")/../.."
here=packaging/debian
result=target/debian

for program in dpkg-deb:dpkg dpkg-shlibdeps:dpkg-dev dpkg-gencontrol:dpkg-dev strip:binutils gzip:gzip md5sum:coreutils; do
    command -v "${program%%:*}" >/dev/null || {
        echo "$here/build.sh: there is no ${program%%:*}; install what Debian calls ${program#*:}" >&2
        exit 1
    }
done

# Outside of a repository, as in an archive of a release: when that was made.
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)}
cargo=${CARGO:-cargo}
# A pre-release comes before its release: 1.0.0~rc.1.
version=$($cargo pkgid --offline | sed 's/.*[#@]//' | tr - '~')
maintainer="${DEBFULLNAME:-The i3pm authors} <${DEBEMAIL:-i3pm@localhost}>"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/debian/i3pm
doc=$root/usr/share/doc/i3pm
mkdir -p "$root/DEBIAN" "$doc"

"${MAKE:-make}" --no-print-directory install DESTDIR="$root" PREFIX=/usr
# Not before: signal-hook is compiled anew when this changes, and the programs with it.
export SOURCE_DATE_EPOCH="$epoch"
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$root"/usr/bin/*

cp README.md CHANGELOG.md ARCHITECTURE.md CONTRIBUTING.md "$doc"
# The guides that README leads to; those that are manual pages are there as such.
mkdir "$doc/docs"
for text in docs/*.md; do
    case $text in
        *.[1-9].md) ;;
        *) cp "$text" "$doc/docs" ;;
    esac
done
sed "s|@maintainer@|$maintainer|" $here/control >"$work/debian/control"
cat >"$work/debian/changelog" <<C
i3pm ($version) unstable; urgency=medium

  * What has changed is said in /usr/share/doc/i3pm/CHANGELOG.md.gz.

 -- $maintainer  $(date -u -R -d "@$SOURCE_DATE_EPOCH")
C
cp "$work/debian/changelog" "$doc/changelog"
$cargo tree --locked --offline --edges normal --prefix none --format ' {p}: {l}' |
    sed -n '2,$ { s/ (proc-macro)//; s/ (\*)$//; p }' | sort -u >"$work/crates"
# Its text without title and year; an empty line is a dot there.
sed -n '5,$ { s/^$/./; s/^/ /; p }' LICENSE-MIT >"$work/expat"
sed -e "/^@crates@$/ { r $work/crates" -e 'd }' -e "/^@expat@$/ { r $work/expat" -e 'd }' $here/copyright >"$doc/copyright"
for script in postinst prerm postrm; do
    sed -e "/^@users@$/ { r $here/users.sh" -e 'd }' $here/$script >"$root/DEBIAN/$script"
    chmod 755 "$root/DEBIAN/$script"
done
mkdir -p "$root/usr/share/lintian/overrides"
cp $here/lintian-overrides "$root/usr/share/lintian/overrides/i3pm"
find "$root/usr/share/man" "$doc/changelog" "$doc/CHANGELOG.md" -type f -exec gzip -9n {} +

(
    cd "$work"
    dpkg-shlibdeps -Tdebian/substvars "$root"/usr/bin/*
    # What it says of a build of its own is of no matter here.
    dpkg-gencontrol -pi3pm -Tdebian/substvars -P"$root" 2>gencontrol.log || { cat gencontrol.log >&2; exit 1; }
    cd "$root"
    find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums
)
find "$root" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
mkdir -p $result
rm -f $result/i3pm_*.deb
# One thread: with more, the bytes depend on how many.
dpkg-deb --root-owner-group -Zxz --threads-max=1 --build "$root" $result
