#include "entries/activation.h"

#include <cstring>
#include <vector>

#include "core/isa.h"
#include "core/layout.h"
#include "core/threads.h"
#include "kernels/activation.h"

namespace plait {

PLAIT_TABLE(ActivationTable, activation_table)

namespace {

constexpr int64_t kGrain = 16384;  // elements in one chunk

const char* const kNames[] = {
#define X(name) #name,
    PLAIT_ACTIVATIONS(X)
#undef X
};
const char* const kGradientNames[] = {
#define X(name) #name,
    PLAIT_ACTIVATION_GRADIENTS(X)
#undef X
};

template <class Names>
int64_t find(const Names& names, const std::string& name) {
    int64_t i = 0;
    for (const char* n : names) {
        if (name == n) return i;
        ++i;
    }
    throw std::invalid_argument("no activation kernel named " + name);
}

template <class Body>
auto with_float(const Array& a, Body&& body) {
    if (a.dtype == DType::f32) return body(float{});
    if (a.dtype == DType::f64) return body(double{});
    throw std::invalid_argument("activation kernels take float32 and float64");
}

void require_code(int64_t code, int64_t count) { require(code >= 0 && code < count, "no activation kernel of that number"); }

void run(int64_t code, const Array& x, const Array& y, Coefficients k) {
    const ActivationTable& table = active_activation_table();
    with_float(x, [&](auto zero) {
        using T = decltype(zero);
        const auto fn = table.of<T>().forward[code];
        const T* in = x.as<T>();
        T* out = y.as<T>();
        if (x.size <= kGrain) return fn(in, out, 0, x.size, k, false);
        const bool past = in != out && past_caches(y);
        parallel_for(x.size, kGrain, [&](int64_t b, int64_t e) { fn(in, out, b, e, k, past); });
    });
}

// x itself where it is dense, else a dense copy kept in `hold`.
struct Dense {
    Dense(const Array& x, const Array& layout) {
        if (same_layout(x, layout)) {
            array = x;
            return;
        }
        Owned copy = like_layout(layout, x.dtype);
        copy_into(x, copy);
        held = copy.data;
        array = copy;
    }
    ~Dense() { release_block(held); }
    Dense(const Dense&) = delete;
    Dense& operator=(const Dense&) = delete;
    Array array;
    void* held = nullptr;
};

struct Rows {
    int64_t outer = 1, n = 1, inner = 1;
};
Rows rows_of(const Array& x, int64_t dim) {
    require(x.contiguous, "softmax: the array must be contiguous");
    require(dim >= 0 && dim < x.ndim, "softmax: dim out of range");
    Rows r;
    for (int i = 0; i < dim; ++i) r.outer *= x.shape[i];
    r.n = x.shape[dim];
    for (int i = static_cast<int>(dim) + 1; i < x.ndim; ++i) r.inner *= x.shape[i];
    return r;
}

// Calls body(begin, end) over rows, or over vectors of columns where inner > 1.
template <class Body>
void over_rows(const Rows& r, int64_t lanes, Body&& body) {
    const int64_t units = r.inner == 1 ? r.outer : r.outer * ((r.inner + lanes - 1) / lanes);
    const int64_t cost = r.inner == 1 ? r.n : r.n * lanes;
    parallel_for(units, grain_for(cost, 8192), body);
}

template <bool Log>
Owned softmax_of(const Array& x, int64_t dim) {
    const ActivationTable& table = active_activation_table();
    const Rows r = rows_of(x, dim);
    return with_float(x, [&](auto zero) {
        using T = decltype(zero);
        Owned y = Owned::like(x);
        if (x.size == 0) return y;
        const auto fn = Log ? table.of<T>().log_softmax : table.of<T>().softmax;
        const int64_t lanes = sizeof(T) == 4 ? table.column_lanes_f32 : table.column_lanes_f64;
        over_rows(r, lanes, [&](int64_t b, int64_t e) { fn(x.as<T>(), y.as<T>(), r.n, r.inner, b, e); });
        return y;
    });
}

template <bool Log>
Owned softmax_gradient_of(const Array& g, const Array& y, int64_t dim) {
    const ActivationTable& table = active_activation_table();
    require(g.contiguous && g.size == y.size && g.dtype == y.dtype, "softmax_backward: gradient and output must be alike");
    const Rows r = rows_of(y, dim);
    return with_float(y, [&](auto zero) {
        using T = decltype(zero);
        Owned gx = Owned::like(y);
        if (y.size == 0) return gx;
        const auto fn = Log ? table.of<T>().log_softmax_backward : table.of<T>().softmax_backward;
        const int64_t lanes = sizeof(T) == 4 ? table.column_lanes_f32 : table.column_lanes_f64;
        over_rows(r, lanes, [&](int64_t b, int64_t e) { fn(g.as<T>(), y.as<T>(), gx.as<T>(), r.n, r.inner, b, e); });
        return gx;
    });
}

struct Channels {
    int64_t outer = 1, channels = 1, inner = 1;
};
Channels channels_of(const Array& x, const Array& weight) {
    require(x.contiguous && weight.contiguous, "prelu: arrays must be contiguous");
    require(x.dtype == weight.dtype, "prelu: input and weight must have one dtype");
    Channels c;
    if (weight.size == 1) {  // one weight: rows of a size that depends on the shape alone
        c.inner = x.ndim > 0 && x.size > 0 ? x.shape[x.ndim - 1] : 1;
        c.outer = c.inner > 0 ? x.size / c.inner : 0;
        return c;
    }
    require(x.ndim >= 2 && x.shape[1] == weight.size, "prelu: weight must have one value per channel");
    c.outer = x.shape[0];
    c.channels = weight.size;
    for (int i = 2; i < x.ndim; ++i) c.inner *= x.shape[i];
    return c;
}

}  // namespace

int64_t activation_code(const std::string& name) { return find(kNames, name); }
int64_t activation_backward_code(const std::string& name) { return find(kGradientNames, name); }

Owned activation(int64_t code, const Array& x, double a, double b, double c) {
    require_code(code, static_cast<int64_t>(Activation::count));
    if (x.contiguous) {
        Owned y = with_float(x, [&](auto) { return Owned::like(x); });
        run(code, x, y, {a, b, c});
        return y;
    }
    Owned y = with_float(x, [&](auto) { return like_layout(x, x.dtype); });
    if (same_layout(x, y)) {
        run(code, x, y, {a, b, c});
    } else {
        copy_into(x, y);
        run(code, y, y, {a, b, c});
    }
    return y;
}

void activation_into(int64_t code, const Array& x, const Array& out, double a, double b, double c) {
    require_code(code, static_cast<int64_t>(Activation::count));
    require(x.dtype == out.dtype && same_layout(x, out), "activation_into: input and output must lie in memory alike");
    require(out.writeable, "activation_into: output is read-only");
    run(code, x, out, {a, b, c});
}

Owned activation_backward(int64_t code, const Array& g, const Array& s, double a, double b, double c) {
    require_code(code, static_cast<int64_t>(ActivationGradient::count));
    require(g.dtype == s.dtype && g.ndim == s.ndim, "activation_backward: gradient and saved array must be alike");
    for (int i = 0; i < g.ndim; ++i) require(g.shape[i] == s.shape[i], "activation_backward: gradient and saved array must be alike");
    const ActivationTable& table = active_activation_table();
    return with_float(s, [&](auto zero) {
        using T = decltype(zero);
        Owned gx = like_layout(s, s.dtype);
        const Dense dense_g(g, gx), dense_s(s, gx);
        const auto fn = table.of<T>().backward[code];
        const T *gp = dense_g.array.as<T>(), *sp = dense_s.array.as<T>();
        T* out = gx.as<T>();
        parallel_for(gx.size, kGrain, [&](int64_t begin, int64_t end) { fn(gp, sp, out, begin, end, {a, b, c}, past_caches(gx)); });
        return gx;
    });
}

Owned softmax(const Array& x, int64_t dim) { return softmax_of<false>(x, dim); }
Owned log_softmax(const Array& x, int64_t dim) { return softmax_of<true>(x, dim); }
Owned softmax_backward(const Array& g, const Array& y, int64_t dim) { return softmax_gradient_of<false>(g, y, dim); }
Owned log_softmax_backward(const Array& g, const Array& y, int64_t dim) { return softmax_gradient_of<true>(g, y, dim); }

Owned prelu(const Array& x, const Array& weight) {
    const ActivationTable& table = active_activation_table();
    const Channels c = channels_of(x, weight);
    return with_float(x, [&](auto zero) {
        using T = decltype(zero);
        Owned y = Owned::like(x);
        parallel_for(c.outer * c.channels, grain_for(c.inner), [&](int64_t b, int64_t e) {
            table.of<T>().prelu(x.as<T>(), weight.as<T>(), y.as<T>(), c.channels, c.inner, b, e, past_caches(y));
        });
        return y;
    });
}

std::tuple<Owned, Owned> prelu_backward(const Array& g, const Array& x, const Array& weight) {
    const ActivationTable& table = active_activation_table();
    const Channels c = channels_of(x, weight);
    require(g.contiguous && g.dtype == x.dtype && g.size == x.size, "prelu_backward: gradient and input must be alike");
    return with_float(x, [&](auto zero) {
        using T = decltype(zero);
        Owned gx = Owned::like(x);
        Owned gw = Owned::like(weight);
        const int64_t rows = c.outer * c.channels;
        std::vector<double> partial(static_cast<size_t>(rows));
        parallel_for(rows, grain_for(c.inner), [&](int64_t b, int64_t e) {
            table.of<T>().prelu_backward(g.as<T>(), x.as<T>(), weight.as<T>(), gx.as<T>(), partial.data(), c.channels, c.inner, b, e,
                                         past_caches(gx));
        });
        for (int64_t ch = 0; ch < c.channels; ++ch) {
            double sum = 0;
            for (int64_t o = 0; o < c.outer; ++o) sum += partial[static_cast<size_t>(o * c.channels + ch)];
            gw.as<T>()[ch] = static_cast<T>(sum);
        }
        return std::tuple<Owned, Owned>{gx, gw};
    });
}

}  // namespace plait
