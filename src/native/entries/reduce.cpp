#include "entries/reduce.h"

#include <cmath>

#include "core/isa.h"
#include "core/layout.h"
#include "core/threads.h"
#include "kernels/reduce.h"

namespace plait {

PLAIT_TABLE(ReduceTable, reduce_table)

namespace {

constexpr int64_t kPiece = 32768;  // elements whose reduction is one partial result

const char* const kNames[] = {
#define X(name) #name,
    PLAIT_REDUCTIONS(X)
#undef X
};

double join(int64_t code, double a, double b) {
    switch (static_cast<Reduction>(code)) {
        case Reduction::maximum:
            return a > b || std::isnan(a) ? a : b;
        case Reduction::minimum:
            return a < b || std::isnan(a) ? a : b;
        default:
            return a + b;
    }
}

// Pairwise over `count` values that lie `step` apart.
double join_all(int64_t code, const double* values, int64_t count, int64_t step) {
    if (count == 1) return values[0];
    const int64_t half = count / 2;
    return join(code, join_all(code, values, half, step), join_all(code, values + half * step, count - half, step));
}

// A run of kept axes and reduced axes that alternate, lengths multiplied together, axes of length 1 left out.
struct Groups {
    int count = 0;
    bool reduced[kMaxDims];
    int64_t length[kMaxDims];
};

Groups groups_of(const Array& x, const bool* reduced) {
    Groups g;
    for (int i = 0; i < x.ndim; ++i) {
        if (x.shape[i] == 1) continue;
        if (g.count > 0 && g.reduced[g.count - 1] == reduced[i]) {
            g.length[g.count - 1] *= x.shape[i];
        } else {
            g.reduced[g.count] = reduced[i];
            g.length[g.count++] = x.shape[i];
        }
    }
    return g;
}

int reduced_shape(const Array& x, const bool* reduced, bool keepdim, int64_t* shape) {
    int ndim = 0;
    for (int i = 0; i < x.ndim; ++i) {
        if (!reduced[i])
            shape[ndim++] = x.shape[i];
        else if (keepdim)
            shape[ndim++] = 1;
    }
    return ndim;
}

// [outer, n, inner] -> out[outer * inner], in double.
template <class T>
void middle(int64_t code, const T* x, double* out, int64_t outer, int64_t n, int64_t inner) {
    const ReduceFns<T>& fns = active_reduce_table().of<T>();
    if (inner == 1) {
        const auto row = fns.row[code];
        if (n <= kPiece) {
            parallel_for(outer, grain_for(n, kPiece), [&](int64_t b, int64_t e) {
                for (int64_t r = b; r < e; ++r) out[r] = row(x + r * n, n);
            });
            return;
        }
        const int64_t pieces = (n + kPiece - 1) / kPiece;
        std::vector<double> partial(static_cast<size_t>(outer * pieces));
        parallel_for(outer * pieces, 1, [&](int64_t b, int64_t e) {
            for (int64_t u = b; u < e; ++u) {
                const int64_t r = u / pieces, at = u % pieces * kPiece;
                partial[static_cast<size_t>(u)] = row(x + r * n + at, n - at < kPiece ? n - at : kPiece);
            }
        });
        for (int64_t r = 0; r < outer; ++r) out[r] = join_all(code, partial.data() + r * pieces, pieces, 1);
        return;
    }
    const auto columns = fns.columns[code];
    // Pieces of rows, and of at most 1024 columns.
    constexpr int64_t kWidth = 1024;
    const int64_t width = inner < kWidth ? inner : kWidth, tiles = (inner + kWidth - 1) / kWidth;
    const int64_t rows = kPiece / width > 1 ? kPiece / width : 1, pieces = (n + rows - 1) / rows;
    std::vector<double> more(static_cast<size_t>(pieces > 1 ? outer * pieces * inner : 0));
    double* partial = pieces > 1 ? more.data() : out;
    parallel_for(outer * pieces * tiles, grain_for((rows < n ? rows : n) * width, kPiece), [&](int64_t b, int64_t e) {
        for (int64_t u = b; u < e; ++u) {
            const int64_t tile = u % tiles, p = u / tiles % pieces, o = u / tiles / pieces, from = p * rows, at = tile * kWidth;
            columns(x + (o * n + from) * inner + at, partial + (o * pieces + p) * inner + at, n - from < rows ? n - from : rows, inner,
                    inner - at < kWidth ? inner - at : kWidth);
        }
    });
    if (pieces == 1) return;
    for (int64_t o = 0; o < outer; ++o)
        for (int64_t j = 0; j < inner; ++j) out[o * inner + j] = join_all(code, partial + o * pieces * inner + j, pieces, inner);
}

template <class T>
bool run(int64_t code, const Array& x, const Groups& g, std::vector<double>& result) {
    // The innermost reduced run first, straight from x; what is left is small and in double.
    int last = g.count - 1;
    while (last >= 0 && !g.reduced[last]) --last;
    int64_t outer = 1, inner = 1;
    for (int i = 0; i < last; ++i) outer *= g.length[i];
    for (int i = last + 1; i < g.count; ++i) inner *= g.length[i];
    const int64_t n = last >= 0 ? g.length[last] : 1;
    result.resize(static_cast<size_t>(outer * inner));
    if (last < 0) return false;
    middle<T>(code, x.as<T>(), result.data(), outer, n, inner);
    for (int i = last - 2; i >= 0; i -= 2) {  // runs alternate
        int64_t before = 1, after = inner;
        for (int k = 0; k < i; ++k) before *= g.length[k];
        for (int k = i + 1; k < last; ++k) after *= g.reduced[k] ? 1 : g.length[k];
        std::vector<double> next(static_cast<size_t>(before * after));
        for (int64_t o = 0; o < before; ++o)
            for (int64_t j = 0; j < after; ++j)
                next[static_cast<size_t>(o * after + j)] = join_all(code, result.data() + o * g.length[i] * after + j, g.length[i], after);
        result.swap(next);
    }
    return true;
}

}  // namespace

int64_t reduce_code(const std::string& name) {
    int64_t i = 0;
    for (const char* n : kNames) {
        if (name == n) return i;
        ++i;
    }
    throw std::invalid_argument("no reduction named " + name);
}

std::optional<Owned> reduce(int64_t code, const Array& x, const std::vector<int64_t>& axes, bool keepdim, double divisor) {
    require(code >= 0 && code < static_cast<int64_t>(Reduction::count), "no reduction of that number");
    if ((x.dtype != DType::f32 && x.dtype != DType::f64) || x.size == 0) return std::nullopt;
    // Where all axes go, any order of the elements in memory will do.
    if (!x.contiguous && !(static_cast<int>(axes.size()) == x.ndim && is_dense(x))) return std::nullopt;
    bool reduced[kMaxDims] = {};
    for (const int64_t a : axes) {
        require(a >= 0 && a < x.ndim && !reduced[a], "reduce: an axis is out of range or comes twice");
        reduced[a] = true;
    }
    const Groups g = groups_of(x, reduced);
    std::vector<double> result;
    const bool f32 = x.dtype == DType::f32;
    const bool done = f32 ? run<float>(code, x, g, result) : run<double>(code, x, g, result);
    if (!done) return std::nullopt;
    int64_t shape[kMaxDims];
    const int ndim = reduced_shape(x, reduced, keepdim, shape);
    Owned out = Owned::make(x.dtype, shape, ndim);
    const double* from = result.data();
    if (f32)
        for (int64_t i = 0; i < out.size; ++i) out.as<float>()[i] = static_cast<float>(from[i] / divisor);
    else
        for (int64_t i = 0; i < out.size; ++i) out.as<double>()[i] = from[i] / divisor;
    return out;
}

namespace {

// [outer, n, inner] -> out [outer, inner], divided by `divisor`.
template <class T>
void lane_middle(const T* x, T* out, int64_t outer, int64_t n, int64_t inner, int chains, T divisor) {
    const ReduceFns<T>& fns = active_reduce_table().of<T>();
    constexpr int64_t kRow = 32 / sizeof(T), kStripe = 16 * kRow;
    if (inner == 1) {
        parallel_for(outer, grain_for(n, kPiece), [&](int64_t b, int64_t e) {
            for (int64_t o = b; o < e; ++o) out[o] = fns.lane_row(x + o * n, n, chains) / divisor;
        });
        return;
    }
    const int64_t stripes = (inner + kStripe - 1) / kStripe;
    parallel_for(outer * stripes, grain_for(n * (inner < kStripe ? inner : kStripe), kPiece), [&](int64_t b, int64_t e) {
        for (int64_t u = b; u < e; ++u) {
            const int64_t o = u / stripes, from = u % stripes * kStripe, to = from + kStripe < inner ? from + kStripe : inner;
            // Rows of the result that lie within one row of x are added in chains, results before, between and after them by themselves.
            const int64_t first = o * inner, odd = (kRow - first % kRow) % kRow;
            const auto part = [&](int64_t begin, int64_t end, int how) {
                begin = begin > from ? begin : from;
                end = end < to ? end : to;
                if (begin >= end) return;
                fns.lane_columns(x + o * n * inner + begin, out + first + begin, n, inner, end - begin, how);
                for (int64_t j = begin; j < end; ++j) out[first + j] /= divisor;
            };
            const int64_t head = odd < inner ? odd : inner, tail = head + (inner - head) / kRow * kRow;
            part(0, head, 1);
            part(head, tail, chains);
            part(tail, inner, 1);
        }
    });
}

}  // namespace

std::optional<Owned> lane_reduce(const Array& x, const std::vector<int64_t>& axes, bool keepdim, int chains, bool mean) {
    require(chains == 1 || chains == 2 || chains == 4, "lane_reduce: chains must be 1, 2 or 4");
    if (!x.contiguous || (x.dtype != DType::f32 && x.dtype != DType::f64) || x.size == 0) return std::nullopt;
    bool reduced[kMaxDims] = {};
    for (const int64_t a : axes) {
        require(a >= 0 && a < x.ndim && !reduced[a], "lane_reduce: an axis is out of range or comes twice");
        reduced[a] = true;
    }
    const Groups g = groups_of(x, reduced);
    int64_t outer = 1, n = 1, inner = 1, runs = 0;
    for (int i = 0; i < g.count; ++i) {
        if (g.reduced[i])
            n = g.length[i], ++runs;
        else
            (runs ? inner : outer) *= g.length[i];
    }
    if (runs > 1) return std::nullopt;
    int64_t shape[kMaxDims];
    const int ndim = reduced_shape(x, reduced, keepdim, shape);
    Owned out = Owned::make(x.dtype, shape, ndim);
    if (x.dtype == DType::f32)
        lane_middle(x.as<float>(), out.as<float>(), outer, n, inner, chains, mean ? static_cast<float>(n) : 1.0f);
    else
        lane_middle(x.as<double>(), out.as<double>(), outer, n, inner, chains, mean ? static_cast<double>(n) : 1.0);
    return out;
}

namespace {

float lane_length(const float* x, int64_t n) {
    constexpr int64_t kRow = 8;
    const int64_t whole = n / kRow * kRow, fours = n / 4 * 4;
    float lanes[kRow] = {}, squares[kRow];
    for (int64_t i = 0; i < whole; i += kRow) {
        for (int64_t k = 0; k < kRow; ++k) squares[k] = x[i + k] * x[i + k];
        for (int64_t k = 0; k < kRow; ++k) lanes[k] += squares[k];
    }
    float total = lanes[0];
    for (int64_t k = 1; k < kRow; ++k) total += lanes[k];
    for (int64_t i = whole; i < fours; ++i) {
        const float square = x[i] * x[i];
        total += square;
    }
    for (int64_t i = fours; i < n; ++i)
        total = static_cast<float>(static_cast<double>(x[i]) * static_cast<double>(x[i]) + static_cast<double>(total));
    return std::sqrt(total);
}

// `count` steps through the sizes `n`, the last fastest, as byte offsets.
struct Walk {
    int dims = 0;
    int64_t n[kMaxDims], stride[kMaxDims], at[kMaxDims] = {}, offset = 0, count = 1;
    void add(int64_t size, int64_t step) {
        n[dims] = size;
        stride[dims++] = step;
        count *= size;
    }
    void next() {
        for (int i = dims; i-- > 0;) {
            offset += stride[i];
            if (++at[i] < n[i]) return;
            offset -= n[i] * stride[i];
            at[i] = 0;
        }
    }
};

template <class T>
void add_in_turn(const Array& x, Walk& along, Walk& over, T* out) {
    const char* data = x.as<char>();
    for (int64_t j = 0; j < over.count; ++j, over.next()) out[j] = *reinterpret_cast<const T*>(data + over.offset);
    along.next();
    for (int64_t k = 1; k < along.count; ++k, along.next())
        for (int64_t j = 0; j < over.count; ++j, over.next()) out[j] += *reinterpret_cast<const T*>(data + along.offset + over.offset);
}

}  // namespace

Owned sum_in_turn(const Array& x, const std::vector<int64_t>& axes) {
    require(x.dtype == DType::f32 || x.dtype == DType::f64, "sum_in_turn: float32 or float64");
    require(x.size > 0, "sum_in_turn: an array with elements");
    bool reduced[kMaxDims] = {};
    for (const int64_t a : axes) {
        require(a >= 0 && a < x.ndim && !reduced[a], "sum_in_turn: axes are counted from the front, each once");
        reduced[a] = true;
    }
    Walk along, over;
    int64_t shape[kMaxDims];
    for (int i = x.ndim; i-- > 0;)
        if (reduced[i]) along.add(x.shape[i], x.stride[i]);
    for (int i = 0; i < x.ndim; ++i) {
        if (reduced[i]) continue;
        shape[over.dims] = x.shape[i];
        over.add(x.shape[i], x.stride[i]);
    }
    Owned out = Owned::make(x.dtype, shape, over.dims);
    if (x.dtype == DType::f32)
        add_in_turn(x, along, over, out.as<float>());
    else
        add_in_turn(x, along, over, out.as<double>());
    return out;
}

Owned lane_lengths(const Array& x) {
    require(x.contiguous && x.ndim == 2 && x.dtype == DType::f32, "lane_lengths: the array must be contiguous, two-dimensional, float32");
    Owned out = Owned::make(x.dtype, x.shape, 1);
    for (int64_t i = 0; i < x.shape[0]; ++i)
        static_cast<float*>(out.data)[i] = lane_length(static_cast<const float*>(x.data) + i * x.shape[1], x.shape[1]);
    return out;
}

namespace {

template <class T>
void add_rows(const T* values, const int64_t* at, T* out, int64_t n, int64_t width, int64_t rows) {
    for (int64_t i = 0; i < rows * width; ++i) out[i] = 0;
    // Columns are shared out, so that every sum has its order.
    constexpr int64_t kColumns = 64;
    const int64_t tiles = (width + kColumns - 1) / kColumns;
    parallel_for(tiles, grain_for(n * (width < kColumns ? width : kColumns), kPiece), [&](int64_t b, int64_t e) {
        const int64_t from = b * kColumns, to = e * kColumns < width ? e * kColumns : width;
        for (int64_t i = 0; i < n; ++i) {
            T* row = out + at[i] * width;
            const T* value = values + i * width;
            for (int64_t j = from; j < to; ++j) row[j] += value[j];
        }
    });
}

}  // namespace

Owned scatter_rows(const Array& values, const Array& at, int64_t rows) {
    require(values.contiguous && values.ndim == 2 && (values.dtype == DType::f32 || values.dtype == DType::f64),
            "scatter_rows: values must be contiguous, two-dimensional, float32 or float64");
    require(at.contiguous && at.ndim == 1 && at.dtype == DType::i64 && at.size == values.shape[0],
            "scatter_rows: there must be one int64 number for each row of values");
    const int64_t* places = at.as<int64_t>();
    for (int64_t i = 0; i < at.size; ++i) require(places[i] >= 0 && places[i] < rows, "scatter_rows: a number is out of range");
    const int64_t shape[2] = {rows, values.shape[1]};
    Owned out = Owned::make(values.dtype, shape, 2);
    if (values.dtype == DType::f32)
        add_rows(values.as<float>(), places, out.as<float>(), at.size, values.shape[1], rows);
    else
        add_rows(values.as<double>(), places, out.as<double>(), at.size, values.shape[1], rows);
    return out;
}

}  // namespace plait
