#include "entries/optim.h"

#include "core/isa.h"
#include "core/threads.h"
#include "kernels/optim.h"

namespace plait {

PLAIT_TABLE(OptimTable, optim_table)

namespace {

struct RuleName {
    const char* name;
    int states;  // at least
};
constexpr RuleName kRules[kOptimRules] = {{"sgd", 0},     {"adam", 2},     {"nadam", 2},  {"radam", 2}, {"rmsprop", 1},
                                          {"adagrad", 1}, {"adadelta", 2}, {"adamax", 2}, {"rprop", 2}, {"asgd", 1}};

int states_of(int rule, int flags) {
    int n = kRules[rule].states;
    if (rule == kSgd && (flags & kMomentum)) n = 1;
    if (rule == kAdam && (flags & kAmsgrad)) n = 3;
    if (flags & kSquares) ++n;
    if (rule == kRmsprop) n += ((flags & kMomentum) != 0) + ((flags & kCentered) != 0);
    return n;
}

}  // namespace

void optim_step(const std::string& rule, const std::vector<Array>& arrays, int per, const std::vector<double>& coefs, int flags) {
    int which = 0;
    while (which < kOptimRules && rule != kRules[which].name) ++which;
    require(which < kOptimRules, "optim_step: no such rule");
    require(per == 2 + states_of(which, flags), "optim_step: wrong number of arrays for each parameter");
    require(static_cast<int64_t>(arrays.size()) % per == 0, "optim_step: the number of arrays must be a multiple of `per`");
    require(static_cast<int>(coefs.size()) <= kOptimCoefs, "optim_step: too many coefficients");
    double c[kOptimCoefs] = {};
    for (size_t i = 0; i < coefs.size(); ++i) c[i] = coefs[i];
    const OptimTable& table = active_optim_table();
    for (size_t i = 0; i < arrays.size(); i += static_cast<size_t>(per)) {
        const Array& p = arrays[i];
        require(p.dtype == DType::f32 || p.dtype == DType::f64, "optim_step: parameters must be float32 or float64");
        for (int k = 0; k < per; ++k) {
            const Array& a = arrays[i + static_cast<size_t>(k)];
            require(a.contiguous && a.dtype == p.dtype && a.size == p.size, "optim_step: arrays must be contiguous, of one dtype and size");
            require(k == 1 || a.writeable || ((flags & kSquares) && k == per - 1),
                    "optim_step: the parameter and its states must be writeable");
        }
    }
    for (size_t i = 0; i < arrays.size(); i += static_cast<size_t>(per)) {
        void* data[8] = {};
        for (int k = 0; k < per; ++k) data[k] = arrays[i + static_cast<size_t>(k)].data;
        if (flags & kSquares) data[kSquaresAt] = data[per - 1];
        const auto kernel = arrays[i].dtype == DType::f32 ? table.rule_f32[which] : table.rule_f64[which];
        parallel_for(arrays[i].size, 16384, [&](int64_t b, int64_t e) { kernel(data, c, flags, b, e); });
    }
}

}  // namespace plait
