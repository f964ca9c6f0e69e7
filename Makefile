# make train PHRASE="hey saga"   everything from a fresh machine to a detector and its report
# make test                      every check that a change must pass

SHELL := bash
VENV ?= .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)

# A core each; waiting threads must not take a core from those that work.
export OMP_WAIT_POLICY := PASSIVE
# In the environment, so that no phrase is read by the shell.
export PHRASE RECIPE

.PHONY: help system train test lint docs test-gpu bench clean

help: ## Say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

train: system $(VENV)/.train ## Train a detector: make train PHRASE="hey saga" [ARGS="--preset quick"]
	@if [ -z "$${PHRASE:-$$RECIPE}" ]; then \
		echo 'Say what to train: make train PHRASE="hey saga"   or   make train RECIPE=my.yaml' >&2; \
		exit 2; fi
	@$(BIN)/wakesmith train "$${PHRASE:-$$RECIPE}" $(ARGS)

test: lint ## Every check and every test, and why any was skipped
	$(BIN)/pytest -q -ra -n 2

lint: $(VENV)/.dev ## Style, types, imports and generated pages
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check

docs: $(VENV)/.dev ## Write the generated pages anew
	$(BIN)/python docs/generate.py

test-gpu: $(VENV)/.dev ## Tests that need CUDA
	$(BIN)/pytest -q -m gpu

bench: $(VENV)/.dev ## Measure the features; bench/README.md names what takes longer
	$(BIN)/python -m bench.features

clean: ## Remove the environment and what the tools left (never runs/ or .wakesmith/)
	rm -rf $(VENV) build dist src/*.egg-info .mypy_cache .pytest_cache .ruff_cache \
		.import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Voices and Python; quick when they are there.
system:
	@.ci/system

# A stamp for each set of packages: the second call installs nothing.
$(VENV)/.train: pyproject.toml constraints.txt | $(VENV)/.made
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[train]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/.made
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

$(VENV)/.made: | system
	@python=$$($(MAKE) -s python-name); \
	if [ -z "$$python" ]; then \
		echo "Python 3.11 or newer is needed, and none was found (PYTHON=... names one)." >&2; \
		exit 1; fi; \
	$$python -m venv $(VENV)
	@touch $@

# Asked again after .ci/system, which may have installed Python.
.PHONY: python-name
python-name:
	@echo $(PYTHON)
