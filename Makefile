# Four goals; each one sets up what it needs on this machine and says so. The work itself is in crates/xtask.
#   make demo [EXIT=1]    a first deployment, end to end, in emulated machines; EXIT=1 does not stay up for a look
#   make test             all tests
#   make quick            the tests that need neither lab nor browser
#   make bench [ONLY=x]   measurements beside other tools; also written to target/bench.json
.PHONY: demo test quick bench tools
.DEFAULT_GOAL := help

help:
	@sed -n 's/^#   //p' Makefile

demo: tools
	@cargo xtask demo $(if $(EXIT),--exit)

test: tools
	@cargo xtask test

quick: tools
	@cargo xtask quick

bench: tools
	@cargo xtask bench $(if $(ONLY),--only $(ONLY))

# What the first step itself is built with, and nothing here can install.
tools:
	@command -v cargo >/dev/null 2>&1 || { echo "Missing: cargo. Install Rust 1.95 or newer (https://rustup.rs), then run the same command again." >&2; exit 1; }
	@command -v cc >/dev/null 2>&1 || { echo "Missing: a C compiler. Install it (on Debian: apt-get install gcc libc6-dev), then run the same command again." >&2; exit 1; }
