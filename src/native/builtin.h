// Callables of a dialect that check their arguments before Python code runs; see `builtin` in builtin.cpp.
#pragma once
#define PY_SSIZE_T_CLEAN
#include <Python.h>

namespace plait::builtin {

// Adds builtin to the module. False with a Python error set on failure.
bool add_functions(PyObject* module);

}  // namespace plait::builtin
