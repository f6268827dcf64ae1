# `make run` and `make test` need only a Python of at least 3.11; everything else they install into .venv.

PYTHON ?= python3
VENV = .venv
STAMP = $(VENV)/.installed
PY = $(VENV)/bin/python
REQUIREMENTS = requirements.txt chalice_app/requirements.txt batch_jobs/requirements.txt pyproject.toml

# make run PORT=8001 AWS_PORT=4567 STATE=.local DATA=path/to/the-movies-dataset MOST_RATINGS=150000
DATA ?= $(MOVIE_DATA_DIR)
PORT ?= 8000
AWS_PORT ?= 4566
STATE ?= .local
RUN_OPTIONS = --port $(PORT) --aws-port $(AWS_PORT) --state "$(STATE)" \
	$(if $(DATA),--data "$(DATA)") $(if $(MOST_RATINGS),--most-ratings $(MOST_RATINGS)) \
	$(if $(PEOPLE),--people $(PEOPLE))
# Modules side by side, on as many processors as there are; WORKERS=0 runs them one by one, as a debugger needs.
WORKERS ?= auto
PYTEST = $(PY) -m pytest -n $(WORKERS) --maxprocesses 4 --dist loadscope --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help run reset test test-unit test-integration test-e2e test-backends localstack browser bench \
	deploy destroy logs lint audit licences format clean install

help: ## show this list
	@grep -E '^[a-z0-9-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | awk -F ':.*## ' '{ printf "  make %-17s %s\n", $$1, $$2 }'

run: $(STAMP) ## run the whole product on this machine (PORT=, AWS_PORT=, DATA=, MOST_RATINGS=, PEOPLE=)
	@exec $(PY) localstack/run.py $(RUN_OPTIONS)

reset: $(STAMP) ## delete everything the local product has stored
	@$(PY) localstack/run.py --state "$(STATE)" --reset

test: $(STAMP) browser ## run every test
	$(PYTEST) $(TEST_OPTIONS)

test-unit: $(STAMP) ## run the tests that need nothing but Python
	$(PYTEST) tests/unit $(TEST_OPTIONS)

test-integration: $(STAMP) ## run the tests against an emulated AWS
	$(PYTEST) tests/integration $(TEST_OPTIONS)

test-e2e: $(STAMP) browser ## run the tests that drive a browser
	$(PYTEST) tests/e2e $(TEST_OPTIONS)

test-backends: $(STAMP) browser ## run the product on the embedded AWS, moto and LocalStack, and compare
	$(PYTEST) tests/backends $(TEST_OPTIONS)

localstack: ## install LocalStack, without Docker, for tests and for deploying to it
	@localstack/without_docker.sh install

# make bench SIZES="ml-100k 1m" BENCH_OPTIONS="--only surprise/svd ours/svd-2"
bench: $(STAMP) ## measure the models against other libraries, for hours (SIZES=, BENCH_OPTIONS=)
	@$(PY) -m tests.benchmarks $(if $(SIZES),--sizes $(SIZES)) $(BENCH_OPTIONS)

# make deploy STAGE=dev YES=1; make deploy TARGET=embedded AWS_PORT=4567; make destroy STAGE=dev DATA=delete
STAGE ?= dev
TARGET ?= aws
STAGE_OPTIONS = --stage $(STAGE) --target $(TARGET) --aws-port $(AWS_PORT)
DEPLOY_OPTIONS = $(STAGE_OPTIONS) $(if $(YES),--yes)

deploy: $(STAMP) ## deploy to AWS, or to an emulated one (STAGE=, TARGET=embedded or localstack, YES=1)
	@exec $(PY) -m infra.deploy deploy $(DEPLOY_OPTIONS)

destroy: $(STAMP) ## delete what was deployed, except what people wrote (STAGE=, TARGET=, DATA=delete)
	@exec $(PY) -m infra.deploy destroy $(DEPLOY_OPTIONS) $(if $(filter delete,$(DATA)),--delete-data)

logs: $(STAMP) ## show what a stage said last (STAGE=, TARGET=, SINCE=10m, FOLLOW=1)
	@exec $(PY) -m infra.deploy logs $(STAGE_OPTIONS) $(if $(SINCE),--since $(SINCE)) $(if $(FOLLOW),--follow)

lint: $(STAMP) ## check style, types and templates
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy chalice_app batch_jobs localstack infra tests
	$(VENV)/bin/cfn-lint infra/*.yaml
	@.ci/checkov

audit: $(STAMP) ## look for known vulnerabilities, unfit licences and secrets
	@.ci/audit

licences: $(STAMP) ## write docs/licences.md: what of others is given away, under which licence
	@$(PY) -m infra.licences

format: $(STAMP) ## bring the code into the one style
	$(VENV)/bin/ruff format
	$(VENV)/bin/ruff check --fix

clean: ## delete what was installed and cached, but nothing that was stored
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info build

install: $(STAMP)

$(STAMP): $(REQUIREMENTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "This needs Python 3.11 or newer, and $(PYTHON) is not; name one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) lacks its venv module; on Debian and Ubuntu: sudo apt-get install python3-venv" >&2; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@echo "Installing what is needed into $(VENV); the first time takes a minute or two …"
	@$(PY) -m pip install -qq --disable-pip-version-check -r requirements.txt
	@touch $(STAMP)

# Where no browser can be had, the browser tests skip and say what is missing.
browser: $(STAMP)
	@for name in chromium chromium-browser google-chrome google-chrome-stable; do \
		if command -v $$name >/dev/null; then exit 0; fi; done; \
	if [ "$$(id -u)" = 0 ]; then root=; elif sudo -n true 2>/dev/null; then root="sudo -n"; else root=none; fi; \
	if [ "$$root" != none ] && command -v apt-get >/dev/null; then \
		echo "Installing the browser that the tests drive …"; \
		$$root apt-get update -qq && $$root apt-get install -qq -y chromium >/dev/null && exit 0; \
	fi; \
	$(PY) -m playwright install chromium || \
		echo "No browser could be installed; the browser tests need Chromium or Chrome and will skip." >&2
