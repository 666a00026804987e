#include "entries/gemm.h"

#include <algorithm>
#include <atomic>
#include <new>
#include <vector>

#include "core/isa.h"
#include "core/threads.h"
#include "entries/product.h"
#include "kernels/gemm.h"

namespace plait {

PLAIT_TABLE(GemmTable, gemm_table)

template <class T>
Scratch<T>::Scratch(int64_t count) : data_(static_cast<T*>(acquire_block(count * static_cast<int64_t>(sizeof(T))))) {}
template <class T>
Scratch<T>::~Scratch() {
    release_block(data_);
}
template class Scratch<float>;
template class Scratch<double>;

namespace {

constexpr int64_t kInner = 512;                    // steps of the inner dimension per pass over C
constexpr int64_t kRightBytes = int64_t(4) << 20;  // packed B at a time
constexpr int64_t kSerial = 1 << 17;               // multiplications below which threads cost more than they give
constexpr int64_t kSmallPanel = 4096;              // bytes of packed B that live on the stack
constexpr int64_t kManyRows = 64;                  // of A, beside a B of one panel
constexpr int64_t kWidest = 64, kTallest = 16;     // at least a panel's columns, a tile's rows

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

template <class T>
void swap_sides(Product<T>& p) {
    std::swap(p.m, p.n);
    std::swap(p.a, p.b);
    std::swap(p.ars, p.bcs);
    std::swap(p.acs, p.brs);
    std::swap(p.crs, p.ccs);
    std::swap(p.row_bias, p.col_bias);
}

// What it costs to bring A, B and C into the shapes that the kernel wants, in numbers moved.
template <class T>
double side_cost(const Product<T>& p, int lanes) {
    const double packed = static_cast<double>(p.k) * static_cast<double>(p.n) * (p.bcs == 1 ? 1.0 : p.brs == 1 ? 1.5 : 6.0);
    const double left = p.acs == 1 || p.ars == 1 ? 0.0 : 6.0 * static_cast<double>(p.m) * static_cast<double>(p.k);
    const double stores = p.ccs == 1 ? 0.0 : 2.0 * static_cast<double>(p.m) * static_cast<double>(p.n);
    const double wasted =
        static_cast<double>(ceil_div(p.n, lanes) * lanes - p.n) * static_cast<double>(p.m) * static_cast<double>(p.k) / 16;
    return packed + left + stores + wasted;
}

template <class T>
void fill_bias(const Product<T>& p) {
    if (p.accumulate) return;
    for (int64_t i = 0; i < p.m; ++i)
        for (int64_t j = 0; j < p.n; ++j) p.c[i * p.crs + j * p.ccs] = p.row_bias ? p.row_bias[i] : p.col_bias ? p.col_bias[j] : T(0);
}

template <class T>
class Multiplier {
  public:
    explicit Multiplier(const Product<T>& product) : p(product), kernels(pick<T>(active_gemm_table())) {}

    void run() {
        if (p.m == 0 || p.n == 0) return;
        if (p.k == 0) return fill_bias(p);
        if (p.k == 1) p.acs = p.brs = 1;
        if (p.m == 1) p.ars = p.acs == 1 ? p.k : 1;
        if (p.n == 1) p.bcs = p.brs == 1 ? p.k : 1;
        if (run_thin()) return;
        Product<T> other = p;
        swap_sides(other);
        if (side_cost(other, kernels.lanes) < side_cost(p, kernels.lanes)) p = other;
        run_blocked();
    }

  private:
    // A vector on one side: no packing.
    bool run_thin() {
        if (p.acs == 1 && p.brs == 1 && (p.m <= 3 || p.n <= 3) && p.k >= kernels.lanes) {
            if (p.m < p.n) swap_sides(p);
            const int64_t grain = std::max<int64_t>(4, ceil_div(kSerial / 4, p.k * p.n));
            parallel_for(p.m, grain, [&](int64_t b, int64_t e) {
                kernels.dots(p.a + b * p.ars, p.ars, p.b, p.bcs, p.c + b * p.crs, p.crs, p.ccs, e - b, p.n, p.k, p.alpha, p.accumulate,
                             p.row_bias ? p.row_bias + b : nullptr, p.col_bias);
            });
            return true;
        }
        if (p.n == 1 && p.ars == 1 && p.m > 1) swap_sides(p);
        if (p.m == 1 && p.bcs == 1 && (p.ccs == 1 || p.n == 1) && !p.row_bias && !p.col_bias) {
            const int64_t grain = std::max<int64_t>(256, ceil_div(kSerial / 4, p.k) / 64 * 64);
            parallel_for(p.n, grain, [&](int64_t b, int64_t e) {
                kernels.axpys(p.a, p.acs, p.b + b, p.brs, p.c + b * p.ccs, e - b, p.k, p.alpha, p.accumulate);
            });
            return true;
        }
        return false;
    }

    // B of one panel: all of it is packed, each tile's rows of A are read from end to end, and C, whose rows may lie far apart, is touched
    // once.
    void run_narrow(int64_t kc) {
        const int64_t width = panel_width(p.n), passes = ceil_div(p.k, kc), tile = kernels.tile;
        Scratch<T> packed(p.k * width + kernels.lanes);
        parallel_for(passes, grain_for(kc * width, kSerial / 2), [&](int64_t begin, int64_t end) {
            for (int64_t k0 = begin * kc; k0 < std::min(p.k, end * kc); k0 += kc)
                kernels.pack(p.b + k0 * p.brs, p.brs, p.bcs, std::min(kc, p.k - k0), p.n, width, packed.data() + k0 * width);
        });
        T columns[kWidest] = {};
        if (p.col_bias) std::copy(p.col_bias, p.col_bias + p.n, columns);
        parallel_for(ceil_div(p.m, tile), grain_for(tile * p.k * width, kSerial), [&](int64_t begin, int64_t end) {
            alignas(64) T sums[kWidest * kTallest];
            for (int64_t i0 = begin * tile; i0 < std::min(p.m, end * tile); i0 += tile) {
                const int64_t rows = std::min(tile, p.m - i0);
                T* c = p.c + i0 * p.crs;
                if (p.accumulate)
                    for (int64_t j = 0; j < p.n; ++j)
                        for (int64_t i = 0; i < rows; ++i) sums[i * width + j] = c[i * p.crs + j * p.ccs];
                for (int64_t k0 = 0; k0 < p.k; k0 += kc) {
                    const Segment all = {0, 0, std::min(kc, p.k - k0)};
                    Block<T> job{};
                    job.a = p.a + i0 * p.ars + k0;
                    job.ars = p.ars;
                    job.segments = &all;
                    job.nsegments = 1;
                    job.b = packed.data() + k0 * width;
                    job.ldb = width;
                    job.c = sums;
                    job.crs = width;
                    job.ccs = 1;
                    job.m = rows;
                    job.n = width;
                    job.alpha = T(1);
                    job.accumulate = p.accumulate || k0 > 0;
                    job.row_bias = p.row_bias && k0 == 0 ? p.row_bias + i0 : nullptr;
                    job.col_bias = p.col_bias && k0 == 0 ? columns : nullptr;
                    kernels.block(job);
                }
                for (int64_t j = 0; j < p.n; ++j)
                    for (int64_t i = 0; i < rows; ++i) c[i * p.crs + j * p.ccs] = sums[i * width + j];
            }
        });
    }

    void run_blocked() {
        const int64_t panel = kernels.panel, lanes = kernels.lanes;
        const int64_t passes = ceil_div(p.k, kInner), kc = ceil_div(p.k, passes);
        if (p.n <= panel && p.acs == 1 && p.alpha == T(1) && p.m >= kManyRows && p.k >= kernels.lanes &&
            p.k * panel * static_cast<int64_t>(sizeof(T)) <= kRightBytes)
            return run_narrow(kc);
        const int64_t most = std::max<int64_t>(panel, kRightBytes / (kc * static_cast<int64_t>(sizeof(T))) / panel * panel);
        const int64_t nc = std::min(ceil_div(p.n, panel) * panel, most);
        alignas(64) char small[kSmallPanel];
        const int64_t need = (kc * nc + lanes) * static_cast<int64_t>(sizeof(T));
        Scratch<T> large(need <= kSmallPanel ? 0 : kc * nc + lanes);
        T* packed = need <= kSmallPanel ? reinterpret_cast<T*>(small) : large.data();
        // A narrow B needs only as many lanes as it has columns, in whole vectors.
        const bool copy_left = (p.acs != 1 && p.ars != 1) || (p.m >= kernels.tile * 2 && p.n >= 4 * panel && p.k >= 64);
        for (int64_t j0 = 0; j0 < p.n; j0 += nc) {
            const int64_t nj = std::min(nc, p.n - j0), panels = ceil_div(nj, panel);
            for (int64_t k0 = 0; k0 < p.k; k0 += kc) {
                const int64_t nk = std::min(kc, p.k - k0);
                parallel_for(panels, grain_for(nk * panel, kSerial / 2), [&](int64_t b, int64_t e) {
                    for (int64_t q = b; q < e; ++q) {
                        const int64_t width = panel_width(nj - q * panel);
                        kernels.pack(p.b + k0 * p.brs + (j0 + q * panel) * p.bcs, p.brs, p.bcs, nk, std::min(panel, nj - q * panel), width,
                                     packed + q * panel * nk);
                    }
                });
                multiply_rows(packed, j0, nj, k0, nk, copy_left);
            }
        }
        if (failed.load()) throw std::bad_alloc();
    }

    int64_t panel_width(int64_t columns) const {
        return columns >= kernels.panel ? kernels.panel : ceil_div(columns, kernels.lanes) * kernels.lanes;
    }

    // C[:, j0 : j0 + nj] from `nk` steps of the inner dimension: tasks of some rows times some panels.
    void multiply_rows(const T* packed, int64_t j0, int64_t nj, int64_t k0, int64_t nk, bool copy_left) {
        const int64_t panel = kernels.panel, tile = kernels.tile, panels = ceil_div(nj, panel);
        const int64_t rows = tile * std::min<int64_t>(p.m >= 1024 ? 16 : 8, ceil_div(p.m, tile));
        const int64_t row_blocks = ceil_div(p.m, rows);
        const int64_t groups = row_blocks >= 8 ? 1 : std::min(panels, ceil_div(8, row_blocks));
        const int64_t per_group = ceil_div(panels, groups);
        const int64_t work = rows * std::min(nj, per_group * panel) * nk;
        parallel_for(row_blocks * groups, std::max<int64_t>(1, kSerial / std::max<int64_t>(work, 1)), [&](int64_t begin, int64_t end) {
            for (int64_t t = begin; t < end; ++t) {
                const int64_t i0 = t / groups * rows, q0 = t % groups * per_group;
                multiply_task(packed, i0, std::min(rows, p.m - i0), q0, std::min(panels, q0 + per_group), j0, nj, k0, nk, copy_left);
            }
        });
    }

    void multiply_task(const T* packed, int64_t i0, int64_t ni, int64_t q0, int64_t q1, int64_t j0, int64_t nj, int64_t k0, int64_t nk,
                       bool copy_left) {
        const int64_t panel = kernels.panel, tile = kernels.tile;
        T* left = nullptr;
        const T* a = p.a + i0 * p.ars + k0 * p.acs;
        Block<T> job{};
        if (copy_left) {
            try {
                left = static_cast<T*>(acquire_block((ceil_div(ni, tile) * tile * nk + kernels.lanes) * static_cast<int64_t>(sizeof(T))));
            } catch (const std::bad_alloc&) {
                failed.store(true);
                return;
            }
            for (int64_t i = 0; i < ni; i += tile)
                kernels.pack(a + i * p.ars, p.acs, p.ars, nk, std::min(tile, ni - i), tile, left + i * nk);
            job.a = left;
            job.ars = nk;
            job.acs = tile;
            job.crossed = true;
        } else {
            job.a = a;
            job.ars = p.ars;
            job.acs = p.acs;
            job.crossed = p.acs != 1;
        }
        const Segment all = {0, 0, nk};
        job.segments = &all;
        job.nsegments = 1;
        job.m = ni;
        job.crs = p.crs;
        job.ccs = p.ccs;
        job.alpha = p.alpha;
        job.accumulate = p.accumulate || k0 > 0;
        job.row_bias = p.row_bias && k0 == 0 ? p.row_bias + i0 : nullptr;
        T bias[kWidest];
        for (int64_t q = q0; q < q1; ++q) {
            const int64_t j = j0 + q * panel;
            job.n = std::min(panel, nj - q * panel);
            job.ldb = panel_width(job.n);
            job.b = packed + q * panel * nk;
            job.c = p.c + i0 * p.crs + j * p.ccs;
            if (p.col_bias && k0 == 0) {
                for (int64_t x = 0; x < job.ldb; ++x) bias[x] = x < job.n ? p.col_bias[j + x] : T(0);
                job.col_bias = bias;
            }
            kernels.block(job);
        }
        release_block(left);
    }

    Product<T> p;
    const GemmKernels<T>& kernels;
    std::atomic<bool> failed{false};
};

template <class T>
void run_linear(const Array& x, const Array& w, const MaybeArray& bias, Owned& y, int64_t rows) {
    Product<T> p{};
    p.m = rows;
    p.k = w.shape[1];
    p.n = w.shape[0];
    p.a = x.as<T>();
    p.ars = p.k;
    p.acs = 1;
    p.b = w.as<T>();
    p.brs = w.stride[1] / static_cast<int64_t>(sizeof(T));
    p.bcs = w.stride[0] / static_cast<int64_t>(sizeof(T));
    p.c = y.as<T>();
    p.crs = p.n;
    p.ccs = 1;
    p.alpha = T(1);
    p.col_bias = bias ? bias->as<T>() : nullptr;
    multiply<T>(p);
}

template <class T>
void run_matmul(const Array& a, const Array& b, const Array& out, T alpha, bool accumulate) {
    constexpr int64_t size = sizeof(T);
    const int da = a.ndim, db = b.ndim, dc = out.ndim;
    Product<T> p{};
    p.m = a.shape[da - 2];
    p.k = a.shape[da - 1];
    p.n = b.shape[db - 1];
    p.ars = a.stride[da - 2] / size;
    p.acs = a.stride[da - 1] / size;
    p.brs = b.stride[db - 2] / size;
    p.bcs = b.stride[db - 1] / size;
    p.crs = out.stride[dc - 2] / size;
    p.ccs = out.stride[dc - 1] / size;
    p.alpha = alpha;
    p.accumulate = accumulate;
    const int64_t batch = dc == 3 ? out.shape[0] : 1;
    const int64_t sa = da == 3 && a.shape[0] > 1 ? a.stride[0] / size : 0, sb = db == 3 && b.shape[0] > 1 ? b.stride[0] / size : 0;
    const int64_t sc = dc == 3 ? out.stride[0] / size : 0;
    auto one = [&](int64_t i) {
        Product<T> q = p;
        q.a = a.as<T>() + i * sa;
        q.b = b.as<T>() + i * sb;
        q.c = out.as<T>() + i * sc;
        multiply<T>(q);
    };
    const int64_t work = std::max<int64_t>(1, p.m * p.n * std::max<int64_t>(p.k, 1));
    if (batch == 1 || work > 16 * kSerial) {
        for (int64_t i = 0; i < batch; ++i) one(i);
        return;
    }
    std::atomic<bool> failed{false};
    parallel_for(batch, std::max<int64_t>(1, kSerial / work), [&](int64_t begin, int64_t end) {
        try {
            for (int64_t i = begin; i < end; ++i) one(i);
        } catch (const std::bad_alloc&) {
            failed.store(true);
        }
    });
    if (failed.load()) throw std::bad_alloc();
}

template <class T>
void run_in_turn(const Array& a, const Array& b, Owned& out) {
    const int64_t size = static_cast<int64_t>(sizeof(T));
    const int da = a.ndim, db = b.ndim;
    const int64_t m = a.shape[da - 2], k = a.shape[da - 1], n = b.shape[db - 1];
    const int64_t batch = da == 2 && db == 2 ? 1 : out.shape[0];
    const int64_t sa = da == 3 && a.shape[0] > 1 ? a.stride[0] / size : 0, sb = db == 3 && b.shape[0] > 1 ? b.stride[0] / size : 0;
    const int64_t brs = b.stride[db - 2] / size, bcs = b.stride[db - 1] / size;
    const bool packed = bcs != 1 && n > 1;
    std::vector<T> rows(packed ? static_cast<size_t>(k * n) : 0);
    for (int64_t i = 0; i < batch; ++i) {
        const T* from = b.as<T>() + i * sb;
        if (packed)
            for (int64_t p = 0; p < k; ++p)
                for (int64_t j = 0; j < n; ++j) rows[static_cast<size_t>(p * n + j)] = from[p * brs + j * bcs];
        pick<T>(active_gemm_table())
            .turns(a.as<T>() + i * sa, a.stride[da - 2] / size, a.stride[da - 1] / size, packed ? rows.data() : from, packed ? n : brs,
                   out.as<T>() + i * m * n, m, n, k);
    }
}

void check_matrices(const Array& a, const Array& b) {
    require((a.dtype == DType::f32 || a.dtype == DType::f64) && a.dtype == b.dtype, "matmul: both must be float32 or both float64");
    require((a.ndim == 2 || a.ndim == 3) && (b.ndim == 2 || b.ndim == 3), "matmul: matrices or batches of matrices");
    require(a.shape[a.ndim - 1] == b.shape[b.ndim - 2], "matmul: inner sizes differ");
    require(a.ndim == 2 || b.ndim == 2 || a.shape[0] == b.shape[0] || a.shape[0] == 1 || b.shape[0] == 1, "matmul: batches differ");
}

int64_t batch_of(const Array& a, const Array& b) {
    if (a.ndim == 2) return b.shape[0];
    if (b.ndim == 2 || b.shape[0] == 1) return a.shape[0];
    return b.shape[0];
}

}  // namespace

template <class T>
void multiply(Product<T> p) {
    Multiplier<T>(p).run();
}
template void multiply<float>(Product<float>);
template void multiply<double>(Product<double>);

Owned linear(const Array& x, const Array& w, const MaybeArray& bias) {
    require((x.dtype == DType::f32 || x.dtype == DType::f64) && x.dtype == w.dtype, "linear: float32 or float64, the same for all");
    require(x.ndim >= 1 && w.ndim == 2 && x.shape[x.ndim - 1] == w.shape[1], "linear: x[..., k] and w[n, k]");
    require(x.contiguous, "linear: x must be contiguous");
    require(!bias || (bias->dtype == x.dtype && bias->contiguous && bias->size == w.shape[0]), "linear: bias[n]");
    int64_t shape[kMaxDims], rows = 1;
    for (int i = 0; i + 1 < x.ndim; ++i) rows *= shape[i] = x.shape[i];
    shape[x.ndim - 1] = w.shape[0];
    Owned y = Owned::make(x.dtype, shape, x.ndim);
    if (x.dtype == DType::f32)
        run_linear<float>(x, w, bias, y, rows);
    else
        run_linear<double>(x, w, bias, y, rows);
    return y;
}

Owned matmul(const Array& a, const Array& b) {
    check_matrices(a, b);
    const int64_t m = a.shape[a.ndim - 2], n = b.shape[b.ndim - 1];
    Owned out = a.ndim == 2 && b.ndim == 2 ? Owned::make(a.dtype, {m, n}) : Owned::make(a.dtype, {batch_of(a, b), m, n});
    if (a.dtype == DType::f32)
        run_matmul<float>(a, b, out, 1.0F, false);
    else
        run_matmul<double>(a, b, out, 1.0, false);
    return out;
}

Owned matmul_in_turn(const Array& a, const Array& b) {
    check_matrices(a, b);
    const int64_t m = a.shape[a.ndim - 2], n = b.shape[b.ndim - 1];
    Owned out = a.ndim == 2 && b.ndim == 2 ? Owned::make(a.dtype, {m, n}) : Owned::make(a.dtype, {batch_of(a, b), m, n});
    if (a.dtype == DType::f32)
        run_in_turn<float>(a, b, out);
    else
        run_in_turn<double>(a, b, out);
    return out;
}

void matmul_into(const Array& a, const Array& b, Array& out, double alpha, bool accumulate) {
    check_matrices(a, b);
    require(out.dtype == a.dtype && out.writeable, "matmul_into: out must be writeable and of the inputs' dtype");
    require(out.ndim == (a.ndim == 2 && b.ndim == 2 ? 2 : 3) && out.shape[out.ndim - 2] == a.shape[a.ndim - 2] &&
                out.shape[out.ndim - 1] == b.shape[b.ndim - 1] && (out.ndim == 2 || out.shape[0] == batch_of(a, b)),
            "matmul_into: out has the wrong shape");
    if (a.dtype == DType::f32)
        run_matmul<float>(a, b, out, static_cast<float>(alpha), accumulate);
    else
        run_matmul<double>(a, b, out, alpha, accumulate);
}

}  // namespace plait
