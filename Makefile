# Every target sets up what it needs by itself: Python 3.11 to 3.13 and make are all it takes.
# Works with GNU make 3.81 (macOS) and later.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup book test quick whole lint frontend unit notebooks pages engines links lab serve bench mutants format clean distclean

PY := .venv/bin/python
PORT ?= 8000

# What `make book` counts its phases by: two of setup, the notebooks, the pages.
PHASES := $(if $(filter book serve,$(MAKECMDGOALS)),4,2)
export PHASES

# What a shell tells Python and pip is meant for other environments than the course's.
unexport PYTHONHOME PYTHONINSPECT PYTHONOPTIMIZE PYTHONPATH PYTHONSAFEPATH PYTHONWARNINGS
export PIP_USER := 0

# A container's user may have neither HOME nor a name to look it up by.
ifndef HOME
export HOME := $(or $(shell getent passwd `id -u` 2>/dev/null | cut -d: -f6),$(CURDIR)/.cache/home)
endif

NOTEBOOKS ?= book/*.ipynb
FRONTEND := vaelab/explorers/frontend

# Tests run in two processes with one thread each; each takes the rest of the other's when it has done its own.
PYTEST := $(PY) -m pytest -n 2 --dist worksteal

help:
	@echo "make book      run the notebooks that changed and build the course as web pages"
	@echo "make test      check everything: style, unit tests, every notebook, the built pages"
	@echo "make quick     check style, types and what can be tested in a minute"
	@echo "make lab       open the notebooks and the exercises in JupyterLab"
	@echo "make serve     build the course and serve it at http://localhost:$(PORT) (PORT=... changes it)"
	@echo "make engines   look at all pages in Firefox and WebKit, too; takes half an hour"
	@echo "make links     ask the servers that the pages link to; needs a network"
	@echo "make bench     measure speed on this machine"
	@echo "make mutants   make one-line mistakes in the package, and see that the tests notice each"
	@echo "make format    tidy code and notebooks before a commit"
	@echo "make clean     delete what was built (make distclean: .venv and the JavaScript tools as well)"
	@echo
	@echo "PYTHON=python3.12 chooses the interpreter, VAELAB_DEVICE=cpu the device; the first time, on Linux,"
	@echo "TORCH=cpu a PyTorch without GPU libraries (0.5 GB to download, not 3 GB)."

setup:
	@sh tools/setup.sh

book: setup
	@$(PY) -m tools.build_book

# Instructors hand out copies without tests.
whole:
	@[ -d tests ] || { echo "This copy of the course has no tests: make book and make lab are for it."; exit 1; }

# The order matters: quick checks first, and the notebooks' one execution serves the book as well.
test: whole lint unit notebooks book pages

quick: whole lint
	$(PYTEST) --ignore=tests/browser -m "not slow and not sandbox and not notebooks"

lint: setup frontend
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m tools.clean_notebooks --check
	$(PY) -m tools.spelling

# The explorers' JavaScript; only those who change it, and CI, need node.
frontend:
	@if ! npm --version >/dev/null 2>&1; then \
	    echo "The style of the explorers' JavaScript is not checked: that needs Node.js with npm."; [ "$$CI" != true ]; \
	elif ! { [ -x $(FRONTEND)/node_modules/.bin/biome ] || npm ci --silent --prefix $(FRONTEND); }; then \
	    echo "The style of the explorers' JavaScript is not checked: its tools could not be fetched."; [ "$$CI" != true ]; \
	else npm run --silent --prefix $(FRONTEND) lint; fi

unit: setup
	$(PYTEST) --ignore=tests/browser

notebooks: setup
	$(PY) -m tools.run_notebooks $(NOTEBOOKS)

pages: book
	$(PY) -m pytest -n 2 tests/browser

# Every page in Firefox and WebKit, where `make test` takes a sample; and all other browser tests in Firefox.
engines: book
	$(PY) -m benchmarks.engines
	VAELAB_ENGINE=firefox $(PY) -m pytest -n 2 tests/browser --ignore tests/browser/test_engines.py

links: book
	$(PY) -m tools.links --online

lab: setup
	$(PY) -m jupyterlab --LabApp.default_url=/lab/tree/book

serve: book
	@echo "Serving at http://localhost:$(PORT) until you press Ctrl-C"
	@$(PY) -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html >/dev/null

bench: setup
	@$(PY) -c "import pythae" 2>/dev/null || $(PY) -m pip install -q -c constraints.txt -e '.[bench]'
	@TQDM_DISABLE=1 $(PY) -m benchmarks

mutants: setup
	$(PY) -m tools.package_mutants --write

format: setup
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .
	$(PY) -m tools.clean_notebooks

clean:
	rm -rf _build .cache .mypy_cache .pytest_cache .ruff_cache

distclean: clean
	rm -rf .venv vaelab.egg-info $(FRONTEND)/node_modules
