# setup demo test live lint bench sanitize clang gcc11 neon: each sets up what it needs, in environments of its own.
# live-torch, live-paddle, live-keras: the comparison with one framework alone. bench-torch, bench-jax, …: speed beside one peer.
# native: the C++ module, built into src/plait in place (for development: PYTHONPATH=src).
PYTHON3 ?= python3
PYTHON ?= $(if $(wildcard .venv/bin/python),.venv/bin/python,$(PYTHON3))
PLAIT_ISAS ?=
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
VENV := .venv/bin/python
FRAMEWORKS := torch paddle keras
PEERS := torch paddle tensorflow jax onnxruntime openvino
CLANGXX ?= clang++
CLANG_FORMAT ?= $(if $(wildcard .venv/bin/clang-format),.venv/bin/clang-format,clang-format)
NATIVE_SOURCES = $(shell find src/native -name '*.cpp' -o -name '*.h')
BUILD_TOOLS := "scikit-build-core>=0.10" "nanobind>=2.4" "numpy>=2.0" "cmake>=3.20" ninja
export CMAKE_BUILD_PARALLEL_LEVEL ?= $(JOBS)

.PHONY: setup native demo test live $(FRAMEWORKS:%=live-%) $(PEERS:%=bench-%) lint format bench sanitize clang gcc11 neon clean

# Rebuilt when the sources of the C++ module or the project's settings change.
.venv/.done: pyproject.toml CMakeLists.txt $(NATIVE_SOURCES)
	test -x $(VENV) || $(PYTHON3) -m venv .venv
	$(VENV) -m pip install -q --upgrade pip
	$(VENV) -m pip install -q $(BUILD_TOOLS)
	$(VENV) -m pip install -q --no-build-isolation -e ".[demo,test,lint]"
	touch $@

# An environment for each framework that is compared with, in meaning (live-NAME) or in speed (bench-NAME): its extra in pyproject.toml.
.venv-%/.done: pyproject.toml CMakeLists.txt $(NATIVE_SOURCES)
	test -x .venv-$*/bin/python || $(PYTHON3) -m venv .venv-$*
	.venv-$*/bin/python -m pip install -q --upgrade pip
	.venv-$*/bin/python -m pip install -q $(BUILD_TOOLS)
	.venv-$*/bin/python -m pip install -q --no-build-isolation -e ".[$*]"
	touch $@

setup: .venv/.done

native:
	$(PYTHON) tools/build_native.py --jobs $(JOBS) $(if $(PLAIT_ISAS),--isas "$(PLAIT_ISAS)")

demo: setup
	$(VENV) -m plait run examples/digits_together.py
	$(VENV) -m plait run examples/photo_torch.py

test: setup
	$(VENV) -m pytest tests --ignore=tests/live

live: $(FRAMEWORKS:%=live-%)

$(FRAMEWORKS:%=live-%): live-%: .venv-live-%/.done
	.venv-live-$*/bin/python -m pytest tests/live

lint: setup
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	$(VENV) -m mypy
	.venv/bin/lint-imports
	$(CLANG_FORMAT) --dry-run -Werror $(NATIVE_SOURCES)
	$(VENV) tools/check_symbols.py

format:
	$(PYTHON) -m ruff check --fix-only -q .
	$(PYTHON) -m ruff format .
	$(CLANG_FORMAT) -i $(NATIVE_SOURCES)

# Speed: what concerns plait alone, then every peer in turn, then the pictures. bench-NAME: one peer.
bench: $(PEERS:%=.venv-bench-%/.done)
	.venv-bench-torch/bin/python -m benchmarks.growth
	-.venv-bench-torch/bin/python -m benchmarks.neighbour
	for peer in $(PEERS); do .venv-bench-$$peer/bin/python -m benchmarks --peer $$peer || failed="$$failed $$peer"; done; \
	.venv-bench-torch/bin/python -m benchmarks.plot; .venv-bench-torch/bin/python -m benchmarks.summary; test -z "$$failed" || { echo "rows differ:$$failed"; exit 1; }

$(PEERS:%=bench-%): bench-%: .venv-bench-%/.done
	.venv-bench-$*/bin/python -m benchmarks --peer $*

sanitize: setup
	$(VENV) tools/sanitize.py

# The second compiler: build with it beside the first one's module, and run the kernels' tests on what it made.
clang: setup
	$(VENV) tools/build_native.py --variant clang --jobs $(JOBS) --compiler $(CLANGXX)
	PYTHONPATH=build/clang/overlay $(VENV) -m pytest tests/test_native.py tests/test_registry.py tests/test_isa.py
	$(VENV) tools/check_symbols.py

# The oldest GCC that is meant to do.
gcc11: setup
	$(VENV) tools/build_native.py --variant gcc11 --jobs $(JOBS) --compiler g++-11
	PYTHONPATH=build/gcc11/overlay $(VENV) -m pytest tests/test_native.py tests/test_registry.py tests/test_isa.py

# AArch64, by a cross compiler, under qemu.
neon: setup
	$(VENV) tools/neon.py --jobs $(JOBS) -q

clean:
	rm -rf build dist .venv .venv-live-* .venv-bench-* src/plait/_native*.so
