// Tensors, nodes and ops are Python classes with __slots__; their slots lie at fixed offsets, which `configure` reads once from the
// member descriptors. Everything here runs with the GIL held.
#include "tape.h"

#include <structmember.h>
#define NPY_TARGET_VERSION NPY_1_23_API_VERSION
#define PY_ARRAY_UNIQUE_SYMBOL plait_numpy_api
#define NO_IMPORT_ARRAY
#include <numpy/arrayobject.h>

#include <cstddef>
#include <cstdint>

namespace plait::tape {
namespace {

enum TensorSlot { kArray, kGrad, kNode, kIndex, kTracks, kVersion, kBase, kChain, kGen, kMeta, kTensorSlots };
const char* const kTensorNames[] = {"array",    "grad",      "tape_node",  "tape_index", "tracks",
                                    "versions", "view_base", "view_chain", "view_gen",   "tape_meta"};
enum NodeSlot { nOp, nParams, nFace, nSeq, nEdges, nNeeds, nShapes, nDtypes, nSavedIn, nSavedOut, nOutputs, nHooks, nUser, kNodeSlots };
const char* const kNodeNames[] = {"op",     "params",   "face",      "seq",     "edges", "needs", "shapes",
                                  "dtypes", "saved_in", "saved_out", "outputs", "hooks", "user"};
enum OpSlot { oRun, oBackward, oKind, oVisible, oSaveIn, oSaveOut, kOpSlots };
const char* const kOpNames[] = {"run", "backward", "kind", "visible", "save_inputs", "save_outputs"};

Py_ssize_t tensor_at[kTensorSlots], node_at[kNodeSlots], op_at[kOpSlots];
PyTypeObject *tensor_type = nullptr, *node_type = nullptr, *op_type = nullptr;
PyObject *refresh = nullptr, *inference_error = nullptr;
PyObject *zero = nullptr, *one = nullptr, *only = nullptr, *unrecorded = nullptr, *empty_tuple = nullptr, *empty_dict = nullptr,
         *view_kind = nullptr, *face_name = nullptr;
int64_t sequence = 0;

thread_local bool mode_grad = true, mode_inference = false;

// A face whose tensors are recorded only while this thread says that a tape runs; other faces do not ask.
PyTypeObject* taped_face = nullptr;
thread_local bool mode_taping = false;

PyObject*& slot(PyObject* object, Py_ssize_t offset) { return *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(object) + offset); }
PyObject* tensor_slot(PyObject* t, TensorSlot s) { return slot(t, tensor_at[s]); }
PyObject* op_slot(PyObject* o, OpSlot s) { return slot(o, op_at[s]); }

}  // namespace

bool is_tensor(PyObject* x) { return Py_TYPE(x) == tensor_type || PyObject_TypeCheck(x, tensor_type); }
bool is_op(PyObject* x) { return Py_TYPE(x) == op_type; }
PyObject* array_of(PyObject* tensor) { return tensor_slot(tensor, kArray); }

namespace {

// A borrowed reference to type.face; types live as long as the process, and few are used.
PyObject* face_of(PyTypeObject* type) {
    static PyTypeObject* last_type = nullptr;
    static PyObject* last_face = nullptr;
    if (type == last_type) return last_face;
    PyObject* face = PyObject_GetAttr(reinterpret_cast<PyObject*>(type), face_name);
    if (face == nullptr) return nullptr;
    Py_INCREF(type);
    Py_XDECREF(last_type);
    Py_XDECREF(last_face);
    last_type = type;
    last_face = face;
    return face;
}

void put(PyObject* object, Py_ssize_t offset, PyObject* value) {
    Py_INCREF(value);
    slot(object, offset) = value;
}

// A fresh tensor of class `face` over `array`; on the tape if node is given.
PyObject* make(PyTypeObject* face, PyObject* array, PyObject* node, PyObject* index) {
    PyObject* t = face->tp_alloc(face, 0);
    if (t == nullptr) return nullptr;
    put(t, tensor_at[kArray], array);
    put(t, tensor_at[kGrad], Py_None);
    put(t, tensor_at[kNode], node);
    put(t, tensor_at[kIndex], index);
    put(t, tensor_at[kTracks], node == Py_None ? Py_False : Py_True);
    put(t, tensor_at[kBase], Py_None);
    put(t, tensor_at[kChain], empty_tuple);
    put(t, tensor_at[kGen], zero);
    put(t, tensor_at[kMeta], Py_None);
    if (mode_inference) {
        put(t, tensor_at[kVersion], Py_None);
    } else {
        PyObject* version = PyList_New(2);
        if (version == nullptr) {
            Py_DECREF(t);
            return nullptr;
        }
        Py_INCREF(zero);
        Py_INCREF(zero);
        PyList_SET_ITEM(version, 0, zero);
        PyList_SET_ITEM(version, 1, zero);
        slot(t, tensor_at[kVersion]) = version;
    }
    return t;
}

bool differentiable(PyObject* array) {
    const int type = PyArray_TYPE(reinterpret_cast<PyArrayObject*>(array));
    return PyTypeNum_ISFLOAT(type) || type == NPY_VOID;
}

PyObject* pair(PyObject* a, PyObject* b) { return PyTuple_Pack(2, a, b); }

// Makes a view's node current. False with an error set.
bool current(PyObject* t) {
    if (tensor_slot(t, kBase) == Py_None) return true;
    PyObject* done = PyObject_CallOneArg(refresh, t);
    Py_XDECREF(done);
    return done != nullptr;
}

// New reference: (node, output), (leaf, 0) or None.
PyObject* edge_of(PyObject* x) {
    if (!is_tensor(x) || !current(x)) {
        if (PyErr_Occurred()) return nullptr;
        Py_RETURN_NONE;
    }
    if (tensor_slot(x, kTracks) != Py_True) Py_RETURN_NONE;
    PyObject* node = tensor_slot(x, kNode);
    return node == Py_None ? pair(x, zero) : pair(node, tensor_slot(x, kIndex));
}

PyObject* make_node(PyObject* op, PyObject* const* inputs, PyObject* const* arrays, Py_ssize_t n, PyObject* params, PyObject* face) {
    Ref edges(PyTuple_New(n)), needs(PyTuple_New(n)), shapes(PyTuple_New(n)), dtypes(PyTuple_New(n));
    if (!edges.p || !needs.p || !shapes.p || !dtypes.p) return nullptr;
    for (Py_ssize_t i = 0; i < n; ++i) {
        PyObject* e = edge_of(inputs[i]);
        if (e == nullptr) return nullptr;
        PyTuple_SET_ITEM(edges.p, i, e);
        PyTuple_SET_ITEM(needs.p, i, PyBool_FromLong(e != Py_None));
        PyObject *shape = Py_None, *dtype = Py_None;
        if (PyArray_Check(arrays[i])) {
            PyArrayObject* a = reinterpret_cast<PyArrayObject*>(arrays[i]);
            shape = PyArray_IntTupleFromIntp(PyArray_NDIM(a), PyArray_DIMS(a));
            if (shape == nullptr) return nullptr;
            dtype = reinterpret_cast<PyObject*>(PyArray_DESCR(a));
        } else {
            Py_INCREF(Py_None);
        }
        Py_INCREF(dtype);
        PyTuple_SET_ITEM(shapes.p, i, shape);
        PyTuple_SET_ITEM(dtypes.p, i, dtype);
    }
    Ref saved;
    PyObject* save = op_slot(op, oSaveIn);
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(save); ++k) {
        PyObject* rule = PyTuple_GET_ITEM(save, k);
        PyObject* number = PyTuple_GET_ITEM(rule, 0);
        const Py_ssize_t i = PyLong_AsSsize_t(number), j = PyLong_AsSsize_t(PyTuple_GET_ITEM(rule, 1));
        if (i >= n || (i != j && (j >= n || PyTuple_GET_ITEM(needs.p, j) != Py_True))) continue;
        PyObject* version = zero;
        if (is_tensor(inputs[i])) {
            PyObject* counter = tensor_slot(inputs[i], kVersion);
            if (counter == Py_None) {
                PyErr_SetObject(PyExc_RuntimeError, inference_error);
                return nullptr;
            }
            version = PyList_GET_ITEM(counter, 0);
        }
        if (saved.p == nullptr && (saved.p = PyDict_New()) == nullptr) return nullptr;
        Ref kept(pair(inputs[i], version));
        if (kept.p == nullptr || PyDict_SetItem(saved.p, number, kept.p) < 0) return nullptr;
    }
    Ref seq(PyLong_FromLongLong(sequence++));
    if (seq.p == nullptr) return nullptr;
    PyObject* node = node_type->tp_alloc(node_type, 0);
    if (node == nullptr) return nullptr;
    put(node, node_at[nOp], op);
    put(node, node_at[nParams], params);
    put(node, node_at[nFace], face);
    put(node, node_at[nSeq], seq.p);
    put(node, node_at[nEdges], edges.p);
    put(node, node_at[nNeeds], needs.p);
    put(node, node_at[nShapes], shapes.p);
    put(node, node_at[nDtypes], dtypes.p);
    put(node, node_at[nSavedIn], saved.p ? saved.p : empty_dict);
    put(node, node_at[nSavedOut], empty_dict);
    put(node, node_at[nOutputs], one);
    put(node, node_at[nHooks], Py_None);
    put(node, node_at[nUser], Py_None);
    return node;
}

// The one result of `node` as a tensor; takes note of it where backward wants it.
PyObject* finish_one(PyObject* op, PyObject* node, PyTypeObject* face, PyObject* array) {
    PyObject* t = make(face, array, differentiable(array) ? node : Py_None, zero);
    if (t == nullptr) return nullptr;
    if (PyTuple_GET_SIZE(op_slot(op, oSaveOut)) > 0) {
        Ref kept(PyTuple_Pack(4, array, tensor_slot(t, kVersion), zero, Py_True)), saved(PyDict_New());
        if (!kept.p || !saved.p || PyDict_SetItem(saved.p, zero, kept.p) < 0) {
            Py_DECREF(t);
            return nullptr;
        }
        Py_SETREF(slot(node, node_at[nSavedOut]), saved.release());
    }
    return t;
}

// New reference: an ndarray even where an op gave a scalar.
PyObject* as_array(PyObject* value) {
    Py_INCREF(value);
    return PyArray_CheckExact(value) ? value : PyArray_EnsureArray(value);
}

// What backward wants of results: the visible ones with their versions, others as arrays alone.
bool save_outputs(PyObject* op, PyObject* node, PyObject* out, PyObject* results) {
    PyObject* save = op_slot(op, oSaveOut);
    if (PyTuple_GET_SIZE(save) == 0) return true;
    Ref saved(PyDict_New());
    if (saved.p == nullptr) return false;
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(save); ++k) {
        const Py_ssize_t i = PyLong_AsSsize_t(PyTuple_GET_ITEM(save, k));
        if (i >= PyTuple_GET_SIZE(out)) {
            PyErr_SetString(PyExc_IndexError, "apply: an op saves a result that it did not give");
            return false;
        }
        PyObject* t = i < PyTuple_GET_SIZE(results) ? PyTuple_GET_ITEM(results, i) : nullptr;
        Ref kept(t ? PyTuple_Pack(4, tensor_slot(t, kArray), tensor_slot(t, kVersion), zero, tensor_slot(t, kTracks))
                   : PyTuple_Pack(4, PyTuple_GET_ITEM(out, i), Py_None, zero, Py_False));
        if (kept.p == nullptr || PyDict_SetItem(saved.p, PyTuple_GET_ITEM(save, k), kept.p) < 0) return false;
    }
    Py_SETREF(slot(node, node_at[nSavedOut]), saved.release());
    return true;
}

// The visible results of `node` (null where nothing is recorded) as tensors: one, or a tuple.
PyObject* finish_many(PyObject* op, PyObject* node, PyTypeObject* face, PyObject* out) {
    PyObject* limit = op_slot(op, oVisible);
    const Py_ssize_t visible = limit == Py_None ? PyTuple_GET_SIZE(out) : PyLong_AsSsize_t(limit);
    if (visible < 0 || visible > PyTuple_GET_SIZE(out)) {
        PyErr_SetString(PyExc_IndexError, "apply: an op gave fewer results than are visible");
        return nullptr;
    }
    Ref results(PyTuple_New(visible));
    if (results.p == nullptr) return nullptr;
    for (Py_ssize_t i = 0; i < visible; ++i) {
        Ref array(as_array(PyTuple_GET_ITEM(out, i))), index(PyLong_FromSsize_t(i));
        if (!array.p || !index.p) return nullptr;
        PyObject* t = make(face, array.p, node && differentiable(array.p) ? node : Py_None, index.p);
        if (t == nullptr) return nullptr;
        PyTuple_SET_ITEM(results.p, i, t);
    }
    if (node != nullptr) {
        PyObject* count = PyLong_FromSsize_t(visible);
        if (count == nullptr) return nullptr;
        Py_SETREF(slot(node, node_at[nOutputs]), count);
        if (!save_outputs(op, node, out, results.p)) return nullptr;
    }
    if (limit != Py_None && visible == 1) {
        Py_INCREF(PyTuple_GET_ITEM(results.p, 0));
        return PyTuple_GET_ITEM(results.p, 0);
    }
    return results.release();
}

// A result that shares the source's memory: it shares the version too, and knows the way from the base. `which` tells several apart.
PyObject* wrap_view(PyObject* op, PyObject* source, PyObject* params, PyObject* array, PyObject* node, PyObject* which, PyObject* index) {
    Ref step(PyTuple_Pack(3, op, params, which)), last(step.p ? PyTuple_Pack(1, step.p) : nullptr);
    if (last.p == nullptr) return nullptr;
    PyObject* before = tensor_slot(source, kChain);
    PyObject* chain = PyTuple_GET_SIZE(before) ? PySequence_Concat(before, last.p) : last.release();
    if (chain == nullptr) return nullptr;
    PyObject* t = make(reinterpret_cast<PyTypeObject*>(face_of(Py_TYPE(source))), array, differentiable(array) ? node : Py_None, index);
    if (t == nullptr) {
        Py_DECREF(chain);
        return nullptr;
    }
    PyObject* version = tensor_slot(source, kVersion);
    PyObject* base = tensor_slot(source, kBase);
    Py_SETREF(slot(t, tensor_at[kChain]), chain);
    Py_INCREF(version);
    Py_SETREF(slot(t, tensor_at[kVersion]), version);
    base = base == Py_None ? source : base;
    Py_INCREF(base);
    Py_SETREF(slot(t, tensor_at[kBase]), base);
    if (version != Py_None) {
        PyObject* gen = PyList_GET_ITEM(version, 1);
        Py_INCREF(gen);
        Py_SETREF(slot(t, tensor_at[kGen]), gen);
    }
    return t;
}

PyObject* wrap_views(PyObject* op, PyObject* source, PyObject* params, PyObject* out, PyObject* node) {
    Ref arrays(PySequence_Fast(out, "apply: several views must be a sequence"));
    if (arrays.p == nullptr) return nullptr;
    const Py_ssize_t n = PySequence_Fast_GET_SIZE(arrays.p);
    Ref results(PyTuple_New(n));
    for (Py_ssize_t i = 0; results.p != nullptr && i < n; ++i) {
        Ref array(as_array(PySequence_Fast_GET_ITEM(arrays.p, i))), index(PyLong_FromSsize_t(i));
        if (!array.p || !index.p) return nullptr;
        PyObject* t = wrap_view(op, source, params, array.p, node, index.p, index.p);
        if (t == nullptr) return nullptr;
        PyTuple_SET_ITEM(results.p, i, t);
    }
    if (node != Py_None) {
        PyObject* count = PyLong_FromSsize_t(n);
        if (count == nullptr) return nullptr;
        Py_SETREF(slot(node, node_at[nOutputs]), count);
    }
    return results.release();
}

// Turns a pending MemoryError, whoever raised it, into plait.errors.OutOfMemory, which is a RuntimeError too. Always nullptr.
PyObject* out_of_memory() {
    if (!PyErr_ExceptionMatches(PyExc_MemoryError)) return nullptr;
    PyErr_Clear();
    Ref errors(PyImport_ImportModule("plait.errors"));
    Ref kind(errors.p ? PyObject_GetAttrString(errors.p, "OutOfMemory") : nullptr);
    if (kind.p) PyErr_SetString(kind.p, "DefaultCPUAllocator: can't allocate memory: Error code 12 (Cannot allocate memory)");
    return nullptr;
}

constexpr Py_ssize_t kMostArguments = 48;

}  // namespace

PyObject* apply(PyObject* const* args, Py_ssize_t count) {
    if (count < 2 || count > 3 || Py_TYPE(args[0]) != op_type) {
        PyErr_SetString(PyExc_TypeError, "apply(op, inputs, params=()): op must be an Op");
        return nullptr;
    }
    PyObject* op = args[0];
    PyObject* params = count == 3 ? args[2] : empty_tuple;
    if (!PyTuple_Check(params)) {
        PyErr_SetString(PyExc_TypeError, "apply: params must be a tuple");
        return nullptr;
    }
    Ref sequence_of_inputs(PySequence_Fast(args[1], "apply: inputs must be a sequence"));
    if (sequence_of_inputs.p == nullptr) return nullptr;
    PyObject* const* inputs = PySequence_Fast_ITEMS(sequence_of_inputs.p);
    const Py_ssize_t n = PySequence_Fast_GET_SIZE(sequence_of_inputs.p), m = PyTuple_GET_SIZE(params);
    PyObject* few[kMostArguments + 1];
    PyObject** operands = few + 1;  // one free place in front, for the callee's use
    Ref room;
    if (n + m > kMostArguments) {
        room.p = PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(sizeof(PyObject*)) * (n + m + 1));
        if (room.p == nullptr) return nullptr;
        operands = reinterpret_cast<PyObject**>(PyBytes_AS_STRING(room.p)) + 1;
    }
    PyObject* face = nullptr;
    bool tracks = false;
    for (Py_ssize_t i = 0; i < n; ++i) {
        PyObject* x = inputs[i];
        if (!is_tensor(x)) {
            operands[i] = x;
            continue;
        }
        operands[i] = tensor_slot(x, kArray);
        if (face == nullptr && (face = face_of(Py_TYPE(x))) == nullptr) return nullptr;
        if (!current(x)) return nullptr;
        tracks |= tensor_slot(x, kTracks) == Py_True;
    }
    if (face == nullptr) face = face_of(tensor_type);
    Ref keep_face(face);
    Py_INCREF(face);
    for (Py_ssize_t i = 0; i < m; ++i) operands[n + i] = PyTuple_GET_ITEM(params, i);
    Ref out(PyObject_Vectorcall(op_slot(op, oRun), operands, static_cast<size_t>(n + m) | PY_VECTORCALL_ARGUMENTS_OFFSET, nullptr));
    if (out.p == nullptr) return out_of_memory();
    Ref node;
    if (tracks && mode_grad && (mode_taping || face != reinterpret_cast<PyObject*>(taped_face)) && op_slot(op, oBackward) != Py_None) {
        node.p = make_node(op, inputs, operands, n, params, face);
        if (node.p == nullptr) return nullptr;
    }
    PyObject* maker = node.p ? node.p : Py_None;
    PyTypeObject* type = reinterpret_cast<PyTypeObject*>(face);
    if (op_slot(op, oKind) == view_kind) {
        if (PyArray_CheckExact(out.p)) return wrap_view(op, inputs[0], params, out.p, maker, mode_grad ? only : unrecorded, zero);
        return wrap_views(op, inputs[0], params, out.p, maker);
    }
    if (PyTuple_CheckExact(out.p)) return finish_many(op, node.p, type, out.p);
    if (!PyArray_CheckExact(out.p)) {
        PyObject* array = PyArray_EnsureArray(out.release());
        if (array == nullptr) return nullptr;
        out.p = array;
    }
    return node.p ? finish_one(op, node.p, type, out.p) : make(type, out.p, Py_None, zero);
}

namespace {

PyObject* apply_op(PyObject*, PyObject* const* args, Py_ssize_t count) { return apply(args, count); }

PyObject* make_tensor(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (count != 4 || !PyType_Check(args[0])) {
        PyErr_SetString(PyExc_TypeError, "make(face, array, node, index)");
        return nullptr;
    }
    return make(reinterpret_cast<PyTypeObject*>(args[0]), args[1], args[2], args[3]);
}

// make_node(op, inputs, arrays, params, face)
PyObject* node_of(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (count != 5) {
        PyErr_SetString(PyExc_TypeError, "make_node(op, inputs, arrays, params, face)");
        return nullptr;
    }
    Ref inputs(PySequence_Fast(args[1], "inputs")), arrays(PySequence_Fast(args[2], "arrays"));
    if (!inputs.p || !arrays.p) return nullptr;
    return make_node(args[0], PySequence_Fast_ITEMS(inputs.p), PySequence_Fast_ITEMS(arrays.p), PySequence_Fast_GET_SIZE(inputs.p), args[3],
                     args[4]);
}

PyObject* next_number(PyObject*, PyObject*) { return PyLong_FromLongLong(sequence++); }

bool offsets(PyObject* type, const char* const* names, int n, Py_ssize_t* into) {
    for (int i = 0; i < n; ++i) {
        Ref d(PyObject_GetAttrString(type, names[i]));
        if (d.p == nullptr) return false;
        if (Py_TYPE(d.p) != &PyMemberDescr_Type) {
            PyErr_Format(PyExc_TypeError, "%R has no slot %s", type, names[i]);
            return false;
        }
        into[i] = reinterpret_cast<PyMemberDescrObject*>(d.p)->d_member->offset;
    }
    return true;
}

// configure(Tensor, Node, Op, refresh, inference_message)
PyObject* configure(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (count != 5 || !PyType_Check(args[0]) || !PyType_Check(args[1]) || !PyType_Check(args[2])) {
        PyErr_SetString(PyExc_TypeError, "configure(Tensor, Node, Op, refresh, inference_message)");
        return nullptr;
    }
    if (!offsets(args[0], kTensorNames, kTensorSlots, tensor_at) || !offsets(args[1], kNodeNames, kNodeSlots, node_at) ||
        !offsets(args[2], kOpNames, kOpSlots, op_at))
        return nullptr;
    for (Py_ssize_t i = 0; i < count; ++i) Py_INCREF(args[i]);  // for the life of the process
    tensor_type = reinterpret_cast<PyTypeObject*>(args[0]);
    node_type = reinterpret_cast<PyTypeObject*>(args[1]);
    op_type = reinterpret_cast<PyTypeObject*>(args[2]);
    refresh = args[3];
    inference_error = args[4];
    Py_RETURN_NONE;
}

PyObject* grad_mode(PyObject*, PyObject*) { return PyBool_FromLong(mode_grad); }
PyObject* inference_mode(PyObject*, PyObject*) { return PyBool_FromLong(mode_inference); }
PyObject* set_grad_mode(PyObject*, PyObject* value) {
    const int on = PyObject_IsTrue(value);
    if (on < 0) return nullptr;
    mode_grad = on != 0;
    Py_RETURN_NONE;
}
PyObject* set_inference_mode(PyObject*, PyObject* value) {
    const int on = PyObject_IsTrue(value);
    if (on < 0) return nullptr;
    mode_inference = on != 0;
    Py_RETURN_NONE;
}

PyObject* taping(PyObject*, PyObject*) { return PyBool_FromLong(mode_taping); }
PyObject* set_taping(PyObject*, PyObject* value) {
    const int on = PyObject_IsTrue(value);
    if (on < 0) return nullptr;
    mode_taping = on != 0;
    Py_RETURN_NONE;
}
PyObject* set_taped_face(PyObject*, PyObject* face) {
    if (!PyType_Check(face)) {
        PyErr_SetString(PyExc_TypeError, "set_taped_face(face): face must be a class");
        return nullptr;
    }
    Py_INCREF(face);  // for the life of the process
    taped_face = reinterpret_cast<PyTypeObject*>(face);
    Py_RETURN_NONE;
}

template <class F>
PyCFunction function(F f) {
    return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(f));
}

PyMethodDef functions[] = {
    {"apply", function(apply_op), METH_FASTCALL, "apply(op, inputs, params=()): run an Op on tensors, numbers or None."},
    {"make", function(make_tensor), METH_FASTCALL, "make(face, array, node, index): a tensor, on the tape if node is not None."},
    {"make_node", function(node_of), METH_FASTCALL, "make_node(op, inputs, arrays, params, face): one application of op."},
    {"next_number", next_number, METH_NOARGS, "The number of the next node."},
    {"configure", function(configure), METH_FASTCALL, "Tells the classes whose slots are used, and what Python does when it is rare."},
    {"grad_mode", grad_mode, METH_NOARGS, "Whether this thread records."},
    {"inference_mode", inference_mode, METH_NOARGS, "Whether this thread's tensors never meet the tape."},
    {"set_grad_mode", set_grad_mode, METH_O, "Record in this thread, or do not."},
    {"taping", taping, METH_NOARGS, "Whether a tape runs in this thread."},
    {"set_taping", set_taping, METH_O, "Whether a tape runs in this thread from now on."},
    {"set_taped_face", set_taped_face, METH_O, "The face whose tensors are recorded only while a tape runs."},
    {"set_inference_mode", set_inference_mode, METH_O, "Whether this thread's tensors shall never meet the tape."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

bool add_functions(PyObject* module) {
    zero = PyLong_FromLong(0);
    one = PyLong_FromLong(1);
    only = PyLong_FromLong(-1);
    unrecorded = PyLong_FromLong(-2);
    empty_tuple = PyTuple_New(0);
    empty_dict = PyDict_New();
    view_kind = PyUnicode_InternFromString("view");
    face_name = PyUnicode_InternFromString("face");
    return zero && one && only && unrecorded && empty_tuple && empty_dict && view_kind && face_name &&
           PyModule_AddFunctions(module, functions) == 0;
}

}  // namespace plait::tape
