// Short ways. Each is a callable with a Python function behind it, `slow`, which has the whole meaning: arguments that are plainly right
// (tensors, exact ints) go on in C, all others, errors among them, go to `slow` as they are.
#include "short.h"

#define NPY_TARGET_VERSION NPY_1_23_API_VERSION
#define PY_ARRAY_UNIQUE_SYMBOL plait_numpy_api
#define NO_IMPORT_ARRAY
#include <numpy/arrayobject.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "tape.h"

namespace plait::shortly {
namespace {

using tape::array_of;
using tape::is_tensor;
using tape::Ref;

struct Short {
    PyObject_HEAD vectorcallfunc call;
    PyObject *what, *slow;  // what: an op, or what the kind of way needs
    bool floating;
};

// A tensor's array, or nullptr where there is no tensor, or one that was never given an array.
PyArrayObject* ndarray_of(PyObject* x) {
    PyObject* array = is_tensor(x) ? array_of(x) : nullptr;
    return array != nullptr && PyArray_Check(array) ? reinterpret_cast<PyArrayObject*>(array) : nullptr;
}

Short* as_short(PyObject* self) { return reinterpret_cast<Short*>(self); }

PyObject* go_slow(PyObject* self, PyObject* const* args, size_t flags, PyObject* names) {
    return PyObject_Vectorcall(as_short(self)->slow, args, flags, names);
}

// --- operators: two tensors of one dtype, or a floating tensor and a Python number; with `floating`, integer tensors are slow ---

bool straight(PyObject* a, PyObject* b, bool floating) {
    PyArrayObject* x = ndarray_of(a);
    if (x == nullptr) return false;
    const int type = PyArray_TYPE(x);
    const bool real = type == NPY_FLOAT || type == NPY_DOUBLE;
    if (is_tensor(b)) {
        PyArrayObject* y = ndarray_of(b);
        return y != nullptr && PyArray_TYPE(y) == type && (real || (!floating && PyTypeNum_ISINTEGER(type)));
    }
    return real && (PyFloat_CheckExact(b) || PyLong_CheckExact(b));
}

PyObject* call_operator(PyObject* self, PyObject* const* args, size_t flags, PyObject* names) {
    const Short* me = as_short(self);
    if (PyVectorcall_NARGS(flags) != 2 || names != nullptr || !straight(args[0], args[1], me->floating))
        return go_slow(self, args, flags, names);
    Ref inputs(PyTuple_Pack(2, args[0], args[1]));
    if (inputs.p == nullptr) return nullptr;
    PyObject* call[] = {me->what, inputs.p};
    return tape::apply(call, 2);
}

// --- views: of a tensor, by exact ints, given one by one or as one tuple or list ---

struct Ints {
    int n = 0;
    npy_intp at[NPY_MAXDIMS];
};

bool read_int(PyObject* object, npy_intp& out) {
    if (!PyLong_CheckExact(object)) return false;
    int overflow = 0;
    const long long value = PyLong_AsLongLongAndOverflow(object, &overflow);
    out = static_cast<npy_intp>(value);
    return overflow == 0;
}

bool read_ints(PyObject* const* args, Py_ssize_t n, Ints& out) {
    if (n == 1 && (PyTuple_Check(args[0]) || PyList_CheckExact(args[0]))) {
        n = Py_SIZE(args[0]);
        args = PySequence_Fast_ITEMS(args[0]);
    }
    if (n > 32) return false;
    for (; out.n < n; ++out.n)
        if (!read_int(args[out.n], out.at[out.n])) return false;
    return true;
}

bool wrap(npy_intp& dim, npy_intp n) {
    if (dim < -n || dim >= n) return false;
    dim += dim < 0 ? n : 0;
    return true;
}

// `out`, a new tuple of n places or null, with these numbers in it.
PyObject* filled(PyObject* out, const npy_intp* at, int n) {
    for (int i = 0; out != nullptr && i < n; ++i) {
        PyObject* number = PyLong_FromSsize_t(at[i]);
        if (number == nullptr) Py_CLEAR(out);
        if (out != nullptr) PyTuple_SET_ITEM(out, i, number);
    }
    return out;
}

PyObject* view_of(PyObject* op, PyObject* x, const npy_intp* at, int n) {
    Ref inputs(PyTuple_Pack(1, x)), dims(filled(PyTuple_New(n), at, n)), params(dims.p ? PyTuple_Pack(1, dims.p) : nullptr);
    if (!inputs.p || !params.p) return nullptr;
    PyObject* call[] = {op, inputs.p, params.p};
    return tape::apply(call, 3);
}

bool in_order(PyArrayObject* x) { return PyArray_IS_C_CONTIGUOUS(x); }

// Each way: whether the arguments are plain; the result, which may be null with an error set, goes to `out`.
using View = bool (*)(PyObject* op, PyObject* x, PyArrayObject* a, PyObject* const* args, Py_ssize_t n, PyObject*& out);

bool reshape(PyObject* op, PyObject* x, PyArrayObject* a, PyObject* const* args, Py_ssize_t n, PyObject*& out) {
    Ints d;
    if (n == 0 || !in_order(a) || !read_ints(args, n, d)) return false;
    const npy_intp size = PyArray_SIZE(a);
    npy_intp known = 1;
    int unknown = -1;
    for (int i = 0; i < d.n; ++i) {
        if (d.at[i] == -1 && unknown < 0) {
            unknown = i;
        } else if (d.at[i] < 0 || __builtin_mul_overflow(known, d.at[i], &known)) {
            return false;
        }
    }
    if (unknown >= 0) {
        if (known == 0 || size % known != 0) return false;
        d.at[unknown] = size / known;
    } else if (known != size) {
        return false;
    }
    out = view_of(op, x, d.at, d.n);
    return true;
}

bool permute(PyObject* op, PyObject* x, PyArrayObject* a, PyObject* const* args, Py_ssize_t n, PyObject*& out) {
    Ints d;
    if (n == 0 || !read_ints(args, n, d) || d.n != PyArray_NDIM(a)) return false;
    uint64_t seen = 0;
    for (int i = 0; i < d.n; ++i) {
        if (!wrap(d.at[i], d.n) || (seen >> d.at[i] & 1) != 0) return false;
        seen |= uint64_t{1} << d.at[i];
    }
    out = view_of(op, x, d.at, d.n);
    return true;
}

bool transpose(PyObject* op, PyObject* x, PyArrayObject* a, PyObject* const* args, Py_ssize_t n, PyObject*& out) {
    npy_intp i = 0, j = 0, order[NPY_MAXDIMS];
    const int ndim = PyArray_NDIM(a);
    if (n != 2 || !read_int(args[0], i) || !read_int(args[1], j) || !wrap(i, ndim) || !wrap(j, ndim)) return false;
    for (int k = 0; k < ndim; ++k) order[k] = k;
    order[i] = j;
    order[j] = i;
    out = view_of(op, x, order, ndim);
    return true;
}

bool flatten(PyObject* op, PyObject* x, PyArrayObject* a, PyObject* const* args, Py_ssize_t n, PyObject*& out) {
    const int ndim = PyArray_NDIM(a);
    npy_intp first = 0, last = -1, shape[NPY_MAXDIMS];
    if (n > 2 || !in_order(a) || (n > 0 && !read_int(args[0], first)) || (n > 1 && !read_int(args[1], last))) return false;
    if (!wrap(first, ndim) || !wrap(last, ndim) || first > last) return false;
    if (first == last) {
        Py_INCREF(x);
        out = x;
        return true;
    }
    int count = 0;
    for (int i = 0; i < ndim; ++i) {
        if (i > first && i <= last)
            shape[count - 1] *= PyArray_DIM(a, i);
        else
            shape[count++] = PyArray_DIM(a, i);
    }
    out = view_of(op, x, shape, count);
    return true;
}

// One dimension; without a number it is another op.
bool squeeze(PyObject* op, PyObject* x, PyArrayObject* a, PyObject* const* args, Py_ssize_t n, PyObject*& out) {
    const int ndim = PyArray_NDIM(a);
    npy_intp dim = 0, shape[NPY_MAXDIMS];
    if (n != 1 || !read_int(args[0], dim) || !wrap(dim, ndim)) return false;
    int count = 0;
    for (int i = 0; i < ndim; ++i)
        if (i != dim || PyArray_DIM(a, i) != 1) shape[count++] = PyArray_DIM(a, i);
    out = view_of(op, x, shape, count);
    return true;
}

bool contiguous(PyObject*, PyObject* x, PyArrayObject* a, PyObject* const*, Py_ssize_t n, PyObject*& out) {
    if (n != 0 || !in_order(a)) return false;
    Py_INCREF(x);
    out = x;
    return true;
}

// Not views, but asked of a tensor in the same way: the number of dimensions, one size.
bool count_dims(PyObject*, PyObject*, PyArrayObject* a, PyObject* const*, Py_ssize_t n, PyObject*& out) {
    if (n != 0) return false;
    out = PyLong_FromLong(PyArray_NDIM(a));
    return true;
}

bool one_size(PyObject*, PyObject*, PyArrayObject* a, PyObject* const* args, Py_ssize_t n, PyObject*& out) {
    npy_intp dim = 0;
    if (n != 1 || !read_int(args[0], dim) || !wrap(dim, PyArray_NDIM(a))) return false;
    out = PyLong_FromSsize_t(PyArray_DIM(a, static_cast<int>(dim)));
    return true;
}

template <View view>
PyObject* call_view(PyObject* self, PyObject* const* args, size_t flags, PyObject* names) {
    const Py_ssize_t n = PyVectorcall_NARGS(flags);
    PyArrayObject* a = names == nullptr && n > 0 ? ndarray_of(args[0]) : nullptr;
    PyObject* out = nullptr;
    if (a != nullptr && view(as_short(self)->what, args[0], a, args + 1, n - 1, out)) return out;
    return go_slow(self, args, flags, names);
}

const struct {
    const char* name;
    vectorcallfunc call;
} kViews[] = {{"reshape", call_view<reshape>}, {"permute", call_view<permute>}, {"transpose", call_view<transpose>},
              {"flatten", call_view<flatten>}, {"squeeze", call_view<squeeze>}, {"contiguous", call_view<contiguous>},
              {"dim", call_view<count_dims>},  {"size", call_view<one_size>}};

// --- a method that calls another one, unless an attribute of the object is true ---

PyObject* call_method(PyObject* self, PyObject* const* args, size_t flags, PyObject* names) {
    PyObject* what = as_short(self)->what;
    if (PyVectorcall_NARGS(flags) < 1) return go_slow(self, args, flags, names);
    Ref guard(PyObject_GetAttr(args[0], PyTuple_GET_ITEM(what, 1)));
    if (guard.p == nullptr) return nullptr;
    if (guard.p != Py_False) return go_slow(self, args, flags, names);
    return PyObject_VectorcallMethod(PyTuple_GET_ITEM(what, 0), args, flags, names);
}

// --- __getattr__: what one of the tables holds that lie in the object's own attributes ---

PyObject* call_lookup(PyObject* self, PyObject* const* args, size_t flags, PyObject* names) {
    if (PyVectorcall_NARGS(flags) != 2 || names != nullptr) return go_slow(self, args, flags, names);
    Ref state(PyObject_GenericGetDict(args[0], nullptr));
    if (state.p == nullptr) return nullptr;
    PyObject* tables = as_short(self)->what;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tables); ++i) {
        PyObject* table = PyDict_GetItemWithError(state.p, PyTuple_GET_ITEM(tables, i));
        PyObject* found =
            table && (PyDict_CheckExact(table) || PyODict_CheckExact(table)) ? PyDict_GetItemWithError(table, args[1]) : nullptr;
        if (found != nullptr) {
            Py_INCREF(found);
            return found;
        }
        if (PyErr_Occurred()) return nullptr;
    }
    return go_slow(self, args, flags, names);
}

// --- a tensor's sizes, as a subclass of tuple ---

PyObject* call_sizes(PyObject* self, PyObject* const* args, size_t flags, PyObject* names) {
    PyArrayObject* a = PyVectorcall_NARGS(flags) == 1 && names == nullptr ? ndarray_of(args[0]) : nullptr;
    if (a == nullptr) return go_slow(self, args, flags, names);
    const int n = PyArray_NDIM(a);
    PyTypeObject* type = reinterpret_cast<PyTypeObject*>(as_short(self)->what);
    return filled(type->tp_alloc(type, n), PyArray_DIMS(a), n);
}

// --- the type ---

PyTypeObject short_type = {PyVarObject_HEAD_INIT(nullptr, 0)};

PyObject* new_short(vectorcallfunc call, PyObject* what, PyObject* slow, bool floating = false) {
    if (!PyCallable_Check(slow)) return PyErr_Format(PyExc_TypeError, "a short way needs a function for all other calls");
    Short* me = PyObject_GC_New(Short, &short_type);
    if (me == nullptr) return nullptr;
    Py_INCREF(what);
    Py_INCREF(slow);
    me->call = call;
    me->what = what;
    me->slow = slow;
    me->floating = floating;
    PyObject_GC_Track(me);
    return reinterpret_cast<PyObject*>(me);
}

PyObject* bind_short(PyObject* self, PyObject* object, PyObject*) {
    if (object == nullptr || object == Py_None) {
        Py_INCREF(self);
        return self;
    }
    return PyMethod_New(self, object);
}

void free_short(PyObject* self) {
    PyObject_GC_UnTrack(self);
    Py_XDECREF(as_short(self)->what);
    Py_XDECREF(as_short(self)->slow);
    PyObject_GC_Del(self);
}

int visit_short(PyObject* self, visitproc visit, void* arg) {
    Py_VISIT(as_short(self)->what);
    Py_VISIT(as_short(self)->slow);
    return 0;
}

PyObject* short_attribute(PyObject* self, PyObject* name) {
    PyObject* found = PyObject_GenericGetAttr(self, name);
    if (found != nullptr || !PyErr_ExceptionMatches(PyExc_AttributeError)) return found;
    PyErr_Clear();
    return PyObject_GetAttr(as_short(self)->slow, name);  // __name__, __doc__ and their like are the function's
}

PyObject* short_doc(PyObject* self, void*) { return PyObject_GetAttrString(as_short(self)->slow, "__doc__"); }

PyGetSetDef attributes[] = {{"__doc__", short_doc, nullptr, nullptr, nullptr}, {nullptr, nullptr, nullptr, nullptr, nullptr}};

bool ready_type() {
    short_type.tp_name = "plait._native.Short";
    short_type.tp_basicsize = sizeof(Short);
    short_type.tp_dealloc = free_short;
    short_type.tp_traverse = visit_short;
    short_type.tp_vectorcall_offset = offsetof(Short, call);
    short_type.tp_call = PyVectorcall_Call;
    short_type.tp_descr_get = bind_short;
    short_type.tp_getattro = short_attribute;
    short_type.tp_getset = attributes;
    short_type.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR | Py_TPFLAGS_HAVE_GC;
    return PyType_Ready(&short_type) == 0;
}

PyObject* new_operator(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (count != 3 || !tape::is_op(args[0])) return PyErr_Format(PyExc_TypeError, "operator(op, slow, floating)");
    return new_short(call_operator, args[0], args[1], PyObject_IsTrue(args[2]) == 1);
}

PyObject* new_view_call(PyObject*, PyObject* args) {
    const char* kind = nullptr;
    PyObject *op = nullptr, *slow = nullptr;
    if (!PyArg_ParseTuple(args, "sOO:view_call", &kind, &op, &slow)) return nullptr;
    for (const auto& view : kViews)
        if (std::strcmp(view.name, kind) == 0) return new_short(view.call, op, slow);
    return PyErr_Format(PyExc_ValueError, "view_call: no kind named %s", kind);
}

PyObject* new_method_call(PyObject*, PyObject* args) {
    PyObject *name = nullptr, *guard = nullptr, *slow = nullptr;
    if (!PyArg_ParseTuple(args, "UUO:method_call", &name, &guard, &slow)) return nullptr;
    Py_INCREF(name);
    Py_INCREF(guard);
    PyUnicode_InternInPlace(&name);
    PyUnicode_InternInPlace(&guard);
    Ref what(PyTuple_Pack(2, name, guard));
    Py_DECREF(name);
    Py_DECREF(guard);
    return what.p ? new_short(call_method, what.p, slow) : nullptr;
}

PyObject* new_lookup(PyObject*, PyObject* args) {
    PyObject *tables = nullptr, *slow = nullptr;
    if (!PyArg_ParseTuple(args, "O!O:lookup", &PyTuple_Type, &tables, &slow)) return nullptr;
    return new_short(call_lookup, tables, slow);
}

PyObject* new_sizes_of(PyObject*, PyObject* args) {
    PyObject *type = nullptr, *slow = nullptr;
    if (!PyArg_ParseTuple(args, "O!O:sizes_of", &PyType_Type, &type, &slow)) return nullptr;
    if (!PyType_IsSubtype(reinterpret_cast<PyTypeObject*>(type), &PyTuple_Type))
        return PyErr_Format(PyExc_TypeError, "sizes_of: a subclass of tuple, please");
    return new_short(call_sizes, type, slow);
}

// --- forwards of views ---

bool dims_of(PyObject* object, Ints& out) {
    if (PyTuple_Check(object) && read_ints(&object, 1, out)) return true;
    PyArray_Dims dims{nullptr, 0};
    if (!PyArray_IntpConverter(object, &dims)) return false;
    out.n = dims.len;
    for (int i = 0; i < dims.len; ++i) out.at[i] = dims.ptr[i];
    PyDimMem_FREE(dims.ptr);
    return true;
}

template <bool order>
PyObject* moved(PyObject*, PyObject* const* args, Py_ssize_t count) {
    Ints d;
    if (count != 2 || !PyArray_Check(args[0])) return PyErr_Format(PyExc_TypeError, "an ndarray and a tuple of ints, please");
    if (!dims_of(args[1], d)) return nullptr;
    PyArray_Dims dims{d.at, d.n};
    PyArrayObject* a = reinterpret_cast<PyArrayObject*>(args[0]);
    return order ? PyArray_Transpose(a, &dims) : PyArray_Newshape(a, &dims, NPY_CORDER);
}

// split(array, dim, sizes): views of consecutive parts of a dimension; as slices, they end where the array does.
PyObject* split(PyObject*, PyObject* const* args, Py_ssize_t count) {
    Ints sizes;
    npy_intp dim = 0;
    if (count != 3 || !PyArray_Check(args[0]) || !read_int(args[1], dim) ||
        !wrap(dim, PyArray_NDIM(reinterpret_cast<PyArrayObject*>(args[0]))))
        return PyErr_Format(PyExc_TypeError, "split: an ndarray, one of its dimensions and a tuple of sizes, please");
    if (!PyTuple_Check(args[2])) return PyErr_Format(PyExc_TypeError, "split: sizes must be a tuple");
    PyArrayObject* a = reinterpret_cast<PyArrayObject*>(args[0]);
    const Py_ssize_t n = PyTuple_GET_SIZE(args[2]);
    const npy_intp whole = PyArray_DIM(a, static_cast<int>(dim)), step = PyArray_STRIDE(a, static_cast<int>(dim));
    Ref out(PyTuple_New(n));
    npy_intp start = 0, shape[NPY_MAXDIMS];
    for (int i = 0; i < PyArray_NDIM(a); ++i) shape[i] = PyArray_DIM(a, i);
    for (Py_ssize_t k = 0; out.p != nullptr && k < n; ++k) {
        npy_intp size = 0;
        if (!read_int(PyTuple_GET_ITEM(args[2], k), size) || size < 0)
            return PyErr_Format(PyExc_TypeError, "split: sizes must be ints from 0 up");
        const npy_intp first = start < whole ? start : whole, length = size < whole - first ? size : whole - first;
        shape[dim] = length;
        start += size;
        PyArray_Descr* descr = PyArray_DESCR(a);
        Py_INCREF(descr);
        PyObject* part =
            PyArray_NewFromDescr(&PyArray_Type, descr, PyArray_NDIM(a), shape, PyArray_STRIDES(a),
                                 PyArray_BYTES(a) + (length > 0 ? first * step : 0), PyArray_FLAGS(a) & NPY_ARRAY_WRITEABLE, nullptr);
        if (part == nullptr) return nullptr;
        PyTuple_SET_ITEM(out.p, k, part);
        Py_INCREF(args[0]);
        if (PyArray_SetBaseObject(reinterpret_cast<PyArrayObject*>(part), args[0]) < 0) return nullptr;
    }
    return out.release();
}

template <class F>
PyCFunction function(F f) {
    return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(f));
}

PyMethodDef functions[] = {
    {"operator", function(new_operator), METH_FASTCALL, "operator(op, slow, floating): a method of two operands."},
    {"view_call", new_view_call, METH_VARARGS, "view_call(kind, op, slow): a function of a tensor and ints that gives a view."},
    {"method_call", new_method_call, METH_VARARGS,
     "method_call(name, guard, slow): a method that calls the method `name`, or slow where the attribute `guard` is not False."},
    {"lookup", new_lookup, METH_VARARGS, "lookup(tables, slow): a __getattr__ that looks into the dicts of these names in the object."},
    {"sizes_of", new_sizes_of, METH_VARARGS, "sizes_of(type, slow): a function that gives a tensor's sizes as a `type`."},
    {"reshaped", function(moved<false>), METH_FASTCALL, "reshaped(array, shape): NumPy's array.reshape(shape)."},
    {"transposed", function(moved<true>), METH_FASTCALL, "transposed(array, order): NumPy's array.transpose(order)."},
    {"split", function(split), METH_FASTCALL, "split(array, dim, sizes): views of consecutive parts of a dimension."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

bool add_functions(PyObject* module) { return ready_type() && PyModule_AddFunctions(module, functions) == 0; }

}  // namespace plait::shortly
