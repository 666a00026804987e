// The way of one call from tensors to kernels and back, in C: `apply`, `make` and the gradient modes. See src/plait/op.py, which
// owns the meaning; what is rare (in place) is Python's.
#pragma once
#define PY_SSIZE_T_CLEAN
#include <Python.h>

namespace plait::tape {

// Owns a reference; keeps the error paths short.
struct Ref {
    PyObject* p;
    explicit Ref(PyObject* o = nullptr) : p(o) {}
    Ref(const Ref&) = delete;
    Ref& operator=(const Ref&) = delete;
    ~Ref() { Py_XDECREF(p); }
    PyObject* release() {
        PyObject* o = p;
        p = nullptr;
        return o;
    }
};

bool is_tensor(PyObject* x);
bool is_op(PyObject* x);
// A borrowed reference to a tensor's array.
PyObject* array_of(PyObject* tensor);
// apply(op, inputs, params=()) as Python has it.
PyObject* apply(PyObject* const* args, Py_ssize_t count);

// Adds apply, make, make_node, configure and the modes' functions to the module. False with a Python error set on failure.
bool add_functions(PyObject* module);

}  // namespace plait::tape
