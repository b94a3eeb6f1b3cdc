# Every target builds .venv by itself when it is missing or older than constraints.txt.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
OUTDIAL := $(BIN)/outdial
export PACT_DO_NOT_TRACK := true

.DEFAULT_GOAL := help
.PHONY: help setup pact docs generate verify settle claims page strength stub test test-slow lint lock bench mutate

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/installed ## install what `make pact` needs into .venv (needs Python 3.11 or newer)

.venv/installed: constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Outdial needs Python 3.11 or newer; set PYTHON=/path/to/python3.11" >&2; exit 2; }
	@echo "installing the pinned packages into .venv (once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) --require-hashes -r constraints.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/tools: tests/constraints.txt .venv/installed
	@echo "installing the test tools into .venv (once)"
	@$(PIP) --require-hashes -r tests/constraints.txt
	@touch $@

pact: .venv/installed ## play every scenario, write pacts/, verify them against the stub
	@$(OUTDIAL) pact $(ARGS)

generate: .venv/installed
	@$(OUTDIAL) generate $(ARGS)

verify: .venv/installed ## verify the committed pacts only
	@$(OUTDIAL) verify $(ARGS)

docs: .venv/tools ## play every row, write pacts/, and every generated page and schema
	@$(OUTDIAL) generate
	@$(OUTDIAL) schemas
	@$(OUTDIAL) settle --page docs/settle.md
	@$(OUTDIAL) claims --page docs/claims.md
	@$(OUTDIAL) published --page docs/published.md --questions docs/questions.md --contract docs/contract.md --table docs/403.md
	@WRITE_PAGES=1 $(BIN)/pytest tests/explain/test_reports.py -k test_the_page_is_what_the_command_prints
	@$(OUTDIAL) strength --page docs/strength.md

settle: .venv/installed ## every pact against every edition of its API
	@$(OUTDIAL) settle $(ARGS)

claims: .venv/installed ## what the reports' answers claim, with computed verdicts
	@$(OUTDIAL) claims $(ARGS)

page: .venv/installed ## serve a page to paste a refused request into
	@$(OUTDIAL) explain --page $(ARGS)

strength: .venv/installed ## which faults of a provider the pacts would notice
	@$(OUTDIAL) strength $(ARGS)

stub: .venv/installed ## serve the provider stub; STATES=1 also serves provider states (mints tokens)
	@$(OUTDIAL) stub $(if $(STATES),--states) $(ARGS)

test: .venv/tools lint ## lint, types and our tests: they generate pacts/ anew, verify them and measure their strength
	@$(BIN)/pytest tests -n 2 --dist worksteal -m "not slow"

test-slow: .venv/tools build/python-sdk/installed ## the tests that take long, and property tests with many EXAMPLES; the nightly workflow runs them
	@EXAMPLES=$(or $(EXAMPLES),400) $(BIN)/pytest tests -n 2 --dist worksteal -m "slow or hypothesis"

lint: .venv/tools
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/zizmor --offline --quiet .github/workflows action.yml

lock: .venv/installed ## resolve both files of pins anew from pyproject.toml
	@$(PYTHON) -m venv build/lock && build/lock/bin/pip install --quiet uv
	@$(LOCK) --group build -o constraints.txt
	@$(LOCK) --group build --group test -c constraints.txt -o tests/constraints.txt

LOCK = build/lock/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header \
  --no-annotate --no-emit-index-url --no-emit-find-links --upgrade

# The broker round trip (docs/broker.md). TO=production names an environment, ARGS adds options. The exit codes
# of `outdial` are in its last line; make itself ends with 2 for every failure.
.PHONY: broker broker-stop broker-reset publish verify-broker can-i-deploy create-environment record-deployment
ENVIRONMENT = $(or $(TO),$(error TO is not set: name the environment, like TO=production))

broker: ## start a Pact Broker on this machine, with Docker
	@docker compose up --detach --wait
	@echo 'the broker runs: export PACT_BROKER_BASE_URL=http://localhost:9292'

broker-stop: ## stop it; what it holds is kept
	@docker compose down

broker-reset: ## stop it and forget what it holds
	@docker compose down --volumes

publish: .venv/installed ## publish the committed pacts to the broker in PACT_BROKER_BASE_URL
	@$(OUTDIAL) broker publish $(ARGS)

verify-broker: .venv/installed ## verify the broker's pacts against the stub, record the results there
	@$(OUTDIAL) broker verify $(ARGS)

can-i-deploy: .venv/installed ## pass only when the broker says yes; TO=production asks for an environment
	@$(OUTDIAL) broker can-i-deploy $(if $(TO),--to $(TO)) $(ARGS)

create-environment: .venv/installed ## let TO exist at the broker, unless it does
	@$(OUTDIAL) broker create-environment --name $(ENVIRONMENT) $(ARGS)

record-deployment: .venv/installed ## tell the broker that this version runs in TO
	@$(OUTDIAL) broker record-deployment --to $(ENVIRONMENT) $(ARGS)

# Clients that are not ours, as consumers (docs/your-own-client.md); what a target installs and writes is in build/.
.PHONY: examples example-shell example-javascript-sdk example-python-sdk
EXAMPLE = mkdir -p build/$@ && cd build/$@ && $(CURDIR)/$(OUTDIAL) pact --consumer $@ --client

examples: example-shell example-javascript-sdk example-python-sdk ## official SDKs and curl as consumers: their pacts, verified

example-shell: .venv/installed
	@$(EXAMPLE) '$(CURDIR)/examples/shell/adapter.sh' --tables genesys-cloud genesys-cloud-login/client_credentials

example-javascript-sdk: .venv/installed build/javascript-sdk/node_modules
	@$(EXAMPLE) 'env NODE_PATH=$(CURDIR)/build/javascript-sdk/node_modules node $(CURDIR)/examples/javascript-sdk/adapter.js' --tables genesys-cloud genesys-cloud-login

build/javascript-sdk/node_modules: examples/javascript-sdk/package-lock.json
	@mkdir -p $(@D) && cp examples/javascript-sdk/package*.json $(@D)
	@npm ci --prefix $(@D) --no-audit --no-fund --loglevel=error && touch $@

example-python-sdk: .venv/installed build/python-sdk/installed
	@$(EXAMPLE) '$(CURDIR)/build/python-sdk/bin/python $(CURDIR)/examples/python-sdk/adapter.py' --expects $(CURDIR)/examples/python-sdk/expects.yaml --tables genesys-cloud genesys-cloud-login

build/python-sdk/installed: examples/python-sdk/constraints.txt
	@rm -rf $(@D) && $(PYTHON) -m venv $(@D)
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

bench: .venv/tools ## measure cost per interaction and speed of the stub, beside the stock way, pact stub and Prism
	@$(BIN)/python -m benchmarks.stub_speed $(ARGS)
	@$(BIN)/python -m benchmarks.interaction_cost
	@$(BIN)/python -m benchmarks.large_pact

# Some seconds for each mutant, so by default a sample of all modules: SAMPLE=200 takes more of them, SAMPLE=all every
# one, MODULE=outdial/provider/engine.py one file, TESTS=tests/… other tests (.ci/mutation.toml says which), SEED=2 another
# sample. The tool has an environment of its own.
SAMPLE ?= 60
SEED ?= 1
mutate: .venv/installed build/mutation-tool/installed ## make the stub's own code faulty, place by place; list what no fast test notices
	@rm -rf build/mutation && mkdir -p build/mutation && git ls-files -z | xargs -0 cp --parents -t build/mutation
	@sed -i '$(if $(MODULE),s|^module-path = .*|module-path = "$(MODULE)"|);$(if $(TESTS),s|^test-command = .*|test-command = "python -m pytest -x -q -p no:cacheprovider $(TESTS)"|)' build/mutation/.ci/mutation.toml
	@cd build/mutation && export PYTHONPATH="$$PWD" PATH="$(CURDIR)/$(BIN):$$PATH" TOOL="$(CURDIR)/build/mutation-tool/bin" \
	  && $$TOOL/cosmic-ray init .ci/mutation.toml ../mutation.sqlite --force && $$TOOL/cr-filter-operators ../mutation.sqlite .ci/mutation.toml \
	  && python .ci/sample_mutants.py ../mutation.sqlite $(SAMPLE) $(SEED) \
	  && $$TOOL/cosmic-ray baseline .ci/mutation.toml && $$TOOL/cosmic-ray exec .ci/mutation.toml ../mutation.sqlite
	@build/mutation-tool/bin/cr-report build/mutation.sqlite --surviving-only --show-diff > build/mutation.txt; tail -n 3 build/mutation.txt; echo "survivors, with their changes: build/mutation.txt"

build/mutation-tool/installed: pyproject.toml
	@$(PYTHON) -m venv $(@D)
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["mutation"])' | xargs $(@D)/bin/python -m pip install --quiet --disable-pip-version-check
	@touch $@
