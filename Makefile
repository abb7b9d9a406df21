# `make` alone lists the targets. Each one sets up what it needs in .venv.
#
#   PYTHON=python3.13     the interpreter for .venv (default: the newest on PATH, from 3.11)
#   DJANGO=52             52, 60 or 61 (default: 61, and 52 on Python 3.11)
#   PORT=8000             for `make demo`
#   DATABASE_URL=...      for `make demo`: postgres://user:password@host/name or mysql://...
#   CACHE_URL=...         for `make demo`: redis://host/0 caches sessions, and connects websockets
#   BASE_URL=https://...  for `make e2e`, with E2E_USER=... and E2E_PASSWORD=...: a site of yours
#   POSTGRES_URL=... MARIADB_URL=... REDIS_URL=...   for `make test-services` and `make services`
#   VARIANTS="plain themes"   for `make unit`: only some of the settings
#   MEASURED=1            for `make test` and `make unit`: measure coverage, for `make covered`
#   WORKERS=2             how many processes run tests at once
#   SESSIONS=20000        for `make stress`
#   UPGRADE=--upgrade     for `make lock`: newer versions too, not only what pyproject.toml asks

VENV ?= .venv
POSTGRES_URL ?= postgres://postgres@127.0.0.1:5432/postgres
MARIADB_URL ?= mysql://root@127.0.0.1:3306/test
REDIS_URL ?= redis://127.0.0.1:6379/0
PORT ?= 8000
SESSIONS ?= 20000
WORKERS ?= 2
export VENV PYTHON DJANGO POSTGRES_URL MARIADB_URL REDIS_URL
# The tests start many processes of the same code; each would compile it again.
unexport PYTHONDONTWRITEBYTECODE

python := $(VENV)/bin/python
coverage := $(python) -m coverage
pytest := -m pytest $(if $(filter-out 1,$(WORKERS)),--numprocesses $(WORKERS) --dist worksteal)
database := $(if $(filter mysql:%,$(DATABASE_URL)),mysql)
variants := $(filter-out __init__ base bench djangos_own stress,$(basename $(notdir $(wildcard user_sessions/tests/settings/*.py))))
templates = $$(find user_sessions themes demo_site -name node_modules -prune -o -path '*/templates/*.html' -print)
theme_sources := $(wildcard themes/assets.mjs themes/package*.json themes/*/tailwind.css) $(shell find $(dir $(wildcard themes/*/tailwind.css)) user_sessions/templates -name '*.html')
catalogs := $(patsubst %.po,%.mo,$(wildcard */locale/*/LC_MESSAGES/*.po */*/locale/*/LC_MESSAGES/*.po))
lock := .ci/uv pip compile --quiet --universal --generate-hashes --custom-compile-command "make lock" $(UPGRADE)
locked_groups := --group node --group build --group demo --group test --group e2e --group lint --group docs

check_schema := $(VENV)/bin/check-jsonschema --quiet --builtin-schema vendor.
interleavings := user_sessions/tests/tools/test_interleavings.py
# The longest first, so that no processor waits at the end.
VARIANTS ?= $(sort $(variants))
long_variants := plain themes
demo_tests := $(if $(wildcard demo_site/tests/test_*.py),demo)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo site theme test unit coverage covered journeys services test-services e2e test-django interleavings fuzz bench stress lint format catalogs assets goldens messages screenshots docs build lock clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

demo: .venv-demo catalogs assets ## Run the demo site on 127.0.0.1:8000, with people and devices to try
	@$(python) demo_site/manage.py demo --port $(PORT)

site: .venv-demo catalogs assets ## Start a site of your own: make site NAME=shop THEME=bulma DEST=../shop
	@THEME= $(python) demo_site/manage.py make_site --theme="$(or $(THEME),default)" -- "$(NAME)" "$(DEST)"

theme: .whole-themes ## Start a theme as a copy of another: make theme NAME=mine FROM=pico
	@.ci/venv
	@$(python) .ci/new-theme "$(NAME)" "$(FROM)"
	@$(MAKE) --silent assets

test: unit journeys ## Run the tests: unit tests, then the five journeys in a real Chromium

.PHONY: .chromium
.chromium: .venv-e2e
	@.ci/install-chromium

journeys: .chromium catalogs assets
	@$(python) $(pytest) e2e/test_journeys.py --quiet -m 'not other_theme'

unit: .venv-test catalogs assets ## Run the unit tests under each settings variant, and the demo's
	@$(if $(MEASURED),$(coverage) erase)
	@printf '%s\n' $(filter $(long_variants),$(VARIANTS)) $(demo_tests) $(filter-out $(long_variants),$(VARIANTS)) | \
		xargs -n 1 -P $(WORKERS) .ci/unit "$(if $(MEASURED),$(coverage) run,$(python))"

coverage: ## Run the unit tests measured, and fail for a branch or a template line that none takes
	@$(MAKE) unit MEASURED=1
	@$(MAKE) covered

covered: .venv-test ## Fail for a branch or a template line that no measured test took
	@$(coverage) combine --quiet
	@$(coverage) report

test-services: ## Run the unit tests on PostgreSQL, MariaDB and Redis
	@.ci/services --check
	@set -e; for url in $(POSTGRES_URL) $(MARIADB_URL); do \
		echo "On $${url%%:*} and Redis:"; \
		PYTEST_ADDOPTS="-p user_sessions.tests.tools.on_servers" \
		$(MAKE) unit VARIANTS="$(filter-out themes,$(VARIANTS))" DATABASE_URL=$$url CACHE_URL=$(REDIS_URL); \
	done

services: ## Start PostgreSQL, MariaDB and Redis if they don't run yet, or print what to install
	@.ci/services

e2e: $(if $(BASE_URL),,catalogs assets) .chromium ## Run the end-to-end tests in a real Chromium, or with BASE_URL=... on a site of yours
	@$(python) $(if $(BASE_URL),-m e2e.anywhere,$(pytest) e2e --quiet)

# Only pip fetches a source archive, and uv makes environments without it.
test-django: .venv-test ## Run Django's own session tests against our engine
	@$(python) -m ensurepip >/dev/null
	@$(python) -m user_sessions.tests.tools.djangos_own

interleavings: .venv-test ## Search all orders of steps in which an ended session might be accepted
	@$(python) $(pytest) $(interleavings) --quiet --ds=user_sessions.tests.settings.cached_db

fuzz: .venv-test catalogs ## Send hostile requests by the thousand, the same ones each time
	@TOX_PARALLEL_ENV=fuzz $(python) -m pytest user_sessions/tests/tools/fuzz.py --quiet

bench: .venv-test ## Compare queries and times with django.contrib.sessions
	@$(python) -m user_sessions.tests.tools.bench
	@$(python) -m user_sessions.tests.tools.bench_asgi

stress: .venv-test ## Use and end sessions in many processes at once, on PostgreSQL and a Redis of its own
	@DATABASE_URL=$(or $(DATABASE_URL),$(POSTGRES_URL)) $(python) -m user_sessions.tests.tools.stress --sessions $(SESSIONS)

lint: .venv-e2e .venv-lint .typing/user_sessions_themes assets ## Check style, types, templates, migrations, workflows and locks
	@$(python) .ci/words
	@$(python) -m ruff check
	@$(python) -m ruff format --check
	@$(python) -m mypy
	@$(VENV)/bin/djade --check --target-version 5.2 $(templates)
	@$(python) -m djlint --quiet --lint $(templates)
	@set -e; for variant in $(variants); do \
		$(python) -m django makemigrations --check --dry-run --skip-checks --verbosity 0 --settings user_sessions.tests.settings.$$variant; \
	done
	@rm -rf themes/.pages
	@WRITE_PAGES=themes/.pages $(python) $(pytest) user_sessions/tests/themes --quiet --ds=user_sessions.tests.settings.themes -k "a_page_is_the_same or each_page_of_the_list"
	@.ci/npm --prefix themes run --silent validate
	@$(VENV)/bin/zizmor --offline --quiet .github
	@$(check_schema)github-workflows .github/workflows/*.yml
	@$(check_schema)dependabot .github/dependabot.yml
	@$(check_schema)readthedocs .readthedocs.yaml
	@$(check_schema)github-issue-forms .github/ISSUE_TEMPLATE/bug.yml .github/ISSUE_TEMPLATE/feature.yml
	@$(check_schema)github-issue-config .github/ISSUE_TEMPLATE/config.yml
	@if grep -n '://' requirements-*.txt; then echo 'A lock names a download address (above).' >&2; exit 1; fi

format: .venv-lint ## Format code and templates
	@$(python) -m ruff check --fix-only --quiet
	@$(python) -m ruff format
	@$(VENV)/bin/djade --target-version 5.2 $(templates)

catalogs: .venv-demo $(catalogs) ## Compile the translations

assets: .whole-themes themes/.assets ## Put the frameworks' stylesheets into the themes

.PHONY: .whole-themes
.whole-themes:
	@.ci/leftover-themes

themes/.assets: $(theme_sources)
	@.ci/assets
	@touch $@

goldens: .venv-test catalogs assets ## Write the golden files of the themes; read the diff
	@WRITE_GOLDENS=1 $(python) $(pytest) user_sessions --quiet --ds=user_sessions.tests.settings.themes -k TestGoldens

messages: .venv-demo ## Bring the catalogues up to date with the code's texts
	@$(python) .ci/messages

screenshots: .chromium catalogs assets ## Take the pictures of README and docs
	@$(python) -m pytest e2e/screenshots.py --quiet

docs: .venv-docs ## Build the documentation into docs/_build/html
	@$(python) -m sphinx --fail-on-warning --keep-going --quiet docs docs/_build/html
	@echo "Open docs/_build/html/index.html"

build: .venv-demo catalogs assets ## Build the wheel and the source archive into dist/
	@rm -rf build dist
	@$(python) -m build --no-isolation --outdir dist >build.log 2>&1 || { cat build.log; exit 1; }
	@rm -rf build build.log
	@ls dist/*

lock: ## Write the lock files from pyproject.toml
	@$(lock) pyproject.toml --all-extras $(locked_groups) --group django52 --python-version 3.11 --output-file requirements-django52.txt
	@$(lock) pyproject.toml --all-extras $(locked_groups) --group django60 --python-version 3.12 --output-file requirements-django60.txt
	@$(lock) pyproject.toml --all-extras $(locked_groups) --group django61 --python-version 3.12 --output-file requirements-django61.txt
	@$(lock) --group mysql --python-version 3.11 --output-file requirements-mysql.txt

clean: ## Remove all that these targets made, .venv included
	@rm -rf $(VENV) .venv-matrix .uv .typing build dist docs/_build *.egg-info
	@rm -rf .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -path ./.git -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
	@rm -rf $(catalogs) themes/.assets themes/.pages themes/node_modules themes/*/static/*/vendor

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
