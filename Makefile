# The one entry point. `make` lists what there is. Works from any directory (make -C, make -f).
MAKEFLAGS += --no-print-directory
ROOT := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
BIN := $(ROOT)/.venv/bin
IN_ROOT := cd "$(ROOT)" &&
PREPARE := $(IN_ROOT) python=$$(sh scripts/python.sh) && "$$python" scripts/bootstrap
TEST_WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help up prepare page test test-python test-web attacks e2e discussion fault bad-keys bench check lint format-check types imports dependencies \
  web-check lock-check generated-check fmt lock generate doctor clean

help: ## list the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z0-9-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' "$(ROOT)/Makefile"

up: ## prepare what is missing and start everything on this machine
	@$(PREPARE) environment page
	@$(IN_ROOT) exec "$(BIN)/palaver" up $(UP)

prepare: ## make .venv current
	@$(PREPARE) environment

page: ## make .venv and the web page current
	@$(PREPARE) environment page

doctor: prepare ## say what is wrong with this installation
	@$(IN_ROOT) "$(BIN)/palaver" doctor

test: page test-python test-web ## all tests: unit, component on real servers, end to end, browser, page

test-python: prepare ## the Python tests
	@$(IN_ROOT) "$(BIN)/pytest" -q -n $(TEST_WORKERS) --dist loadfile $(TESTS)

test-web: prepare ## the page's unit tests
	@$(PREPARE) npm run test

bench: prepare ## what a token costs here, in two minutes; FULL=1 for everything, BENCH="--only NAME --against FILE"
	@$(IN_ROOT) "$(BIN)/palaver" bench $(if $(FULL),--full) $(BENCH)

fault: prepare ## break everything 240 times and check what was shown and kept; SEED=17 SCHEDULES=1 NODES=1 or 3
	@$(IN_ROOT) PYTHONPATH=tests/fault exec "$(BIN)/python" -m faultlab $(if $(SEED),--seed $(SEED)) \
	  $(if $(SCHEDULES),--schedules $(SCHEDULES)) $(if $(NODES),--nodes $(NODES)) $(if $(MINUTES),--minutes $(MINUTES))

bad-keys: prepare ## 500 turns over three keys and two providers that go bad, while workers are killed; TURNS=500
	@$(IN_ROOT) "$(BIN)/pytest" -q -s tests/fault/test_bad_keys.py --turns $(or $(TURNS),500)

discussion: prepare ## 300 rounds of four models over windows of 4 k to 200 k: no overflow, and meters that are right; ROUNDS=300
	@$(IN_ROOT) "$(BIN)/pytest" -q tests/e2e/test_long_discussion.py --rounds $(or $(ROUNDS),300)

attacks: prepare ## only what somebody tries who may not (docs/attacks.md)
	@$(IN_ROOT) "$(BIN)/pytest" -q -n $(TEST_WORKERS) --dist loadfile -m attack

e2e: page ## only the tests through the public edge
	@$(IN_ROOT) "$(BIN)/pytest" -q tests/e2e

check: lint format-check types imports dependencies web-check lock-check generated-check ## everything that needs no server

lint: prepare ## ruff rules
	@$(IN_ROOT) "$(BIN)/ruff" check --quiet .

format-check: prepare ## formatting
	@$(IN_ROOT) "$(BIN)/ruff" format --quiet --check .

types: prepare ## pyright, strict
	@$(IN_ROOT) "$(BIN)/pyright" --level error

imports: prepare ## who may import whom (.importlinter)
	@$(IN_ROOT) "$(BIN)/lint-imports" --no-logo

dependencies: prepare ## each member declares what it imports, and nothing else
	@$(IN_ROOT) "$(BIN)/python" scripts/check_dependencies.py

web-check: prepare ## lint and types of the page
	@$(PREPARE) npm run lint
	@$(PREPARE) npm run types

lock-check: prepare ## requirements.lock says what the projects ask for
	@$(IN_ROOT) UV="$$(ls .tools/bin/uv .tools/site/bin/uv 2>/dev/null | head -n 1)" sh scripts/check_lock.sh

generated-check: prepare ## generated files are those of the contracts
	@$(IN_ROOT) "$(BIN)/python" -m palaver.contracts.generate --check
	@$(IN_ROOT) "$(BIN)/python" scripts/generate.py --check
	@$(PREPARE) npm run --silent contracts -- --check

fmt: prepare ## format, and fix what can be fixed
	@$(IN_ROOT) "$(BIN)/ruff" check --quiet --fix . ; "$(BIN)/ruff" format --quiet .

lock: prepare ## write requirements.lock anew from all projects
	@$(IN_ROOT) UV="$$(ls .tools/bin/uv .tools/site/bin/uv 2>/dev/null | head -n 1)" sh scripts/lock.sh

generate: prepare ## write schemas, TypeScript types and documents from the contracts
	@$(IN_ROOT) "$(BIN)/python" -m palaver.contracts.generate
	@$(IN_ROOT) "$(BIN)/python" scripts/generate.py
	@$(PREPARE) npm run --silent contracts

clean: ## remove everything that was built; data in .palaver stays
	@$(IN_ROOT) rm -rf .venv .tools .stamps web/node_modules web/dist
