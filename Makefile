# Everything a person needs: `make workbook`, `make test`. PYTHON chooses the interpreter (3.10 to 3.12).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: setup workbook lab test lint bench bench-sources fuzz mutants hooks clean

setup: $(READY)

# The lock names every package, so nothing is resolved; opencv comes headless, without the system's libGL.
$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if (3, 10) <= sys.version_info < (3, 13) else "Python 3.10 to 3.12 is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.5"
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	touch $(READY)

workbook: setup
	$(BIN)/pixelparity workbook

# Copies are opened: running cells and saving them never changes a file that git tracks.
lab: setup
	$(BIN)/python -m pixelparity.workbook.copies
	$(BIN)/jupyter lab --notebook-dir my-notebooks my-notebooks/00_start_here.ipynb

test: setup lint
	$(BIN)/python -m pytest

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup
	$(BIN)/python -m benchmarks.faults
	$(BIN)/python -m benchmarks.zoo

# Each source's recipe against its library's own output: minutes. SOURCES="--only timm --python timm=PATH" asks for less, elsewhere.
SOURCES ?=
bench-sources: setup
	$(BIN)/python -m benchmarks.sources $(SOURCES)

# Hostile inputs of every format, 10,000 drawn beside the known ones: an hour, so by hand. FUZZ="--inputs 500 --kind trace" asks for less.
FUZZ ?= --inputs 10000 --seed 0 --life
fuzz: setup
	$(BIN)/python -m benchmarks.fuzz $(FUZZ)

# How many small faults in the package its tests notice; hours, so by hand. MUTANTS="--sample 40 --room recipes" asks for less.
MUTANTS ?= --sample 200 --seed 0 --jobs 2
mutants: setup
	$(BIN)/python -m benchmarks.mutants $(MUTANTS)

# Once per clone: what .pre-commit-config.yaml lists runs at each commit.
hooks: setup
	$(BIN)/pre-commit install

clean:
	rm -rf $(VENV) .cache reports build helpers/*.egg-info
