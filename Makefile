# `make` alone lists the targets. Each one sets up what it needs in .venv.
#
#   PYTHON=python3.13     the interpreter for .venv (default: the newest on PATH, from 3.11)
#   DJANGO=52             52, 60 or 61 (default: 61, and 52 on Python 3.11)
#   PORT=8000             for `make demo`
#   DATABASE_URL=...      for `make demo`: postgres://user:password@host/name or mysql://...
#   UPGRADE=--upgrade     for `make lock`: newer versions too, not only what pyproject.toml asks

VENV ?= .venv
PORT ?= 8000
WORKERS ?= 2
export VENV PYTHON DJANGO
# The tests start many processes of the same code; each would compile it anew.
unexport PYTHONDONTWRITEBYTECODE

python := $(VENV)/bin/python
coverage := $(python) -m coverage
pytest := -m pytest --numprocesses $(WORKERS)
database := $(if $(filter mysql:%,$(DATABASE_URL)),mysql)
variants := $(filter-out __init__ base bench djangos_own,$(basename $(notdir $(wildcard user_sessions/tests/settings/*.py))))
templates = $$(find user_sessions themes demo_site -path '*/templates/*.html')
catalogs := $(patsubst %.po,%.mo,$(wildcard */locale/*/LC_MESSAGES/*.po */*/locale/*/LC_MESSAGES/*.po))
lock := .ci/uv pip compile --quiet --universal --generate-hashes --custom-compile-command "make lock" $(UPGRADE)
locked_groups := --group build --group demo --group test --group e2e --group lint --group docs

for_each_variant = set -e; for variant in $(variants); do \
	echo "Unit tests, settings: $$variant"; \
	$(1) --quiet --ds=user_sessions.tests.settings.$$variant; \
done
demo_tests = $(if $(wildcard demo_site/tests/test_*.py),$(python) -m pytest demo_site --quiet --ds=demo_site.settings_e2e)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test unit plain-unit e2e test-django fuzz bench lint format catalogs messages screenshots docs build lock clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

demo: .venv-demo catalogs ## Run the demo site on 127.0.0.1:8000, with people and devices to try
	@$(python) demo_site/manage.py demo --port $(PORT)

test: unit e2e ## Run all tests: unit tests with full coverage, then journeys in a real Chromium

unit: .venv-test catalogs ## Run the unit tests under each settings variant, and measure coverage
	@$(coverage) erase
	@$(call for_each_variant,$(coverage) run $(pytest) user_sessions)
	@$(demo_tests)
	@$(coverage) combine --quiet
	@$(coverage) report

# For the other versions and databases, which .ci/run goes through
plain-unit: .venv-test catalogs
	@$(call for_each_variant,$(python) $(pytest) user_sessions)
	@$(demo_tests)

e2e: .venv-e2e catalogs ## Run the end-to-end tests in a real Chromium
	@.ci/install-chromium
	@$(python) $(pytest) e2e --quiet

test-django: .venv-test ## Run Django's own session tests against our engine
	@$(python) -m user_sessions.tests.djangos_own

fuzz: .venv-test catalogs ## Send hostile requests by the thousand, the same ones each time
	@$(python) -m pytest user_sessions/tests/fuzz.py --quiet

bench: .venv-test ## Compare queries and times with django.contrib.sessions
	@$(python) -m user_sessions.tests.bench

lint: .venv-e2e .venv-lint .typing/user_sessions_themes ## Check style, types, templates, migrations and locks
	@$(python) -m ruff check
	@$(python) -m ruff format --check
	@$(python) -m mypy
	@$(VENV)/bin/djade --check --target-version 5.2 $(templates)
	@$(python) -m djlint --quiet --lint $(templates)
	@set -e; for variant in $(variants); do \
		$(python) -m django makemigrations --check --dry-run --verbosity 0 --settings user_sessions.tests.settings.$$variant; \
	done
	@if grep -n '://' requirements-*.txt; then echo 'A lock names a download address (above).' >&2; exit 1; fi

format: .venv-lint ## Format code and templates
	@$(python) -m ruff check --fix-only --quiet
	@$(python) -m ruff format
	@$(VENV)/bin/djade --target-version 5.2 $(templates)

catalogs: .venv-demo $(catalogs) ## Compile the translations

messages: .venv-demo ## Bring the catalogues up to date with the code's texts
	@$(python) .ci/messages

screenshots: .venv-e2e catalogs ## Take the pictures of README and docs
	@.ci/install-chromium
	@$(python) -m pytest e2e/screenshots.py --quiet

docs: .venv-docs ## Build the documentation into docs/_build/html
	@$(python) -m sphinx --fail-on-warning --keep-going --quiet docs docs/_build/html
	@echo "Open docs/_build/html/index.html"

build: .venv-demo catalogs ## Build the wheel and the source archive into dist/
	@rm -rf build dist
	@$(python) -m build --no-isolation --outdir dist >build.log 2>&1 || { cat build.log; exit 1; }
	@rm -rf build build.log
	@ls dist/*

lock: ## Write the lock files from pyproject.toml
	@.ci/venv
	@$(lock) pyproject.toml --all-extras $(locked_groups) --group django52 --python-version 3.11 --output-file requirements-django52.txt
	@$(lock) pyproject.toml --all-extras $(locked_groups) --group django60 --python-version 3.12 --output-file requirements-django60.txt
	@$(lock) pyproject.toml --all-extras $(locked_groups) --group django61 --python-version 3.12 --output-file requirements-django61.txt
	@$(lock) --group mysql --python-version 3.11 --output-file requirements-mysql.txt

clean: ## Remove all that these targets made, .venv included
	@rm -rf $(VENV) .venv-matrix .typing build dist docs/_build *.egg-info
	@rm -rf .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -path ./.git -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
	@rm -f $(catalogs)

.PHONY: .venv-demo .venv-test .venv-e2e .venv-lint .venv-docs
.venv-demo .venv-test .venv-e2e .venv-lint .venv-docs: .venv-%:
	@.ci/venv $* $(database)

# mypy doesn't see the package that an editable install maps to another folder.
.typing/user_sessions_themes:
	@mkdir -p .typing
	@ln -sfn ../themes $@

# Babel skips a catalogue whose header is marked fuzzy, with a warning only.
$(catalogs): | .venv-demo
%.mo: %.po
	@$(python) -m babel.messages.frontend --quiet compile --input-file $< --output-file $@
	@test -f $@ || { echo "$< was not compiled: is its header marked '#, fuzzy'?" >&2; exit 1; }
