# One command for each thing one does here; `make` alone lists them.
# Needs a Python >= 3.11 and nothing else: no root, no docker, no AWS account. Every tool lives in
# an environment under .venv/ that is made on first use and made anew when what it is built from
# changes, or when it no longer runs.

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The Python that environments are made with; found when one is to be made, if not named here.
PYTHON ?=
STAGE ?= dev
# Of the functions: x86_64 or arm64; by default that of this machine.
ARCHITECTURE ?=
# Who dials on the local stack: simulated, or sip.
CARRIER ?= simulated
SEEDS ?= 1000
# A soak takes many more, unless their number is given.
SOAKED := $(or $(CONTACTS),20000)
CONTACTS ?= 5000
FULL ?=
ROWS ?= 100000
ONLY ?=
# Where pictures of the console's pages go; nowhere unless it is said.
SHOTS ?=
EXAMPLES ?= 200
# A service that runs, and a key of it; by default `make fuzz` asks one in memory.
URL ?=
KEY ?=

sources := app.py chalicelibs client local bench tests .chalice

architecture := $(if $(ARCHITECTURE),--architecture $(ARCHITECTURE))

dev := .venv/dev/bin/python
engine := .venv/engine/bin/python
template := .venv/template/bin/python
sip := .venv/sip/bin/python

# The local stack starts the engine, and the carrier that speaks SIP, in environments of their own.
export CARILLON_ENGINE_PYTHON := $(CURDIR)/$(engine)
export CARILLON_SIP_PYTHON := $(CURDIR)/$(sip)

# What the carrier needs beside the rest.
carrier := $(filter sip,$(CARRIER))
demo up: export CARILLON_CARRIER := $(CARRIER)

# A command of that name may exist and still not run (pyenv's shims), or lack what makes
# environments (some Linux distributions package that apart). The system's own goes first: it was
# optimized for what programs do, as Lambda's is; without that, as pyenv builds, what is Python
# alone takes 1.4 times as long.
define find_python
	for python in $(or $(PYTHON),/usr/bin/python3 python3.13 python3.12 python3.11 python3 python); do \
		$$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
			>/dev/null 2>&1 && break; \
		python=; \
	done; \
	if [ -z "$$python" ]; then \
		echo "make: found no Python >= 3.11 that has venv; name one: make PYTHON=/path/to/python" >&2; \
		exit 1; \
	fi
endef

# environment(NAME, REQUIREMENT FILES[, WHAT THEY REFER TO]): make .venv/NAME unless it stands, runs
# and is up to date.
# The stamp is written last, so an environment that was left half made has none.
define environment
	@wanted="$$(cat $(2) $(3) | cksum) $(CURDIR)"; \
	if [ "$$(cat .venv/$(1)/stamp 2>/dev/null)" != "$$wanted" ] \
			|| ! .venv/$(1)/bin/python -c '' 2>/dev/null; then \
		$(find_python); \
		echo "making .venv/$(1) with $$($$python --version)"; \
		rm -rf .venv/$(1) \
			&& $$python -m venv .venv/$(1) \
			&& .venv/$(1)/bin/python -m pip --disable-pip-version-check --no-input \
				install --quiet $(patsubst %,--requirement %,$(2)) \
			&& echo "$$wanted" > .venv/$(1)/stamp; \
	fi
endef

# The SIP stack has wheels for some machines only; nothing but real calls needs it.
try_sip = @$(MAKE) sip || echo "make: baresip does not install here: tests of real SIP calls are skipped"

.PHONY: help
help: ## list these commands
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1	/p' $(MAKEFILE_LIST) | expand -t 14

.PHONY: setup
setup: dev engine template ## make every environment (each command makes the ones it needs)
	$(try_sip)

.PHONY: format
format: dev ## put the code into shape
	$(dev) -m ruff format $(sources)
	$(dev) -m ruff check --fix $(sources)

.PHONY: check
check: shape ## format, lint, types and the direction of imports, without changing anything
	$(dev) -m mypy

.PHONY: shape
shape: dev
	$(dev) -m ruff format --check $(sources)
	$(dev) -m ruff check $(sources)
	$(dev) -c 'from importlinter.cli import lint_imports_command as main; main()'

# Types are checked beside the tests, of which some wait; what is wrong with them is told at the end.
.PHONY: test
test: shape engine template ## everything: check, a package built and verified, all tests
	$(try_sip)
	@mkdir -p .local; $(dev) -m mypy >.local/types 2>&1 & types=$$!; \
	$(dev) -m pytest --numprocesses auto; tested=$$?; \
	wait $$types || { cat .local/types; exit 1; }; exit $$tested

.PHONY: test-console
test-console: dev engine ## the console in a real browser (SHOTS=folder takes pictures of each page)
	@CONSOLE_SHOTS=$(SHOTS) $(dev) -m pytest tests/console tests/functional/test_console.py \
		tests/functional/test_sessions.py tests/functional/test_activity.py

.PHONY: console
console: ## build the console anew from its sources (needs Node.js and npm)
	cd console && npm ci --no-fund --no-audit && npm run build

.PHONY: openapi
openapi: dev ## write the description of the API anew, from its models
	$(dev) -m chalicelibs.api.openapi

.PHONY: package
package: dev template ## build and verify .local/package/STAGE (STAGE=dev)
	$(dev) .chalice/package.py .local/package/$(STAGE) --stage $(STAGE) $(architecture)
	$(template) .chalice/translate.py .local/package/$(STAGE)

.PHONY: demo
demo: dev engine $(carrier) ## see it at work: a campaign on this machine, in a minute (CARRIER=sip: phones ring)
	@$(dev) -m local.$(if $(carrier),sip.)demo

.PHONY: up
up: dev engine $(carrier) ## run the whole service on this machine
	@$(dev) -m local.up

.PHONY: phones
phones: dev ## let phones ring that SIPp plays, for `make up CARRIER=sip`
	@$(dev) -m local.sip.phones

.PHONY: redrive
redrive: dev ## send the local service's dead letters back to be processed
	@CARILLON_URL=http://127.0.0.1:$(or $(CARILLON_PORT),8700) \
		CARILLON_API_KEY="$$($(dev) -m local.keys)" $(dev) -m client admin dead-letters --all

.PHONY: audit
audit: dev engine ## check the promises on the data of the local service
	@$(dev) -m local.audit

.PHONY: simulate
simulate: dev ## run many simulated weeks (SEEDS=1000)
	@$(dev) -m tests.simulation $(SEEDS)

.PHONY: fuzz
fuzz: dev ## ask every operation odd things (EXAMPLES=200; URL= KEY= of a service that runs)
	@$(dev) -m tests.fuzz --examples $(EXAMPLES) $(URL) $(KEY)

.PHONY: bench
bench: dev engine ## measure everything (CONTACTS=5000; FULL=1; ONLY="latency size")
	@$(dev) -m bench $(ONLY) --contacts $(CONTACTS) $(if $(FULL),--full)

.PHONY: soak
soak: dev engine ## many contacts, everything going wrong, nothing growing (CONTACTS=20000)
	@$(dev) -m bench.soak $(SOAKED)

.PHONY: scenarios
scenarios: dev engine ## replay what broke other dialers, one by one (ONLY="S1 S4")
	@$(dev) -m tests.scenarios $(ONLY)

.PHONY: bench-import
bench-import: dev engine ## measure rows per second of an import, and of the engine (ROWS=100000)
	@$(dev) -m bench.import_rows $(ROWS)

.PHONY: bench-coldstart
bench-coldstart: dev ## measure what importing each function's handler costs, from the zip
	@$(dev) -m bench.coldstart

.PHONY: clean
clean: ## remove the data of the local service and what was built
	rm -rf .local

.PHONY: distclean
distclean: clean ## remove the environments and caches, too
	rm -rf console/node_modules .venv carillon.egg-info .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Without its own pins, and beside whatever else is installed.
.PHONY: lock
lock: ## pin what is shipped to the newest that requirements.txt allows
	@$(find_python); rm -rf .venv/lock && $$python -m venv .venv/lock \
		&& grep -v '^-c ' requirements.txt > .venv/lock/requirements.txt \
		&& .venv/lock/bin/python -m pip --disable-pip-version-check --no-input \
			install --quiet --requirement .venv/lock/requirements.txt \
		&& { grep '^#' constraints.txt; .venv/lock/bin/python -m pip freeze; } > .venv/lock/pinned \
		&& mv .venv/lock/pinned constraints.txt && git diff --stat constraints.txt

.PHONY: dev engine template sip
# The command line, too. The stamp knows nothing of it: an environment made before it had one gets
# it now. setuptools and wheel, which this takes, come with chalice.
dev:
	$(call environment,dev,requirements.txt requirements-dev.txt,constraints.txt)
	@test -x .venv/dev/bin/carillon || $(dev) -m pip --disable-pip-version-check --no-input \
		install --quiet --no-deps --no-build-isolation --editable .
engine:
	$(call environment,engine,requirements-engine.txt)
template:
	$(call environment,template,requirements-template.txt)
sip:
	$(call environment,sip,requirements-sip.txt)
