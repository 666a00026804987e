#include "entries/loss.h"

#include <stdexcept>
#include <vector>

#include "core/isa.h"
#include "core/threads.h"
#include "kernels/loss.h"

namespace plait {

PLAIT_TABLE(LossTable, loss_table)

namespace {

constexpr int64_t kGrain = 16384;
constexpr int64_t kOrdered = 32768;  // up to here sums have the order of simd/sum.h
constexpr const char* kKinds[kPairLosses] = {"square", "smooth_l1", "huber", "cross_entropy2", "cross_entropy2_logits", "soft_margin"};

int kind_of(const std::string& name) {
    for (int k = 0; k < kPairLosses; ++k)
        if (name == kKinds[k]) return k;
    throw std::invalid_argument("pair_loss: no such loss: " + name);
}

void check_pair(const Array& x, const Array& t, const MaybeArray& w, const MaybeArray& more) {
    require(x.dtype == DType::f32 || x.dtype == DType::f64, "pair_loss: arrays must be float32 or float64");
    for (const Array* a : {&x, &t, w ? &*w : &x, more ? &*more : &x})
        require(a->contiguous && a->dtype == x.dtype && a->size == x.size, "pair_loss: arrays must be contiguous, of one dtype and size");
}

template <class T>
PairArgs<T> pair_args(const Array& x, const Array& t, const MaybeArray& w, const MaybeArray& more, double param) {
    return {x.as<T>(), t.as<T>(), w ? w->as<T>() : nullptr, more ? more->as<T>() : nullptr, static_cast<T>(param)};
}

template <class T>
Owned run_pair(int kind, const PairArgs<T>& a, const Array& x, int reduction, double (*const* sums)(const PairArgs<T>&, int64_t, int64_t),
               void (*const* each)(const PairArgs<T>&, T*, int64_t, int64_t), T (*sum)(const T*, int64_t)) {
    if (reduction == 0 || x.size <= kOrdered) {
        Owned y = Owned::like(x);
        parallel_for(x.size, kGrain, [&](int64_t b, int64_t e) { each[kind](a, y.as<T>(), b, e); });
        if (reduction == 0) return y;
        const T total = sum(y.as<T>(), x.size);
        release_block(y.data);
        Owned one = Owned::make(x.dtype, nullptr, 0);
        *one.as<T>() = reduction == 1 ? total / static_cast<T>(x.size) : total;
        return one;
    }
    std::vector<double> parts(static_cast<size_t>((x.size + kGrain - 1) / kGrain));
    parallel_for(x.size, kGrain, [&](int64_t b, int64_t e) { parts[static_cast<size_t>(b / kGrain)] = sums[kind](a, b, e); });
    double total = 0;
    for (double p : parts) total += p;
    Owned y = Owned::make(x.dtype, nullptr, 0);
    *y.as<T>() = static_cast<T>(reduction == 1 ? total / static_cast<double>(x.size) : total);
    return y;
}

template <class T>
Owned run_pair_grad(int kind, const PairArgs<T>& a, const Array& x, const Array& g, int reduction,
                    void (*const* each)(const PairArgs<T>&, const T*, T, T*, int64_t, int64_t)) {
    require(g.contiguous && g.dtype == x.dtype && g.size == (reduction == 0 ? x.size : 1),
            "pair_loss_backward: the gradient must be contiguous and as the loss");
    Owned y = Owned::like(x);
    if (x.size == 0) return y;
    const T scale = reduction == 0 ? T(1) : reduction == 1 ? *g.as<T>() / static_cast<T>(x.size) : *g.as<T>();
    const T* each_g = reduction == 0 ? g.as<T>() : nullptr;
    parallel_for(x.size, kGrain, [&](int64_t b, int64_t e) { each[kind](a, each_g, scale, y.as<T>(), b, e); });
    return y;
}

// A sum in the order of additions of the frameworks' own negative log-likelihood: eight levels, the first 16 additions in a row (or more
// for many places); what is ignored is passed over.
template <class T>
class PlaceSum {
  public:
    explicit PlaceSum(int64_t places) {
        int log2 = 1;
        while ((int64_t(1) << log2) < places) ++log2;
        power_ = log2 / kLevels > 4 ? log2 / kLevels : 4;
    }
    void add(int64_t place, T value) {
        sums_[0] += value;
        const int64_t mask = (int64_t(1) << power_) - 1;
        for (int j = 0; j + 1 < kLevels && (place & (mask << (j * power_))) == 0; ++j) {
            sums_[j + 1] += sums_[j];
            sums_[j] = 0;
        }
    }
    T total() const {
        T t = 0;
        for (T s : sums_) t += s;
        return t;
    }

  private:
    static constexpr int kLevels = 8;
    int power_;
    T sums_[kLevels] = {};
};

struct Classes {
    int64_t outer, classes, inner;
};

Classes classes_of(const Array& x, const Array& target, const MaybeArray& weight) {
    require(x.dtype == DType::f32 || x.dtype == DType::f64, "cross_entropy: scores must be float32 or float64");
    require(x.ndim == 3 && x.contiguous, "cross_entropy: scores must be contiguous, [outer, classes, inner]");
    require(target.dtype == DType::i64 && target.contiguous && target.size == x.shape[0] * x.shape[2],
            "cross_entropy: targets must be contiguous int64, [outer, inner]");
    require(!weight || (weight->contiguous && weight->dtype == x.dtype && weight->size == x.shape[1]),
            "cross_entropy: weight must be contiguous, one for each class, of the scores' dtype");
    return {x.shape[0], x.shape[1], x.shape[2]};
}

template <class T>
ClassArgs<T> class_args(const Array& x, const Array& target, const MaybeArray& weight, const Classes& n, int64_t ignore, double smoothing) {
    ClassArgs<T> a{
        x.as<T>(), target.as<int64_t>(), weight ? weight->as<T>() : nullptr, n.classes, n.inner, ignore, static_cast<T>(smoothing), 0};
    double sum = static_cast<double>(n.classes);
    if (weight) {
        sum = 0;
        for (int64_t k = 0; k < n.classes; ++k) sum += static_cast<double>(a.weight[k]);
    }
    a.weight_sum = static_cast<T>(sum);
    return a;
}

// The sum of the targets' weights; a target that is no class is an out_of_range.
template <class T>
double total_weight(const ClassArgs<T>& a, const Classes& n) {
    const int64_t places = n.outer * n.inner;
    PlaceSum<T> sums(places);
    int64_t count = 0;
    for (int64_t p = 0; p < places; ++p) {
        const int64_t t = a.target[p];
        if (t == a.ignore) continue;
        if (t < 0 || t >= n.classes) throw std::out_of_range("Target " + std::to_string(t) + " is out of bounds.");
        ++count;
        if (a.weight) sums.add(p, a.weight[t]);
    }
    return a.weight ? static_cast<double>(sums.total()) : static_cast<double>(count);
}

template <class T>
std::tuple<Owned, double> run_nll(const ClassArgs<T>& a, const Array& x, const Classes& n, int reduction) {
    const int64_t places = n.outer * n.inner;
    const double total = total_weight(a, n);
    PlaceSum<T> sums(places);
    Owned y = reduction == 0 ? Owned::make(x.dtype, {n.outer, n.inner}) : Owned::make(x.dtype, nullptr, 0);
    for (int64_t p = 0; p < places; ++p) {
        const int64_t t = a.target[p];
        if (t == a.ignore) {
            if (reduction == 0) y.as<T>()[p] = 0;
            continue;
        }
        T value = -a.x[(p / n.inner * n.classes + t) * n.inner + p % n.inner];
        if (a.weight) value *= a.weight[t];
        if (reduction == 0)
            y.as<T>()[p] = value;
        else
            sums.add(p, value);
    }
    if (reduction != 0) *y.as<T>() = reduction == 1 ? sums.total() / static_cast<T>(total) : sums.total();
    return {y, total};
}

template <class T>
std::tuple<Owned, Owned, double> run_classes(const ClassArgs<T>& a, const Array& x, const Classes& n, int reduction,
                                             void (*kernel)(const ClassArgs<T>&, T*, T*, int64_t, int64_t)) {
    const int64_t places = n.outer * n.inner;
    const double total = total_weight(a, n);
    Owned y = Owned::make(x.dtype, {n.outer, n.inner}), lse = Owned::make(x.dtype, {n.outer, n.inner});
    if (n.classes > 0)
        parallel_for(places, grain_for(n.classes, 8192), [&](int64_t b, int64_t e) { kernel(a, y.as<T>(), lse.as<T>(), b, e); });
    if (reduction == 0) return {y, lse, total};
    PlaceSum<T> sums(places);
    for (int64_t p = 0; p < places; ++p)
        if (a.target[p] != a.ignore) sums.add(p, y.as<T>()[p]);
    const T sum = sums.total();
    Owned one = Owned::make(x.dtype, nullptr, 0);
    *one.as<T>() = reduction == 1 ? sum / static_cast<T>(total) : sum;
    release_block(y.data);
    return {one, lse, total};
}

template <class T>
Owned run_classes_grad(const ClassArgs<T>& a, const Array& x, const Classes& n, const Array& lse, const Array& g, int reduction,
                       double total, void (*kernel)(const ClassArgs<T>&, const T*, const T*, T, T*, int64_t, int64_t)) {
    const int64_t places = n.outer * n.inner;
    require(lse.contiguous && lse.dtype == x.dtype && lse.size == places, "cross_entropy_backward: lse must be what cross_entropy gave");
    require(g.contiguous && g.dtype == x.dtype && g.size == (reduction == 0 ? places : 1),
            "cross_entropy_backward: the gradient must be contiguous and as the loss");
    Owned y = Owned::like(x);
    if (y.size == 0) return y;
    const T scale = reduction == 0 ? T(1) : reduction == 1 ? static_cast<T>(static_cast<double>(*g.as<T>()) / total) : *g.as<T>();
    parallel_for(places, grain_for(n.classes, 8192),
                 [&](int64_t b, int64_t e) { kernel(a, lse.as<T>(), reduction == 0 ? g.as<T>() : nullptr, scale, y.as<T>(), b, e); });
    return y;
}

}  // namespace

Owned pair_loss(const std::string& kind, const Array& x, const Array& t, const MaybeArray& w, const MaybeArray& more, double param,
                int reduction) {
    const int k = kind_of(kind);
    check_pair(x, t, w, more);
    const LossTable& table = active_loss_table();
    if (x.dtype == DType::f32)
        return run_pair<float>(k, pair_args<float>(x, t, w, more, param), x, reduction, table.pair_sum_f32, table.pair_f32, table.sum_f32);
    return run_pair<double>(k, pair_args<double>(x, t, w, more, param), x, reduction, table.pair_sum_f64, table.pair_f64, table.sum_f64);
}

Owned pair_loss_backward(const std::string& kind, const Array& x, const Array& t, const MaybeArray& w, const MaybeArray& more,
                         const Array& g, double param, int reduction) {
    const int k = kind_of(kind);
    check_pair(x, t, w, more);
    const LossTable& table = active_loss_table();
    if (x.dtype == DType::f32) return run_pair_grad<float>(k, pair_args<float>(x, t, w, more, param), x, g, reduction, table.pair_grad_f32);
    return run_pair_grad<double>(k, pair_args<double>(x, t, w, more, param), x, g, reduction, table.pair_grad_f64);
}

std::tuple<Owned, Owned, double> cross_entropy(const Array& x, const Array& target, const MaybeArray& weight, int64_t ignore,
                                               double smoothing, int reduction) {
    const Classes n = classes_of(x, target, weight);
    const LossTable& table = active_loss_table();
    if (x.dtype == DType::f32)
        return run_classes<float>(class_args<float>(x, target, weight, n, ignore, smoothing), x, n, reduction, table.class_f32);
    return run_classes<double>(class_args<double>(x, target, weight, n, ignore, smoothing), x, n, reduction, table.class_f64);
}

Owned cross_entropy_backward(const Array& x, const Array& target, const MaybeArray& weight, const Array& lse, const Array& g,
                             int64_t ignore, double smoothing, int reduction, double total) {
    const Classes n = classes_of(x, target, weight);
    const LossTable& table = active_loss_table();
    if (x.dtype == DType::f32)
        return run_classes_grad<float>(class_args<float>(x, target, weight, n, ignore, smoothing), x, n, lse, g, reduction, total,
                                       table.class_grad_f32);
    return run_classes_grad<double>(class_args<double>(x, target, weight, n, ignore, smoothing), x, n, lse, g, reduction, total,
                                    table.class_grad_f64);
}

std::tuple<Owned, double> nll(const Array& x, const Array& target, const MaybeArray& weight, int64_t ignore, int reduction) {
    const Classes n = classes_of(x, target, weight);
    if (x.dtype == DType::f32) return run_nll<float>(class_args<float>(x, target, weight, n, ignore, 0), x, n, reduction);
    return run_nll<double>(class_args<double>(x, target, weight, n, ignore, 0), x, n, reduction);
}

}  // namespace plait
