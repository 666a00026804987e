// The way of one call from tensors to kernels and back, in C: `apply`, `make` and the gradient modes. See src/plait/op.py, which
// owns the meaning and does in Python what is rare (views, in-place, several results).
#pragma once
#define PY_SSIZE_T_CLEAN
#include <Python.h>

namespace plait::tape {

// Adds apply, make, make_node, configure and the modes' functions to the module. False with a Python error set on failure.
bool add_functions(PyObject* module);

}  // namespace plait::tape
