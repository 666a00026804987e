#include "bridge.h"

#define NPY_TARGET_VERSION NPY_1_23_API_VERSION
#define PY_ARRAY_UNIQUE_SYMBOL plait_numpy_api
#include <numpy/arrayobject.h>

#include "core/memory.h"

namespace plait::bridge {
namespace {

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

// Owns one block of the allocator on behalf of an ndarray (its `base`).
struct BlockObject {
    PyObject_HEAD void* data;
};

void block_dealloc(PyObject* self) {
    release_block(reinterpret_cast<BlockObject*>(self)->data);
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

int import_numpy() {
    import_array1(-1);
    return 0;
}

}  // namespace

bool start() { return import_numpy() == 0 && ready_block_type(); }

bool read_array(PyObject* object, Array& out) noexcept {
    if (!PyArray_Check(object)) return false;
    PyArrayObject* a = reinterpret_cast<PyArrayObject*>(object);
    const int n = PyArray_NDIM(a);
    if (n > kMaxDims) return false;
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

void read_operand(PyObject* object, Operand& out) noexcept {
    if (read_array(object, out.array)) return;
    out.array.dtype = DType::other;
    if (PyFloat_Check(object)) {
        out.is_number = true;
        out.number = PyFloat_AS_DOUBLE(object);
    } else if (PyLong_Check(object)) {
        out.number = PyLong_AsDouble(object);
        out.is_number = !(out.number == -1.0 && PyErr_Occurred());
        PyErr_Clear();
    }
}

PyObject* array_over(void* data, PyObject* descr, int ndim, const int64_t* shape, const int64_t* stride) noexcept {
    static_assert(sizeof(npy_intp) == sizeof(int64_t));
    BlockObject* block = PyObject_New(BlockObject, &block_type);
    if (block == nullptr) {
        release_block(data);
        Py_DECREF(descr);
        return nullptr;
    }
    block->data = data;
    PyObject* array =
        PyArray_NewFromDescr(&PyArray_Type, reinterpret_cast<PyArray_Descr*>(descr), ndim, reinterpret_cast<const npy_intp*>(shape),
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
    return array_over(o.data, reinterpret_cast<PyObject*>(PyArray_DescrFromType(type_number(o.dtype))), o.ndim, o.shape,
                      o.contiguous ? nullptr : o.stride);
}

}  // namespace plait::bridge
