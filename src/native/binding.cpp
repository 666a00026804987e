// With bridge.cpp, tape.cpp, short.cpp, builtin.cpp and calls.cpp the only files that know Python. An entry's arguments and results are
// converted here: arrays by bridge.h, numbers, strings and tuples by nanobind.
#include <nanobind/nanobind.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>
#define NPY_TARGET_VERSION NPY_1_23_API_VERSION
#define PY_ARRAY_UNIQUE_SYMBOL plait_numpy_api
#define NO_IMPORT_ARRAY
#include <numpy/arrayobject.h>

#include <cstring>

#include "bridge.h"
#include "builtin.h"
#include "calls.h"
#include "core/array.h"
#include "core/isa.h"
#include "core/memory.h"
#include "core/threads.h"
#include "entries/activation.h"
#include "entries/conv.h"
#include "entries/elementwise.h"
#include "entries/gemm.h"
#include "entries/loss.h"
#include "entries/norm.h"
#include "entries/optim.h"
#include "entries/pool.h"
#include "entries/random.h"
#include "entries/reduce.h"
#include "entries/resample.h"
#include "short.h"
#include "tape.h"

#define PLAIT_ALL_ENTRIES(X)     \
    PLAIT_ACTIVATION_ENTRIES(X)  \
    PLAIT_CONV_ENTRIES(X)        \
    PLAIT_ELEMENTWISE_ENTRIES(X) \
    PLAIT_GEMM_ENTRIES(X)        \
    PLAIT_LOSS_ENTRIES(X)        \
    PLAIT_NORM_ENTRIES(X)        \
    PLAIT_OPTIM_ENTRIES(X)       \
    PLAIT_POOL_ENTRIES(X)        \
    PLAIT_RANDOM_ENTRIES(X)      \
    PLAIT_REDUCE_ENTRIES(X)      \
    PLAIT_RESAMPLE_ENTRIES(X)

namespace nb = nanobind;

namespace {

using plait::Array;
using plait::Operand;
using plait::Owned;

// plait._native.empty(shape, dtype): uninitialised memory from the allocator, as an ndarray.
nb::object empty(nb::handle shape, nb::handle dtype) {
    PyArray_Descr* descr = nullptr;
    if (!PyArray_DescrConverter(dtype.ptr(), &descr) || descr == nullptr) throw nb::python_error();
    nb::object keep = nb::steal(reinterpret_cast<PyObject*>(descr));
    if (PyDataType_REFCHK(descr)) throw nb::type_error("empty: an array of Python objects cannot come from the allocator");
    int64_t dims[plait::kMaxDims];
    int n = 0;
    if (PyLong_Check(shape.ptr())) {
        dims[n++] = PyLong_AsLongLong(shape.ptr());
    } else {
        PyObject* fast = PySequence_Fast(shape.ptr(), "empty: shape must be an integer or a sequence of integers");
        if (fast == nullptr) throw nb::python_error();
        nb::object hold = nb::steal(fast);
        const Py_ssize_t count = PySequence_Fast_GET_SIZE(fast);
        if (count > plait::kMaxDims) throw nb::value_error("empty: too many dimensions");
        for (; n < count; ++n) dims[n] = PyLong_AsLongLong(PySequence_Fast_GET_ITEM(fast, n));
    }
    if (PyErr_Occurred()) throw nb::python_error();
    int64_t total = PyDataType_ELSIZE(descr);
    for (int i = 0; i < n; ++i) {
        if (dims[i] < 0) throw nb::value_error("empty: negative dimension");
        if (__builtin_mul_overflow(total, dims[i], &total)) throw std::bad_alloc();
    }
    void* data = plait::acquire_block(total);
    PyObject* array = plait::bridge::array_over(data, keep.release().ptr(), n, dims, nullptr);
    if (array == nullptr) throw nb::python_error();
    return nb::steal(array);
}

nb::dict stats() {
    const plait::MemoryStats s = plait::memory_stats();
    nb::dict d;
    d["in_use"] = s.in_use;
    d["cached"] = s.cached;
    d["peak_in_use"] = s.peak_in_use;
    d["limit"] = s.limit;
    d["hits"] = s.hits;
    d["misses"] = s.misses;
    return d;
}

void* release_gil() { return PyGILState_Check() ? PyEval_SaveThread() : nullptr; }
void restore_gil(void* state) {
    if (state) PyEval_RestoreThread(static_cast<PyThreadState*>(state));
}

}  // namespace

namespace nanobind::detail {

template <>
struct type_caster<Array> {
    NB_TYPE_CASTER(Array, const_name("numpy.ndarray"))
    bool from_python(handle src, uint32_t, cleanup_list*) noexcept { return plait::bridge::read_array(src.ptr(), value); }
};

template <>
struct type_caster<Operand> {
    NB_TYPE_CASTER(Operand, const_name("numpy.ndarray | float"))
    bool from_python(handle src, uint32_t, cleanup_list*) noexcept {
        plait::bridge::read_operand(src.ptr(), value);
        return true;
    }
};

template <>
struct type_caster<Owned> {
    NB_TYPE_CASTER(Owned, const_name("numpy.ndarray"))
    bool from_python(handle, uint32_t, cleanup_list*) noexcept { return false; }
    static handle from_cpp(const Owned& o, rv_policy, cleanup_list*) noexcept { return plait::bridge::to_numpy(o); }
};

}  // namespace nanobind::detail

NB_MODULE(_native, m) {
    if (!plait::bridge::start()) throw nb::python_error();
    plait::active_isa();  // raises here, at import, when PLAIT_ISA names what cannot run
    plait::set_gil_hooks({release_gil, restore_gil});

    if (!plait::tape::add_functions(m.ptr()) || !plait::shortly::add_functions(m.ptr()) || !plait::calls::add_functions(m.ptr()) ||
        !plait::builtin::add_functions(m.ptr()))
        throw nb::python_error();
    m.def("empty", &empty, "Uninitialised ndarray from the caching allocator.");
    m.def("isa", [] { return std::string(plait::isa_name(plait::active_isa())); }, "The set of kernels in use.");
    m.def("isas", [] { return nb::str(plait::usable_isas()).attr("split")(); }, "The sets of kernels that can be used here.");
    m.def("thread_count", &plait::thread_count);
    m.def("set_thread_count", &plait::set_thread_count);
    m.def("memory_stats", &stats, "Bytes in use, cached, peak; the cache's limit; hits and misses.");
    m.def("empty_cache", &plait::empty_cache, "Give all cached memory back to the system.");
    m.def("set_cache_limit", &plait::set_cache_limit);
    m.def("reset_peak", &plait::reset_peak);

#define X(name) m.def(#name, &plait::name);
    PLAIT_ALL_ENTRIES(X)
#undef X
}
