# make book | test | lab | bench | clean. Each sets up .venv itself, once; all it needs
# before is Python 3.11.5 or newer and make.

PYTHON ?= python3
PRESET ?= cpu
CHAPTERS ?=
JOBS ?=
DEVICE ?=

VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
BOOK := $(RUN) -m gendiff.book
WORKERS := $(if $(JOBS),--jobs $(JOBS))
HOW := --preset $(PRESET) $(WORKERS) $(if $(DEVICE),--device $(DEVICE))
# One thread a process and as many processes as cores: quicker than the other way round.
export OMP_NUM_THREADS ?= 1
export MKL_NUM_THREADS ?= 1
export OMP_WAIT_POLICY ?= PASSIVE

.PHONY: book test fast smoke nbval site lab bench clean

book: $(READY) ## Execute what has changed, check it, and render what ran.
	$(BOOK) make $(CHAPTERS) $(HOW)

STAGES := fast smoke nbval site

test: $(READY) ## Everything that a change must pass: every stage, and a sum at the end.
	@failed=; sum=; for stage in $(STAGES); do \
	  printf '\n== %s\n' $$stage; began=$$(date +%s); \
	  if $(MAKE) --no-print-directory $$stage; then word=passed; \
	  else word=FAILED; failed="$$failed $$stage"; fi; \
	  sum="$$sum\n  $$stage $$word ($$(($$(date +%s) - began)) s)"; \
	done; printf "\n== summary$$sum\n"; test -z "$$failed"

# The library's own modules run with their shapes checked, at some cost of speed.
PACKAGES := $(patsubst gendiff/%/__init__.py,%,$(wildcard gendiff/*/__init__.py))
FILES := $(patsubst gendiff/%.py,%,$(wildcard gendiff/*.py))
MODULES := $(filter-out book studies drawing applied testing __init__,$(PACKAGES) $(FILES))
EMPTY :=
COMMA := ,
TYPED := $(subst $(EMPTY) $(EMPTY),$(COMMA),$(MODULES:%=gendiff.%)),beartype.beartype
PROCESSES := $(or $(JOBS),auto)

fast: $(READY)
	$(RUN) -m pytest -q -n $(PROCESSES) -m "not slow and not site and not gpu" \
	  --jaxtyping-packages=$(TYPED)

smoke: $(READY)
	$(BOOK) run --preset smoke $(WORKERS)
	$(BOOK) validate --preset smoke

nbval: $(READY) ## Execute every smoke notebook again, nothing kept from the first time.
	$(BOOK) repeat --preset smoke $(WORKERS)

site: $(READY)
	$(BOOK) build --preset smoke --into _build/smoke
	GENDIFF_SITE=_build/smoke/_build/html $(RUN) -m pytest -q -n $(PROCESSES) -m site \
	  tests/site

lab: $(READY) ## Open the chapters as notebooks.
	GENDIFF_DEVICE=$(DEVICE) JUPYTER_PATH=$(CURDIR)/book/_lab \
	  JUPYTER_CONFIG_PATH=$(CURDIR)/book/_lab \
	  $(VENV)/bin/jupyter lab --LabApp.default_url=/lab/tree/book/index.md

bench: $(READY) ## Compare with peers, side by side, and record it for the book.
	$(RUN) -m pip install --quiet -r tests/benchmarks/requirements.txt
	$(RUN) -m pip install --quiet --no-deps -r tests/benchmarks/requirements-no-deps.txt
	$(RUN) tests/benchmarks/run.py --record

clean: ## Remove what was built; what lies in the user's cache stays.
	rm -rf _build

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11, 5) and \
	  "This is Python %d.%d.%d; 3.11.5 or newer is needed: make PYTHON=..." % sys.version_info[:3])'
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	@echo "Installing some 190 packages into $(VENV): a few minutes, once."
	$(RUN) -m pip install --quiet -r requirements.lock
	$(RUN) -m pip install --quiet --no-deps -e .
	JUPYTER_CONFIG_DIR=$(VENV)/etc/jupyter $(VENV)/bin/jupytext-config set-default-viewer
	touch $@
