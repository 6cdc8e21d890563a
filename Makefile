# Every target sets up what it needs; the second time that costs nothing.
SHELL := /bin/bash
BIN := .venv/bin
BENCH := .venv/bench
AUDIT := .venv/audit

# Without bytecode each of the test processes would compile 250 files of tests anew, at every call.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup web demo screenshots test check fix bench soak audit

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:
	@bash tools/bootstrap.sh
	@$(BIN)/python tools/build_page.py

web: setup  ## Build the page from web/, if it changed

demo: setup  ## See it work: a local bucket and database, a week of exports, and the map
	@$(BIN)/fleetfeed demo

screenshots: setup  ## Take the README's pictures, from the database of make demo
	@$(BIN)/python tools/screenshots.py

test: check  ## Run everything that must be green before a commit
	@$(BIN)/python -m pytest -n 3 --dist loadfile

check: setup $(AUDIT)/.stamp  ## Lint, formatting, types, and known vulnerabilities of the pinned versions
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/python tools/check_page.py
	@bash tools/audit.sh

fix: setup  ## Repair what the linter can repair, and format
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

audit: $(AUDIT)/.stamp  ## Known vulnerabilities only, asked anew; fails where nobody answers
	@bash tools/audit.sh --strict

$(AUDIT)/.stamp: constraints.txt | setup
	@$(BIN)/python -m venv --clear $(AUDIT)
	@$(AUDIT)/bin/python -m pip install -qq --disable-pip-version-check --no-input -c constraints.txt pip-audit
	@touch $@

bench: $(BENCH)/.stamp  ## Measure loads and start-up against their floors: 45 minutes, and nothing else running
	@$(BENCH)/bin/python -m bench

$(BENCH)/.stamp: pyproject.toml constraints.txt | setup
	@echo "fleetfeed: installing what only the bench needs into $(BENCH)"
	@$(BIN)/python -m venv --clear $(BENCH)
	@$(BENCH)/bin/python -m pip install -qq --disable-pip-version-check --no-input -c constraints.txt -e '.[bench]'
	@touch $@

soak: setup  ## Properties with many more examples, a kill at every place, then new histories: an hour in all
	@end=$$((SECONDS + 3600)); \
	$(BIN)/python -m pytest tests/feed tests/reader tests/stages tests/text tests/plugins tests/runtime tests/scaffold tests/test_every_feed.py tests/pipeline/test_balance.py tests/pipeline/test_other_feeds.py tests/database/schema/derived/test_metrics.py tests/database/schema/derived/test_asof.py tests/rebuild \
		--hypothesis-profile=soak --timeout=7200 || exit 1; \
	$(BIN)/python -m pytest tests/crash --hypothesis-profile=soak --timeout=7200 || exit 1; \
	while [ $$SECONDS -lt $$end ]; do \
		$(BIN)/python -m pytest tests/histories --hypothesis-profile=soak || exit 1; \
	done
