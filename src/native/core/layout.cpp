#include "core/layout.h"

#include <cstring>

namespace plait {
namespace {

// Axes from the one with the largest stride to the one with the smallest; axes of length one do not matter.
int order_axes(const Array& a, int* order) {
    int n = 0;
    for (int i = 0; i < a.ndim; ++i) {
        int at = n++;
        while (at > 0) {
            const int64_t before = a.stride[order[at - 1]] < 0 ? -a.stride[order[at - 1]] : a.stride[order[at - 1]];
            const int64_t here = a.stride[i] < 0 ? -a.stride[i] : a.stride[i];
            if (before >= here || here == 0) break;
            order[at] = order[at - 1];
            --at;
        }
        order[at] = i;
    }
    return n;
}

template <class T>
void copy_typed(const Array& from, const Array& to) {
    int64_t at[kMaxDims] = {};
    const int last = to.ndim - 1;
    const char* source = static_cast<const char*>(from.data);
    char* target = static_cast<char*>(to.data);
    const int64_t n = to.shape[last], fs = from.stride[last], ts = to.stride[last];
    for (;;) {
        for (int64_t i = 0; i < n; ++i) std::memcpy(target + i * ts, source + i * fs, sizeof(T));
        int d = last - 1;
        for (; d >= 0; --d) {
            source += from.stride[d];
            target += to.stride[d];
            if (++at[d] < to.shape[d]) break;
            source -= from.stride[d] * to.shape[d];
            target -= to.stride[d] * to.shape[d];
            at[d] = 0;
        }
        if (d < 0) return;
    }
}

}  // namespace

bool is_dense(const Array& a) {
    if (a.contiguous) return true;
    int order[kMaxDims];
    order_axes(a, order);
    int64_t step = item_size(a.dtype);
    for (int i = a.ndim; i-- > 0;) {
        const int d = order[i];
        if (a.shape[d] == 1) continue;
        if (a.stride[d] != step) return false;
        step *= a.shape[d];
    }
    return true;
}

bool same_layout(const Array& a, const Array& b) {
    if (a.ndim != b.ndim) return false;
    for (int i = 0; i < a.ndim; ++i)
        if (a.shape[i] != b.shape[i]) return false;
    if (a.contiguous && b.contiguous) return true;
    for (int i = 0; i < a.ndim; ++i)
        if (a.shape[i] != 1 && a.stride[i] / item_size(a.dtype) != b.stride[i] / item_size(b.dtype)) return false;
    return is_dense(a) && is_dense(b);
}

Owned like_layout(const Array& a, DType t) {
    Owned o = Owned::make(t, a.shape, a.ndim);
    if (a.contiguous) return o;
    int order[kMaxDims];
    order_axes(a, order);
    int64_t step = item_size(t);
    for (int i = a.ndim; i-- > 0;) {
        o.stride[order[i]] = step;
        step *= o.shape[order[i]] > 0 ? o.shape[order[i]] : 1;
    }
    o.contiguous = false;
    return o;
}

void copy_into(const Array& from, const Array& to) {
    if (to.size == 0) return;
    if (same_layout(from, to)) {
        std::memcpy(to.data, from.data, static_cast<size_t>(to.bytes()));
        return;
    }
    switch (item_size(to.dtype)) {
        case 8:
            return copy_typed<int64_t>(from, to);
        case 4:
            return copy_typed<int32_t>(from, to);
        case 2:
            return copy_typed<int16_t>(from, to);
        default:
            return copy_typed<int8_t>(from, to);
    }
}

}  // namespace plait
