# Each target does the set-up it needs; nothing has to be installed by hand.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --constraint constraints.txt
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
MEASURING := tests/e2e/test_benchmarks.py tests/e2e/test_ray_speed.py

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo fmt lint test test-gpu bench check soak clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(INSTALLED)  ## install into .venv what is needed to run; quick when nothing changed

setup-dev: $(INSTALLED_DEV)  ## the same with linters, type checker and test tools

demo: $(INSTALLED)  ## run everything end to end on a small website of its own
	$(BIN)/crawl-and-dream demo

fmt: $(INSTALLED_DEV)  ## format the code
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

lint: $(INSTALLED_DEV)  ## linter, formatter, types, import layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: $(INSTALLED_DEV)  ## all tests but the long ones and those that need a GPU
	$(BIN)/python -m pytest -n 2 --dist loadscope

test-gpu: $(INSTALLED_DEV)  ## the tests that need a CUDA device
	$(BIN)/python -m pytest -m gpu

bench: $(INSTALLED_DEV)  ## speed of each stage against a plain reference, as ratios
	$(BIN)/python -m benchmarks

check: lint test  ## what must be green before a commit

soak: $(INSTALLED_DEV)  ## the long tests
	$(BIN)/python -m pytest -m soak -n 2 --dist loadscope $(MEASURING:%=--ignore %)
	$(BIN)/python -m pytest -m soak $(MEASURING)

clean:  ## remove .venv and caches; demo and results stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
	  { echo "Python 3.11, 3.12 or 3.13 is needed: make PYTHON=python3.12 …" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(INSTALLED): pyproject.toml constraints.txt | $(BIN)/python
	$(PIP_INSTALL) --editable .
	@touch $@

$(INSTALLED_DEV): pyproject.toml constraints.txt | $(BIN)/python
	$(PIP_INSTALL) --editable '.[dev,postgres,s3,ray,parquet,c2pa]'
	@touch $(INSTALLED) $@
