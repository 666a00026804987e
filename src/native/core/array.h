// Array: a plain view of an n-dimensional array; Owned: one whose memory the caching allocator gave.
// Nothing here knows Python; binding.cpp converts to and from NumPy.
#pragma once
#include <stdint.h>

#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>

#include "core/memory.h"

namespace plait {

constexpr int kMaxDims = 12;

enum class DType : uint8_t { f32, f64, f16, i64, i32, i16, i8, u8, b8, other };

inline int64_t item_size(DType t) {
    switch (t) {
        case DType::f64:
        case DType::i64:
            return 8;
        case DType::f32:
        case DType::i32:
            return 4;
        case DType::f16:
        case DType::i16:
            return 2;
        default:
            return 1;
    }
}

struct Array {
    void* data = nullptr;
    int64_t size = 1;  // number of elements
    int ndim = 0;
    DType dtype = DType::f32;
    bool contiguous = true;  // C order, no gaps
    bool writeable = true;
    int64_t shape[kMaxDims];
    int64_t stride[kMaxDims];  // in bytes

    template <class T>
    T* as() const {
        return static_cast<T*>(data);
    }
    int64_t bytes() const { return size * item_size(dtype); }
};

// What an entry takes where Python may pass None.
using MaybeArray = std::optional<Array>;

// An array or a number.
struct Operand {
    Array array;
    double number = 0;
    bool is_number = false;
};

// Fresh contiguous memory; whoever receives it frees it through `release_block(data)`.
struct Owned : Array {
    static Owned make(DType t, const int64_t* shape, int ndim) {
        Owned o;
        o.dtype = t;
        o.ndim = ndim;
        o.size = 1;
        for (int i = 0; i < ndim; ++i) {
            o.shape[i] = shape[i];
            if (shape[i] < 0) throw std::invalid_argument("negative dimension " + std::to_string(shape[i]));
            if (__builtin_mul_overflow(o.size, shape[i], &o.size)) throw std::bad_alloc();
        }
        int64_t step = item_size(t), total = 0;
        if (__builtin_mul_overflow(o.size, step, &total)) throw std::bad_alloc();
        for (int i = ndim; i-- > 0;) {
            o.stride[i] = step;
            step *= shape[i] > 0 ? shape[i] : 1;
        }
        o.data = acquire_block(total);
        return o;
    }
    static Owned make(DType t, std::initializer_list<int64_t> shape) { return make(t, shape.begin(), static_cast<int>(shape.size())); }
    static Owned like(const Array& a) { return make(a.dtype, a.shape, a.ndim); }
};

// Outputs above this would push each other out of the last cache before anyone reads them.
constexpr int64_t kPastCaches = int64_t{16} << 20;
inline bool past_caches(const Array& out) { return out.bytes() >= kPastCaches; }

// Errors: entries throw std::invalid_argument (ValueError), std::bad_alloc (MemoryError), std::runtime_error (RuntimeError).
inline void require(bool ok, const char* message) {
    if (!ok) throw std::invalid_argument(message);
}

}  // namespace plait
