# Everything starts here: `make` lists what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# a module stays with one worker as long as both have work: its fixtures are made once
PYTEST_ARGS ?= -n auto --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help migrate audit overview db-test db-test-matrix drift faults fuzz fuzz-ci db-stop lint format stubs clean

# `make migrate` says itself where it goes without DATABASE_URL; in CI the embedded server must be asked for.
migrate audit overview: export APP_SCHEMA_EMBEDDED ?= true

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

define TOUR

Next (. $(BIN)/activate puts the program on your path):
  app-schema seed                     sample people, lessons, sessions
  app-schema studio                   look at the tables in a browser, offline
  app-schema plan                     the SQL that an upgrade would run
  export DATABASE_URL=postgresql://…  your own database, then: app-schema upgrade
  README.md, "Your own schema"        your own models
endef
export TOUR

migrate: $(VENV)/.tools ## bring the database to the newest revision and show it (DATABASE_URL, else a server under .pgdata/)
	@$(BIN)/app-schema upgrade
	@$(BIN)/app-schema connect || [ $$? = 1 ] # the problems are printed
	@printf '%s\n' "$$TOUR"

audit: $(VENV)/.tools ## check the database: who sees too much, what will break, what costs for nothing
	@$(BIN)/app-schema audit

overview: $(VENV)/.tools ## show what is in the database
	@$(BIN)/app-schema connect --all || [ $$? = 1 ] # the problems are printed

db-test: $(VENV)/.test ## run the tests (TEST_DATABASE_URL, else Docker, else a server of their own)
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

db-test-matrix: $(VENV)/.test ## run the tests on PostgreSQL 15 to 18; MATRIX_ARGS="--only 15,16" takes some of them
	@$(BIN)/python tests/matrix.py $(MATRIX_ARGS) -- $(PYTEST_ARGS)

drift: $(VENV)/.test ## every case of drift, and of each test of which a usual run takes a part
	@CASES=all $(BIN)/python -m pytest -n auto -m part

faults: $(VENV)/.test ## more than a thousand faults in the middle of a migration; a usual run takes a part
	@CASES=all $(BIN)/python -m pytest -n auto tests/mued/faults tests/mued/test_factories.py tests/mued/test_lineage.py

fuzz-ci: $(VENV)/.test ## autogenerate between random pairs of schemas with rows, the same eighty each time
	@$(BIN)/python -m pytest -n auto tests/engine/fuzz

fuzz: $(VENV)/.test ## a thousand new pairs of schemas with rows: up twice, check, down twice; a tenth in autocommit, cut somewhere
	@HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest -n auto tests/engine/fuzz

db-stop: ## stop the server under .pgdata/
	@if [ -x $(BIN)/app-schema ] && [ -d "$${APP_SCHEMA_PGDATA:-.pgdata}" ]; then $(BIN)/app-schema db stop; fi

lint: $(VENV)/.dev ## check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy app_schema tests alembic/versions

format: $(VENV)/.dev ## format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

stubs: $(VENV)/.dev ## write what is made from the kinds: op.pyi and ddl/kinds.py
	@$(BIN)/python -m app_schema.migrations.stubs

clean: db-stop ## remove .venv, caches and builds; the data under .pgdata/ stay
	@rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp per extra: pip runs again only when pyproject.toml is newer. Python compiles a module when it first
# imports it; compiling all modules beforehand takes pip longer than the rest of the installation.
$(VENV)/.tools $(VENV)/.test $(VENV)/.dev: $(VENV)/.%: pyproject.toml | $(BIN)/python
	@echo "installing app-schema[$*] into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check -e '.[$*]'
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' || { \
	  echo "app-schema needs Python 3.11 to 3.14: name one, as in make PYTHON=python3.12 migrate" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
