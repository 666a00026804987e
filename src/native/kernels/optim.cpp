// Update rules of the optimizers, one pass over a parameter, its gradient and its states. Each sum with a product is one rounding
// (a fused multiply-add) or two exactly where the frameworks' own CPU kernels have one or two, so that digits agree; kTwice says
// where two frameworks differ, and kApart where a rule's formula is worked out operation by operation.
#include "kernels/optim.h"

#include "simd/simd.h"

namespace plait::PLAIT_NS {
namespace {

// A place in the arrays: a whole vector, or the last n elements.
template <class T, bool Full>
struct Place {
    int64_t i;
    int n;
    Vec<T> get(const void* p) const {
        if constexpr (Full)
            return load(static_cast<const T*>(p) + i);
        else
            return load_part(static_cast<const T*>(p) + i, n);
    }
    void put(void* p, Vec<T> v) const {
        if constexpr (Full)
            store(static_cast<T*>(p) + i, v);
        else
            store_part(static_cast<T*>(p) + i, v, n);
    }
};

template <class T, class Body>
inline void sweep(int64_t begin, int64_t end, Body body) {
    int64_t i = begin;
    for (; i + kLanes<T> <= end; i += kLanes<T>) body(Place<T, true>{i, kLanes<T>});
    if (i < end) body(Place<T, false>{i, static_cast<int>(end - i)});
}

template <class T>
inline Vec<T> of(double x) {
    return splat<T>(static_cast<T>(x));
}
// a·b + c, in one rounding or in two.
template <class T>
inline Vec<T> mul_add(Vec<T> a, Vec<T> b, Vec<T> c, int flags) {
    if (flags & kTwice) return rounded<T>(a * b) + c;
    return fma<T>(a, b, c);
}
template <class T>
inline Vec<T> lerp(Vec<T> a, Vec<T> b, double weight) {
    if (weight < 0.5) return fma<T>(of<T>(weight), b - a, a);
    return b - (b - a) * of<T>(1 - static_cast<T>(weight));
}
template <class T>
inline Vec<T> add_product(Vec<T> a, double value, Vec<T> b, Vec<T> c) {
    return fma<T>(of<T>(value) * b, c, a);
}
template <class T>
inline Vec<T> add_quotient(Vec<T> a, double value, Vec<T> b, Vec<T> c) {
    return a + of<T>(value) * b / c;
}

// From a toward b by `weight`: along their difference, or as the sum of two products.
template <class T>
inline Vec<T> toward(Vec<T> a, Vec<T> b, double weight, int flags) {
    if (flags & kApart) return a + rounded<T>((b - a) * of<T>(weight));
    if (flags & kTwice) return rounded<T>(of<T>(1 - weight) * a) + rounded<T>((splat<T>(T(1)) - of<T>(1 - weight)) * b);
    return lerp<T>(a, b, weight);
}

template <class T, class P>
inline Vec<T> gradient(const P& at, void* const* a, Vec<T> p, double decay, int flags) {
    Vec<T> g = at.get(a[1]);
    if (flags & kMaximize) g = -g;
    if (decay != 0 && !(flags & kDecoupled)) g = mul_add<T>(p, of<T>(decay), g, flags);
    return g;
}

// c: lr, momentum, 1 - dampening, weight decay
template <class T>
void sgd(void* const* a, const double* c, int flags, int64_t begin, int64_t end) {
    sweep<T>(begin, end, [&](auto at) {
        const Vec<T> p = at.get(a[0]);
        Vec<T> g = gradient<T>(at, a, p, c[3], flags);
        if (flags & kVelocity) {
            const Vec<T> step = rounded<T>(g * of<T>(c[0]));
            const Vec<T> b = rounded<T>(at.get(a[2]) * of<T>(c[1])) - step;
            at.put(a[2], b);
            at.put(a[0], p + (flags & kNesterov ? rounded<T>(b * of<T>(c[1])) - step : b));
            return;
        }
        if (flags & kMomentum) {
            const Vec<T> b = flags & kFirst ? g : mul_add<T>(g, of<T>(c[2]), rounded<T>(at.get(a[2]) * of<T>(c[1])), flags);
            at.put(a[2], b);
            g = flags & kNesterov ? mul_add<T>(b, of<T>(c[1]), g, flags) : b;
        }
        at.put(a[0], mul_add<T>(g, of<T>(-c[0]), p, flags));
    });
}

// The gradient's square, or what stands for it.
template <class T, class P>
inline Vec<T> square(const P& at, void* const* a, Vec<T> g, int flags) {
    return flags & kSquares ? at.get(a[kSquaresAt]) : rounded<T>(g * g);
}

// The second moment: v toward g² by 1 - beta2.
template <class T, class P>
inline Vec<T> second_moment(const P& at, void* const* a, void* v, Vec<T> g, double beta2, int flags = 0) {
    const Vec<T> old = rounded<T>(at.get(v) * of<T>(beta2));
    Vec<T> x;
    if (flags & kApart)
        x = old + rounded<T>(of<T>(1 - beta2) * square<T>(at, a, g, flags));
    else if (flags & kTwice)
        x = old + rounded<T>(rounded<T>((splat<T>(T(1)) - of<T>(beta2)) * g) * g);
    else
        x = add_product<T>(old, 1 - beta2, g, g);
    at.put(v, x);
    return x;
}
// The same of Adam and its kin, whose moments move along a difference where operations stand apart.
template <class T, class P>
inline Vec<T> second_toward(const P& at, void* const* a, void* v, Vec<T> g, double beta2, int flags) {
    if (!(flags & kApart)) return second_moment<T>(at, a, v, g, beta2, flags);
    const Vec<T> x = toward<T>(at.get(v), square<T>(at, a, g, flags), 1 - beta2, flags);
    at.put(v, x);
    return x;
}

// Adam with its corrections folded into the rate and eps (the paper's second form). c: rate, beta1, beta2, 1 - beta1,
// 1 - beta2, eps, weight decay, -lr·decay
template <class T>
void adam_folded(void* const* a, const double* c, int flags, int64_t begin, int64_t end) {
    sweep<T>(begin, end, [&](auto at) {
        Vec<T> p = at.get(a[0]);
        const Vec<T> g = gradient<T>(at, a, p, c[6], flags | kTwice);
        if (flags & kDecoupled) p = fma<T>(of<T>(c[7]), p, p);
        const Vec<T> m = fma<T>(of<T>(c[1]), at.get(a[2]), rounded<T>(of<T>(c[3]) * g));
        at.put(a[2], m);
        Vec<T> v = fma<T>(of<T>(c[2]), at.get(a[3]), rounded<T>(of<T>(c[4]) * rounded<T>(g * g)));
        at.put(a[3], v);
        if (flags & kAmsgrad) {
            v = vmax_nan<T>(at.get(a[4]), v);
            at.put(a[4], v);
        }
        at.put(a[0], fma<T>(of<T>(-c[0]), m / (vsqrt<T>(v) + of<T>(c[5])), p));
    });
}

// c: step size, 1 - beta1, beta2, sqrt(1 - beta2^t), eps, weight decay, 1 - lr·decay
template <class T>
void adam(void* const* a, const double* c, int flags, int64_t begin, int64_t end) {
    if (flags & kFolded) return adam_folded<T>(a, c, flags, begin, end);
    sweep<T>(begin, end, [&](auto at) {
        Vec<T> p = at.get(a[0]);
        const Vec<T> g = gradient<T>(at, a, p, c[5], flags);
        if (flags & kDecoupled) p = rounded<T>(p * of<T>(c[6]));
        const Vec<T> m = toward<T>(at.get(a[2]), g, c[1], flags);
        at.put(a[2], m);
        Vec<T> v = second_toward<T>(at, a, a[3], g, c[2], flags);
        if (flags & kAmsgrad) {
            v = vmax_nan<T>(at.get(a[4]), v);
            at.put(a[4], v);
        }
        at.put(a[0], add_quotient<T>(p, -c[0], m, vsqrt<T>(v) / of<T>(c[3]) + of<T>(c[4])));
    });
}

// c: gradient's step, momentum's step, 1 - beta1, beta2, 1 - beta2^t, eps, weight decay, 1 - lr·decay; where operations stand apart, the
// steps have neither the learning rate (c[7]) nor their corrections (c[8], c[9]) in them
template <class T>
void nadam(void* const* a, const double* c, int flags, int64_t begin, int64_t end) {
    sweep<T>(begin, end, [&](auto at) {
        Vec<T> p = at.get(a[0]);
        const Vec<T> g = gradient<T>(at, a, p, c[6], flags);
        if (flags & kDecoupled) p = rounded<T>(p * of<T>(c[7]));
        const Vec<T> m = toward<T>(at.get(a[2]), g, c[2], flags);
        at.put(a[2], m);
        const Vec<T> v = second_toward<T>(at, a, a[3], g, c[3], flags);
        const Vec<T> d = vsqrt<T>(v / of<T>(c[4])) + of<T>(c[5]);
        if (flags & kApart) {
            const Vec<T> step = m * of<T>(c[1]) / of<T>(c[9]) + g * of<T>(c[0]) / of<T>(c[8]);
            at.put(a[0], p - step * of<T>(c[7]) / d);
            return;
        }
        at.put(a[0], add_quotient<T>(add_quotient<T>(p, c[0], g, d), c[1], m, d));
    });
}

// c: lr, 1 - beta1, beta2, 1 - beta1^t, sqrt(1 - beta2^t), eps, weight decay, 1 - lr·decay, rectification
template <class T>
void radam(void* const* a, const double* c, int flags, int64_t begin, int64_t end) {
    sweep<T>(begin, end, [&](auto at) {
        Vec<T> p = at.get(a[0]);
        const Vec<T> g = gradient<T>(at, a, p, c[6], flags);
        if (flags & kDecoupled) p = rounded<T>(p * of<T>(c[7]));
        const Vec<T> m = toward<T>(at.get(a[2]), g, c[1], flags);
        at.put(a[2], m);
        const Vec<T> v = second_moment<T>(at, a, a[3], g, c[2], flags);
        Vec<T> step = m / of<T>(c[3]) * of<T>(c[0]);
        if (flags & kRectified) {
            const Vec<T> rate = splat<T>(T(1)) / (vsqrt<T>(v) + of<T>(c[5])) * of<T>(c[4]);
            step = step * rate * of<T>(c[8]);
        }
        at.put(a[0], p - rounded<T>(step));
    });
}

// What a gradient is divided by: the root of v, eps added to it, or to v under it.
template <class T>
inline Vec<T> root(Vec<T> v, double eps, int flags) {
    return flags & kInner ? vsqrt<T>(v + of<T>(eps)) : vsqrt<T>(v) + of<T>(eps);
}

// c: lr, alpha, eps, weight decay, momentum, gradient's factor in the momentum; states: square average, then momentum's, then the average
// gradient
template <class T>
void rmsprop(void* const* a, const double* c, int flags, int64_t begin, int64_t end) {
    sweep<T>(begin, end, [&](auto at) {
        const Vec<T> p = at.get(a[0]);
        const Vec<T> g = gradient<T>(at, a, p, c[3], flags);
        Vec<T> v = second_moment<T>(at, a, a[2], g, c[1], flags);
        if (flags & kCentered) {
            void* mean = a[flags & kMomentum ? 4 : 3];
            const Vec<T> m = flags & kApart ? rounded<T>(of<T>(c[1]) * at.get(mean)) + rounded<T>(of<T>(1 - c[1]) * g)
                                            : toward<T>(at.get(mean), g, 1 - c[1], flags);
            at.put(mean, m);
            v = flags & kTwice ? v - rounded<T>(m * m) : add_product<T>(v, -1, m, m);
        }
        const Vec<T> d = root<T>(v, c[2], flags);
        if (flags & kMomentum) {
            const Vec<T> b = rounded<T>(at.get(a[3]) * of<T>(c[4])) + g * of<T>(c[5]) / d;
            at.put(a[3], b);
            at.put(a[0], mul_add<T>(b, of<T>(-c[0]), p, flags));
        } else {
            at.put(a[0], add_quotient<T>(p, -c[0], g, d));
        }
    });
}

// c: decayed lr, eps, weight decay
template <class T>
void adagrad(void* const* a, const double* c, int flags, int64_t begin, int64_t end) {
    sweep<T>(begin, end, [&](auto at) {
        const Vec<T> p = at.get(a[0]);
        const Vec<T> g = gradient<T>(at, a, p, c[2], flags);
        const Vec<T> s = flags & kSquares ? at.get(a[2]) + at.get(a[kSquaresAt]) : mul_add<T>(g, g, at.get(a[2]), flags);
        at.put(a[2], s);
        at.put(a[0], add_quotient<T>(p, -c[0], g, root<T>(s, c[1], flags)));
    });
}

// c: lr, rho, eps, weight decay
template <class T>
void adadelta(void* const* a, const double* c, int flags, int64_t begin, int64_t end) {
    sweep<T>(begin, end, [&](auto at) {
        const Vec<T> p = at.get(a[0]);
        const Vec<T> g = gradient<T>(at, a, p, c[3], flags);
        const Vec<T> v = second_moment<T>(at, a, a[2], g, c[1], flags);
        const Vec<T> above = at.get(a[3]) + of<T>(c[2]), below = v + of<T>(c[2]);
        Vec<T> d;
        if (flags & kApart)
            d = vsqrt<T>(above) * g / vsqrt<T>(below);
        else if (flags & kTwice)
            d = vsqrt<T>(above / below) * g;
        else
            d = vsqrt<T>(above) / vsqrt<T>(below) * g;
        if (flags & kSquares) {  // of the steps of the parts: the same factor's square, times the sum of their gradients' squares
            const Vec<T> factor = vsqrt<T>(above) / vsqrt<T>(below);
            at.put(a[3], rounded<T>(at.get(a[3]) * of<T>(c[1])) + rounded<T>(of<T>(1 - c[1]) * (factor * factor * at.get(a[kSquaresAt]))));
        } else {
            second_moment<T>(at, a, a[3], d, c[1], flags);
        }
        at.put(a[0], mul_add<T>(d, of<T>(-c[0]), p, flags));
    });
}

// c: corrected lr, 1 - beta1, beta2, weight decay; eps on the gradient, on the decayed norm, on the divisor; where operations stand apart,
// the correction of the lr
template <class T>
void adamax(void* const* a, const double* c, int flags, int64_t begin, int64_t end) {
    sweep<T>(begin, end, [&](auto at) {
        const Vec<T> p = at.get(a[0]);
        const Vec<T> g = gradient<T>(at, a, p, c[3], flags);
        const Vec<T> m = toward<T>(at.get(a[2]), g, c[1], flags);
        at.put(a[2], m);
        const Vec<T> size = flags & kSquares ? at.get(a[kSquaresAt]) : vabs<T>(g);
        const Vec<T> u = vmax_nan<T>(rounded<T>(at.get(a[3]) * of<T>(c[2])) + of<T>(c[5]), size + of<T>(c[4]));
        at.put(a[3], u);
        const Vec<T> d = u + of<T>(c[6]);
        if (flags & kApart) {
            at.put(a[0], p - of<T>(c[0]) * m / (of<T>(c[7]) * d));
            return;
        }
        at.put(a[0], flags & kTwice ? p - rounded<T>(of<T>(c[0]) * rounded<T>(m / d)) : add_quotient<T>(p, -c[0], m, d));
    });
}

// c: eta minus, eta plus, smallest and largest step; states: previous gradient, step size
template <class T>
void rprop(void* const* a, const double* c, int flags, int64_t begin, int64_t end) {
    const Vec<T> zero = splat<T>(T(0)), one = splat<T>(T(1));
    sweep<T>(begin, end, [&](auto at) {
        const Vec<T> p = at.get(a[0]);
        Vec<T> g = gradient<T>(at, a, p, 0, flags);
        const Vec<T> turn = g * at.get(a[2]);
        Vec<T> factor = select<T>(turn > zero, of<T>(c[1]), select<T>(turn < zero, of<T>(c[0]), one));
        factor = select<T>(turn != turn, turn, factor);
        const Vec<T> size = vmin_nan<T>(vmax_nan<T>(at.get(a[3]) * factor, of<T>(c[2])), of<T>(c[3]));
        at.put(a[3], size);
        g = select<T>(turn < zero, zero, g);
        at.put(a[2], g);
        const Vec<T> sign = select<T>(g > zero, one, select<T>(g < zero, -one, g));
        at.put(a[0], p - sign * size);
    });
}

// c: eta, 1 - lambda·eta, mu, weight decay; state: the average
template <class T>
void asgd(void* const* a, const double* c, int flags, int64_t begin, int64_t end) {
    sweep<T>(begin, end, [&](auto at) {
        Vec<T> p = at.get(a[0]);
        const Vec<T> g = gradient<T>(at, a, p, c[3], flags);
        p = fma<T>(g, of<T>(-c[0]), rounded<T>(p * of<T>(c[1])));
        at.put(a[0], p);
        const Vec<T> x = at.get(a[2]);
        at.put(a[2], c[2] == 1 ? p : x + rounded<T>((p - x) * of<T>(c[2])));
    });
}

}  // namespace

extern const OptimTable optim_table;
const OptimTable optim_table = {
    {sgd<float>, adam<float>, nadam<float>, radam<float>, rmsprop<float>, adagrad<float>, adadelta<float>, adamax<float>, rprop<float>,
     asgd<float>},
    {sgd<double>, adam<double>, nadam<double>, radam<double>, rmsprop<double>, adagrad<double>, adadelta<double>, adamax<double>,
     rprop<double>, asgd<double>},
};

}  // namespace plait::PLAIT_NS
