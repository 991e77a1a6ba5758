# Everything runs in .venv, which the first target that needs it makes. `make help` lists the targets.
.DEFAULT_GOAL := help
.PHONY: help install run test test-all lint format schema report serve schedule clean
MAKEFLAGS += --no-print-directory
export PATH := $(CURDIR)/.venv/bin:$(PATH)
READY := .venv/.installed

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

install: $(READY) ## make .venv and install requirements.lock (the other targets do it when needed)

# torch first, with the dependencies that its build for this machine has; then the rest of the lock as it stands
$(READY): requirements.lock pyproject.toml
	@python=$$(bash .ci/find-python "$(PYTHON)") && rm -rf .venv && "$$python" -m venv .venv
	@echo "installing requirements.lock into .venv (some minutes the first time)"
	@pip install --quiet --disable-pip-version-check -c requirements.lock $$(grep '^torch==' requirements.lock)
	@pip install --quiet --quiet --disable-pip-version-check --no-deps -r requirements.lock
	@pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

run: $(READY) ## run the whole line on params.yaml, release what passes, print a summary
	@status=0; { dvc repro && retort release; } || status=1; \
	python -m stages.report && retort summary || status=1; exit $$status

test: $(READY) ## run the tests, but for the slow ones
	@python -m pytest -m "not slow"

test-all: $(READY) ## run every test
	@python -m pytest

lint: $(READY) ## check style and types
	@ruff check . && ruff format --check . && mypy

format: $(READY) ## put the code in the project's style
	@ruff check --fix --quiet . ; ruff format --quiet .

schema: $(READY) ## write docs/params.schema.json from the models
	@python -m stages.params.render schema

report: $(READY) ## write reports/index.html from what the last run left
	@python -m stages.report

serve: $(READY) ## serve the live model
	@retort serve

schedule: $(READY) ## run the line by the cron of params.yaml, with a Prefect server
	@retort schedule

clean: ## remove what runs have made, but neither DVC's cache, nor the registry, nor .venv
	@rm -rf data/source.json data/raw data/clean data/quarantine data/augmented data/tokens models reports work
