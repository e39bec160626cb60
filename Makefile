# `make run` and `make test` set up everything they need in .venv and then do their work.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: run test test-kubernetes check bench bench-logs bench-paging lock format clean

run: $(VENV)/.run
	$(BIN)/accelerapp up --example

test: $(VENV)/.dev
	KUBECONFIG= $(BIN)/pytest -n 2 -q  # whatever cluster a shell is set to is left alone

# On the cluster of KUBECONFIG, in namespaces that are deleted afterwards. The last file restarts the API server when
# API_SERVER_RESTART holds a command that does so, and runs alone.
test-kubernetes: $(VENV)/.dev
	$(BIN)/pytest -m kubernetes -n 2 -q --ignore=tests/platforms/kubernetes/test_api_server.py
	$(BIN)/pytest -m kubernetes -q tests/platforms/kubernetes/test_api_server.py

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev
	$(BIN)/python benchmarks/spine.py

# The peers of the log analysis come in an environment of their own, so that they change nothing here.
bench-logs: $(VENV)/.dev
	test -d $(VENV)-bench || $(PYTHON) -m venv $(VENV)-bench
	$(BIN)/uv pip install -q --python $(VENV)-bench/bin/python drain3 polars duckdb
	PEERS=$(VENV)-bench/bin/python $(BIN)/python benchmarks/logs.py

# Chaos, latency and a storm of paging: about 25 minutes.
bench-paging: $(VENV)/.dev
	$(BIN)/python benchmarks/paging.py

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Resolve again to the newest allowed versions. The lock files carry hashes and no address of an index.
lock: $(VENV)/.uv
	cd requirements && for set in run dev; do \
	  extra=$$( [ $$set = dev ] && echo "--group ../pyproject.toml:dev" ); \
	  ../$(BIN)/uv pip compile ../pyproject.toml --extra example $$extra --universal --python-version 3.11 \
	    --generate-hashes --no-header --no-annotate --upgrade -q -o $$set.lock; done

clean:
	rm -rf $(VENV) .accelerapp .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.uv:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Accelerapp needs Python 3.11 or later; name one with PYTHON=…")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check uv
	touch $@

# uv is quick; where only pip is configured for the package index, pip does the same.
define install
	$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r $(1) || $(BIN)/python -m pip install -q --require-hashes -r $(1)
	$(BIN)/uv pip install -q --python $(BIN)/python --no-deps -e . || $(BIN)/python -m pip install -q --no-deps -e .
	touch $@
endef

KERNEL := $(wildcard src/accelerapp/logs/kernel/*.[ch]) hatch_build.py

$(VENV)/.run: $(VENV)/.uv requirements/run.lock pyproject.toml $(KERNEL)
	$(call install,requirements/run.lock)

$(VENV)/.dev: $(VENV)/.uv requirements/dev.lock pyproject.toml $(KERNEL)
	$(call install,requirements/dev.lock)
	touch $(VENV)/.run
