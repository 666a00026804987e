#include "kernels/activation.h"

#include "simd/simd.h"

namespace plait::PLAIT_NS {
namespace {

template <class T>
void relu(const T* x, T* y, int64_t begin, int64_t end) {
    const Vec<T> zero{};
    int64_t i = begin;
    for (; i + kLanes<T> <= end; i += kLanes<T>) store(y + i, vmax<T>(zero, load(x + i)));
    if (i < end) store_part(y + i, vmax<T>(zero, load_part(x + i, static_cast<int>(end - i))), static_cast<int>(end - i));
}

}  // namespace

extern const ActivationTable activation_table;
const ActivationTable activation_table = {relu<float>, relu<double>};

}  // namespace plait::PLAIT_NS
