// native_call(kind, name, fallback): an object that, called with arrays and numbers, runs the kernel `name` of the table `kind`; what the
// kernels do not take (other types, odd broadcasts, keywords) it hands to `fallback`. It spares a tiny call all Python between.
#include "calls.h"

#include <cstddef>
#include <new>
#include <optional>
#include <stdexcept>

#include "bridge.h"
#include "core/layout.h"
#include "entries/activation.h"
#include "entries/elementwise.h"
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

std::optional<Owned> run_binary(int64_t code, PyObject* const* args, Py_ssize_t n) {
    if (n != 2) return std::nullopt;
    Operand a, b;
    bridge::read_operand(args[0], a);
    bridge::read_operand(args[1], b);
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
