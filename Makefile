# Madoguchi. `make run` serves the desk with its demo municipality, `make test` runs everything that checks it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test check evaluate bench bench-scale bench-staff screenshots clean

BASE_PYTHON ?= $(shell command -v python3.11 || command -v python3)
PYTHON := .venv/bin/python
say = @printf '\n\033[1m== %s\033[0m\n' "$(1)"

help: ## show this help
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: .venv/.run-ready ## set everything up and serve the demo municipality on http://127.0.0.1:8000/
	$(call say,Loading the demo municipality (kept as it is when it is there already))
	$(PYTHON) -m knowledge load knowledge/samples/midorino --unless-present
	$(PYTHON) -m bot.canned_commands load knowledge/samples/midorino/canned_replies.yml
	$(call say,Building its search index (about half a minute the first time))
	$(PYTHON) -m indexer build
	$(call say,First administrator (the one-time password is shown only once))
	$(PYTHON) -m accounts first
	$(call say,Serving; stop with Ctrl-C)
	exec $(PYTHON) app.py

test: check .system-packages ## set everything up and run all tests, real browser included
	$(call say,Running the tests (about a quarter of an hour on two cores))
	$(PYTHON) -m pytest -q -n 2 --dist loadfile

check: .venv/.test-ready ## ruff and mypy
	$(call say,Checking style and types)
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy

evaluate: .venv/.test-ready ## ask the desk every question of our own sets; fails when it is significantly worse than the pinned baseline
	$(call say,Asking some 4000 questions of a throw-away desk (a few minutes))
	$(PYTHON) -m evaluation run --demo --out runs/evaluate.jsonl
	$(call say,Is it worse than the baseline?)
	$(PYTHON) -m evaluation report runs/evaluate.jsonl --against evaluation/baseline/midorino.jsonl.xz --out runs/evaluate.html
	$(PYTHON) -m evaluation gate runs/evaluate.jsonl

bench: .venv/.bench-ready ## measure quality and speed and compare with others; see docs/benchmarks.md
	$(call say,Retrieval and speed)
	$(PYTHON) -m evaluation bench --into docs/benchmarks.md
	$(call say,Beside BM25 and a sentence encoder and Haystack)
	$(PYTHON) -m evaluation comparisons --into docs/benchmarks.md
	$(call say,What each part adds)
	$(PYTHON) -m evaluation ablation --into docs/benchmarks.md
	$(call say,Several topics and follow-ups and facets)
	$(PYTHON) -m evaluation understanding
	$(call say,Are the figures those that were published?)
	$(PYTHON) -m evaluation pins

bench-scale: .venv/.test-ready ## measure a town of a million passages (ten minutes, 10 GiB)
	$(PYTHON) -m evaluation bench-scale --into docs/benchmarks.md

bench-staff: .venv/.test-ready ## measure every staff list with 10,000 articles and 100,000 conversations (about 20 minutes)
	$(PYTHON) -m evaluation staff-pages --into docs/benchmarks.md

screenshots: .venv/.test-ready .system-packages ## make docs/images anew from the running demo
	$(PYTHON) scripts/screenshots.py

clean: ## remove the environment and caches; the instance folder with its data stays
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/bin/python:
	$(call say,Making a virtual environment in .venv)
	@test -n "$(BASE_PYTHON)" || { echo "Python 3.11 is needed: apt-get install python3.11 python3.11-venv" >&2; exit 1; }
	@$(BASE_PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
		|| { echo "Python 3.11 is needed, this is $$($(BASE_PYTHON) --version): set BASE_PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(BASE_PYTHON) -m venv .venv

.venv/.run-ready: requirements.txt | .venv/bin/python
	$(call say,Installing what the desk needs (a few minutes the first time))
	$(PYTHON) -m pip install --disable-pip-version-check --progress-bar on -r requirements.txt
	@touch $@

.venv/.test-ready: requirements-dev.txt .venv/.run-ready
	$(call say,Installing what the tests need)
	$(PYTHON) -m pip install --disable-pip-version-check --progress-bar on -r requirements-dev.txt
	@touch $@

.venv/.bench-ready: requirements-bench.txt .venv/.test-ready
	$(call say,Installing what the desk is compared with)
	$(PYTHON) -m pip install --disable-pip-version-check --progress-bar on -r requirements-bench.txt
	@touch $@

.PHONY: .system-packages
.system-packages:
	@scripts/ensure_system_packages.sh
