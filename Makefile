# make book | test | lab | bench | clean. Each sets up .venv itself, once; all it needs
# before is Python 3.11.5 or newer and make.

PYTHON ?= python3
PRESET ?= cpu
CHAPTERS ?=
JOBS ?= 2

VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
BOOK := $(RUN) -m gendiff.book
SMOKE := _build/executed/smoke
# One thread a process and two processes: quicker on two cores than the other way round.
export OMP_NUM_THREADS ?= 1
export MKL_NUM_THREADS ?= 1
export OMP_WAIT_POLICY ?= PASSIVE

.PHONY: book test fast smoke nbval site lab bench clean

book: $(READY) ## Execute what has changed, check it, and render the book.
	$(BOOK) run $(CHAPTERS) --preset $(PRESET) --jobs $(JOBS)
	$(BOOK) validate $(CHAPTERS) --preset $(PRESET)
	$(BOOK) check $(CHAPTERS) --preset $(PRESET)
	$(BOOK) build $(CHAPTERS) --preset $(PRESET)

test: fast smoke nbval site ## Everything that a change must pass.

# The library's own modules run with their shapes checked, at some cost of speed.
MODULES := checkpoint classifier_guidance ema frames grids guidance levels likelihood noise \
  objectives plan precision precondition randomness record sampling train types views \
  audio data exact families metrics nets solvers tokens typicality
EMPTY :=
COMMA := ,
TYPED := $(subst $(EMPTY) $(EMPTY),$(COMMA),$(MODULES:%=gendiff.%)),beartype.beartype

fast: $(READY)
	$(RUN) -m pytest -q -n 2 -m "not slow and not site and not gpu" \
	  --jaxtyping-packages=$(TYPED)

smoke: $(READY)
	$(BOOK) run --preset smoke --jobs $(JOBS)
	$(BOOK) validate --preset smoke

# A second execution of every smoke notebook, nothing kept from the first: whatever
# differs, a text or the data of a figure, is not determined by the seed.
nbval: smoke
	cd $(SMOKE) && GENDIFF_NO_MEMO=1 PYTHONHASHSEED=0 TZ=UTC TQDM_DISABLE=1 \
	  $(CURDIR)/$(RUN) -m pytest -q -c /dev/null --rootdir=. -p no:cacheprovider \
	  --nbval --nbval-current-env --nbval-cell-timeout 120 --dist loadfile -n 2 .

site: smoke
	$(BOOK) build --preset smoke --into _build/smoke
	GENDIFF_SITE=_build/smoke/_build/html $(RUN) -m pytest -q -n 2 -m site tests/site

lab: $(READY) ## Open the chapters as notebooks.
	$(VENV)/bin/jupyter lab --LabApp.default_url=/lab/tree/book/index.md

bench: $(READY) ## Compare with peers, side by side.
	$(RUN) -m pip install --quiet -r tests/benchmarks/requirements.txt
	$(RUN) -m pip install --quiet --no-deps -r tests/benchmarks/requirements-no-deps.txt
	$(RUN) tests/benchmarks/run.py

clean: ## Remove what was built; what lies in the user's cache stays.
	rm -rf _build

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11, 5) and \
	  "This is Python %d.%d.%d; 3.11.5 or newer is needed: make PYTHON=..." % sys.version_info[:3])'
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet -r requirements.lock
	$(RUN) -m pip install --quiet --no-deps -e .
	JUPYTER_CONFIG_DIR=$(VENV)/etc/jupyter $(VENV)/bin/jupytext-config set-default-viewer
	touch $@
