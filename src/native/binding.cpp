// With tape.cpp, the only file that knows Python. An entry's arguments and results are converted here: ndarray <-> Array and Owned by NumPy's C API,
// numbers, strings and tuples by nanobind.
#include <nanobind/nanobind.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>
#define NPY_TARGET_VERSION NPY_1_23_API_VERSION
#define PY_ARRAY_UNIQUE_SYMBOL plait_numpy_api
#include <numpy/arrayobject.h>

#include <cstring>

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
using plait::DType;
using plait::Operand;
using plait::Owned;

DType dtype_of(const PyArray_Descr* descr) noexcept {
    switch (descr->type_num) {
        case NPY_FLOAT:
            return DType::f32;
        case NPY_DOUBLE:
            return DType::f64;
        case NPY_HALF:
            return DType::f16;
        case NPY_BOOL:
            return DType::b8;
        case NPY_UBYTE:
            return DType::u8;
        case NPY_BYTE:
            return DType::i8;
        case NPY_SHORT:
            return DType::i16;
        case NPY_INT:
            return DType::i32;
        case NPY_LONG:
            return sizeof(long) == 8 ? DType::i64 : DType::i32;
        case NPY_LONGLONG:
            return DType::i64;
        default:
            return DType::other;
    }
}

int type_number(DType t) noexcept {
    switch (t) {
        case DType::f32:
            return NPY_FLOAT;
        case DType::f64:
            return NPY_DOUBLE;
        case DType::f16:
            return NPY_HALF;
        case DType::i64:
            return NPY_INT64;
        case DType::i32:
            return NPY_INT32;
        case DType::i16:
            return NPY_INT16;
        case DType::i8:
            return NPY_INT8;
        case DType::b8:
            return NPY_BOOL;
        default:
            return NPY_UINT8;
    }
}

bool read_array(PyObject* object, Array& out) noexcept {
    if (!PyArray_Check(object)) return false;
    PyArrayObject* a = reinterpret_cast<PyArrayObject*>(object);
    const int n = PyArray_NDIM(a);
    if (n > plait::kMaxDims) return false;
    const int flags = PyArray_FLAGS(a);
    const PyArray_Descr* descr = PyArray_DESCR(a);
    if (!(flags & NPY_ARRAY_ALIGNED) || descr->byteorder == (NPY_NATBYTE == NPY_LITTLE ? NPY_BIG : NPY_LITTLE)) return false;
    out.data = PyArray_DATA(a);
    out.ndim = n;
    out.dtype = dtype_of(descr);
    out.contiguous = (flags & NPY_ARRAY_C_CONTIGUOUS) != 0;
    out.writeable = (flags & NPY_ARRAY_WRITEABLE) != 0;
    const npy_intp *shape = PyArray_DIMS(a), *stride = PyArray_STRIDES(a);
    int64_t size = 1;
    for (int i = 0; i < n; ++i) {
        out.shape[i] = shape[i];
        out.stride[i] = stride[i];
        size *= shape[i];
    }
    out.size = size;
    return true;
}

// Owns one block of the allocator on behalf of an ndarray (its `base`).
struct BlockObject {
    PyObject_HEAD void* data;
};

void block_dealloc(PyObject* self) {
    plait::release_block(reinterpret_cast<BlockObject*>(self)->data);
    PyObject_Free(self);
}

PyTypeObject block_type = {PyVarObject_HEAD_INIT(nullptr, 0)};

bool ready_block_type() {
    block_type.tp_name = "plait._native.Block";
    block_type.tp_basicsize = sizeof(BlockObject);
    block_type.tp_dealloc = block_dealloc;
    block_type.tp_flags = Py_TPFLAGS_DEFAULT;
    block_type.tp_doc = "Memory from plait's caching allocator.";
    return PyType_Ready(&block_type) == 0;
}

// Steals `descr`; takes `data` over, also on failure.
PyObject* array_over(void* data, PyArray_Descr* descr, int ndim, const int64_t* shape, const int64_t* stride) noexcept {
    static_assert(sizeof(npy_intp) == sizeof(int64_t));
    BlockObject* block = PyObject_New(BlockObject, &block_type);
    if (block == nullptr) {
        plait::release_block(data);
        Py_DECREF(descr);
        return nullptr;
    }
    block->data = data;
    PyObject* array = PyArray_NewFromDescr(&PyArray_Type, descr, ndim, reinterpret_cast<const npy_intp*>(shape),
                                           reinterpret_cast<const npy_intp*>(stride), data, NPY_ARRAY_CARRAY, nullptr);
    if (array == nullptr) {
        Py_DECREF(block);
        return nullptr;
    }
    if (PyArray_SetBaseObject(reinterpret_cast<PyArrayObject*>(array), reinterpret_cast<PyObject*>(block)) < 0) {
        Py_DECREF(array);
        return nullptr;
    }
    return array;
}

PyObject* to_numpy(const Owned& o) noexcept {
    return array_over(o.data, PyArray_DescrFromType(type_number(o.dtype)), o.ndim, o.shape, o.contiguous ? nullptr : o.stride);
}

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
    PyObject* array = array_over(data, reinterpret_cast<PyArray_Descr*>(keep.release().ptr()), n, dims, nullptr);
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

int import_numpy() {
    import_array1(-1);
    return 0;
}

}  // namespace

namespace nanobind::detail {

template <>
struct type_caster<Array> {
    NB_TYPE_CASTER(Array, const_name("numpy.ndarray"))
    bool from_python(handle src, uint32_t, cleanup_list*) noexcept { return read_array(src.ptr(), value); }
};

template <>
struct type_caster<Operand> {
    NB_TYPE_CASTER(Operand, const_name("numpy.ndarray | float"))
    bool from_python(handle src, uint32_t, cleanup_list*) noexcept {
        if (PyArray_Check(src.ptr())) return read_array(src.ptr(), value.array);
        value.is_number = true;
        if (PyFloat_Check(src.ptr())) {
            value.number = PyFloat_AS_DOUBLE(src.ptr());
            return true;
        }
        if (!PyLong_Check(src.ptr())) return false;
        value.number = PyLong_AsDouble(src.ptr());
        if (value.number == -1.0 && PyErr_Occurred()) {
            PyErr_Clear();
            return false;
        }
        return true;
    }
};

template <>
struct type_caster<Owned> {
    NB_TYPE_CASTER(Owned, const_name("numpy.ndarray"))
    bool from_python(handle, uint32_t, cleanup_list*) noexcept { return false; }
    static handle from_cpp(const Owned& o, rv_policy, cleanup_list*) noexcept { return to_numpy(o); }
};

}  // namespace nanobind::detail

NB_MODULE(_native, m) {
    if (import_numpy() < 0 || !ready_block_type()) throw nb::python_error();
    plait::active_isa();  // raises here, at import, when PLAIT_ISA names what cannot run
    plait::set_gil_hooks({release_gil, restore_gil});

    if (!plait::tape::add_functions(m.ptr())) throw nb::python_error();
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
