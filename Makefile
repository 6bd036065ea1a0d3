# The two commands are `make run` and `make test`; `make help` lists the rest.
PYTHON ?= python3
# State of `make run`; empty means the defaults of `hotline run`.
DATA ?=
PORT ?=
ARGS ?=
# Narrows `make test`, e.g. TESTS=tests/unit/test_deadlines.py PYTEST="-k spring -x"
TESTS ?= $(wildcard tests/unit tests/contract tests/server tests/flows tests/faults tests/browser tests/architecture)
PYTEST ?=

BIN := .venv/bin
UI := $(BIN)/python scripts/build_ui.py
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

.PHONY: help
help: ## this list
	@echo "make TARGET [VARIABLE=value ...]"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' Makefile | awk -F'|' '{ printf "%-10s %s\n", $$1, $$2 }'

.PHONY: python
python:
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "error: no $(PYTHON) here. Install Python 3.11 or newer, \
	or name one: make PYTHON=/path/to/python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: Hotline needs Python 3.11 \
	or newer; this is $$($(PYTHON) --version 2>&1). Name another: make PYTHON=python3.12 ..." >&2; exit 1; }

.PHONY: run
run: python ## install what is missing, build the pages, start the hotline (DATA=dir PORT=n ARGS=...)
	@$(PYTHON) scripts/bootstrap.py run
	@exec $(BIN)/hotline run $(if $(DATA),--data "$(DATA)") $(if $(PORT),--port "$(PORT)") $(ARGS)

.PHONY: tools
tools: python
	@$(PYTHON) scripts/bootstrap.py locks

.PHONY: ready
ready: python
	@$(PYTHON) scripts/bootstrap.py test

.PHONY: test
test: lint pytest ## every check and every test (TESTS=paths PYTEST=options)

.PHONY: lint
lint: ready ## ruff, mypy, import-linter, vue-tsc, page unit tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(UI) npm run --silent check
	$(UI) npm run --silent test

.PHONY: pytest
pytest: ready ## the Python tests alone
	$(BIN)/python -m pytest $(PYTEST) $(TESTS)

.PHONY: ui
ui: ready ## build the browser pages
	@$(UI) build

.PHONY: api
api: ready ## renew the TypeScript client from the server's own types
	@$(BIN)/python scripts/write_openapi.py build/openapi.json
	@$(UI) npm run --silent api

.PHONY: bench
bench: ready ## benchmarks beside their peers, each prints JSON (BENCH=name for one)
	@for file in $(if $(BENCH),bench/$(BENCH).py,$(wildcard bench/bench_*.py)); do \
	  echo "== $$file" >&2; $(BIN)/python "$$file" || exit 1; done

.PHONY: lock
lock: tools ## renew the locks within the ranges of requirements/*.in (UPGRADE=1 for the newest)
	@for part in build run dev bench; do $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate $(if $(UPGRADE),--upgrade) \
	  requirements/$$part.in -o requirements/$$part.txt || exit 1; done
	@$(UI) npm install --package-lock-only

.PHONY: format
format: tools ## let ruff write the code the way the check wants it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: clean
clean: ## remove all that was installed or built; DATA stays
	rm -rf .venv build dist agents_ui/node_modules hotline/web/static/ui .mypy_cache .pytest_cache .ruff_cache \
	  .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
