# Anomalies, Reproduced. `make help` lists the targets.
SHELL := /bin/bash
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13; do $$p -c '$(FITS)' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin

# pip takes the newest CUDA build of PyTorch unless it is told otherwise: gigabytes that this book
# does not need. `make book TORCH=cpu` takes the CPU build from PyTorch's own index.
CPU_TORCH_INDEX := https://download.pytorch.org/whl/cpu
PIP_OPTIONS := $(if $(filter cpu,$(TORCH)),--extra-index-url $(CPU_TORCH_INDEX))

# A local mirror of the data beside the checkout is used where there is one.
ifneq ($(wildcard ../shared/data/SHA256SUMS),)
export TSADBOOK_DATA ?= $(abspath ../shared/data)
endif

.PHONY: help book test colab references serve pdf sync lint sweep release-check bench doctor clean
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

book: $(VENV)/installed ## environment, data, chapters and site: book/_build/html/index.html
	@$(BIN)/python -m tsadbook.build book

test: book ## every check: package, chapters, ledger, pages, style
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/python -m pytest --numprocesses auto --dist worksteal

colab: $(VENV)/installed ## run each notebook alone, in an environment of Colab's versions (some 7 GB)
	@TSADBOOK_COLAB=required $(if $(filter cpu,$(TORCH)),PIP_EXTRA_INDEX_URL=$(CPU_TORCH_INDEX)) \
	  $(BIN)/python -m pytest tests/colab

references: $(VENV)/installed ## hold metrics and thresholds against the code of others
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --upgrade \
	  --target book/_build/references libspot==3.1.0 prts==1.0.0.3 TSB-AD==1.5
	@TSADBOOK_REFERENCES=required $(BIN)/python -m pytest -q -rP tests/references

serve: book ## show the site on http://localhost:8000
	@$(BIN)/python -m http.server --directory book/_build/html --bind localhost 8000

pdf: book ## the whole book as book/_build/book.pdf; needs Chromium
	@$(BIN)/python -m tsadbook.build.pdf

sync: $(VENV)/installed ## bring each chapter's .py and .ipynb, and the public address in them, in step
	@$(BIN)/python -m tsadbook.build sync

lint: $(VENV)/installed ## check and mend the style of package, tests and chapters
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/python -m tsadbook.build sync

sweep: $(VENV)/installed ## measure the outcomes over seeds, those that are missing or out of date
	@$(BIN)/python -m tsadbook.build sweep $(if $(SCHEDULER),--scheduler $(SCHEDULER)) $(NAMES)

release-check: $(VENV)/installed ## refuse a release whose sweeps were measured with other code than this
	@$(BIN)/python -m tsadbook.build release-check

bench: $(VENV)/installed ## time the helpers against slow references
	@$(BIN)/python tests/benchmarks/helpers.py

doctor: ## what this machine has, where its results lie, what is wrong and what mends it
	@PYTHONPATH=src $$(test -x $(BIN)/python && echo $(BIN)/python || echo $(PYTHON)) -m tsadbook.build.doctor

clean: ## remove what the build made, but not the environment
	rm -rf book/_build book/notebooks book/reproduction.md book/errata.md book/landing.md book/cover.png

$(VENV)/installed: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" && $(PYTHON) -c '$(FITS)' || \
	  { echo "Python 3.11 to 3.13 is needed and was not found; name one: make book PYTHON=/path/to/python3.12"; exit 1; }
	@echo "creating the environment in $(VENV) with $$($(PYTHON) --version); a few minutes and 4 GB"
	@test -e $@ || $(PYTHON) -m venv --clear $(VENV) || \
	  { echo "the environment could not be made; on Debian and Ubuntu the package python3-venv is needed"; exit 1; }
	@$(BIN)/python -m pip install -qq --disable-pip-version-check $(PIP_OPTIONS) -c constraints.txt -e '.[dev]'
	@touch $@
