# `make demo` and `make test` do all their own set-up; nothing else has to be installed than Python >= 3.11, git, make and npm.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

VENV := .venv
PYTHON := $(VENV)/bin/python
# Which Python the tests run on; the demo finds one by itself.
PYTHON3 ?= python3
LOCKS := $(patsubst %.in,%.txt,$(wildcard scripts/requirements/*.in))
TESTS ?= tests
# One worker a core: most tests wait for real programs.
WORKERS ?= auto


.PHONY: demo test lint docs format unit bench lock setup clean

demo: ## a better, a worse and a fork's model through the real workflow files on this machine, one of them to production
	scripts/run.sh simulate --scenario demo

test: lint ## every check and every test
	$(PYTHON) -m pytest $(TESTS) -n $(WORKERS) --dist loadfile -q

unit: setup ## the tests that need no other program
	$(PYTHON) -m pytest tests/unit -q

lint: setup $(VENV)/workflow-parser/.complete $(VENV)/manifest-schemas/.complete ## formatting, types, workflow files, shell scripts, tables in READMEs
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy --strict scripts/
	$(VENV)/bin/zizmor --offline --persona auditor --quiet .
	$(VENV)/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(VENV)/bin/check-jsonschema --builtin-schema vendor.github-actions actions/*/action.yml
	node $(VENV)/workflow-parser/parse.mjs .github/workflows/*.yml
	$(VENV)/bin/shellcheck scripts/run.sh .ci/run
	$(PYTHON) scripts/write_readmes.py --check

docs: setup ## the generated tables
	$(PYTHON) scripts/write_readmes.py

format: setup
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

bench: setup ## speed against peers and limits; prints ratios
	for benchmark in tests/benchmarks/[a-z]*.py; do $(PYTHON) "$$benchmark"; done

setup: $(VENV)/.complete

$(VENV)/.complete: scripts/requirements/dev.txt scripts/requirements/uv.txt
	$(PYTHON3) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed." >&2; exit 2; }
	$(PYTHON3) -m venv $(VENV) || { echo "On Debian: apt-get install python3-venv" >&2; exit 2; }
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r scripts/requirements/uv.txt
	$(VENV)/bin/uv pip install --quiet --no-config --compile-bytecode --require-hashes --python $(PYTHON) -r scripts/requirements/dev.txt
	touch $@

$(VENV)/workflow-parser/.complete: $(wildcard tests/contracts/workflow_parser/*) | setup
	mkdir -p $(@D)
	cp $^ $(@D)
	npm install --prefix $(@D) --no-package-lock --no-audit --no-fund --silent
	touch $@

# Schemas of custom resources, as the npm packages have them that were generated from the projects' own CRDs.
$(VENV)/manifest-schemas/.complete: $(wildcard tests/contracts/manifest_schemas/*) | setup
	mkdir -p $(@D)
	cp $^ $(@D)
	npm install --prefix $(@D) --no-package-lock --no-audit --no-fund --ignore-scripts --silent
	touch $@

lock: setup ## the newest versions that go together, hash-locked; the dev lock decides for all
	cd scripts/requirements && for group in dev $(filter-out dev,$(notdir $(basename $(LOCKS)))); do \
	  ../../$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    --no-emit-index-url --no-emit-find-links --upgrade $$([ $$group = dev ] || [ $$group = uv ] || echo -c dev.txt) $$group.in -o $$group.txt; \
	done

clean:
	rm -rf $(VENV) .tidegate .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find scripts tests model -name __pycache__ -type d -prune -exec rm -rf {} +
