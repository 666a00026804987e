// Between NumPy and the core: ndarray -> Array (a view), Owned -> ndarray (the block goes along). Included by the files that know Python.
#pragma once
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "core/array.h"

namespace plait::bridge {

// Loads NumPy's C API and readies the type that owns blocks. False with a Python error set on failure.
bool start();

// Fills `out` from an ndarray. False for anything else, for more than kMaxDims dimensions, and for foreign byte order or alignment.
bool read_array(PyObject* object, Array& out) noexcept;
// An array, a number, or (is_number false, dtype other) something else.
void read_operand(PyObject* object, Operand& out) noexcept;
// A new ndarray over the block, or null with an error set; takes the block over either way.
PyObject* to_numpy(const Owned& o) noexcept;
// The same for any dtype (a PyArray_Descr, whose reference is taken over) and memory from acquire_block.
PyObject* array_over(void* data, PyObject* descr, int ndim, const int64_t* shape, const int64_t* stride) noexcept;

}  // namespace plait::bridge
