// Losses: a difference, its measure and their sum in one pass; and softmax with the negative log-likelihood of one class.
#include "kernels/loss.h"

#include "simd/math.h"
#include "simd/simd.h"
#include "simd/sum.h"

namespace plait::PLAIT_NS {
namespace {

// --- pairs. Each measure: the loss of a pair and its derivative by x. `m` weighs a target of 1.

template <class T>
struct Square {
    static Vec<T> loss(Vec<T> x, Vec<T> t, Vec<T>, T) { return (x - t) * (x - t); }
    static Vec<T> slope(Vec<T> x, Vec<T> t, Vec<T>, T) { return (x - t) * splat<T>(T(2)); }
};
template <class T>
struct SmoothL1 {
    static Vec<T> loss(Vec<T> x, Vec<T> t, Vec<T>, T beta) {
        const Vec<T> z = vabs<T>(x - t), b = splat<T>(beta), half = splat<T>(T(0.5));
        return select<T>(z < b, half * z * z / b, z - half * b);
    }
    static Vec<T> slope(Vec<T> x, Vec<T> t, Vec<T>, T beta) {
        const Vec<T> d = x - t, b = splat<T>(beta), one = splat<T>(T(1));
        return select<T>(d <= -b, -one, select<T>(d >= b, one, d / b));
    }
};
template <class T>
struct Huber {
    static Vec<T> loss(Vec<T> x, Vec<T> t, Vec<T>, T delta) {
        const Vec<T> z = vabs<T>(x - t), b = splat<T>(delta), half = splat<T>(T(0.5));
        return select<T>(z <= b, half * z * z, b * (z - half * b));
    }
    static Vec<T> slope(Vec<T> x, Vec<T> t, Vec<T>, T delta) {
        const Vec<T> d = x - t, b = splat<T>(delta);
        return select<T>(d <= -b, -b, select<T>(d >= b, b, d));
    }
};
template <class T>
struct CrossEntropy2 {
    static Vec<T> loss(Vec<T> x, Vec<T> t, Vec<T>, T) {
        const Vec<T> least = splat<T>(T(-100)), one = splat<T>(T(1));
        const Vec<T> yes = vmax_nan<T>(vlog<T>(x), least), no = vmax_nan<T>(vlog1p<T>(-x), least);
        return rounded<T>((t - one) * no) - rounded<T>(t * yes);
    }
    static Vec<T> slope(Vec<T> x, Vec<T> t, Vec<T>, T) { return (x - t) / vmax_nan<T>((splat<T>(T(1)) - x) * x, splat<T>(T(1e-12f))); }
};
template <class T>
struct CrossEntropy2Logits {
    // log sigmoid(x) = min(x, 0) - log1p(exp(-|x|))
    static Vec<T> loss(Vec<T> x, Vec<T> t, Vec<T> m, T) {
        const Vec<T> one = splat<T>(T(1));
        const Vec<T> log_sigmoid = vmin_nan<T>(x, Vec<T>{}) - vlog1p<T>(vexp<T>(-vabs<T>(x)));
        return rounded<T>((one - t) * x) - rounded<T>((rounded<T>((m - one) * t) + one) * log_sigmoid);
    }
    static Vec<T> slope(Vec<T> x, Vec<T> t, Vec<T> m, T) { return ((m - splat<T>(T(1))) * t + splat<T>(T(1))) * vsigmoid<T>(x) - m * t; }
};
template <class T>
struct SoftMargin {
    static Vec<T> loss(Vec<T> x, Vec<T> t, Vec<T>, T) { return vlog1p<T>(vexp<T>(-t * x)); }
    static Vec<T> slope(Vec<T> x, Vec<T> t, Vec<T>, T) {
        const Vec<T> z = vexp<T>(-t * x);
        return select<T>(z < splat<T>(Fp<T>::inf), -t * z / (z + splat<T>(T(1))), -t);
    }
};

template <class T>
inline Vec<T> part_or_whole(const T* p, int64_t i, int n) {
    return n == kLanes<T> ? load(p + i) : load_part(p + i, n);
}

template <template <class> class M, class T>
inline Vec<T> measured(const PairArgs<T>& a, int64_t i, int n, bool slope) {
    const Vec<T> x = part_or_whole(a.x, i, n), t = part_or_whole(a.t, i, n);
    const Vec<T> m = a.more ? part_or_whole(a.more, i, n) : splat<T>(T(1));
    Vec<T> y = slope ? M<T>::slope(x, t, m, a.param) : M<T>::loss(x, t, m, a.param);
    if (a.w) y *= part_or_whole(a.w, i, n);
    return y;
}

template <template <class> class M, class T>
double pair_sum(const PairArgs<T>& a, int64_t begin, int64_t end) {
    constexpr int64_t kBlock = 1024;
    double total = 0;
    for (int64_t b = begin; b < end; b += kBlock) {
        const int64_t e = b + kBlock < end ? b + kBlock : end;
        Vec<T> sum{};
        int64_t i = b;
        for (; i + kLanes<T> <= e; i += kLanes<T>) sum += measured<M, T>(a, i, kLanes<T>, false);
        if (i < e) {
            const Vec<T> rest = measured<M, T>(a, i, static_cast<int>(e - i), false);
            for (int k = 0; k < e - i; ++k) sum[k] += rest[k];
        }
        total += sum_lanes<T>(sum);
    }
    return total;
}

template <template <class> class M, class T>
void pair(const PairArgs<T>& a, T* y, int64_t begin, int64_t end) {
    int64_t i = begin;
    for (; i + kLanes<T> <= end; i += kLanes<T>) store(y + i, measured<M, T>(a, i, kLanes<T>, false));
    if (i < end) store_part(y + i, measured<M, T>(a, i, static_cast<int>(end - i), false), static_cast<int>(end - i));
}

template <template <class> class M, class T>
void pair_grad(const PairArgs<T>& a, const T* g, T scale, T* y, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i += kLanes<T>) {
        const int n = end - i < kLanes<T> ? static_cast<int>(end - i) : kLanes<T>;
        Vec<T> s = measured<M, T>(a, i, n, true) * splat<T>(scale);
        if (g) s *= part_or_whole(g, i, n);
        if (n == kLanes<T>)
            store(y + i, s);
        else
            store_part(y + i, s, n);
    }
}

// --- classes

template <class T>
inline T loss_of(const ClassArgs<T>& a, const T* x, int64_t step, int64_t t, T high, T log_sum, T weighted_sum) {
    const T w = a.weight ? a.weight[t] : T(1), lse = high + log_sum;
    T y = w * (log_sum - (x[t * step] - high));
    if (a.smoothing != 0) y = (T(1) - a.smoothing) * y + a.smoothing / static_cast<T>(a.classes) * (a.weight_sum * lse - weighted_sum);
    return y;
}

// One place whose classes lie one after another.
template <class T>
inline void class_row(const ClassArgs<T>& a, int64_t place, T* y, T* lse) {
    const int64_t c = a.classes;
    const T* x = a.x + place * c;
    Vec<T> top = splat<T>(-Fp<T>::inf);
    int64_t i = 0;
    for (; i + kLanes<T> <= c; i += kLanes<T>) top = vmax_nan<T>(top, load(x + i));
    if (i < c) top = vmax_nan<T>(top, load_part(x + i, static_cast<int>(c - i), -Fp<T>::inf));
    T high = top[0];
    for (int k = 1; k < kLanes<T>; ++k) high = top[k] > high || top[k] != top[k] ? top[k] : high;
    const Vec<T> h = splat<T>(high);
    Vec<T> sum{};
    for (i = 0; i + kLanes<T> <= c; i += kLanes<T>) sum += vexp<T>(load(x + i) - h);
    if (i < c) sum += vexp<T>(load_part(x + i, static_cast<int>(c - i), -Fp<T>::inf) - h);
    const T log_sum = vlog<T>(splat<T>(sum_lanes<T>(sum)))[0];
    lse[place] = high + log_sum;
    const int64_t t = a.target[place];
    if (t == a.ignore) {
        y[place] = 0;
        return;
    }
    T weighted = 0;
    if (a.smoothing != 0)
        for (i = 0; i < c; ++i) weighted += (a.weight ? a.weight[i] : T(1)) * x[i];
    y[place] = loss_of<T>(a, x, 1, t, high, log_sum, weighted);
}

// Up to a vector of places side by side, whose classes lie `inner` apart.
template <class T>
inline void class_column(const ClassArgs<T>& a, int64_t outer, int64_t at, int n, T* y, T* lse) {
    const int64_t c = a.classes, step = a.inner;
    const T* x = a.x + outer * c * step + at;
    Vec<T> top = part_or_whole(x, 0, n);
    for (int64_t k = 1; k < c; ++k) top = vmax_nan<T>(part_or_whole(x, k * step, n), top);
    Vec<T> sum{};
    for (int64_t k = 0; k < c; ++k) sum += vexp<T>(part_or_whole(x, k * step, n) - top);
    const Vec<T> log_sum = vlog<T>(sum);
    Vec<T> weighted{};
    if (a.smoothing != 0)
        for (int64_t k = 0; k < c; ++k) weighted += part_or_whole(x, k * step, n) * splat<T>(a.weight ? a.weight[k] : T(1));
    for (int k = 0; k < n; ++k) {
        const int64_t place = outer * step + at + k, t = a.target[place];
        lse[place] = top[k] + log_sum[k];
        y[place] = t == a.ignore ? T(0) : loss_of<T>(a, x + k, step, t, top[k], log_sum[k], weighted[k]);
    }
}

template <class T>
void class_loss(const ClassArgs<T>& a, T* y, T* lse, int64_t begin, int64_t end) {
    if (a.inner == 1) {
        for (int64_t p = begin; p < end; ++p) class_row<T>(a, p, y, lse);
        return;
    }
    for (int64_t p = begin; p < end;) {
        const int64_t outer = p / a.inner, at = p % a.inner;
        int64_t n = a.inner - at < end - p ? a.inner - at : end - p;
        if (n > kLanes<T>) n = kLanes<T>;
        class_column<T>(a, outer, at, static_cast<int>(n), y, lse);
        p += n;
    }
}

// d loss / d x_k = p_k (w_t (1 - s) + s/C sum w) - (1 - s) w_t [k = t] - s/C w_k
template <class T>
void class_grad(const ClassArgs<T>& a, const T* lse, const T* g, T scale, T* y, int64_t begin, int64_t end) {
    const int64_t c = a.classes, step = a.inner;
    const T even = a.smoothing / static_cast<T>(c);
    for (int64_t p = begin; p < end;) {
        const int64_t outer = p / step, at = p % step;
        if (step == 1) {
            const T* x = a.x + p * c;
            T* out = y + p * c;
            const int64_t t = a.target[p];
            const bool counts = t != a.ignore;
            const T s = counts ? (g ? g[p] * scale : scale) : T(0);
            const T wt = counts ? (a.weight ? a.weight[t] : T(1)) * (T(1) - a.smoothing) : T(0);
            const Vec<T> l = splat<T>(lse[p]), all = splat<T>((wt + even * a.weight_sum) * s);
            for (int64_t k = 0; k < c; k += kLanes<T>) {
                const int n = c - k < kLanes<T> ? static_cast<int>(c - k) : kLanes<T>;
                Vec<T> d = counts ? vexp<T>(part_or_whole(x, k, n) - l) * all : Vec<T>{};
                if (even != 0 && counts) d -= (a.weight ? part_or_whole(a.weight, k, n) : splat<T>(T(1))) * splat<T>(even * s);
                if (n == kLanes<T>)
                    store(out + k, d);
                else
                    store_part(out + k, d, n);
            }
            if (counts) out[t] -= wt * s;
            ++p;
            continue;
        }
        int64_t room = step - at < end - p ? step - at : end - p;
        const int n = room < kLanes<T> ? static_cast<int>(room) : kLanes<T>;
        const T* x = a.x + outer * c * step + at;
        T* out = y + outer * c * step + at;
        // Arrays, since GCC 12 fails on a vector's element of variable number, and on a comparison kept as a mask here.
        T scales[kLanes<T>] = {}, weights[kLanes<T>] = {};
        typename IntOf<T>::type counted[kLanes<T>] = {};
        for (int k = 0; k < n; ++k) {
            const int64_t t = a.target[p + k];
            if (t == a.ignore) continue;
            scales[k] = g ? g[p + k] * scale : scale;
            counted[k] = scales[k] != 0 ? -1 : 0;
            weights[k] = (a.weight ? a.weight[t] : T(1)) * (T(1) - a.smoothing);
        }
        const Vec<T> s = load<T>(scales), wt = load<T>(weights);
        const Vec<T> l = part_or_whole(lse, p, n);
        const Mask<T> counts = load<typename IntOf<T>::type>(counted);
        for (int64_t k = 0; k < c; ++k) {
            Vec<T> d = vexp<T>(part_or_whole(x, k * step, n) - l) * (wt + splat<T>(even * a.weight_sum)) * s;
            if (even != 0) d -= splat<T>(even * (a.weight ? a.weight[k] : T(1))) * s;
            d = select<T>(counts, d, Vec<T>{});
            if (n == kLanes<T>)
                store(out + k * step, d);
            else
                store_part(out + k * step, d, n);
        }
        for (int k = 0; k < n; ++k) {
            const int64_t t = a.target[p + k];
            if (t != a.ignore) out[t * step + k] -= wt[k] * s[k];
        }
        p += n;
    }
}

}  // namespace

#define PLAIT_PAIRS(f, T) {f<Square, T>, f<SmoothL1, T>, f<Huber, T>, f<CrossEntropy2, T>, f<CrossEntropy2Logits, T>, f<SoftMargin, T>}

extern const LossTable loss_table;
const LossTable loss_table = {
    PLAIT_PAIRS(pair_sum, float),
    PLAIT_PAIRS(pair_sum, double),
    PLAIT_PAIRS(pair, float),
    PLAIT_PAIRS(pair, double),
    PLAIT_PAIRS(pair_grad, float),
    PLAIT_PAIRS(pair_grad, double),
    ordered_sum<float>,
    ordered_sum<double>,
    class_loss<float>,
    class_loss<double>,
    class_grad<float>,
    class_grad<double>,
};

}  // namespace plait::PLAIT_NS
