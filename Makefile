# The two commands of the README. Everything is made inside this folder; only pip keeps its own cache elsewhere.
PYTHON ?= python3
BIN := .venv/bin
CACHE := $(CURDIR)/.cache

export TMPDIR := $(CACHE)/tmp
export TORCH_HOME := $(CACHE)/torch
export TORCHINDUCTOR_CACHE_DIR := $(CACHE)/inductor
export TRITON_CACHE_DIR := $(CACHE)/triton
export HF_HOME := $(CACHE)/huggingface
export MPLCONFIGDIR := $(CACHE)/matplotlib

$(shell mkdir -p $(TMPDIR))

.PHONY: demo test bench site wheel clean

demo: .venv/installed
	$(BIN)/causaray demo --out out/demo

test: .venv/installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy src
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --dist loadfile --durations 15

bench: .venv/installed
	$(BIN)/python -m benchmarks

# The site in site/, which opens from disk; dead links end it.
site: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# Wheel and sdist in dist/, installed and tried in an environment of their own; writes docs/results/wheel.md.
wheel: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[release]'
	$(BIN)/python -m benchmarks.wheel

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

clean:
	rm -rf .venv .cache .pytest_cache .mypy_cache .ruff_cache out build dist site src/causaray.egg-info
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
