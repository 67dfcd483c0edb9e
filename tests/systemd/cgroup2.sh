#!/bin/bash
# Items of `make test-systemd` on cgroup v2 with its controllers, on a machine whose own are those of version 1: in a User Mode Linux, a kernel that
# runs as a process. Ten times slower, one CPU. Run as root, after `make build`:
#   cgroup2.sh [WORDS]     the items with these words in their names (I3PM_TEST_ITEMS; those of the unit's limits)
#
# It has the files of this machine as its own; what changes any is `target`, as in any test.
set -eu
cd "$(dirname "$0")/../.."
if [ "${1-}" != inside ]; then
    if ! command -v linux.uml >/dev/null; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends user-mode-linux >/dev/null
    fi
    cargo test --locked --quiet --test systemd --no-run
    log=target/cgroup2.log
    # By a file: the kernel's command line has no quotes.
    printf 'export %q\n' "I3PM_TEST_ITEMS=${1-7 }" "PATH=$PATH" "HOME=$HOME" CARGO_NET_OFFLINE=true >target/cgroup2.env
    # See there: it dies on processors with much to save.
    cc -shared -fPIC -O1 -Wall -Werror -o target/xstate.so tests/systemd/xstate.c -ldl
    # How it ends says nothing of the items; what they printed does.
    timeout 600 env LD_PRELOAD="$PWD/target/xstate.so" \
        linux.uml mem=3G rootfstype=hostfs rootflags=/ rw init="$PWD/tests/systemd/cgroup2.sh" con=null con0=fd:0,fd:1 selinux=0 quiet \
        -- inside </dev/null >"$log" 2>&1 || true
    tr -d '\r' <"$log" | sed -n '/^a machine with/,/ skipped$/p'
    grep -q '^[1-9][0-9]* passed, 0 failed, 0 skipped' "$log"
    exit
fi

. target/cgroup2.env
mount -t proc proc /proc
mount -t sysfs sys /sys
for place in /tmp /run /dev/shm; do
    mkdir -p $place
    mount -t tmpfs tmpfs $place
done
mkdir -p /dev/pts
mount -t devpts devpts /dev/pts
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount --make-rprivate /
ip link set lo up
ulimit -n 65536
program=$(find target/debug/deps -name 'systemd-*' -type f -perm -100 -printf '%T@ %p\n' | sort -n | tail -1 | cut -d' ' -f2)
# The end of this script is the end of the kernel, which has to be asked for whatever came of the items.
"$program" || true
sync
echo o >/proc/sysrq-trigger
sleep 10
