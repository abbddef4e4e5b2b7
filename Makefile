# Needs make and Python 3.11 or newer, nothing else. `make` alone lists what there is.
.DEFAULT_GOAL := help
.PHONY: help demo test torture reality check bench lock clean

VENV := .venv
PYTHON := $(VENV)/bin/python
# Another Python: make demo PY=/path/to/python3.12
PY ?=
PIP := $(PYTHON) -m pip --disable-pip-version-check -qq
# One more than there are cores: many tests wait for servers, disks and clocks.
CORES := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
PYTEST_ARGS ?= -n $(shell expr $(CORES) + 1) --dist worksteal
UV ?= $(or $(wildcard $(VENV)/bin/uv),uv)
# Tools and their packages, by exact version and hash; the project itself is installed as it lies here.
RUN := $(VENV)/.ready-to-run
DEV := $(VENV)/.ready-to-develop
NEW_ENOUGH := import sys; raise SystemExit(sys.version_info < (3, 11))

help: ## list the commands
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' Makefile | sort | awk -F '\t' '{printf "make %-8s %s\n", $$1, $$2}'

demo: $(RUN) ## a whole campaign week in a minute, sending nothing
	@$(VENV)/bin/campaign-bot demo

# What is compiled is kept, also where the environment says that it should not: each worker, and each program that a
# test starts, would compile everything anew.
test: export PYTHONDONTWRITEBYTECODE :=
test: $(DEV) ## all tests; PYTEST_ARGS="-n 2 -k name" narrows it
	@$(PYTHON) -m pytest $(PYTEST_ARGS)

torture: $(DEV) ## crashes, freezes, campaigns by seed (FROM=1 TO=100000, resumable), seeded bugs, reality
	@$(PYTHON) -m tests.torture --enumerate --from $(or $(FROM),1) --to $(or $(TO),2000)
	@$(PYTHON) -m tests.teeth
	@$(MAKE) --no-print-directory reality
	@$(PYTHON) -m tests.torture --summary

# What waits longest begins first. Much of it waits for leases: three at once are not too many for two cores.
DOSE ?= all
REALITY_ARGS ?= -n 3 --dist worksteal
reality: $(DEV) ## real processes, sockets, disks and servers, killed, cut, filled, frozen; DOSE=ci takes minutes
	@mkdir -p build
	@CAMPAIGN_BOT_TORTURE=$(DOSE) CAMPAIGN_BOT_PROOF=$(CURDIR)/build/reality.jsonl $(PYTHON) -m pytest -q $(REALITY_ARGS) \
	  tests/test_reality_server.py tests/test_reality_soak.py tests/test_reality_*.py

check: $(DEV) ## style, types, layers, and the rules of the project
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy -p bot -p tests $(if $(wildcard benchmarks/*.py),-p benchmarks)
	@$(VENV)/bin/mypy --platform darwin --cache-dir .mypy_cache/darwin -p bot.platform
	@$(VENV)/bin/mypy --platform win32 --cache-dir .mypy_cache/win32 -p bot.platform
	@$(VENV)/bin/lint-imports
	@$(PYTHON) -m pytest -q tests/test_project.py $(wildcard tests/test_docs*.py)

bench: $(DEV) ## measure speed and size against their bars
	@$(PYTHON) -m benchmarks

# A universal lock: one file for every system and Python, without the address of any registry.
LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate $(LOCK_ARGS)
BUILD_NEEDS := import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")

lock: $(PYTHON) ## pin the dependencies anew (needs uv); LOCK_ARGS=--upgrade takes newer ones
	$(LOCK) --all-extras pyproject.toml -o requirements-dev.lock
	$(LOCK) -c requirements-dev.lock pyproject.toml -o requirements.lock
	$(PYTHON) -c '$(BUILD_NEEDS)' | $(LOCK) -c requirements-dev.lock - -o requirements-build.lock

clean: ## remove everything that make has made
	rm -rf $(VENV) build dist campaign-bot-demo .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage
	find bot tests benchmarks migrations -name __pycache__ -type d -prune -exec rm -rf {} +

$(PYTHON):
	@for py in $(or $(PY),python3 python3.14 python3.13 python3.12 python3.11 python); do \
	  "$$py" -c '$(NEW_ENOUGH)' 2>/dev/null || continue; \
	  echo "Preparing $(VENV) with $$("$$py" --version) ..."; \
	  "$$py" -m venv --clear $(VENV) && exit 0; \
	  echo "$$py cannot make a virtual environment; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; \
	done; \
	echo "Python 3.11 or newer is needed, and $(or $(PY),python3) is not. Name one: make demo PY=/path/to/python3.12" >&2; \
	exit 1

$(RUN): requirements.lock requirements-build.lock pyproject.toml | $(PYTHON)
	@echo "Installing what campaign-bot needs (well under a minute) ..."
	@$(PIP) install --require-hashes -r requirements.lock -r requirements-build.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements-dev.lock $(RUN)
	@echo "Installing the tools for tests and checks ..."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@
