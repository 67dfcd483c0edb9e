# i3pm: what there is to do with this source. `make` lists it.

CARGO   ?= cargo
PREFIX  ?= /usr/local
DESTDIR ?=
# Which window manager `make demo` runs: i3 or sway.
WM      ?= i3
# Where `make test-wms` has or puts the window managers of Debian 13, and which tests of tests/real it runs: all, or those
# with one of these words in their names.
I3PM_TEST_WMS ?= target/trixie
WMS_TESTS     ?=
# How long `make soak` runs: ten minutes; 3600 is an hour.
SOAK_SECONDS  ?= 600
# How long `make fuzz` looks at each target.
FUZZ_SECONDS  ?= 60
FUZZ_TARGETS  ?= $(basename $(notdir $(wildcard tests/fuzz/fuzz_targets/*.rs)))

I3PM = target/release/i3pm
# Where tests leave what they counted and measured, for the end of `make test`.
FIGURES = $(or $(CARGO_TARGET_DIR),target)/tmp/figures
SHARE = $(DESTDIR)$(PREFIX)/share
SYSTEMD = $(DESTDIR)$(PREFIX)/lib/systemd
UNITS = i3pm.service i3pm.socket i3pm-rescue.service
# The names that the predecessor's units had.
ALIASES = service socket

.PHONY: help build check check-32 test test-wms test-systemd test-newer-systemd test-cgroup2 demo strip install install-data uninstall deb bench soak fuzz clean setup

help:
	@echo 'make build                 build i3pmd and i3pm for daily use (target/release)'
	@echo 'make demo [WM=i3|sway]     switch projects on a private headless window manager; pictures in target/demo'
	@echo 'make strip                 make the picture in README anew, on a private i3 (needs imagemagick)'
	@echo 'make test                  run every test, those on real window managers too (I3PM_LONG=1: longer)'
	@echo 'make test-wms              run those on real window managers with the ones of Debian 13, in target/trixie'
	@echo 'make test-systemd          run the service and the package under a real systemd of its own, with i3 and sway (as root)'
	@echo 'make test-newer-systemd    the same with the systemd of Debian 13, which goes to $(I3PM_TEST_WMS)'
	@echo 'make test-cgroup2          the limits of the unit on cgroup v2, in a User Mode Linux (as root)'
	@echo 'make soak [SOAK_SECONDS=600]  mixed load with faults on the daemon: no answer lost, memory and descriptors flat'
	@echo 'make fuzz [FUZZ_SECONDS=60]   look for input that breaks a fuzz target (needs cargo-fuzz)'
	@echo 'make check                 formatting, lints and documentation, without a warning'
	@echo 'make check-32              build for a target of 32 bits (needs rustup and gcc-multilib)'
	@echo 'make bench                 run the benchmarks'
	@echo 'make install PREFIX=...    install programs, units, man pages and completions (/usr/local; DESTDIR= is honoured)'
	@echo 'make uninstall PREFIX=...  remove them again'
	@echo 'make deb                   build a package for Debian and its relatives, in target/debian (needs dpkg-dev)'
	@echo 'make clean                 remove what was built'

setup:
	@tests/setup.sh

build:
	$(CARGO) build --release --locked --bins

check:
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	$(CARGO) clippy --locked --test systemd -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --locked --no-deps --document-private-items

# No release is made for 32 bits; this says whether one could be. It needs rustup and gcc-multilib.
check-32:
	rustup target add i686-unknown-linux-gnu
	$(CARGO) check --locked --bins --target i686-unknown-linux-gnu

# The release build is what the tests of size look at.
test: setup
	$(CARGO) build --release --locked --bin i3pmd
	rm -rf $(FIGURES)
	$(CARGO) test --locked --all-targets --no-fail-fast
	$(CARGO) test --locked --doc
	@cat $(FIGURES)/*

# The simulator's model of sway is one of sway 1.7; that of i3 holds for both.
test-wms: export I3PM_TEST_WMS := $(I3PM_TEST_WMS)
test-wms: setup
	@tests/newer-wms.sh
	@tests/newer-wms.sh versions
	$(CARGO) test --locked --test real -- $(WMS_TESTS)
	$(CARGO) test --locked --test simulation fake_i3_is_like_i3

# The programs are those of a release; the last line says how many of its items passed.
test-systemd: setup build
	@$(CARGO) test --locked --quiet --test systemd

# The same with the systemd, the window managers and the dpkg of Debian 13.
test-newer-systemd: export I3PM_TEST_SYSTEM := $(I3PM_TEST_WMS)
test-newer-systemd: setup build
	@I3PM_TEST_WMS=$(I3PM_TEST_WMS) tests/newer-wms.sh
	@$(CARGO) test --locked --quiet --test systemd

# What the limits of the unit do on cgroup v2, also where this machine has version 1.
test-cgroup2: setup build
	@tests/systemd/cgroup2.sh $(if $(CGROUP2_ITEMS),'$(CGROUP2_ITEMS)')

soak:
	I3PM_SOAK_SECONDS=$(SOAK_SECONDS) $(CARGO) test --locked --quiet --test soak

# cargo-fuzz asks for options that only a nightly compiler takes by itself. What it finds goes to target/fuzz; the corpora stay small.
fuzz:
	@set -e; for target in $(FUZZ_TARGETS); do \
		mkdir -p target/fuzz/$$target; \
		RUSTC_BOOTSTRAP=1 $(CARGO) fuzz run --fuzz-dir tests/fuzz --target-dir target/fuzz/build --sanitizer none $$target \
			target/fuzz/$$target tests/fuzz/corpus/$$target -- -max_total_time=$(FUZZ_SECONDS) -timeout=10; \
	done

demo: setup
	$(CARGO) test --locked --quiet --test demo -- $(WM)

strip: setup
	$(CARGO) test --locked --quiet --test demo -- strip $(CURDIR)/docs/switch.png

bench: setup
	$(CARGO) bench --locked

install: build
	install -D -m 755 target/release/i3pmd $(DESTDIR)$(PREFIX)/bin/i3pmd
	install -D -m 755 $(I3PM) $(DESTDIR)$(PREFIX)/bin/i3pm
	$(MAKE) install-data

# What the programs themselves say and what stands beside them; packages that build in their own way run this with I3PM=
# the program they built.
install-data:
	mkdir -p $(SHARE)/man $(SHARE)/bash-completion/completions $(SHARE)/zsh/site-functions \
		$(SHARE)/fish/vendor_completions.d
	$(I3PM) man $(SHARE)/man
	install -D -m 644 -t $(SHARE)/i3pm/schema docs/schema/*.json
	install -D -m 644 -t $(SHARE)/doc/i3pm/examples docs/examples/*.toml
	$(I3PM) completions bash > $(SHARE)/bash-completion/completions/i3pm
	$(I3PM) completions zsh > $(SHARE)/zsh/site-functions/_i3pm
	$(I3PM) completions fish > $(SHARE)/fish/vendor_completions.d/i3pm.fish
	mkdir -p $(SYSTEMD)/user
	for unit in $(UNITS); do sed 's,@bindir@,$(PREFIX)/bin,g' systemd/$$unit > $(SYSTEMD)/user/$$unit || exit; done
	for kind in $(ALIASES); do ln -sfn i3pm.$$kind $(SYSTEMD)/user/i3-project-daemon.$$kind || exit; done
	install -D -m 644 systemd/i3pm.catalog $(SYSTEMD)/catalog/i3pm.catalog

# What a user has enabled stays enabled: `systemctl --user disable --now i3pm` comes first.
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/i3pmd $(DESTDIR)$(PREFIX)/bin/i3pm
	rm -f $(SHARE)/man/man1/i3pm.1 $(SHARE)/man/man1/i3pm-*.1 $(SHARE)/man/man5/i3pm.toml.5 $(SHARE)/man/man7/i3pm-ipc.7 \
		$(SHARE)/man/man8/i3pmd.8
	rm -rf $(SHARE)/i3pm $(SHARE)/doc/i3pm
	rm -f $(SHARE)/bash-completion/completions/i3pm $(SHARE)/zsh/site-functions/_i3pm \
		$(SHARE)/fish/vendor_completions.d/i3pm.fish
	rm -f $(UNITS:%=$(SYSTEMD)/user/%) $(ALIASES:%=$(SYSTEMD)/user/i3-project-daemon.%) $(SYSTEMD)/catalog/i3pm.catalog

# What `make install` installs, as a package: packaging/debian.
deb: build
	@CARGO='$(CARGO)' MAKE='$(MAKE)' packaging/debian/build.sh

clean:
	$(CARGO) clean
