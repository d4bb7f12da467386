# What this project can do, as `make help` lists it. `make run` and `make test` need nothing but Python 3.11 and make:
# each target sets up what it needs in .venv, once, and a stamp there says that it is done. Settings are in .env.

PYTHON ?= python3

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
PYTEST_ARGS ?=
WORKERS ?= 3
BENCH_ARGS ?=
RUNS ?= 20
CHAOS_ARGS ?=
LOCK_ARGS ?=
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header --extra discord --extra postgres --group build $(LOCK_ARGS)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test lint format types audit docs bench chaos lock clean

help: ## list what there is
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 14

run: $(VENV)/.installed ## set up everything and start the bot; without tokens of Slack or Discord, the playground
	@exec $(BIN)/threadbot run

test: $(VENV)/.installed-dev ## set up and run the whole test suite; PYTEST_ARGS="-k words" chooses
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

lint: $(VENV)/.installed-dev ## ruff: lint and format, without changing anything
	@$(BIN)/ruff check --quiet . .ci/docker-steps .ci/audit
	@$(BIN)/ruff format --quiet --check . .ci/docker-steps .ci/audit

format: $(VENV)/.installed-dev ## ruff: mend format, and what lint can mend by itself
	@$(BIN)/ruff check --quiet --fix . .ci/docker-steps .ci/audit
	@$(BIN)/ruff format --quiet . .ci/docker-steps .ci/audit

types: $(VENV)/.installed-dev ## mypy, strict
	@$(BIN)/mypy

audit: $(VENV)/.installed-dev ## ask for known vulnerabilities of what is pinned
	@$(BIN)/python .ci/audit

docs: $(VENV)/.installed-dev ## write the generated parts of README.md, docs/discord.md and .env.example
	@$(BIN)/python -m tests.docs

bench: $(VENV)/.installed-dev ## Threadbot beside the smallest possible bot, in figures, and 300 answers in 10 minutes; short: BENCH_ARGS=--quick CROWD_ARGS='--answers 30 --seconds 30'
	@$(BIN)/python -m tests.bench $(BENCH_ARGS)
	@$(BIN)/python -m tests.bench.crowd $(CROWD_ARGS)

chaos: $(VENV)/.installed-dev ## kill the bot at every step, RUNS times on each platform and database; CHAOS_ARGS=--resume goes on
	@$(BIN)/python -m tests.faults.chaos --runs $(RUNS) $(CHAOS_ARGS)

lock: $(VENV)/.installed-dev ## write both lock files anew; pins stay where they can, LOCK_ARGS=--upgrade takes the newest
	@$(PIP) install uv
	@$(LOCK) pyproject.toml -o requirements.lock
	@$(LOCK) --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## remove .venv and what the tools keep; databases stay
	@rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis

# A stamp is written when its step is through: what was interrupted is done again. The dev packages are a superset of
# the others and come from a file that pins those alike, so either stamp's packages serve the bot.

# The Python that it was made with may be gone by now.
$(shell test -x $(BIN)/python || rm -f $(VENV)/.created $(VENV)/.installed $(VENV)/.installed-dev)

$(VENV)/.created:
	@command -v "$(PYTHON)" >/dev/null || { echo 'There is no "$(PYTHON)" here. Threadbot needs Python 3.11 or newer: install it, or name it: make PYTHON=/path/to/python3' >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if v >= (3, 11) else "Threadbot needs Python 3.11 or newer, and $(PYTHON) is %d.%d. Name a newer one: make PYTHON=python3.11" % v)'
	@"$(PYTHON)" -c 'import venv, ensurepip' 2>/dev/null || "$(PYTHON)" -c 'import sys; sys.exit("This Python cannot make virtual environments. On Debian or Ubuntu: apt-get install python%d.%d-venv" % sys.version_info[:2])'
	@echo "setting up in $(VENV) (about a minute, once) …"
	@"$(PYTHON)" -m venv $(VENV)
	@touch $@

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/.created
	@rm -f $@
	@echo "installing what it needs …"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock pyproject.toml | $(VENV)/.created
	@rm -f $@
	@echo "installing what the tests need …"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@
