// The table of the kernels of Winograd's 3×3 convolution, F(4×4, 3×3). Included by kernels/winograd.cpp and entries/conv_winograd.cpp.
//
// A tile of 4×4 outputs is made from 6×6 inputs: Y = Aᵀ[(G g Gᵀ) ∘ (Bᵀ d B)]A, 36 products in place of 144 (Lavin and Gray, 2015), summed
// over channels. The points are 0, ±5/8, ±3/2 and infinity: all numbers of A and B are exact, and the error is half of that of 0, ±1, ±2.
//
// Vectors lie along channels. A strip is rows of pixels, `lanes` channels to each; tile t begins at pixel 4t. Number (i, j) of a
// transformed tile is point 6i + j, at point * point_step + t * tile_step.
#pragma once
#include <stdint.h>

namespace plait {

struct WinogradKernels {
    int lanes;
    // Bᵀ d B of a strip of six rows of 4 * tiles + 2 pixels, which is overwritten.
    void (*input)(float* strip, int64_t pitch, int64_t tiles, float* v, int64_t tile_step, int64_t point_step);
    // Aᵀ m A + bias, to a strip of four rows. False where a number is not finite.
    bool (*output)(const float* m, int64_t tile_step, int64_t point_step, int64_t tiles, const float* bias, float* strip, int64_t pitch);
    // G g Gᵀ: u[point * point_step + c * width + j] from g[(c * taps + order[tap]) * width + j], j < width, a multiple of the lanes.
    void (*filter)(const float* g, const int* order, int64_t taps, int64_t channels, int64_t width, float* u, int64_t point_step);
    // The transposes of the last two, for the gradient of the filter: A dy Aᵀ of a strip of four rows, and Gᵀ u G, dw[lane * taps + tap]
    // for the first `channels` lanes.
    void (*output_grad)(const float* strip, int64_t pitch, int64_t tiles, float* v, int64_t tile_step, int64_t point_step);
    void (*filter_grad)(const float* u, int64_t point_step, int64_t taps, int64_t channels, float* dw);
};

}  // namespace plait
