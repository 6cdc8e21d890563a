# Every target sets up what it needs; the second time that costs nothing.
SHELL := /bin/bash
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo test check fix bench soak

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:
	@bash tools/bootstrap.sh

demo: setup  ## See it work: a local bucket, a local database, the sample exports
	@$(BIN)/fleetfeed demo

test: check  ## Run everything that must be green before a commit
	@$(BIN)/python -m pytest

check: setup  ## Lint, formatting and types only
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

fix: setup  ## Repair what the linter can repair, and format
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

bench: setup  ## Measure start-up against its floors
	@$(BIN)/python bench/imports.py

soak: setup  ## The properties with many more examples: an hour or so
	@$(BIN)/python -m pytest tests/unit tests/engine/test_balance.py --hypothesis-profile=soak --timeout=7200
