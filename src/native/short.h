// Short ways: callables that take plain arguments straight on, and give all others to a function written in Python; see short.cpp.
#pragma once
#define PY_SSIZE_T_CLEAN
#include <Python.h>

namespace plait::shortly {

// Adds operator, view_call, method_call, lookup, sizes_of, reshaped and transposed to the module. False with a Python error set on failure.
bool add_functions(PyObject* module);

}  // namespace plait::shortly
