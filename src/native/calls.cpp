// native_call(kind, name, fallback): an object that, called with arrays and numbers, runs the kernel `name` of the table `kind`; what the
// kernels do not take (other types, odd broadcasts, keywords) it hands to `fallback`. It spares a tiny call all Python between.
#include "calls.h"

#include <cstddef>
#include <cstring>
#include <limits>
#include <new>
#include <optional>
#include <stdexcept>

#include "bridge.h"
#include "core/layout.h"
#include "entries/activation.h"
#include "entries/elementwise.h"
#include "entries/pool.h"
#include "entries/reduce.h"

namespace plait::calls {
namespace {

struct Call {
    PyObject_HEAD vectorcallfunc call;
    PyObject* fallback;
    int64_t code;
    bool (*into)(int64_t code, Array& out, PyObject* const* args, Py_ssize_t n);
};

// A number argument; false for others.
bool read_number(PyObject* object, double& out) {
    if (PyFloat_Check(object)) {
        out = PyFloat_AS_DOUBLE(object);
        return true;
    }
    if (!PyLong_Check(object)) return false;
    out = PyLong_AsDouble(object);
    if (out == -1.0 && PyErr_Occurred()) {
        PyErr_Clear();
        return false;
    }
    return true;
}

bool is_float(const Array& a) { return a.dtype == DType::f32 || a.dtype == DType::f64; }

bool same_shape(const Array& a, const Array& b) {
    if (a.ndim != b.ndim || a.dtype != b.dtype) return false;
    for (int i = 0; i < a.ndim; ++i)
        if (a.shape[i] != b.shape[i]) return false;
    return true;
}

// One number seen in a whole shape, as the gradient of a sum is: a number, beside an array of that shape.
void as_number(Operand& a, const Operand& b) {
    if (a.is_number || b.is_number || a.array.size < 2 || !is_float(a.array) || !same_shape(a.array, b.array)) return;
    for (int i = 0; i < a.array.ndim; ++i)
        if (a.array.stride[i] != 0 && a.array.shape[i] != 1) return;
    a.number = a.array.dtype == DType::f32 ? *a.array.as<float>() : *a.array.as<double>();
    a.is_number = true;
}

std::optional<Owned> run_binary(int64_t code, PyObject* const* args, Py_ssize_t n) {
    if (n != 2) return std::nullopt;
    Operand a, b;
    bridge::read_operand(args[0], a);
    bridge::read_operand(args[1], b);
    as_number(a, b);
    as_number(b, a);
    return binary(code, a, b, 1.0);
}

std::optional<Owned> run_unary(int64_t code, PyObject* const* args, Py_ssize_t n) {
    Array x;
    if (n != 1 || !bridge::read_array(args[0], x)) return std::nullopt;
    return unary(code, x);
}

std::optional<Owned> run_activation(int64_t code, PyObject* const* args, Py_ssize_t n) {
    Array x;
    double k[3] = {};
    if (n < 1 || n > 4 || !bridge::read_array(args[0], x) || !is_float(x)) return std::nullopt;
    for (Py_ssize_t i = 1; i < n; ++i)
        if (!read_number(args[i], k[i - 1])) return std::nullopt;
    return activation(code, x, k[0], k[1], k[2]);
}

std::optional<Owned> run_activation_backward(int64_t code, PyObject* const* args, Py_ssize_t n) {
    Array g, s;
    double k[3] = {};
    if (n < 2 || n > 5 || !bridge::read_array(args[0], g) || !bridge::read_array(args[1], s)) return std::nullopt;
    if (!is_float(s) || !same_shape(g, s)) return std::nullopt;
    for (Py_ssize_t i = 2; i < n; ++i)
        if (!read_number(args[i], k[i - 2])) return std::nullopt;
    return activation_backward(code, g, s, k[0], k[1], k[2]);
}

// (x, axes, keepdim)
template <bool mean>
std::optional<Owned> run_reduce(int64_t code, PyObject* const* args, Py_ssize_t n) {
    Array x;
    if (n != 3 || !bridge::read_array(args[0], x) || !PyTuple_Check(args[1]) || !PyBool_Check(args[2])) return std::nullopt;
    std::vector<int64_t> axes(static_cast<size_t>(PyTuple_GET_SIZE(args[1])));
    double divisor = 1;
    for (size_t i = 0; i < axes.size(); ++i) {
        axes[i] = PyLong_AsLongLong(PyTuple_GET_ITEM(args[1], static_cast<Py_ssize_t>(i)));
        if (axes[i] < 0 || axes[i] >= x.ndim) {
            PyErr_Clear();
            return std::nullopt;
        }
        if (mean) divisor *= static_cast<double>(x.shape[axes[i]]);
    }
    return reduce(code, x, axes, args[2] == Py_True, divisor);
}

// (x, dim)
template <Owned (*entry)(const Array&, int64_t)>
std::optional<Owned> run_along(int64_t, PyObject* const* args, Py_ssize_t n) {
    Array x;
    if (n != 2 || !bridge::read_array(args[0], x) || !is_float(x) || !x.contiguous || !PyLong_CheckExact(args[1])) return std::nullopt;
    const int64_t dim = PyLong_AsLongLong(args[1]);
    if (dim < 0 || dim >= x.ndim) {
        PyErr_Clear();
        return std::nullopt;
    }
    return entry(x, dim);
}

// Whether every number is greater than the lowest finite float32; large arrays are not looked through.
bool all_above_lowest(const Array& y) {
    constexpr int64_t kMost = 1 << 14;
    constexpr float lowest = std::numeric_limits<float>::lowest();
    if (y.size > kMost) return false;
    for (int64_t i = 0; i < y.size; ++i)
        if (!(y.dtype == DType::f32 ? y.as<float>()[i] > lowest : y.as<double>()[i] > lowest)) return false;
    return true;
}

// (x, plan): a whole batch, row-major; `plan` is a Plan of plait/ops/pool_plan.py.
template <Owned (*entry)(const Array&, const Array&, bool)>
std::optional<Owned> run_pool(int64_t, PyObject* const* args, Py_ssize_t n) {
    static PyObject *const table = PyUnicode_InternFromString("table"), *const rank = PyUnicode_InternFromString("rank"),
                           *const floor = PyUnicode_InternFromString("floor");
    Array x, read;
    if (n != 2 || !bridge::read_array(args[0], x) || !is_float(x) || !x.contiguous || x.size == 0) return std::nullopt;
    std::optional<Owned> result;
    PyObject* dims = PyObject_GetAttr(args[1], rank);
    PyObject* from_lowest = dims ? PyObject_GetAttr(args[1], floor) : nullptr;
    PyObject* plan = from_lowest ? PyObject_GetAttr(args[1], table) : nullptr;
    const bool lowest = from_lowest == Py_True;  // a plan for maxima that begin at the lowest finite number
    const bool plain = plan && (from_lowest == Py_False || lowest) && PyLong_AsLong(dims) == x.ndim - 2 && bridge::read_array(plan, read);
    PyErr_Clear();
    Py_XDECREF(dims);
    Py_XDECREF(from_lowest);
    Py_XDECREF(plan);  // args[1] holds it
    if (!plain) return std::nullopt;
    result = entry(x, read, false);
    if (lowest && entry == pool_max && !all_above_lowest(*result)) {
        release_block(result->data);
        return std::nullopt;
    }
    return result;
}

// (arrays…, dim): row-major arrays of one dtype, one after the other along a dimension, or (stack: arrays of one shape) along a new one.
template <bool stack>
std::optional<Owned> run_join(int64_t, PyObject* const* args, Py_ssize_t n) {
    constexpr Py_ssize_t kMost = 16;
    Array parts[kMost];
    const Py_ssize_t count = n - 1;
    if (count < 1 || count > kMost || !PyLong_CheckExact(args[count])) return std::nullopt;
    const int64_t dim = PyLong_AsLongLong(args[count]);
    PyErr_Clear();
    const Array& first = parts[0];
    int64_t along = 0;
    for (Py_ssize_t k = 0; k < count; ++k) {
        Array& a = parts[k];
        if (!bridge::read_array(args[k], a) || !a.contiguous || a.size == 0 || a.dtype == DType::other || a.dtype != first.dtype)
            return std::nullopt;
        if (a.ndim != first.ndim || dim < 0 || dim >= a.ndim + stack || a.ndim + stack > kMaxDims) return std::nullopt;
        for (int i = 0; i < a.ndim; ++i)
            if ((stack || i != dim) && a.shape[i] != first.shape[i]) return std::nullopt;
        along += stack ? 1 : a.shape[dim];
    }
    int64_t shape[kMaxDims], outer = 1;
    const int ndim = first.ndim + stack;
    for (int i = 0; i < ndim; ++i) shape[i] = i == dim ? along : first.shape[i - (stack && i > dim)];
    for (int64_t i = 0; i < dim; ++i) outer *= shape[i];
    Owned out = Owned::make(first.dtype, shape, ndim);
    char* to = out.as<char>();
    for (int64_t row = 0; row < outer; ++row)
        for (Py_ssize_t k = 0; k < count; ++k) {
            const int64_t bytes = parts[k].bytes() / outer;
            std::memcpy(to, parts[k].as<char>() + row * bytes, static_cast<size_t>(bytes));
            to += bytes;
        }
    return out;
}

// (table, at, …): rows of a row-major table by int64 numbers that are all in range.
std::optional<Owned> run_rows(int64_t, PyObject* const* args, Py_ssize_t n) {
    Array table, at;
    if (n < 2 || !bridge::read_array(args[0], table) || !bridge::read_array(args[1], at)) return std::nullopt;
    if (!table.contiguous || table.dtype == DType::other || table.ndim < 1 || !at.contiguous || at.dtype != DType::i64) return std::nullopt;
    if (at.ndim + table.ndim - 1 > kMaxDims || table.size == 0) return std::nullopt;
    const int64_t* number = at.as<int64_t>();
    for (int64_t i = 0; i < at.size; ++i)
        if (number[i] < 0 || number[i] >= table.shape[0]) return std::nullopt;
    int64_t shape[kMaxDims];
    for (int i = 0; i < at.ndim; ++i) shape[i] = at.shape[i];
    for (int i = 1; i < table.ndim; ++i) shape[at.ndim + i - 1] = table.shape[i];
    Owned out = Owned::make(table.dtype, shape, at.ndim + table.ndim - 1);
    const size_t bytes = static_cast<size_t>(table.bytes() / table.shape[0]);
    for (int64_t i = 0; i < at.size; ++i)
        std::memcpy(out.as<char>() + static_cast<size_t>(i) * bytes, table.as<char>() + static_cast<size_t>(number[i]) * bytes, bytes);
    return out;
}

// (x, low, high): numbers that are no NaN, or None.
std::optional<Owned> run_clamp(int64_t code, PyObject* const* args, Py_ssize_t n) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    Array x;
    double k[2] = {-infinity, infinity};
    if (n != 3 || !bridge::read_array(args[0], x) || !is_float(x)) return std::nullopt;
    for (int i = 0; i < 2; ++i)
        if (args[i + 1] != Py_None && (PyBool_Check(args[i + 1]) || !read_number(args[i + 1], k[i]) || k[i] != k[i])) return std::nullopt;
    return activation(code, x, k[0], k[1], 0.0);
}

// The kernels that can write over an array: true when done.
bool into_binary(int64_t code, Array& out, PyObject* const* args, Py_ssize_t n) {
    if (n != 2) return false;
    Operand a, b;
    bridge::read_operand(args[0], a);
    bridge::read_operand(args[1], b);
    return binary_into(code, a, b, out, 1.0);
}

bool into_activation(int64_t code, Array& out, PyObject* const* args, Py_ssize_t n) {
    Array x;
    double k[3] = {};
    if (n < 1 || n > 4 || !bridge::read_array(args[0], x) || !is_float(x)) return false;
    for (Py_ssize_t i = 1; i < n; ++i)
        if (!read_number(args[i], k[i - 1])) return false;
    if (x.data != out.data || x.dtype != out.dtype || !same_shape(x, out) || !same_layout(x, out) || !out.writeable) return false;
    activation_into(code, x, out, k[0], k[1], k[2]);
    return true;
}

// call.into(out, *args): the result over `out`. False, and nothing done, where that cannot be.
PyObject* call_into(PyObject* self, PyObject* const* args, Py_ssize_t n) {
    const Call* me = reinterpret_cast<const Call*>(self);
    Array out;
    if (n < 1 || me->into == nullptr || !bridge::read_array(args[0], out)) Py_RETURN_FALSE;
    try {
        return PyBool_FromLong(me->into(me->code, out, args + 1, n - 1));
    } catch (const std::exception& e) {
        PyErr_SetString(PyExc_ValueError, e.what());
        return nullptr;
    }
}

template <std::optional<Owned> (*run)(int64_t, PyObject* const*, Py_ssize_t)>
PyObject* call(PyObject* self, PyObject* const* args, size_t flags, PyObject* names) {
    const Call* me = reinterpret_cast<const Call*>(self);
    if (names == nullptr) {
        try {
            const std::optional<Owned> result = run(me->code, args, PyVectorcall_NARGS(flags));
            if (result) return bridge::to_numpy(*result);
        } catch (const std::bad_alloc&) {
            return PyErr_NoMemory();
        } catch (const std::exception& e) {
            PyErr_SetString(PyExc_ValueError, e.what());
            return nullptr;
        }
    }
    return PyObject_Vectorcall(me->fallback, args, flags, names);
}

void call_free(PyObject* self) {
    PyObject_GC_UnTrack(self);
    Py_XDECREF(reinterpret_cast<Call*>(self)->fallback);
    PyObject_GC_Del(self);
}

int call_visit(PyObject* self, visitproc visit, void* arg) {
    Py_VISIT(reinterpret_cast<Call*>(self)->fallback);
    return 0;
}

PyTypeObject call_type = {PyVarObject_HEAD_INIT(nullptr, 0)};

PyObject* native_call(PyObject*, PyObject* args) {
    const char *kind = nullptr, *name = nullptr;
    PyObject* fallback = nullptr;
    if (!PyArg_ParseTuple(args, "ssO:native_call", &kind, &name, &fallback)) return nullptr;
    const std::string k = kind;
    vectorcallfunc f = nullptr;
    int64_t code = 0;
    bool (*into)(int64_t, Array&, PyObject* const*, Py_ssize_t) = nullptr;
    try {
        if (k == "binary") {
            f = call<run_binary>;
            into = into_binary;
            code = binary_code(name);
        } else if (k == "unary") {
            f = call<run_unary>;
            code = unary_code(name);
        } else if (k == "activation") {
            f = call<run_activation>;
            into = into_activation;
            code = activation_code(name);
        } else if (k == "activation_backward") {
            f = call<run_activation_backward>;
            code = activation_backward_code(name);
        } else if (k == "reduce") {
            const bool mean = std::string(name) == "mean";
            f = mean ? call<run_reduce<true>> : call<run_reduce<false>>;
            code = reduce_code(mean ? "sum" : name);
        } else if (k == "pool") {
            const std::string how = name;
            f = how == "max" ? call<run_pool<pool_max>> : how == "avg" ? call<run_pool<pool_avg>> : call<run_pool<pool_avg_in_turn>>;
        } else if (k == "along") {
            f = std::string(name) == "softmax" ? call<run_along<softmax>> : call<run_along<log_softmax>>;
        } else if (k == "cat") {
            f = call<run_join<false>>;
        } else if (k == "stack") {
            f = call<run_join<true>>;
        } else if (k == "rows") {
            f = call<run_rows>;
        } else if (k == "clamp") {
            f = call<run_clamp>;
            code = activation_code("hardtanh");
        } else {
            throw std::invalid_argument("native_call: no kind named " + k);
        }
    } catch (const std::exception& e) {
        PyErr_SetString(PyExc_ValueError, e.what());
        return nullptr;
    }
    Call* me = PyObject_GC_New(Call, &call_type);
    if (me == nullptr) return nullptr;
    Py_INCREF(fallback);
    me->call = f;
    me->fallback = fallback;
    me->code = code;
    me->into = into;
    PyObject_GC_Track(me);
    return reinterpret_cast<PyObject*>(me);
}

PyMethodDef methods[] = {
    {"into", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(call_into)), METH_FASTCALL,
     "into(out, *args): the result over `out`; False, and nothing done, where that cannot be."},
    {nullptr, nullptr, 0, nullptr},
};

PyMethodDef functions[] = {
    {"native_call", native_call, METH_VARARGS,
     "native_call(kind, name, fallback): a kernel as a callable; what it does not take goes to fallback."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

bool add_functions(PyObject* module) {
    call_type.tp_name = "plait._native.Call";
    call_type.tp_basicsize = sizeof(Call);
    call_type.tp_dealloc = call_free;
    call_type.tp_traverse = call_visit;
    call_type.tp_vectorcall_offset = offsetof(Call, call);
    call_type.tp_call = PyVectorcall_Call;
    call_type.tp_methods = methods;
    call_type.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_HAVE_GC;
    return PyType_Ready(&call_type) == 0 && PyModule_AddFunctions(module, functions) == 0;
}

}  // namespace plait::calls
