#include "kernels/winograd.h"

#include "simd/simd.h"

namespace plait::PLAIT_NS {
namespace {

using V = Vec<float>;
constexpr int L = kLanes<float>;

// The points ±a and ±b, and what the transforms need of them.
constexpr float kA = 0.625f, kB = 1.5f;
constexpr float kA2 = kA * kA, kB2 = kB * kB, kA3 = kA2 * kA, kB3 = kB2 * kB;

inline V scaled(float factor, V x) { return splat<float>(factor) * x; }

// Bᵀ d: six inputs to six points.
inline void to_points(const V (&d)[6], V (&v)[6]) {
    const V even_a = d[4] - scaled(kB2, d[2]), odd_a = d[3] - scaled(kB2, d[1]);
    const V even_b = d[4] - scaled(kA2, d[2]), odd_b = d[3] - scaled(kA2, d[1]);
    v[0] = scaled(kA2 * kB2, d[0]) + (d[4] - scaled(kA2 + kB2, d[2]));
    v[1] = even_a + scaled(kA, odd_a);
    v[2] = even_a - scaled(kA, odd_a);
    v[3] = even_b + scaled(kB, odd_b);
    v[4] = even_b - scaled(kB, odd_b);
    v[5] = scaled(kA2 * kB2, d[1]) + (d[5] - scaled(kA2 + kB2, d[3]));
}

// Aᵀ m: six points to four outputs.
inline void from_points(const V (&m)[6], V (&y)[4]) {
    const V even_a = m[1] + m[2], odd_a = m[1] - m[2], even_b = m[3] + m[4], odd_b = m[3] - m[4];
    y[0] = m[0] + even_a + even_b;
    y[1] = scaled(kA, odd_a) + scaled(kB, odd_b);
    y[2] = scaled(kA2, even_a) + scaled(kB2, even_b);
    y[3] = scaled(kA3, odd_a) + (scaled(kB3, odd_b) + m[5]);
}

// A y: four gradients of outputs to six points.
inline void grad_to_points(const V (&y)[4], V (&v)[6]) {
    const V even_a = y[0] + scaled(kA2, y[2]), odd_a = scaled(kA, y[1]) + scaled(kA3, y[3]);
    const V even_b = y[0] + scaled(kB2, y[2]), odd_b = scaled(kB, y[1]) + scaled(kB3, y[3]);
    v[0] = y[0];
    v[1] = even_a + odd_a;
    v[2] = even_a - odd_a;
    v[3] = even_b + odd_b;
    v[4] = even_b - odd_b;
    v[5] = y[3];
}

// G: a point p's row is (1, p, p²) over the product of p - q for the other points q.
constexpr float kAtZero = 1 / (kA2 * kB2), kAtA = 1 / (2 * kA2 * (kA2 - kB2)), kAtB = 1 / (2 * kB2 * (kB2 - kA2));

inline void filter_to_points(const V (&g)[3], V (&u)[6]) {
    const V even_a = scaled(kAtA, g[0]) + scaled(kAtA * kA2, g[2]), odd_a = scaled(kAtA * kA, g[1]);
    const V even_b = scaled(kAtB, g[0]) + scaled(kAtB * kB2, g[2]), odd_b = scaled(kAtB * kB, g[1]);
    u[0] = scaled(kAtZero, g[0]);
    u[1] = even_a + odd_a;
    u[2] = even_a - odd_a;
    u[3] = even_b + odd_b;
    u[4] = even_b - odd_b;
    u[5] = g[2];
}

inline void filter_from_points(const V (&u)[6], V (&g)[3]) {
    const V even_a = u[1] + u[2], even_b = u[3] + u[4];
    g[0] = scaled(kAtZero, u[0]) + (scaled(kAtA, even_a) + scaled(kAtB, even_b));
    g[1] = scaled(kAtA * kA, u[1] - u[2]) + scaled(kAtB * kB, u[3] - u[4]);
    g[2] = scaled(kAtA * kA2, even_a) + (scaled(kAtB * kB2, even_b) + u[5]);
}

// Columns first, once for all tiles that share them, then the rows of each tile.
void input(float* strip, int64_t pitch, int64_t tiles, float* v, int64_t tile_step, int64_t point_step) {
    for (int64_t x = 0; x < (4 * tiles + 2) * L; x += L) {
        V d[6], p[6];
#pragma GCC unroll 6
        for (int i = 0; i < 6; ++i) d[i] = load(strip + i * pitch + x);
        to_points(d, p);
#pragma GCC unroll 6
        for (int i = 0; i < 6; ++i) store(strip + i * pitch + x, p[i]);
    }
    for (int i = 0; i < 6; ++i) {
        const float* row = strip + i * pitch;
        float* to = v + 6 * i * point_step;
        for (int64_t t = 0; t < tiles; ++t, row += 4 * L, to += tile_step) {
            V d[6], p[6];
#pragma GCC unroll 6
            for (int j = 0; j < 6; ++j) d[j] = load(row + j * L);
            to_points(d, p);
#pragma GCC unroll 6
            for (int j = 0; j < 6; ++j) store(to + j * point_step, p[j]);
        }
    }
}

// A transform of columns, then of rows: `In` × `In` numbers by load(row, column) to `Out` × `Out` by store(row, column, value).
template <int In, int Out, class Load, class Step, class Store>
__attribute__((always_inline)) inline void both_ways(Load&& load_at, Step&& step, Store&& store_at) {
    V rows[Out][In];
#pragma GCC unroll 6
    for (int x = 0; x < In; ++x) {
        V from[In], to[Out];
#pragma GCC unroll 6
        for (int i = 0; i < In; ++i) from[i] = load_at(i, x);
        step(from, to);
#pragma GCC unroll 6
        for (int i = 0; i < Out; ++i) rows[i][x] = to[i];
    }
#pragma GCC unroll 6
    for (int i = 0; i < Out; ++i) {
        V to[Out];
        step(rows[i], to);
#pragma GCC unroll 6
        for (int x = 0; x < Out; ++x) store_at(i, x, to[x]);
    }
}

void output_grad(const float* strip, int64_t pitch, int64_t tiles, float* v, int64_t tile_step, int64_t point_step) {
    for (int64_t t = 0; t < tiles; ++t, strip += 4 * L, v += tile_step)
        both_ways<4, 6>([&](int y, int x) { return load(strip + y * pitch + x * L); }, grad_to_points,
                        [&](int i, int j, V value) { store(v + (6 * i + j) * point_step, value); });
}

bool output(const float* m, int64_t tile_step, int64_t point_step, int64_t tiles, const float* bias, float* strip, int64_t pitch) {
    const V add = load(bias);
    V trace{};  // NaN from the first number that is not finite
    for (int64_t t = 0; t < tiles; ++t, m += tile_step, strip += 4 * L)
        both_ways<6, 4>([&](int i, int j) { return load(m + (6 * i + j) * point_step); }, from_points,
                        [&](int y, int x, V value) {
                            value += add;
                            trace = fma<float>(value, V{}, trace);
                            store(strip + y * pitch + x * L, value);
                        });
    return lane_bits<float>(trace != trace) == 0;
}

void filter(const float* g, const int* order, int64_t taps, int64_t channels, int64_t width, float* u, int64_t point_step) {
    for (int64_t c = 0; c < channels; ++c, g += taps * width, u += width)
        for (int64_t k = 0; k < width; k += L)
            both_ways<3, 6>([&](int y, int x) { return load(g + order[3 * y + x] * width + k); }, filter_to_points,
                            [&](int i, int j, V value) { store(u + (6 * i + j) * point_step + k, value); });
}

void filter_grad(const float* u, int64_t point_step, int64_t taps, int64_t channels, float* dw) {
    alignas(64) float sums[9 * L];
    both_ways<6, 3>([&](int i, int j) { return load(u + (6 * i + j) * point_step); }, filter_from_points,
                    [&](int y, int x, V value) { store(sums + (3 * y + x) * L, value); });
    for (int64_t c = 0; c < channels; ++c)
        for (int t = 0; t < 9; ++t) dw[c * taps + t] = sums[t * L + c];
}

}  // namespace

extern const WinogradKernels winograd_table;
const WinogradKernels winograd_table = {L, input, output, filter, output_grad, filter_grad};

}  // namespace plait::PLAIT_NS
