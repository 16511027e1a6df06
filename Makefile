# Two commands set a fresh machine up: `make demo` and `make test`. Each makes the virtual environment that it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DETENTE_DEMO_DIR ?= .demo
STAMP := $(VENV)/.installed

.PHONY: demo demo-data test check interop bench lock clean

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Detente needs Python 3.11 or newer; set PYTHON=…" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: $(STAMP)
	$(BIN)/detente-web demo --dir "$(DETENTE_DEMO_DIR)"

demo-data: $(STAMP)
	$(BIN)/detente-web demo --dir "$(DETENTE_DEMO_DIR)" --no-serve

test: $(STAMP)
	$(BIN)/python -m pytest -q -rs -n 2 tests

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -rs -n 2 tests

# Software from elsewhere that the tests in tests/interop compare with; without it they are skipped.
interop: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --ignore-requires-python -r tests/interop/requirements.txt

bench: $(STAMP)
	$(BIN)/python -m tests.bench

# Pins every dependency with its hashes. Needs uv (pip install uv).
lock:
	uv pip compile --universal --generate-hashes --python-version 3.11 --extra dev --output-file requirements.lock pyproject.toml --quiet

clean:
	rm -rf $(VENV) .demo .bench .mypy_cache .ruff_cache .hypothesis
