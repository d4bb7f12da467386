# `make run` and `make test` set up what they need. `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev
UV := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header --extra postgres --group build

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test lint format types bench docs lock clean

help: ## list what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1	/' | expand -t 16

run: $(READY) ## set up everything and start Threadbot
	@exec $(BIN)/threadbot run

test: $(READY_DEV) ## set up and run the whole test suite (PYTEST_ARGS="-k words")
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: $(READY_DEV) ## check style and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(READY_DEV) ## mend formatting
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: $(READY_DEV) ## check types
	@$(BIN)/mypy

bench: $(READY_DEV) ## measure beside the smallest possible bot (BENCH_ARGS=--quick)
	@$(BIN)/python -m tests.bench $(BENCH_ARGS)

docs: $(READY_DEV) ## write the parts of README.md and .env.example that come from the code
	@$(BIN)/python -m tests.docs

lock: $(READY_DEV) ## pin the newest versions that pyproject.toml allows
	@$(PIP) install uv
	@$(UV) --upgrade pyproject.toml -o requirements.lock
	@$(UV) --upgrade --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(READY): requirements.lock pyproject.toml | $(BIN)/python
	@echo "Setting up Threadbot in $(VENV) (once, about half a minute) …"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(READY_DEV): requirements-dev.lock $(READY)
	@echo "Setting up the tools for development (once) …"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Threadbot needs Python 3.11 or newer; $(PYTHON) is older or missing. Use: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
		rm -rf $(VENV); echo "This Python cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
