// The weights of a pass in the shapes that its products take.
#pragma once
#include <vector>

#include "entries/conv_pass.h"

namespace plait {

// Weights as a matrix of rows [groups * mg][cg * taps], or with `taps_first` [taps * cg]: as they lie, or copied into `own`.
template <class T>
struct WeightRows {
    const T* data;
    int64_t row, group;

    WeightRows(const Pass<T>& p, Scratch<T>& own, bool taps_first = false);
    static int64_t room(const Pass<T>& p, bool taps_first = false);
};

// How weights are packed as rows of output channels: that of tap t and input channel c goes to row t * tap_step + c * channel_step.
template <class T>
class WeightPacking {
  public:
    WeightPacking(const Pass<T>& pass, const std::vector<Tap>& taps, int64_t tap_step, int64_t channel_step);

    // `n` output channels from m on, in rows of `width`, a multiple of the lanes, zero beyond n; `channels` input channels from c on.
    void pack(int64_t g, int64_t m, int64_t n, int64_t width, int64_t c, int64_t channels, T* to) const;

  private:
    const Pass<T>& p_;
    const std::vector<Tap> taps_;
    const int64_t tap_step_, channel_step_;
    enum { kOutputsNext, kInputsNext, kTapsNext, kAllInOrder } lie_;  // what lies next to each other in memory
    std::vector<int64_t> rows_;                                       // of a stretch of what does
};
extern template class WeightPacking<float>;
extern template class WeightPacking<double>;

// The output channels of each group in panels as wide as products take them, or a few vectors narrower, and their biases.
template <class T>
class Panels {
  public:
    explicit Panels(const Pass<T>& pass);

    int64_t count() const { return count_; }
    int64_t first(int64_t panel) const { return panel * vectors_ / count_ * lanes_; }  // its first output channel
    int64_t width(int64_t panel) const { return first(panel + 1) - first(panel); }
    int64_t columns(int64_t panel) const { return std::min(width(panel), outputs_ - first(panel)); }
    // As wide as the panel, or null.
    const T* bias(int64_t g, int64_t panel) const { return has_bias_ ? bias_.data() + column(g, panel) : nullptr; }

  protected:
    int64_t column(int64_t g, int64_t panel) const { return g * vectors_ * lanes_ + first(panel); }

    int64_t lanes_, outputs_, vectors_, count_;

  private:
    bool has_bias_;
    Scratch<T> bias_;
};
extern template class Panels<float>;
extern template class Panels<double>;

// Weights as the right sides of products: a panel is [tap][input channel][width], zero beyond the last output channel. Taps in the order
// given. Packed on all threads.
template <class T>
class PackedWeights : public Panels<T> {
  public:
    PackedWeights(const Pass<T>& pass, const std::vector<Tap>& taps);

    const T* at(int64_t g, int64_t panel) const { return data_.data() + inner_ * this->column(g, panel); }

  private:
    int64_t inner_;
    Scratch<T> data_;
};
extern template class PackedWeights<float>;
extern template class PackedWeights<double>;

}  // namespace plait
