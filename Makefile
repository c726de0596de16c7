# The two commands of a newcomer: `make verify` and `make test`. Both set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: verify test lint bench book clean

verify: $(READY)  ## run every claim and print the verdicts
	$(BIN)/lemmata verify --force

test: $(READY) lint  ## lint, types, unit tests, and every claim and mutant as a test
	$(BIN)/python -m pytest -n auto --dist loadgroup

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)  ## ours against its peers, in one run each: benchmarks/results/*.json (half an hour; needs a quiet machine)
	for name in simulation network equivalence euler_maruyama theorem_2_bound hardness; do $(BIN)/python benchmarks/$$name.py || exit 1; done

book: $(READY)  ## the site: build/book/html, about a minute (`lemmata book --open` shows it)
	$(BIN)/lemmata book

# Set up once; again only when what is installed has changed. The mark is written last, so that an interrupted
# set-up is repeated.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; try: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	touch $(READY)

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
