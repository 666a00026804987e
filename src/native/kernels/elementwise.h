// Elementwise tables: binary ops in three forms (array and array, array and number, number and array), unary maths.
#pragma once
#include <stdint.h>

namespace plait {

#define PLAIT_BINARY(X) X(add) X(sub) X(mul) X(div) X(maximum) X(minimum)
#define PLAIT_COMPARE(X) X(eq) X(ne) X(lt) X(le) X(gt) X(ge)
// clang-format off
#define PLAIT_UNARY(X) \
    X(neg) X(abs) X(sign) X(square) X(sqrt) X(rsqrt) X(reciprocal) X(exp) X(expm1) X(log) X(log1p) X(log2) X(log10) X(erf) \
    X(erfinv) X(floor) X(ceil) X(trunc) X(round)
// clang-format on

enum class Binary : int32_t {
#define X(name) name,
    PLAIT_BINARY(X) PLAIT_COMPARE(X)
#undef X
        count
};
constexpr int kArithmetic = static_cast<int>(Binary::eq);  // those below give the operands' type, those from here on booleans
enum class Unary : int32_t {
#define X(name) name,
    PLAIT_UNARY(X)
#undef X
        count
};

// z = a op b, for add and sub with b * alpha, over n elements. A number operand is read at its pointer, once.
template <class T>
struct BinaryFns {
    void (*arrays)(const T* a, const T* b, void* z, int64_t n, T alpha);
    void (*right_number)(const T* a, const T* b, void* z, int64_t n, T alpha);
    void (*left_number)(const T* a, const T* b, void* z, int64_t n, T alpha);
};

template <class T>
struct ElementwiseFns {
    BinaryFns<T> binary[static_cast<int>(Binary::count)];
    void (*unary[static_cast<int>(Unary::count)])(const T* x, T* y, int64_t begin, int64_t end);
};

struct ElementwiseTable {
    ElementwiseFns<float> f32;
    ElementwiseFns<double> f64;
    template <class T>
    const ElementwiseFns<T>& of() const;
};
template <>
inline const ElementwiseFns<float>& ElementwiseTable::of<float>() const {
    return f32;
}
template <>
inline const ElementwiseFns<double>& ElementwiseTable::of<double>() const {
    return f64;
}

}  // namespace plait
