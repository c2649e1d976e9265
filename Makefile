# Each target sets everything up by itself: `make verify` or `make test` in a fresh clone, with
# nothing but Python. Another torch: `make verify TORCH=2.12.1`.

PYTHON ?= python3
TORCH ?=
VENV := .venv$(if $(TORCH),-$(TORCH))
BIN := $(VENV)/bin
# Many processes load the same modules: with this set, each would compile them anew.
unexport PYTHONDONTWRITEBYTECODE
# Another torch also brings the versions of its own needs; before 2.3 it was built on NumPy 1, which
# its wheels do not say, and which the pinned ml_dtypes does not take.
OTHER_TORCH = s/^torch==.*/torch==$(TORCH)/;/^. What torch needs/,$$d$(BEFORE_2_3:%=;s/^numpy==[^;]*/numpy<2/;/^ml_dtypes/d)
BEFORE_2_3 = $(firstword $(filter 1.% 2.0% 2.1 2.1.% 2.2 2.2.%,$(TORCH)))

.PHONY: verify test exhaustive check bench bench-here machines calibration mutation clean

verify: $(VENV)/.ready
	$(BIN)/rnn-manual verify

# The tests of the judge; and the suite at level quick, which `make verify` runs at standard.
test: $(VENV)/.ready
	$(BIN)/pytest -n auto --dist worksteal -m "not exhaustive" --level quick

# Every right and every wrong layer on every case: how often the judge is wrong, either way.
exhaustive: $(VENV)/.ready
	$(BIN)/pytest -n auto --dist worksteal -m exhaustive

check: $(VENV)/.ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# Side by side with other people's layers, where these can be installed: in an environment of their
# own, for they bring packages of any name (Opacus 1.6.0 one that is called examples). ARGS=suite:
# how fast the suite itself is; ARGS=--quick: a minute.
bench:
	$(MAKE) VENV=$(VENV)-bench bench-here

bench-here: $(VENV)/.ready
	-$(BIN)/python -m pip install --quiet -c $(VENV)/constraints.txt --group bench
	$(BIN)/python -W ignore -m bench $(ARGS)

machines: $(VENV)/.ready
	$(BIN)/python -m tests.meta.machines

calibration: $(VENV)/.ready
	$(BIN)/python -m tests.meta.judge.calibration $(ARGS)

mutation: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet -c $(VENV)/constraints.txt --group mutation
	$(BIN)/python -m tests.meta.mutation $(ARGS)

clean:
	rm -rf $(VENV) $(VENV)-bench dist

# One command, so that pip sees all constraints at once; the stamp is written only if it succeeded.
$(VENV)/.ready: pyproject.toml constraints.txt Makefile
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "needs Python 3.10 or newer, this is " + sys.version)'
	$(PYTHON) -m venv --clear $(VENV)
	sed '$(if $(TORCH),$(OTHER_TORCH))' constraints.txt > $(VENV)/constraints.txt
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet -c $(VENV)/constraints.txt -e '.[onnx,pictures]' --group dev
	touch $@
