// Scatter and gather by flat index within a plane (unpooling, second derivatives), maximum pooling over windows that differ from plane to
// plane (fractional pooling), and means whose elements are added one after another. Indices are checked before.
#include "kernels/pool_vec.h"

namespace plait::PLAIT_NS {
namespace {

template <class T>
void put(const void* x, const int64_t* index, void* y, int64_t count, int64_t size, int64_t begin, int64_t end) {
    const T* from = static_cast<const T*>(x);
    for (int64_t p = begin; p < end; ++p) {
        T* to = static_cast<T*>(y) + p * size;
        for (int64_t i = 0; i < size; ++i) to[i] = T(0);
        for (int64_t i = p * count; i < (p + 1) * count; ++i) to[index[i]] = from[i];
    }
}
template <class T>
void add(const void* x, const int64_t* index, void* y, int64_t count, int64_t size, int64_t begin, int64_t end) {
    const T* from = static_cast<const T*>(x);
    for (int64_t p = begin; p < end; ++p) {
        T* to = static_cast<T*>(y) + p * size;
        for (int64_t i = 0; i < size; ++i) to[i] = T(0);
        for (int64_t i = p * count; i < (p + 1) * count; ++i) to[index[i]] += from[i];
    }
}
template <class T>
void take(const void* y, const int64_t* index, void* x, int64_t count, int64_t size, int64_t begin, int64_t end) {
    T* to = static_cast<T*>(x);
    for (int64_t p = begin; p < end; ++p) {
        const T* from = static_cast<const T*>(y) + p * size;
        for (int64_t i = p * count; i < (p + 1) * count; ++i) to[i] = from[index[i]];
    }
}

// `a` where the mask is all ones, `b` where it is zero: by bits, as the compiler would make a branch of it.
template <class T>
inline T chosen(T a, T b, int64_t mask) {
    using I = typename IntOf<T>::type;
    const I bits = (__builtin_bit_cast(I, a) & static_cast<I>(mask)) | (__builtin_bit_cast(I, b) & static_cast<I>(~mask));
    return __builtin_bit_cast(T, bits);
}

template <class T>
void random_max(const void* xv, const int64_t* starts, void* yv, int64_t* index, const Window& w, int64_t begin, int64_t end) {
    const int64_t outputs = w.out[0] * w.out[1] * w.out[2];
    for (int64_t p = begin; p < end; ++p) {
        const T* plane = static_cast<const T*>(xv) + p / w.channels * w.xn + p % w.channels * w.xc;
        const int64_t* d0 = starts + p * (w.out[0] + w.out[1] + w.out[2]);
        const int64_t *h0 = d0 + w.out[0], *w0 = h0 + w.out[1];
        T* to = static_cast<T*>(yv) + p * outputs;
        int64_t* to_index = index + p * outputs;
        for (int64_t i = 0; i < w.out[0]; ++i)
            for (int64_t j = 0; j < w.out[1]; ++j)
                for (int64_t q = 0; q < w.out[2]; ++q) {
                    T best = Lowest<T>::infinite;
                    int64_t place = (d0[i] * w.in[1] + h0[j]) * w.in[2] + w0[q];
                    for (int64_t d = d0[i]; d < d0[i] + w.k[0]; ++d)
                        for (int64_t h = h0[j]; h < h0[j] + w.k[1]; ++h) {
                            const T* row = plane + d * w.xd + h * w.xh;
                            for (int64_t v = w0[q]; v < w0[q] + w.k[2]; ++v) {  // no branch: which it is cannot be foreseen
                                const T value = row[v];
                                const int64_t better = -static_cast<int64_t>((value > best) | (value != value));
                                best = chosen(value, best, better);
                                place = (((d * w.in[1] + h) * w.in[2] + v) & better) | (place & ~better);
                            }
                        }
                    *to++ = best;
                    *to_index++ = place;
                }
    }
}

template <class T>
void avg_in_turn(const void* xv, void* yv, const Window& w, int64_t step, int64_t begin, int64_t end) {
    const int64_t outputs = w.out[0] * w.out[1] * w.out[2];
    for (int64_t p = begin; p < end; ++p) {
        const int64_t n = p / w.channels, c = p % w.channels;
        const T* plane = static_cast<const T*>(xv) + n * w.xn + c * w.xc;
        T* to = static_cast<T*>(yv) + (step == 1 ? p * outputs : n * outputs * step + c);
        for (int64_t i = 0; i < w.out[0]; ++i)
            for (int64_t j = 0; j < w.out[1]; ++j)
                for (int64_t q = 0; q < w.out[2]; ++q, to += step) {
                    T sum = T(0);
                    for (int64_t a = 0; a < w.n[0][i]; ++a)
                        for (int64_t b = 0; b < w.n[1][j]; ++b) {
                            const T* row =
                                plane + (w.lo[0][i] + a * w.dil[0]) * w.xd + (w.lo[1][j] + b * w.dil[1]) * w.xh + w.lo[2][q] * w.xw;
                            for (int64_t t = 0; t < w.n[2][q]; ++t) sum += row[t * w.dil[2] * w.xw];
                        }
                    *to = sum / static_cast<T>(w.cnt[0][i] * w.cnt[1][j] * w.cnt[2][q]);
                }
    }
}

}  // namespace

extern const PoolPlaneTable pool_plane_table;
const PoolPlaneTable pool_plane_table = {put<int32_t>,  put<int64_t>,      add<float>,         add<double>,        take<int32_t>,
                                         take<int64_t>, random_max<float>, random_max<double>, avg_in_turn<float>, avg_in_turn<double>};

}  // namespace plait::PLAIT_NS
