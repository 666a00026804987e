// Resampling kernels. Four shapes of work cover the family: gather by one index table per axis (padding, nearest), weighted taps per axis
// (linear, cubic, antialias, and all their gradients by transposed tables), taps per point (grid sample), and window copies (unfold, fold).
#pragma once
#include <stdint.h>

namespace plait {

// A plane [d, h, w] becomes [od, oh, ow]; an index of -1 reads the fill value. Columns [run_begin, run_end) copy neighbours from
// neighbours.
struct GatherPlan {
    int64_t d, h, w, od, oh, ow;
    const int32_t *id, *ih, *iw;
    int64_t run_begin, run_end;
    bool twice;  // iw[j] = j / 2 throughout
    bool holes;  // iw has an index of -1
    bool past;   // the output is written past the caches
};

template <class T>
struct LaneOf {
    using type = int32_t;
};
template <>
struct LaneOf<double> {
    using type = int64_t;
};

enum class Reach : uint8_t { near, near_with_holes, far };

// Axis tables of taps, tap-major: index[k * out + j], weight[k * out + j]. An index of -1 is no tap: it reads and multiplies nothing.
template <class T>
struct Taps {
    int64_t count, in, out;
    const int32_t* index;
    const T* weight;
    bool holes;
    // Where tap k of a whole vector of outputs lies within one or two vectors of the input: lane[(vector * count + k) * lanes + i] from
    // start[vector * count + k] on, a lane of -1 being no tap; the last vector ends with the last output. Without tables, null.
    const Reach* reach;
    const int64_t* start;
    const typename LaneOf<T>::type* lane;
};

template <class T>
struct TapPlan {
    Taps<T> d, h, w;
    bool past;   // the output is written past the caches: its rows are whole vectors
    bool pairs;  // outputs are plain sums of squares of 2×2 in one plane: the gradient of doubling
};

// Blended rows lie this far apart, so many of them together: what L1 holds besides the rows read and written.
template <class T>
constexpr int64_t resample_step(int64_t w) {
    return (w + 2 * 64 / static_cast<int64_t>(sizeof(T)) + 15) / 16 * 16;
}
constexpr int64_t resample_rows(int64_t step) { return step >= 2048 ? 1 : 2048 / step; }

struct WindowPlan {
    int64_t h, w, kh, kw, oh, ow, sh, sw, ph, pw, dh, dw;
};

enum class GridMode : int { linear, nearest, cubic };
enum class GridPadding : int { zeros, border, reflection };

// in[axis], axes ordered x, y, z as a grid's last dimension is.
struct GridPlan {
    int dims;  // 2 or 3
    int64_t in[3];
    GridMode mode;
    GridPadding padding;
    bool align;
    int taps() const { return mode == GridMode::nearest ? 1 : mode == GridMode::cubic ? 16 : dims == 2 ? 4 : 8; }
};

constexpr int64_t kGridBlock = 128;  // points taken together

template <class U>
struct CopyFns {
    // Output rows [begin, end), counted over planes, od, oh.
    void (*gather)(const U* x, U* out, const GatherPlan& plan, int64_t begin, int64_t end, U fill);
    // out[i * r + j] = x[j * step + i], and back.
    void (*interleave)(const U* x, U* out, int64_t n, int64_t r, int64_t step);
    void (*deinterleave)(const U* x, U* out, int64_t n, int64_t r, int64_t step);
    // One plane's windows: out [kh * kw, oh * ow].
    void (*unfold)(const U* plane, U* out, const WindowPlan& plan);
};

template <class T>
struct ResampleFns {
    int lanes, reach;  // of a vector; how many numbers one instruction picks a vector from, or 0
    // The gather's transpose: planes [begin, end) of dx are sums of those of `g`.
    void (*scatter)(const T* g, T* dx, const GatherPlan& plan, int64_t begin, int64_t end);
    // Output rows [begin, end); `rows` is scratch of resample_rows rows of resample_step values.
    void (*resample)(const T* x, T* out, const TapPlan<T>& plan, int64_t begin, int64_t end, T* rows);
    // The windows' transpose: a plane of dx is the sum of its windows.
    void (*fold)(const T* windows, T* plane, const WindowPlan& plan);
    // n <= kGridBlock points: index (-1: nothing there) and weight [taps][kGridBlock]; slope [dims][taps][kGridBlock] unless null.
    void (*grid_taps)(const T* grid, int64_t n, const GridPlan& plan, int32_t* index, T* weight, T* slope);
    void (*grid_read)(const T* planes, T* out, int64_t n, int64_t channels, int64_t step, int64_t out_step, int taps, const int32_t* index,
                      const T* weight);
    // The same from [points, padded] instead of planes, zeros after the channels; `padded` is a multiple of `lanes`.
    void (*grid_read_last)(const T* pixels, T* out, int64_t n, int64_t channels, int64_t padded, int64_t out_step, int taps,
                           const int32_t* index, const T* weight);
    void (*grid_add)(const T* g, T* plane, int64_t n, int taps, const int32_t* index, const T* weight);
    // dots[taps][kGridBlock] += g * plane[index]
    void (*grid_dots)(const T* g, const T* plane, int64_t n, int taps, const int32_t* index, T* dots);
    // dgrid[n][dims] = sum over taps of slope * dots
    void (*grid_slopes)(const T* slope, const T* dots, int64_t n, const GridPlan& plan, T* dgrid);
};

struct ResampleTable {
    CopyFns<uint8_t> u8;
    CopyFns<uint16_t> u16;
    CopyFns<uint32_t> u32;
    CopyFns<uint64_t> u64;
    ResampleFns<float> f32;
    ResampleFns<double> f64;
};

}  // namespace plait
