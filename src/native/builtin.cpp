// builtin(function, check, owner, attributes): a callable that knows the signatures of a Python function. Calls that match one of them, by
// the exact types of their arguments, go on to the function as they are. All others go to `check`, which knows every rule: it raises, or
// answers with the arguments that the function is to have. Where the function is
// None, the call is the check alone.
#include "builtin.h"

#include <cstddef>
#include <new>
#include <vector>

namespace plait::builtin {
namespace {

enum : long { kOptional = 1, kNone = 2, kKeyword = 4, kList = 8, kSingle = 16, kAny = 32 };

struct Param {
    PyObject* name;   // interned
    PyObject* types;  // a tuple
    long flags;
};

struct Signature {
    std::vector<Param> params;
    Py_ssize_t positional;
    bool spread;  // f(2, 3) for f((2, 3))
};

struct Builtin {
    PyObject_HEAD vectorcallfunc call;
    PyObject* function;
    PyObject* check;
    PyObject* owner;  // the class of a method's first argument, or None
    PyObject* dict;
    PyObject* weak;
    std::vector<Signature>* signatures;
};

Builtin* as_builtin(PyObject* self) { return reinterpret_cast<Builtin*>(self); }

// Whether an object is of one of the types: of a class written in Python also by inheritance (bool is no int here).
bool is_one(PyObject* object, PyObject* types) {
    PyTypeObject* type = Py_TYPE(object);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(types); ++i) {
        PyTypeObject* wanted = reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(types, i));
        if (type == wanted || ((wanted->tp_flags & Py_TPFLAGS_HEAPTYPE) != 0 && PyType_IsSubtype(type, wanted))) return true;
    }
    return false;
}

bool fits(PyObject* object, const Param& param) {
    if ((param.flags & kAny) != 0) return true;
    if (object == Py_None) return (param.flags & kNone) != 0;
    if ((param.flags & kList) == 0) return is_one(object, param.types);
    if (!PyTuple_Check(object) && !PyList_CheckExact(object)) return (param.flags & kSingle) != 0 && is_one(object, param.types);
    PyObject** items = PySequence_Fast_ITEMS(object);
    for (Py_ssize_t i = 0; i < Py_SIZE(object); ++i)
        if (!is_one(items[i], param.types)) return false;
    return true;
}

PyObject* named(const Param& param, PyObject* names, PyObject* const* values) {
    const Py_ssize_t n = PyTuple_GET_SIZE(names);
    for (Py_ssize_t i = 0; i < n; ++i)
        if (PyTuple_GET_ITEM(names, i) == param.name) return values[i];
    return nullptr;
}

bool matches(const Signature& signature, PyObject* const* args, Py_ssize_t n, PyObject* names) {
    Py_ssize_t at = 0, left = names == nullptr ? 0 : PyTuple_GET_SIZE(names);
    if (n > signature.positional && !signature.spread) return false;
    for (const Param& param : signature.params) {
        if (at < n) {
            if ((param.flags & kKeyword) != 0) return false;
            if (fits(args[at], param)) {
                ++at;
                continue;
            }
            if (!signature.spread || at != 0) return false;
            for (; at < n; ++at)
                if (!is_one(args[at], param.types)) return false;
            continue;
        }
        PyObject* value = left > 0 ? named(param, names, args + n) : nullptr;
        if (value == nullptr) {
            if ((param.flags & kOptional) == 0) return false;
            continue;
        }
        if (!fits(value, param)) return false;
        --left;
    }
    return left == 0 && at == n;
}

// The careful way: check(self, args, kwargs) gives (args, kwargs), or raises.
PyObject* checked(PyObject* self, PyObject* const* args, Py_ssize_t n, PyObject* names) {
    PyObject* result = nullptr;
    PyObject* answer = nullptr;
    PyObject* positional = PyTuple_New(n);
    PyObject* keywords = PyDict_New();
    if (positional == nullptr || keywords == nullptr) goto done;
    for (Py_ssize_t i = 0; i < n; ++i) {
        Py_INCREF(args[i]);
        PyTuple_SET_ITEM(positional, i, args[i]);
    }
    for (Py_ssize_t i = 0; names != nullptr && i < PyTuple_GET_SIZE(names); ++i)
        if (PyDict_SetItem(keywords, PyTuple_GET_ITEM(names, i), args[n + i]) < 0) goto done;
    answer = PyObject_CallFunctionObjArgs(as_builtin(self)->check, self, positional, keywords, nullptr);
    if (answer == nullptr) goto done;
    if (!PyTuple_Check(answer) || PyTuple_GET_SIZE(answer) != 2 || !PyTuple_Check(PyTuple_GET_ITEM(answer, 0)) ||
        !PyDict_Check(PyTuple_GET_ITEM(answer, 1))) {
        PyErr_SetString(PyExc_TypeError, "builtin: check must give a tuple and a dict");
        goto done;
    }
    if (as_builtin(self)->function == Py_None) {
        Py_INCREF(Py_None);
        result = Py_None;
        goto done;
    }
    result = PyObject_Call(as_builtin(self)->function, PyTuple_GET_ITEM(answer, 0), PyTuple_GET_ITEM(answer, 1));
done:
    Py_XDECREF(positional);
    Py_XDECREF(keywords);
    Py_XDECREF(answer);
    return result;
}

bool of_owner(const Builtin* me, PyObject* object) { return PyObject_TypeCheck(object, reinterpret_cast<PyTypeObject*>(me->owner)) != 0; }

template <int first>
PyObject* call(PyObject* self, PyObject* const* args, size_t flags, PyObject* names) {
    const Builtin* me = as_builtin(self);
    const Py_ssize_t n = PyVectorcall_NARGS(flags);
    if (me->signatures != nullptr && (first == 0 || (n > 0 && of_owner(me, args[0]))))
        for (const Signature& signature : *me->signatures)
            if (matches(signature, args + first, n - first, names)) {
                if (me->function == Py_None) Py_RETURN_NONE;
                return PyObject_Vectorcall(me->function, args, flags, names);
            }
    return checked(self, args, n, names);
}

void forget(Builtin* me) {
    if (me->signatures == nullptr) return;
    for (Signature& signature : *me->signatures)
        for (Param& param : signature.params) {
            Py_DECREF(param.name);
            Py_DECREF(param.types);
        }
    delete me->signatures;
    me->signatures = nullptr;
}

// Reads one (positional, spread, ((name, flags, types), ...)).
bool read_signature(PyObject* object, std::vector<Signature>& into) {
    PyObject* params = nullptr;
    int spread = 0;
    into.emplace_back();
    Signature& signature = into.back();
    if (!PyArg_ParseTuple(object, "npO!:learn", &signature.positional, &spread, &PyTuple_Type, &params)) return false;
    signature.spread = spread != 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(params); ++i) {
        Param p{};
        if (!PyArg_ParseTuple(PyTuple_GET_ITEM(params, i), "UlO!:learn", &p.name, &p.flags, &PyTuple_Type, &p.types)) return false;
        for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(p.types); ++k)
            if (!PyType_Check(PyTuple_GET_ITEM(p.types, k))) {
                PyErr_SetString(PyExc_TypeError, "learn: types must be classes");
                return false;
            }
        Py_INCREF(p.name);
        Py_INCREF(p.types);
        PyUnicode_InternInPlace(&p.name);
        signature.params.push_back(p);
    }
    return true;
}

PyObject* learn(PyObject* self, PyObject* signatures) {
    if (!PyTuple_Check(signatures)) return PyErr_Format(PyExc_TypeError, "learn: a tuple of signatures, please");
    Builtin* me = as_builtin(self);
    forget(me);
    me->signatures = new (std::nothrow) std::vector<Signature>();
    if (me->signatures == nullptr) return PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(signatures); ++i)
        if (!read_signature(PyTuple_GET_ITEM(signatures, i), *me->signatures)) {
            forget(me);
            return nullptr;
        }
    Py_RETURN_NONE;
}

PyObject* reduce(PyObject* self, PyObject*) { return PyObject_GetAttrString(self, "__qualname__"); }

PyObject* shown(PyObject* self) {
    PyObject* name = PyObject_GetAttrString(self, "__name__");
    if (name == nullptr) return nullptr;
    PyObject* text = PyUnicode_FromFormat("<built-in method %U of type object at %p>", name, self);
    Py_DECREF(name);
    return text;
}

PyObject* bind(PyObject* self, PyObject* object, PyObject*) {
    if (object != nullptr && object != Py_None) return PyMethod_New(self, object);
    Py_INCREF(self);
    return self;
}

int visit(PyObject* self, visitproc visit, void* arg) {
    Builtin* me = as_builtin(self);
    Py_VISIT(me->function);
    Py_VISIT(me->check);
    Py_VISIT(me->owner);
    Py_VISIT(me->dict);
    if (me->signatures != nullptr)
        for (const Signature& signature : *me->signatures)
            for (const Param& param : signature.params) Py_VISIT(param.types);
    return 0;
}

int clear(PyObject* self) {
    Builtin* me = as_builtin(self);
    forget(me);
    Py_CLEAR(me->function);
    Py_CLEAR(me->check);
    Py_CLEAR(me->owner);
    Py_CLEAR(me->dict);
    return 0;
}

void release(PyObject* self) {
    PyObject_GC_UnTrack(self);
    if (as_builtin(self)->weak != nullptr) PyObject_ClearWeakRefs(self);
    clear(self);
    PyObject_GC_Del(self);
}

PyTypeObject function_type = {PyVarObject_HEAD_INIT(nullptr, 0)};
PyTypeObject method_type = {PyVarObject_HEAD_INIT(nullptr, 0)};

PyObject* make(PyObject*, PyObject* args) {
    PyObject *function = nullptr, *check = nullptr, *owner = nullptr, *attributes = nullptr;
    if (!PyArg_ParseTuple(args, "OOOO!:builtin", &function, &check, &owner, &PyDict_Type, &attributes)) return nullptr;
    const bool method = owner != Py_None;
    if (method && !PyType_Check(owner)) return PyErr_Format(PyExc_TypeError, "builtin: owner must be a class or None");
    Builtin* me = PyObject_GC_New(Builtin, method ? &method_type : &function_type);
    if (me == nullptr) return nullptr;
    me->call = method ? call<1> : call<0>;
    Py_INCREF(owner);
    me->owner = owner;
    Py_INCREF(function);
    Py_INCREF(check);
    me->function = function;
    me->check = check;
    me->weak = nullptr;
    me->signatures = nullptr;
    me->dict = PyDict_Copy(attributes);
    PyObject_GC_Track(me);
    if (me->dict == nullptr) {
        Py_DECREF(me);
        return nullptr;
    }
    return reinterpret_cast<PyObject*>(me);
}

PyMethodDef methods[] = {
    {"_learn", learn, METH_O, "_learn(signatures): what goes to the function without a check, as (positional, spread, params)."},
    {"__reduce__", reduce, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

PyGetSetDef attributes[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyMethodDef functions[] = {
    {"builtin", make, METH_VARARGS, "builtin(function, check, owner, attributes): a callable that checks its arguments; see builtin.cpp."},
    {nullptr, nullptr, 0, nullptr},
};

bool ready(PyTypeObject& type, const char* name, unsigned long flags) {
    type.tp_name = name;
    type.tp_basicsize = sizeof(Builtin);
    type.tp_dealloc = release;
    type.tp_traverse = visit;
    type.tp_clear = clear;
    type.tp_repr = shown;
    type.tp_vectorcall_offset = offsetof(Builtin, call);
    type.tp_weaklistoffset = offsetof(Builtin, weak);
    type.tp_dictoffset = offsetof(Builtin, dict);
    type.tp_call = PyVectorcall_Call;
    type.tp_getattro = PyObject_GenericGetAttr;
    type.tp_setattro = PyObject_GenericSetAttr;
    type.tp_methods = methods;
    type.tp_getset = attributes;
    type.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_HAVE_GC | flags;
    return PyType_Ready(&type) == 0;
}

}  // namespace

bool add_functions(PyObject* module) {
    method_type.tp_descr_get = bind;
    return ready(function_type, "builtin_function_or_method", 0) && ready(method_type, "method_descriptor", Py_TPFLAGS_METHOD_DESCRIPTOR) &&
           PyModule_AddFunctions(module, functions) == 0;
}

}  // namespace plait::builtin
