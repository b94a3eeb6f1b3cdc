# Every target builds .venv by itself when it is missing or older than constraints.txt.
PYTHON ?= python3
BIN := .venv/bin
export PACT_DO_NOT_TRACK := true
export PYTHONPATH := $(CURDIR)

.DEFAULT_GOAL := help
.PHONY: help setup pact generate verify settle claims strength stub test lint lock conformance bench

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/installed ## install everything into .venv (needs Python 3.11 or newer)

.venv/installed: constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Outdial needs Python 3.11 or newer; set PYTHON=/path/to/python3.11" >&2; exit 2; }
	@echo "installing the pinned tools into .venv (once)"
	@rm -rf .venv && $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	@touch $@

pact: generate verify ## play every scenario, write pacts/, verify them against the stub

generate: .venv/installed
	@$(BIN)/pytest consumer_tests

verify: .venv/installed ## verify the committed pacts only
	@$(BIN)/python -m verification $(ARGS)

settle: .venv/installed ## every pact against every edition of its API; writes docs/settle.md
	@$(BIN)/python -m reports.settle $(ARGS)

claims: .venv/installed ## what the reports' answers claim, with computed verdicts; writes docs/claims.md
	@$(BIN)/python -m reports.claims $(ARGS)

strength: .venv/installed ## which faults of a provider the pacts would notice; writes docs/strength.md
	@$(BIN)/python -m strength --page docs/strength.md $(ARGS)

stub: .venv/installed ## serve the provider stub; STATES=1 also serves provider states (mints tokens)
	@$(BIN)/python -m verification.stub $(if $(STATES),--states) $(ARGS)

test: .venv/installed lint ## lint, types, our own tests, consumer tests, drift of pacts/, verification, strength
	@$(BIN)/pytest tests -n 2 --dist worksteal
	@mkdir -p build/pacts && $(BIN)/pytest consumer_tests --pacts build/pacts
	@diff -r pacts build/pacts || { echo "pacts/ are not what the consumer tests generate: run make pact, commit pacts/" >&2; exit 1; }
	@$(BIN)/python -m verification
	@$(BIN)/python -m strength

lint: .venv/installed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

lock: .venv/installed ## resolve constraints.txt anew from pyproject.toml
	@$(PYTHON) -m venv build/lock && build/lock/bin/pip install --quiet uv
	@build/lock/bin/uv pip compile pyproject.toml --group test --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --upgrade -o constraints.txt

conformance: .venv/installed ## compare a pact with the provider's OpenAPI or Swagger file: SPEC=file [PACT=file]
	@test -n "$(SPEC)" || { echo "SPEC is missing: make conformance SPEC=path/to/openapi.json [PACT=pacts/….json]" >&2; exit 2; }
	@$(BIN)/python -m conformance.comparison $(SPEC) $(PACT)

# The broker round trip (docs/broker.md). TO=production names an environment, ARGS adds options. The exit codes
# 0, 1 and 2 are those of `python -m broker`; make itself ends with 2 for both failures.
BROKER = .venv/bin/python -m broker
.PHONY: broker publish verify-broker can-i-deploy record-deployment

broker: .venv/installed ## start a Pact Broker on this machine, with Docker
	@$(BROKER) start

publish: .venv/installed ## publish the committed pacts to the broker in PACT_BROKER_BASE_URL
	@$(BROKER) publish $(ARGS)

verify-broker: .venv/installed ## verify the broker's pacts against the stub, record the results there
	@$(BROKER) verify $(ARGS)

can-i-deploy: .venv/installed ## pass only when the broker says yes; TO=production asks for an environment
	@$(BROKER) can-i-deploy $(if $(TO),--to $(TO)) $(ARGS)

record-deployment: .venv/installed ## tell the broker that this version runs in TO
	@$(BROKER) record-deployment --to $(or $(TO),$(error TO is not set: name the environment, like TO=production)) $(ARGS)

bench: .venv/installed ## measure cost per interaction and speed of the stub, beside the stock way, pact stub and Prism
	@$(BIN)/python -m benchmarks.stub_speed $(ARGS)
	@$(BIN)/python -m benchmarks.interaction_cost
