// Callables that go from Python arguments to an elementwise kernel with nothing between; see `native_call` in calls.cpp.
#pragma once
#define PY_SSIZE_T_CLEAN
#include <Python.h>

namespace plait::calls {

// Adds native_call to the module. False with a Python error set on failure.
bool add_functions(PyObject* module);

}  // namespace plait::calls
