// What the norms' entries share.
#pragma once
#include "core/array.h"
#include "core/isa.h"
#include "core/memory.h"
#include "kernels/norm.h"

namespace plait {

PLAIT_TABLE(NormTable, norm_table)

namespace norms {

template <class T>
const NormFns<T>& functions();
template <>
inline const NormFns<float>& functions<float>() {
    return active_norm_table().f32;
}
template <>
inline const NormFns<double>& functions<double>() {
    return active_norm_table().f64;
}

// Scratch memory: small on the stack, else from the allocator.
template <class T>
class Scratch {
  public:
    explicit Scratch(int64_t n) : data_(n <= kSmall ? small_ : static_cast<T*>(acquire_block(n * static_cast<int64_t>(sizeof(T))))) {}
    ~Scratch() {
        if (data_ != small_) release_block(data_);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    T* get() { return data_; }
    T& operator[](int64_t i) { return data_[i]; }

  private:
    static constexpr int64_t kSmall = 256;
    T small_[kSmall];
    T* data_;
};

// Merges moments of disjoint sets of values (Chan, Golub, LeVeque 1979).
struct Merge {
    double n = 0, mean = 0, m2 = 0;
    void add(double count, double m, double q) {
        const double total = n + count, delta = m - mean;
        mean = n == 0 ? m : mean + delta * (count / total);
        m2 += q + (n == 0 ? 0 : delta * delta * (n * count / total));
        n = total;
    }
};

// Inside, an optional array is one with null data.
inline bool given(const Array& a) { return a.data != nullptr; }
inline Array or_null(const MaybeArray& a) { return a ? *a : Array{}; }

inline void check_floating(const Array& x) {
    require(x.dtype == DType::f32 || x.dtype == DType::f64, "norm: x must be float32 or float64");
}

inline void check_same(const Array& a, const Array& x) {
    require(a.dtype == x.dtype && a.contiguous && a.size == x.size, "norm: gradient must be as x, contiguous");
}

}  // namespace norms
}  // namespace plait
