# Wetplate. `make help` lists the targets; each does the set-up it needs.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
export WETPLATE_DRY_RUN ?=
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export HF_HUB_DISABLE_TELEMETRY := 1

.PHONY: help setup demo test walk check dev edge bench clean lock format

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## virtual environment with the pinned dependencies in .venv

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v=sys.version_info; sys.exit(0 if (3,11) <= v < (3,14) else f"Wetplate needs Python 3.11 to 3.13, this is {v[0]}.{v[1]}: make PYTHON=python3.12 ...")'
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python lacks venv: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@echo "installing the pinned dependencies into $(VENV) (about 2 GB, a few minutes the first time)"
	$(BIN)/pip install --quiet -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --editable .
	@touch $@

demo: setup ## the whole life of the sample family, for real
	@$(BIN)/python -m pipelines.demo

test: setup ## the tests (real Postgres, Dagster, Varnish, Chromium; about 5 minutes on two cores)
	$(BIN)/python -m pytest -q

walk: setup ## a takedown from notice to return in a real browser, recorded in pictures in var/walk
	WETPLATE_RECORD_WALK=var/walk $(BIN)/python -m pytest -q -n 0 tests/browser/test_trust_walk.py
	@echo "open var/walk/index.html"

check: setup ## static checks, as CI runs them
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	@# with a bare instance: dagster.yaml wants a Postgres, definitions do not
	@home=$$(mktemp -d) && export DAGSTER_HOME=$$home && \
	  $(BIN)/dagster definitions validate -w workspace.yaml && $(BIN)/dg check defs && rm -rf $$home

dev: setup ## Dagster UI :3000 with the daemon, contact sheets :3001, origin :3002, edge :3003, review :3004
	@$(BIN)/python -m pipelines.dev

edge: setup ## the origin on :3002 and Varnish before it on :3003, without Dagster
	@$(BIN)/wetplate edge --serve

bench: setup ## the figures of bench/README.md, measured here
	@$(BIN)/python -m bench.run

lock: setup ## write requirements.lock from what is installed
	$(BIN)/pip freeze --exclude-editable | sed -E 's/^torch==([0-9.]+)\+.*/torch==\1/' > requirements.lock

format: setup ## format the code
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

clean: ## stop and delete the embedded Postgres, remove var/ and caches (asks nothing: all of it is local state)
	@[ ! -x $(BIN)/wetplate ] || $(BIN)/wetplate db reset --yes || true
	rm -rf var .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
