#include "kernels/reduce.h"

#include "simd/lane_sum.h"
#include "simd/math.h"
#include "simd/sum.h"

namespace plait::PLAIT_NS {
namespace {

struct maximum_op {
    static constexpr double start = -__builtin_inf();
    template <class T>
    static inline Vec<T> add(Vec<T> a, Vec<T> x) {
        return vmax_nan<T>(a, x);
    }
    template <class T>
    static inline Vec<T> join(Vec<T> a, Vec<T> b) {
        return vmax_nan<T>(a, b);
    }
    static inline double join(double a, double b) { return a > b || a != a ? a : b; }
};
struct minimum_op {
    static constexpr double start = __builtin_inf();
    template <class T>
    static inline Vec<T> add(Vec<T> a, Vec<T> x) {
        return vmin_nan<T>(a, x);
    }
    template <class T>
    static inline Vec<T> join(Vec<T> a, Vec<T> b) {
        return vmin_nan<T>(a, b);
    }
    static inline double join(double a, double b) { return a < b || a != a ? a : b; }
};

constexpr int64_t kVectorsInBlock = 128;  // vectors in a row before the result goes to double

template <class Op, class T>
double lanes(Vec<T> v) {
    double r = (double)v[0];
    for (int i = 1; i < kLanes<T>; ++i) r = Op::join(r, (double)v[i]);
    return r;
}

template <class T, class Op>
double row(const T* x, int64_t n) {
    const Vec<T> start = splat<T>((T)Op::start);
    double total = Op::start;
    int64_t i = 0;
    while (i + 4 * kLanes<T> <= n) {
        Vec<T> a = start, b = start, c = start, d = start;
        for (int64_t k = 0; k < kVectorsInBlock / 4 && i + 4 * kLanes<T> <= n; ++k, i += 4 * kLanes<T>) {
            a = Op::template add<T>(a, load<T>(x + i));
            b = Op::template add<T>(b, load<T>(x + i + kLanes<T>));
            c = Op::template add<T>(c, load<T>(x + i + 2 * kLanes<T>));
            d = Op::template add<T>(d, load<T>(x + i + 3 * kLanes<T>));
        }
        total = Op::join(total, lanes<Op, T>(Op::template join<T>(Op::template join<T>(a, b), Op::template join<T>(c, d))));
    }
    if (i < n) {
        Vec<T> a = start;
        for (; i + kLanes<T> <= n; i += kLanes<T>) a = Op::template add<T>(a, load<T>(x + i));
        if (i < n) {
            const int m = static_cast<int>(n - i);
            a = Op::template add<T>(a, load_part<T>(x + i, m, (T)Op::start));
        }
        total = Op::join(total, lanes<Op, T>(a));
    }
    return total;
}

template <class T, class Op>
void columns(const T* x, double* out, int64_t n, int64_t stride, int64_t width) {
    for (int64_t j = 0; j < width; j += kLanes<T>) {
        const int m = static_cast<int>(width - j < kLanes<T> ? width - j : kLanes<T>);
        double* to = out + j;
        for (int64_t i = 0; i < n;) {
            const bool first = i == 0;
            Vec<T> a = splat<T>((T)Op::start);
            const int64_t stop = i + kVectorsInBlock < n ? i + kVectorsInBlock : n;
            if (m == kLanes<T>) {
                for (; i < stop; ++i) a = Op::template add<T>(a, load<T>(x + i * stride + j));
            } else {
                for (; i < stop; ++i) a = Op::template add<T>(a, load_part<T>(x + i * stride + j, m, (T)Op::start));
            }
            T part[kLanes<T>];
            store<T>(part, a);
            if (first)
                for (int k = 0; k < m; ++k) to[k] = (double)part[k];
            else
                for (int k = 0; k < m; ++k) to[k] = Op::join(to[k], (double)part[k]);
        }
    }
}

template <class T>
double sum_row(const T* x, int64_t n) {
    return (double)ordered_sum<T>(x, n);
}

template <class T>
void sum_columns(const T* x, double* out, int64_t n, int64_t stride, int64_t width) {
    constexpr int64_t kLane = 32 / sizeof(T);
    const int64_t in_order = width >= kLane ? width / (4 * kLane) * (4 * kLane) : width / 4 * 4;
    for (int64_t j = 0; j < width; j += kLanes<T>) {
        const int m = static_cast<int>(width - j < kLanes<T> ? width - j : kLanes<T>);
        Vec<T> sum = ordered_columns<T>(x + j, n, stride, m, j >= in_order);
        if (j < in_order && j + m > in_order) {  // fewer than 8 columns: some in order, some not
            const Vec<T> rest = ordered_columns<T>(x + j, n, stride, m, true);
            for (int k = 0; k < m; ++k)
                if (j + k >= in_order) sum[k] = rest[k];
        }
        for (int k = 0; k < m; ++k) out[j + k] = (double)sum[k];
    }
}

template <class T>
constexpr ReduceFns<T> functions() {
    return {{sum_row<T>, row<T, maximum_op>, row<T, minimum_op>},
            {sum_columns<T>, columns<T, maximum_op>, columns<T, minimum_op>},
            lane_row<T>,
            lane_columns<T>};
}

}  // namespace

extern const ReduceTable reduce_table;
const ReduceTable reduce_table = {functions<float>(), functions<double>()};

}  // namespace plait::PLAIT_NS
