#include "entries/pool.h"

#include "core/isa.h"
#include "core/threads.h"
#include "kernels/pool.h"

namespace plait {

PLAIT_TABLE(PoolRowsTable, pool_rows_table)
PLAIT_TABLE(PoolArgmaxTable, pool_argmax_table)
PLAIT_TABLE(PoolGradTable, pool_grad_table)
PLAIT_TABLE(PoolLastTable, pool_last_table)
PLAIT_TABLE(PoolPlaneTable, pool_plane_table)

namespace {

constexpr int64_t kInTurn = 1 << 16;  // elements that are added one after another
constexpr int kHeader = 21;           // version of the plan, in, out, k, s, p, dil, regular, drop

// Memory of one chunk of work.
struct Scratch {
    void* data;
    explicit Scratch(int64_t bytes) : data(acquire_block(bytes)) {}
    ~Scratch() { release_block(data); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
};

int64_t most(const int64_t* p, int64_t n) {
    int64_t m = 0;
    for (int64_t i = 0; i < n; ++i) m = p[i] > m ? p[i] : m;
    return m;
}

// The plan, read and checked against its own length.
struct Planned : Window {
    int64_t merged[3];  // tables of one entry, where dimensions have been merged
    int64_t rows = 0;   // most input rows under an output row
    int64_t taps = 0;   // most taps of a window

    explicit Planned(const Array& plan) {
        require(plan.dtype == DType::i64 && plan.contiguous && plan.ndim == 1 && plan.size >= kHeader, "pool: bad plan");
        const int64_t* a = plan.as<int64_t>();
        int64_t need = kHeader;
        for (int i = 0; i < 3; ++i) {
            in[i] = a[1 + i], out[i] = a[4 + i], k[i] = a[7 + i], s[i] = a[10 + i], p[i] = a[13 + i], dil[i] = a[16 + i];
            require(in[i] > 0 && out[i] >= 0 && k[i] > 0 && s[i] > 0 && p[i] >= 0 && dil[i] > 0, "pool: bad plan");
            need += 3 * out[i] + 2 * in[i];
        }
        require(a[0] == 1 && plan.size == need, "pool: bad plan");
        regular = a[19] != 0;
        drop = a[20] != 0;
        const int64_t* at = a + kHeader;
        for (int i = 0; i < 3; ++i) {
            lo[i] = at, n[i] = at + out[i], cnt[i] = at + 2 * out[i], io[i] = at + 3 * out[i], in_n[i] = io[i] + in[i];
            at = in_n[i] + in[i];
        }
        channels = 1;
        xn = xc = xd = xh = 0;
        xw = 1;
        last = 0;
        band[0] = band[1] = 1;
        past = false;
        measure();
    }
    void measure() {
        rows = most(n[0], out[0]) * most(n[1], out[1]);
        taps = rows * most(n[2], out[2]);
        int64_t reach = in[2];
        if (regular) {
            const int64_t end = (out[2] - 1) * s[2] + (k[2] - 1) * dil[2] + 1;
            reach = (end > in[2] + p[2] ? end : in[2] + p[2]) + 2 * k[2] * dil[2];
        }
        row = (reach + 80 + 15) / 16 * 16;
        tile = out[2] > 0 ? out[2] : 1;
        tile_row = row;
        if (regular && row > 2560) {  // long rows by parts that stay in the first cache
            const int64_t part = 1024 / s[2] > 64 ? 1024 / s[2] : 64;
            if (part < tile) {
                tile = part;
                tile_row = ((tile - 1) * s[2] + 1 + 3 * k[2] * dil[2] + 80 + 15) / 16 * 16;
            }
        }
    }
    int rank_of(const Array& x) const {
        require(x.ndim >= 3 && x.ndim <= 5, "pool: the input must have 3 to 5 dimensions");
        return x.ndim - 2;
    }
    // Takes the input's strides; false if a kernel cannot read it so.
    void look_at(const Array& x, bool channels_last) {
        const int rank = rank_of(x);
        const int64_t item = item_size(x.dtype);
        const int first = channels_last ? 1 : 2;
        int64_t steps[3] = {0, 0, 1};
        for (int i = 0; i < 3; ++i) {
            const int axis = first + i - (3 - rank);
            require(axis < first ? in[i] == 1 : x.shape[axis] == in[i], "pool: the plan is for another shape");
            if (axis >= first) steps[i] = x.stride[axis];
        }
        for (int i = 3 - rank; i < 3; ++i) {
            require(steps[i] % item == 0 && steps[i] >= 0, "pool: input strides");
            steps[i] /= item;
        }
        const int c = channels_last ? x.ndim - 1 : 1;
        channels = x.shape[c];
        require(x.stride[0] % item == 0 && x.stride[c] % item == 0 && x.stride[0] >= 0 && x.stride[c] >= 0, "pool: input strides");
        xn = x.stride[0] / item, xc = x.stride[c] / item, xd = steps[0], xh = steps[1], xw = steps[2];
        require(channels_last ? xc == 1 || channels == 1 : xw == 1 || in[2] == 1, "pool: input strides");
        last = 1;
        for (int i = 0; i < x.ndim; ++i) last += (x.shape[i] - 1) * (x.stride[i] / item);
    }
    bool one_window() const {  // all of a plane
        bool one = true;
        for (int i = 0; i < 3; ++i) one = one && out[i] == 1 && dil[i] == 1 && lo[i][0] == 0 && n[i][0] == in[i];
        return one;
    }
    // One output for whole rows (and slices) that lie without gaps: one long row.
    void merge() {
        for (int i = 1; i >= 0; --i) {
            const int64_t gap = i == 1 ? xh : xd;
            if (out[i] != 1 || out[2] != 1 || in[i] == 1) continue;
            if (n[i][0] != in[i] || n[2][0] != in[2] || dil[i] != 1 || dil[2] != 1 || gap != in[2] || (i == 0 && in[1] != 1)) return;
            merged[0] = 0;
            merged[1] = in[i] * in[2];
            merged[2] = cnt[i][0] * cnt[2][0];
            static const int64_t zero = 0, one = 1;
            lo[2] = &merged[0], n[2] = &merged[1], cnt[2] = &merged[2];
            lo[i] = &zero, n[i] = &one, cnt[i] = &one;
            io[i] = in_n[i] = io[2] = in_n[2] = nullptr;  // gradients that need them do not merge
            in[2] = merged[1], k[2] = merged[1];
            in[i] = k[i] = 1;
            p[i] = p[2] = 0;
            regular = false;
        }
        measure();
    }
    Planned(const Planned&) = delete;
    Planned& operator=(const Planned&) = delete;
};

void require_float(const Array& x) { require(x.dtype == DType::f32 || x.dtype == DType::f64, "pool: arrays must be float32 or float64"); }

// [N, C, sizes…] or, channels last, [N, sizes…, C], of x's rank.
Owned result(const Array& x, const int64_t* sizes, int64_t channels, bool last, DType t) {
    const int rank = x.ndim - 2;
    int64_t shape[5];
    shape[0] = x.shape[0];
    for (int i = 0; i < rank; ++i) shape[(last ? 1 : 2) + i] = sizes[3 - rank + i];
    shape[last ? rank + 1 : 1] = channels;
    return Owned::make(t, shape, x.ndim);
}

int64_t lanes(const Array& x) { return 64 / item_size(x.dtype); }

int64_t forward_grain(const Planned& w, const Array& x, bool last) {
    const int64_t cost = last ? w.out[2] * (w.taps + 4) * (w.channels / lanes(x) + 1)
                              : w.rows * (w.in[2] / lanes(x) + 1) + w.out[2] * w.k[2] / (w.regular && w.s[2] <= 2 ? lanes(x) : 1) + 8;
    const int64_t grain = grain_for(cost);
    return last ? grain : (grain + kPoolRows - 1) / kPoolRows * kPoolRows;
}
int64_t forward_scratch(const Planned& w, const Array& x, bool last) {
    return last ? 2 * w.taps * 8 : (kPoolRows * w.tile_row + w.out[2] + 64) * item_size(x.dtype) + w.rows * 8;
}

// Rows under an output row, each with its place, and perhaps copied.
int64_t vector_scratch(const Planned& w, const Array& x) {
    return pool_in_vectors(w) ? w.k[0] * w.k[1] * (w.row * item_size(x.dtype) + 16) + 64 * item_size(x.dtype) : 64;
}

}  // namespace

Owned pool_max(const Array& x, const Array& plan, bool last) {
    require_float(x);
    Planned w(plan);
    w.look_at(x, last);
    Owned y = result(x, w.out, w.channels, last, x.dtype);
    if (y.size == 0) return y;
    if (!last) w.merge();
    const int64_t units = x.shape[0] * (last ? 1 : w.channels) * w.out[0] * w.out[1], bytes = forward_scratch(w, x, last);
    const PoolRowsTable& rows = active_pool_rows_table();
    const PoolLastTable& lasts = active_pool_last_table();
    parallel_for(units, forward_grain(w, x, last), [&](int64_t b, int64_t e) {
        Scratch scratch(bytes);
        if (last)
            (x.dtype == DType::f32 ? lasts.max_f32 : lasts.max_f64)(x.data, y.data, nullptr, w, b, e, scratch.data);
        else
            (x.dtype == DType::f32 ? rows.max_f32 : rows.max_f64)(x.data, y.data, w, b, e, scratch.data);
    });
    return y;
}

std::tuple<Owned, Owned> pool_argmax(const Array& x, const Array& plan, bool last) {
    require_float(x);
    Planned w(plan);
    w.look_at(x, last);
    Owned y = result(x, w.out, w.channels, last, x.dtype);
    Owned index = result(x, w.out, w.channels, last, DType::i64);
    if (y.size == 0) return {y, index};
    const int64_t units = x.shape[0] * (last ? 1 : w.channels) * w.out[0] * w.out[1];
    const int64_t bytes = last ? forward_scratch(w, x, last) : vector_scratch(w, x);
    const PoolArgmaxTable& rows = active_pool_argmax_table();
    const PoolLastTable& lasts = active_pool_last_table();
    parallel_for(units, forward_grain(w, x, last), [&](int64_t b, int64_t e) {
        Scratch scratch(bytes);
        if (last)
            (x.dtype == DType::f32 ? lasts.max_f32 : lasts.max_f64)(x.data, y.data, index.as<int64_t>(), w, b, e, scratch.data);
        else
            (x.dtype == DType::f32 ? rows.f32 : rows.f64)(x.data, y.data, index.as<int64_t>(), w, b, e, scratch.data);
    });
    return {y, index};
}

Owned pool_avg(const Array& x, const Array& plan, bool last) {
    require_float(x);
    Planned w(plan);
    w.look_at(x, last);
    Owned y = result(x, w.out, w.channels, last, x.dtype);
    if (y.size == 0) return y;
    if (!last) w.merge();
    const int64_t units = x.shape[0] * (last ? 1 : w.channels) * w.out[0] * w.out[1], bytes = forward_scratch(w, x, last);
    const PoolRowsTable& rows = active_pool_rows_table();
    const PoolLastTable& lasts = active_pool_last_table();
    parallel_for(units, forward_grain(w, x, last), [&](int64_t b, int64_t e) {
        Scratch scratch(bytes);
        if (last)
            (x.dtype == DType::f32 ? lasts.avg_f32 : lasts.avg_f64)(x.data, y.data, w, b, e, scratch.data);
        else
            (x.dtype == DType::f32 ? rows.avg_f32 : rows.avg_f64)(x.data, y.data, w, b, e, scratch.data);
    });
    return y;
}

Owned pool_avg_in_turn(const Array& x, const Array& plan, bool last) {
    require_float(x);
    Planned w(plan);
    w.look_at(x, last);
    const int64_t planes = x.shape[0] * w.channels;
    if (planes * w.out[0] * w.out[1] * w.out[2] * w.taps > kInTurn) return pool_avg(x, plan, last);
    Owned y = result(x, w.out, w.channels, last, x.dtype);
    const PoolPlaneTable& kernels = active_pool_plane_table();
    (x.dtype == DType::f32 ? kernels.avg_in_turn_f32 : kernels.avg_in_turn_f64)(x.data, y.data, w, last ? w.channels : 1, 0, planes);
    return y;
}

namespace {

void require_outputs(const Array& g, const Array& x, const Planned& w, bool last, const char* what) {
    bool ok = g.contiguous && g.dtype == x.dtype && g.ndim == x.ndim && g.shape[0] == x.shape[0];
    const int rank = x.ndim - 2;
    for (int i = 0; ok && i < rank; ++i) ok = g.shape[(last ? 1 : 2) + i] == w.out[3 - rank + i];
    require(ok && g.shape[last ? rank + 1 : 1] == x.shape[last ? rank + 1 : 1], what);
}

}  // namespace

Owned pool_max_grad(const Array& g, const Array& x, const Array& y, const Array& plan, bool last) {
    require_float(x);
    Planned w(plan);
    w.look_at(x, last);
    require_outputs(g, x, w, last, "pool: the gradient does not fit");
    require_outputs(y, x, w, last, "pool: the output does not fit");
    Owned dx = result(x, w.in, w.channels, last, x.dtype);
    if (dx.size == 0) return dx;
    if (last) {
        const PoolLastTable& k = active_pool_last_table();
        const int64_t units = x.shape[0] * ((w.channels + k.block - 1) / k.block);
        parallel_for(units, 1, [&](int64_t b, int64_t e) {
            (x.dtype == DType::f32 ? k.max_grad_f32 : k.max_grad_f64)(g.data, x.data, y.data, dx.data, w, b, e);
        });
        return dx;
    }
    w.merge();
    w.past = past_caches(dx);
    // Bands: a whole plane where it is small, else slices, else rows of a slice (an even number).
    const int64_t slice = w.in[1] * w.row;
    constexpr int64_t kBandElements = 65536;
    if (slice <= kBandElements) {
        w.band[1] = w.in[1] + w.in[1] % 2;
        w.band[0] = kBandElements / slice < w.in[0] ? kBandElements / slice : w.in[0];
    } else {
        w.band[0] = 1;
        w.band[1] = kBandElements / w.row > 16 ? kBandElements / w.row / 2 * 2 : 16;
    }
    const int64_t bands = ((w.in[0] + w.band[0] - 1) / w.band[0]) * ((w.in[1] + w.band[1] - 1) / w.band[1]);
    const int64_t cost = w.band[0] * w.band[1] * (w.in[2] / lanes(x) + 2) * 8;
    const int64_t bytes = vector_scratch(w, x);
    const PoolGradTable& k = active_pool_grad_table();
    parallel_for(x.shape[0] * w.channels * bands, grain_for(cost), [&](int64_t b, int64_t e) {
        Scratch scratch(bytes);
        (x.dtype == DType::f32 ? k.max_f32 : k.max_f64)(g.data, x.data, y.data, dx.data, w, b, e, scratch.data);
    });
    return dx;
}

Owned pool_avg_grad(const Array& g, const Array& plan, bool last) {
    require_float(g);
    Planned w(plan);
    w.channels = g.shape[last ? g.ndim - 1 : 1];
    w.rank_of(g);
    require_outputs(g, g, w, last, "pool: the gradient does not fit");
    Owned dx = result(g, w.in, w.channels, last, g.dtype);
    if (dx.size == 0) return dx;
    if (!last && w.one_window()) {
        w.xh = w.in[2], w.xd = w.in[1] * w.in[2];  // of the gradient
        w.merge();
    }
    const int64_t units = g.shape[0] * (last ? 1 : w.channels) * w.in[0] * w.in[1];
    const int64_t cost = last ? w.in[2] * (w.channels / lanes(g) + 4) * 4 : (w.in[2] / lanes(g) + 2) * 8;
    const int64_t bytes = 6 * w.row * item_size(g.dtype);
    const PoolGradTable& rows = active_pool_grad_table();
    const PoolLastTable& lasts = active_pool_last_table();
    parallel_for(units, grain_for(cost), [&](int64_t b, int64_t e) {
        if (last) {
            (g.dtype == DType::f32 ? lasts.avg_grad_f32 : lasts.avg_grad_f64)(g.data, dx.data, w, b, e);
            return;
        }
        Scratch scratch(bytes);
        (g.dtype == DType::f32 ? rows.avg_f32 : rows.avg_f64)(g.data, dx.data, w, b, e, scratch.data);
    });
    return dx;
}

std::tuple<Owned, Owned> pool_random_max(const Array& x, const Array& starts, const Array& plan) {
    require_float(x);
    Planned w(plan);
    w.look_at(x, false);
    const int64_t planes = x.shape[0] * w.channels, per = w.out[0] + w.out[1] + w.out[2];
    require(starts.dtype == DType::i64 && starts.contiguous && starts.size == planes * per, "pool: starts");
    const int64_t* p = starts.as<int64_t>();
    for (int64_t i = 0; i < planes; ++i)
        for (int d = 0; d < 3; ++d)
            for (int64_t j = 0; j < w.out[d]; ++j, ++p)
                require(*p >= 0 && *p + w.k[d] <= w.in[d], "pool: a window starts outside the input");
    Owned y = result(x, w.out, w.channels, false, x.dtype);
    Owned index = result(x, w.out, w.channels, false, DType::i64);
    if (y.size == 0) return {y, index};
    const PoolPlaneTable& k = active_pool_plane_table();
    const int64_t cost = w.out[0] * w.out[1] * w.out[2] * w.k[0] * w.k[1] * w.k[2];
    parallel_for(planes, grain_for(cost), [&](int64_t b, int64_t e) {
        (x.dtype == DType::f32 ? k.random_max_f32 : k.random_max_f64)(x.data, starts.as<int64_t>(), y.data, index.as<int64_t>(), w, b, e);
    });
    return {y, index};
}

namespace {

struct Planes {
    int64_t planes = 1, count = 1;
};
Planes planes_of(const Array& a, int64_t dims) {
    require(dims >= 0 && dims <= a.ndim, "pool: dims");
    Planes p;
    for (int i = 0; i < a.ndim; ++i) (i < a.ndim - dims ? p.planes : p.count) *= a.shape[i];
    return p;
}
void check_index(const Array& index, int64_t size) {
    const int64_t* p = index.as<int64_t>();
    for (int64_t i = 0; i < index.size; ++i)
        if (p[i] < 0 || p[i] >= size) throw std::out_of_range(std::to_string(p[i]));
}

}  // namespace

Owned pool_scatter(const Array& x, const Array& index, int64_t dims, const Array& shape, bool sum) {
    const int64_t item = item_size(x.dtype);
    require(item == 4 || item == 8, "pool: items of 4 or 8 bytes only");
    require(!sum || x.dtype == DType::f32 || x.dtype == DType::f64, "pool: arrays must be float32 or float64");
    require(x.contiguous && index.contiguous && index.dtype == DType::i64 && index.size == x.size, "pool: scatter: arrays do not fit");
    require(shape.dtype == DType::i64 && shape.contiguous && shape.size == dims, "pool: scatter: shape");
    const Planes p = planes_of(x, dims);
    int64_t sizes[kMaxDims];
    for (int i = 0; i < x.ndim; ++i) sizes[i] = i < x.ndim - dims ? x.shape[i] : shape.as<int64_t>()[i - (x.ndim - dims)];
    Owned y = Owned::make(x.dtype, sizes, x.ndim);
    const int64_t size = planes_of(y, dims).count;
    try {
        check_index(index, size);
    } catch (...) {
        release_block(y.data);
        throw;
    }
    if (y.size == 0) return y;
    const PoolPlaneTable& k = active_pool_plane_table();
    const auto kernel = sum ? (item == 4 ? k.add_f32 : k.add_f64) : (item == 4 ? k.put_4 : k.put_8);
    parallel_for(p.planes, grain_for(2 * p.count + size / 16),
                 [&](int64_t b, int64_t e) { kernel(x.data, index.as<int64_t>(), y.data, p.count, size, b, e); });
    return y;
}

Owned pool_gather(const Array& y, const Array& index, int64_t dims) {
    const int64_t item = item_size(y.dtype);
    require(item == 4 || item == 8, "pool: items of 4 or 8 bytes only");
    require(y.contiguous && index.contiguous && index.dtype == DType::i64 && index.ndim == y.ndim, "pool: gather: arrays do not fit");
    const Planes from = planes_of(y, dims), to = planes_of(index, dims);
    require(from.planes == to.planes, "pool: gather: arrays do not fit");
    check_index(index, from.count);
    Owned x = Owned::make(y.dtype, index.shape, index.ndim);
    if (x.size == 0) return x;
    const PoolPlaneTable& k = active_pool_plane_table();
    parallel_for(to.planes, grain_for(2 * to.count), [&](int64_t b, int64_t e) {
        (item == 4 ? k.take_4 : k.take_8)(y.data, index.as<int64_t>(), x.data, to.count, from.count, b, e);
    });
    return x;
}

}  // namespace plait
