#include "entries/conv_packing.h"

#include <algorithm>

namespace plait {
namespace {

constexpr int64_t kCopied = 1 << 15;  // numbers that are worth a task

template <class T>
bool natural_rows(const Pass<T>& p) {
    const int64_t ntaps = static_cast<int64_t>(p.taps.size());
    if (p.wc != ntaps && p.cg != 1) return false;
    for (int64_t t = 0; t < ntaps; ++t)
        if (p.taps[static_cast<size_t>(t)].w != t) return false;
    return true;
}

}  // namespace

template <class T>
int64_t WeightRows<T>::room(const Pass<T>& p, bool taps_first) {
    const bool one_order = !taps_first || p.cg == 1 || p.taps.size() == 1;
    return one_order && natural_rows(p) ? 0 : p.groups * p.mg * p.cg * static_cast<int64_t>(p.taps.size());
}

template <class T>
WeightRows<T>::WeightRows(const Pass<T>& p, Scratch<T>& own, bool taps_first) : data(p.w), row(p.wm), group(p.wg) {
    if (room(p, taps_first) == 0) return;
    const int64_t ntaps = static_cast<int64_t>(p.taps.size()), inner = p.cg * ntaps;
    const int64_t channel = taps_first ? 1 : ntaps, step = taps_first ? p.cg : 1;
    run_tasks(p.groups * p.mg, grain_for(inner, kCopied), [&](int64_t r) {
        const T* from = p.w + r / p.mg * p.wg + r % p.mg * p.wm;
        T* to = own.data() + r * inner;
        for (int64_t c = 0; c < p.cg; ++c, from += p.wc)
            for (int64_t t = 0; t < ntaps; ++t) to[c * channel + t * step] = from[p.taps[static_cast<size_t>(t)].w];
    });
    data = own.data();
    row = inner;
    group = p.mg * inner;
}
template struct WeightRows<float>;
template struct WeightRows<double>;

template <class T>
WeightPacking<T>::WeightPacking(const Pass<T>& p, const std::vector<Tap>& taps, int64_t tap_step, int64_t channel_step)
    : p_(p), taps_(taps), tap_step_(tap_step), channel_step_(channel_step), lie_(kTapsNext) {
    const int64_t ntaps = static_cast<int64_t>(taps.size());
    if (p.wm == 1) {
        lie_ = kOutputsNext;
    } else if (p.wc == 1) {
        lie_ = kInputsNext;
        for (int64_t c = 0; c < p.cg; ++c) rows_.push_back(c * channel_step);
    } else {
        int64_t span = 0;
        for (const Tap& tap : taps) span = std::max(span, tap.w + 1);
        if (span == ntaps && p.wc == ntaps) lie_ = kAllInOrder;
        const int64_t channels = lie_ == kAllInOrder ? p.cg : 1;
        rows_.assign(static_cast<size_t>(channels * span), -1);
        for (int64_t c = 0; c < channels; ++c)
            for (int64_t t = 0; t < ntaps; ++t)
                rows_[static_cast<size_t>(c * span + taps[static_cast<size_t>(t)].w)] = t * tap_step + c * channel_step;
    }
}

template <class T>
void WeightPacking<T>::pack(int64_t g, int64_t m, int64_t n, int64_t width, int64_t c, int64_t channels, T* to) const {
    const GemmKernels<T>& gemm = pick<T>(gemm_kernels());
    const T* from = p_.w + g * p_.wg + m * p_.wm + c * p_.wc;
    const int64_t ntaps = static_cast<int64_t>(taps_.size());
    if (lie_ == kAllInOrder) return gemm.pack_rows(from, p_.wm, rows_.data(), channels * ntaps, n, width, to);
    if (lie_ == kTapsNext) {
        for (int64_t i = 0; i < channels; ++i, from += p_.wc, to += channel_step_ * width) {
            for (int64_t at = 0; at < n * p_.wm; at += 64 / static_cast<int64_t>(sizeof(T))) __builtin_prefetch(from + 2 * p_.wc + at);
            gemm.pack_rows(from, p_.wm, rows_.data(), static_cast<int64_t>(rows_.size()), n, width, to);
        }
        return;
    }
    for (int64_t t = 0; t < ntaps; ++t, to += tap_step_ * width) {
        const T* tap = from + taps_[static_cast<size_t>(t)].w;
        if (lie_ == kInputsNext) {
            gemm.pack_rows(tap, p_.wm, rows_.data(), channels, n, width, to);
            continue;
        }
        for (int64_t i = 0; i < channels; ++i) {
            T* row = to + i * channel_step_ * width;
            std::copy(tap + i * p_.wc, tap + i * p_.wc + n, row);
            std::fill(row + n, row + width, T(0));
        }
    }
}
template class WeightPacking<float>;
template class WeightPacking<double>;

template <class T>
Panels<T>::Panels(const Pass<T>& p)
    : lanes_(pick<T>(gemm_kernels()).lanes),
      outputs_(p.mg),
      vectors_(ceil_div(p.mg, lanes_)),
      count_(ceil_div(p.mg, pick<T>(gemm_kernels()).panel)),
      has_bias_(p.bias != nullptr),
      bias_(has_bias_ ? p.groups * vectors_ * lanes_ : 0) {
    if (!has_bias_) return;
    for (int64_t g = 0; g < p.groups; ++g) {
        T* to = std::copy(p.bias + g * p.mg, p.bias + (g + 1) * p.mg, bias_.data() + g * vectors_ * lanes_);
        std::fill(to, bias_.data() + (g + 1) * vectors_ * lanes_, T(0));
    }
}
template class Panels<float>;
template class Panels<double>;

template <class T>
PackedWeights<T>::PackedWeights(const Pass<T>& p, const std::vector<Tap>& taps)
    : Panels<T>(p),
      inner_(static_cast<int64_t>(taps.size()) * p.cg),
      data_(p.groups * this->vectors_ * this->lanes_ * inner_ + this->lanes_) {
    const WeightPacking<T> packing(p, taps, p.cg, 1);
    const int64_t panels = this->count();
    run_tasks(p.groups * panels, grain_for(inner_ * pick<T>(gemm_kernels()).panel, 2 * kCopied), [&](int64_t t) {
        const int64_t g = t / panels, panel = t % panels;
        packing.pack(g, this->first(panel), this->columns(panel), this->width(panel), 0, p.cg,
                     data_.data() + inner_ * this->column(g, panel));
    });
}
template class PackedWeights<float>;
template class PackedWeights<double>;

}  // namespace plait
