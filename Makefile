# setup demo test live lint bench sanitize: each sets up what it needs. native: the C++ module, built into src/plait in place.
PYTHON ?= $(if $(wildcard .venv/bin/python),.venv/bin/python,python3)
PLAIT_ISAS ?=
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
VENV := .venv/bin/python
CLANG_FORMAT ?= $(if $(wildcard .venv/bin/clang-format),.venv/bin/clang-format,clang-format)
NATIVE_SOURCES := $(shell find src/native -name '*.cpp' -o -name '*.h')

.PHONY: setup native demo test live lint format bench sanitize clean

.venv/.done: pyproject.toml
	python3 -m venv .venv
	$(VENV) -m pip install -q --upgrade pip
	$(VENV) -m pip install -q "scikit-build-core>=0.10" "nanobind>=2.4" "numpy>=2.0" cmake ninja
	$(VENV) -m pip install -q --no-build-isolation -e ".[demo,test,lint]"
	touch $@

setup: .venv/.done

native:
	$(PYTHON) tools/build_native.py --jobs $(JOBS) $(if $(PLAIT_ISAS),--isas "$(PLAIT_ISAS)")

demo: setup
	$(VENV) examples/digits_torch.py

test: setup
	$(VENV) -m pytest tests --ignore=tests/live

live: setup
	$(VENV) -m pip install -q -e ".[live]" --no-build-isolation
	$(VENV) -m pytest tests/live

lint: setup
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	$(VENV) -m mypy
	$(CLANG_FORMAT) --dry-run -Werror $(NATIVE_SOURCES)
	$(VENV) tools/check_symbols.py

format:
	$(PYTHON) -m ruff format .
	$(CLANG_FORMAT) -i $(NATIVE_SOURCES)

bench: setup
	$(VENV) benchmarks/layers.py

sanitize: setup
	$(VENV) tools/sanitize.py

clean:
	rm -rf build dist src/plait/_native*.so
