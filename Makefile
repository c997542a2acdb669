# Every command that people and CI run. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help setup engine rehearse develop migration preview cost deploy verify destroy credentials test test-slow unit lint format images bench docs pictures workflows container-engine browser node-packages clean clean-cache

STACK ?= dev
LAYER ?=
PLATFORM ?=
ARGS ?=
NAME ?=

# For what the tools below start. The tools themselves are named by path, because old versions of make ignore this.
export PATH := $(CURDIR)/.venv/node/bin:$(CURDIR)/.venv/bin:$(PATH)
# The Node that Playwright brings needs libatomic, which a bare Debian lacks.
export PLAYWRIGHT_NODEJS_PATH := $(CURDIR)/.venv/node/bin/node
# An outdated uv.lock is an error, and is never rewritten silently.
export UV_LOCKED := 1
# Compiled modules are kept, also where a container's environment says otherwise: every command starts in half the time.
export PYTHONDONTWRITEBYTECODE :=

NODE_FOLDERS := $(patsubst %/package-lock.json,%,$(wildcard backend/package-lock.json frontend/package-lock.json tools/*/package-lock.json))
SHELL_SCRIPTS := .ci/run tools/setup tools/node-packages tools/browser tools/container-engine tests/applications/stand-in-image tools/actionlint/build $(wildcard */entrypoint.sh)
DOCKERFILES := $(wildcard */Dockerfile)
WORKFLOWS := $(wildcard .github/workflows/*.yml .github/workflows/*.yaml)

##@ Run
help: ## list the commands
	@awk -F ':.*## ' '/^##@ / { printf "\n%s\n", substr($$0, 5) } /^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

setup: ## create .venv with the Python packages (every command does this first)
	@tools/setup

engine: setup ## get the Pulumi engine if there is none on your computer
	@.venv/bin/conducky engine

rehearse: setup ## deploy all three layers to your computer (STACK=dev ARGS="--once")
	@exec .venv/bin/conducky rehearse --stack "$(STACK)" $(ARGS)

develop: setup node-packages ## run both applications with reload, on a rehearsal's database (STACK=dev ARGS="--port 3000")
	@exec .venv/bin/conducky develop --stack "$(STACK)" $(ARGS)

migration: setup node-packages ## write a Prisma migration from the backend's schema (NAME=add_comments)
	@exec .venv/bin/conducky migration --stack "$(STACK)" -- "$(NAME)"

##@ Deploy
# An empty STACK must reach the command, which refuses it: pulumi would use the stack that was selected last.
SELECTION = --stack "$(STACK)" $(if $(LAYER),--layer "$(LAYER)")

preview: setup ## show what deploy would change (STACK=dev LAYER=services ARGS="--diff")
	@exec .venv/bin/conducky preview $(SELECTION) $(ARGS)

cost: setup ## show what a stack costs a month on AWS, before it is deployed (STACK=prod ARGS="--compare dev")
	@exec .venv/bin/conducky cost --stack "$(STACK)" $(ARGS)

deploy: setup ## deploy to AWS: platform, then services (STACK=dev LAYER=services ARGS="--yes")
	@exec .venv/bin/conducky deploy $(SELECTION) $(ARGS)

verify: setup ## check that the last release is live: ECS runs that revision, and it answers (STACK=dev)
	@exec .venv/bin/conducky verify --stack "$(STACK)" $(ARGS)

destroy: setup ## remove it from AWS: services, then platform, after you type the stack's name (STACK=dev LAYER=services)
	@exec .venv/bin/conducky destroy $(SELECTION) $(ARGS)

credentials: setup ## manage the deployer's access keys, as an AWS admin (STACK=dev ARGS="create", "rotate --github", "revoke KEY")
	@exec .venv/bin/conducky credentials $(ARGS) $(if $(ARGS),--stack "$(STACK)")

##@ Check
# In several processes; the tests of a file stay together, for what they share takes its time.
PYTEST = .venv/bin/pytest --dist loadfile --no-loadscope-reorder --randomly-seed $(SEED)
# Another order for each state of the sources, and the same order for everybody who tests that state.
SEED = $(shell printf %d 0x$$(git rev-parse --short=7 'HEAD^{tree}' 2>/dev/null || echo 1))

test: lint engine ## lint, and all tests but the slow ones, on the real engine (ARGS="tests/scenarios")
	$(PYTEST) -n auto -m "not slow" $(ARGS)

test-slow: setup node-packages engine browser ## the slow tests: browsers, each setting's effect, each fault again
	$(PYTEST) -n logical --maxprocesses 4 -m slow $(ARGS)

unit: setup node-packages ## the tests that start no real programs, in about a minute (ARGS="-k name")
	$(PYTEST) -n auto -m "not engine and not slow" $(ARGS)

lint: setup node-packages ## check formatting, rules and types in every language
	@$(MAKE) --no-print-directory -j2 lint-python lint-files $(if $(filter output-sync,$(.FEATURES)),--output-sync)

# Two at a time: the types of the Python code take as long as everything else.
.PHONY: lint-python lint-files
lint-python:
	.venv/bin/basedpyright

lint-files:
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/lint-imports --no-logo --no-cache
	.venv/bin/yamllint --strict .
	.venv/bin/shellcheck $(SHELL_SCRIPTS)
	.venv/bin/hadolint --failure-threshold warning $(DOCKERFILES)
	@tools/actionlint/build
	.venv/bin/actionlint -shellcheck .venv/bin/shellcheck $(WORKFLOWS)
	.venv/bin/zizmor --quiet --offline --persona pedantic .github
	.venv/bin/uv lock --check --quiet
	.venv/node/bin/npm run --silent --prefix backend lint
	.venv/node/bin/npm run --silent --prefix backend typecheck
	.venv/node/bin/npm run --silent --prefix frontend lint
	.venv/node/bin/npm run --silent --prefix frontend typecheck

format: setup ## format the Python code and fix what ruff can fix
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

images: setup ## build both images with Docker, Podman or Buildah (PLATFORM=arm64)
	@exec .venv/bin/python -m tools.images $(if $(PLATFORM),--platform "$(PLATFORM)") $(ARGS)

bench: setup engine node-packages ## measure the main commands and the applications (ARGS=applications, ARGS=release, ARGS=tests)
	@exec .venv/bin/python -m tools.bench $(ARGS)

##@ Keep
docs: setup ## write the generated parts of the pages in docs/ again from the code
	.venv/bin/python -m tools.docs

pictures: setup node-packages engine browser ## take the README's pictures again, from a rehearsal in a browser
	@exec .venv/bin/python -m tools.pictures

container-engine: ## install Podman and runc, which run the real images in a rehearsal (Debian, Ubuntu)
	@tools/container-engine

workflows: setup ## write the applications' secrets into the workflows, from the lists in the settings
	@.venv/bin/python -m tools.workflows

browser: setup ## get a Chromium for the tests if there is none on your computer
	@tools/browser

node-packages: setup ## get the Node packages for lint and tests
	@tools/node-packages $(NODE_FOLDERS)

clean: ## remove what was installed and built in this folder
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis artefacts backend/src/generated
	rm -rf */node_modules tools/*/node_modules */dist */.next */coverage */*.tsbuildinfo frontend/next-env.d.ts
	find . -name __pycache__ -prune -exec rm -rf {} +

clean-cache: setup ## remove what is stored outside this folder (the engine, builds)
	@.venv/bin/python -m conducky.cache
