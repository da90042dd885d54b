# Everything a developer does here. Needs only python3 (3.11 or newer) with pip; the rest comes from the lock.
#
#   make demo      look at the desk with invented customers     make demo ARGS=--headless
#   make test      run the tests                                make test ARGS="-k outbox"
#   make check     lint, types, layers, catalogues, pages       make bench ARGS="01 15"
#   make messages  refresh the translations                     make docs, make picture, make gallery, make lock
#   make mutants   break the code and see the tests notice     make mutants ARGS="--n 40 --only services/ingest"
#   make bench AGAINST=../before ARGS="01 02"     this checkout against another one, round by round
#   make fuzz      bend what arrives, 50,000 times a channel    make rehearse       long runs; make rehearse kill

PYTHON ?= python3
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export PIP_USER = 0
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo test check bench mutants fuzz rehearse messages docs promised picture gallery lock
.DEFAULT_GOAL := test

demo: $(READY)
	@$(BIN)/chatapp demo $(ARGS)

test: $(READY)
	@$(BIN)/python -m pytest -q -n auto --dist worksteal $(ARGS)

check: $(READY)
	$(BIN)/ruff check --no-cache .
	$(BIN)/ruff format --no-cache --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m scripts.messages --check
	$(BIN)/python -m scripts.docs --check

# With AGAINST, another checkout: its figures and ours, round by round.
bench: $(READY)
	@$(BIN)/python -m $(if $(AGAINST),benchmarks.against $(AGAINST),benchmarks) $(ARGS)

mutants: $(READY)
	@$(BIN)/python -m scripts.mutants $(ARGS)

fuzz: $(READY)
	@$(BIN)/python -m tests.fuzz $(ARGS)

# What follows "rehearse" names rehearsals and is nothing to make.
ifeq (rehearse,$(firstword $(MAKECMDGOALS)))
NAMES := $(filter-out rehearse,$(MAKECMDGOALS))
$(foreach name,$(NAMES),$(eval $(name):;@:))
endif
rehearse: $(READY)
	@$(BIN)/python -m tests.rehearsals $(NAMES)

messages: $(READY)
	@$(BIN)/python -m scripts.messages

docs: $(READY)
	@$(BIN)/python -m scripts.docs

# The strings that stored rows, programs and people's files know: only if a change of them is meant.
promised: $(READY)
	@$(BIN)/python -m scripts.promised

picture: $(READY)
	@$(BIN)/python docs/picture.py

gallery: $(READY)
	@$(BIN)/python -m scripts.gallery $(ARGS)

# Names neither indexes nor folders of the machine it runs on. UPGRADE=1 takes the newest versions.
COMPILE = CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile -q --generate-hashes --strip-extras --allow-unsafe \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options $(if $(UPGRADE),--upgrade)
lock: $(READY)
	$(COMPILE) -o requirements.lock pyproject.toml
	$(COMPILE) --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml

# Installed once; again only when the lock or the package's own description changes.
# A folder without the mark is what an interrupted install left: it is made anew.
$(READY): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "chatapp needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V 2>&1)."; \
		echo "Name another one: make PYTHON=python3.12"; exit 1; }
	@test -e $@ || rm -rf $(VENV)
	@test -x $(BIN)/python || $(PYTHON) -m venv --clear --without-pip $(VENV)
	@rm -f $@
	@if $(BIN)/python -m pip -V >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null 2>&1; \
	then pip="$(BIN)/python -m pip"; else pip="$(PYTHON) -m pip --python $(BIN)/python"; fi; \
	echo "Installing into $(VENV) ..."; \
	$$pip install --quiet --require-hashes -r requirements-dev.lock && \
	$$pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@
