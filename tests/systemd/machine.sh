#!/bin/bash
# A systemd and a journald of the test's own, as pid 1 of fresh namespaces. Run as root:
#   machine.sh outside FOLDER NAME USER...    never returns: the machine lives as long as this process
#   machine.sh between FOLDER NAME USER...    what becomes pid 1, in the namespaces but that of control groups
#   machine.sh inside FOLDER NAME USER...     and with that
# FOLDER holds `local` (/usr/local inside; `make install` has made it) and `units`, those of the machine. NAME is that of its control groups, USER the
# ids of those who live in it. I3PM_TEST_SYSTEM names a folder with another system, whose programs are used in place of this one's.
#
# The machine shares the files of the one it runs on, and a systemd as root is a danger to them: its sysinit.target alone would empty /tmp. So the
# whole tree is read-only for it, /tmp, /run, /var and /dev/shm are its own, and it knows no unit but those it is given here. The check at
# the end is not to be removed.
set -eu
stage=$1 folder=$2 name=$3
shift 3
users=$*

# The control group we are in, of a controller of cgroup v1, or of version 2 where none is named.
own() { awk -F: -v controller="$1" '$2 == controller { print $3 }' /proc/self/cgroup; }

if [ "$stage" = outside ]; then
    if [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; then
        # At its root: a group with processes hands on no controllers.
        places=/sys/fs/cgroup
    else
        places="/sys/fs/cgroup/unified$(own "") /sys/fs/cgroup/systemd$(own name=systemd)"
        for controller in memory pids cpu; do
            places="$places /sys/fs/cgroup/$controller$(own $controller)"
        done
    fi
    for place in $places; do
        mkdir -p "$place/$name/outside" "$place/$name/machine"
        echo $$ >"$place/$name/outside/cgroup.procs"
        if [ "$place" = /sys/fs/cgroup ]; then
            for group in "$place" "$place/$name"; do echo "+cpu +memory +pids" >"$group/cgroup.subtree_control"; done
        fi
        echo "$place/$name"
    done >"$folder/groups"
    exec unshare --pid --fork --mount --net --ipc --uts --mount-proc --kill-child "$0" between "$folder" "$name" $users
fi
if [ "$stage" = between ]; then
    # Alone in its group, which becomes the root of what it sees.
    while read -r group; do echo 0 >"$group/machine/cgroup.procs"; done <"$folder/groups"
    exec unshare --cgroup "$0" inside "$folder" "$name" $users
fi

mount --make-rprivate /
version=$(stat -fc %T /sys/fs/cgroup)
if [ -n "${I3PM_TEST_SYSTEM-}" ]; then
    mount --bind "$I3PM_TEST_SYSTEM" "$I3PM_TEST_SYSTEM"
    for place in /proc /dev /sys; do mount --rbind $place "$I3PM_TEST_SYSTEM$place"; done
    cd "$I3PM_TEST_SYSTEM"
    pivot_root . mnt
    folder=/mnt$folder
fi
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/test /run/systemd/system /run/systemd/journald.conf.d /run/lock /run/log/journal /run/user
mount --rbind "$folder" /run/test
[ -z "${I3PM_TEST_SYSTEM-}" ] || umount -l /mnt
mount --bind /run/test/local /usr/local

# The users of the test, each with a name: systemd runs nothing as a number.
for file in passwd group; do cp /etc/$file /run/$file; done
for user in $users; do
    echo "i3pm-$user:x:$user:$user::/run/home/$user:/bin/sh" >>/run/passwd
    echo "i3pm-$user:x:$user:" >>/run/group
done
for file in passwd group; do mount --bind /run/$file /etc/$file; done

# Of systemd's own units, journald.
units=/run/systemd/system
cp /run/test/units/* $units/
for unit in systemd-journald.service systemd-journald.socket; do
    [ ! -e "/lib/systemd/system/$unit" ] || cp "/lib/systemd/system/$unit" $units/
done
cat >/run/systemd/journald.conf.d/test.conf <<'C'
[Journal]
Storage=volatile
ReadKMsg=no
Audit=no
ForwardToSyslog=no
RateLimitIntervalSec=0
RuntimeMaxUse=64M
C

umount -R /sys/fs/cgroup
if [ "$version" = cgroup2fs ]; then
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
else
    mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
    mkdir /sys/fs/cgroup/unified /sys/fs/cgroup/systemd /sys/fs/cgroup/memory /sys/fs/cgroup/pids
    mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified
    mount -t cgroup -o none,name=systemd systemd /sys/fs/cgroup/systemd
    mount -t cgroup -o memory memory /sys/fs/cgroup/memory
    mount -t cgroup -o pids pids /sys/fs/cgroup/pids
    # The systemd of a user cannot use this one of version 1: the test does what the unit asks for, with the unit's figures.
    mkdir /run/cpu
    mount -t cgroup -o cpu cpu /run/cpu
fi

# What a package is installed over, as dpkg knows it.
mkdir /run/var
mount --bind /var /run/var

# What is mounted below is hidden or of no matter here; what is left of the tree can be read and no more.
for place in /tmp /var; do
    mount -t tmpfs -o mode=1777 tmpfs $place
done
[ ! -d /dev/shm ] || mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mkdir -p /var/tmp /var/lib/systemd/catalog /var/log
mkdir -m 1777 /tmp/.X11-unix
findmnt -rno TARGET | while read -r place; do
    case $place in
        /tmp | /var | /dev/shm | /run | /run/cpu | /etc/passwd | /etc/group | /sys/fs/cgroup | /sys/fs/cgroup/* | /dev/pts | /proc) ;;
        *) mount -o remount,bind,ro "$place" ;;
    esac
done
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys

# Nothing of this machine may be writable before systemd runs.
for place in / /etc /usr /root /home /var/lib /run/var /run/var/lib /opt; do
    if [ -d $place ] && [ "$(stat -fc %T $place)" != tmpfs ] && touch $place/.i3pm-test 2>/dev/null; then
        rm -f $place/.i3pm-test
        echo "machine.sh: $place can be written to; no systemd is started" >&2
        exit 1
    fi
done
for place in /tmp /var /run; do
    [ "$(stat -fc %T $place)" = tmpfs ] || { echo "machine.sh: $place is not the machine's own" >&2; exit 1; }
done

# The last word lets a systemd from 256 on use cgroup v1.
exec env -i container=i3pm-test PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin SYSTEMD_UNIT_PATH=$units:/run/systemd/transient \
    /lib/systemd/systemd --system --unit=machine.target --log-target=journal --show-status=0 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1
