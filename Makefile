# Two commands for a fresh clone: "make demo" and "make test". Everything is set up in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint docs wheel bench snapshot clean

demo: $(VENV)/.runtime
	mkdir -p demo
	$(BIN)/equidistance assess Kazakhstan --shipped-only --out demo/kazakhstan.html
	@echo "Open demo/kazakhstan.html in a browser."

test: $(VENV)/.dev
	sh scripts/install-browser.sh
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/mypy

docs: $(VENV)/.docs
	$(BIN)/python scripts/generate_reference.py --check
	$(BIN)/mkdocs build --strict

wheel: $(VENV)/.dev
	rm -rf dist
	$(BIN)/python -m build --wheel --outdir dist .

bench: $(VENV)/.dev
	$(BIN)/python benchmarks/run.py

# Rebuild the shipped data from the sources' files: make snapshot FROM=DIRECTORY
snapshot: $(VENV)/.dev
	$(BIN)/equidistance snapshot build --from $(FROM)

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("equidistance needs Python 3.11 or newer; run: make PYTHON=python3.11 ..." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@ $(VENV)/.runtime

$(VENV)/.docs: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --editable ".[dev,docs]"
	touch $@

clean:
	rm -rf $(VENV) dist build site demo .pytest_cache .mypy_cache .ruff_cache
