#include "entries/elementwise.h"

#include <cstring>

#include "core/isa.h"
#include "core/layout.h"
#include "core/threads.h"
#include "kernels/elementwise.h"

namespace plait {

PLAIT_TABLE(ElementwiseTable, elementwise_table)

namespace {

constexpr int64_t kGrain = 32768;

const char* const kBinaryNames[] = {
#define X(name) #name,
    PLAIT_BINARY(X) PLAIT_COMPARE(X)
#undef X
};
const char* const kUnaryNames[] = {
#define X(name) #name,
    PLAIT_UNARY(X)
#undef X
};

template <class Names>
int64_t find(const Names& names, const std::string& name) {
    int64_t i = 0;
    for (const char* n : names) {
        if (name == n) return i;
        ++i;
    }
    throw std::invalid_argument("no elementwise kernel named " + name);
}

bool is_float(const Array& a) { return a.dtype == DType::f32 || a.dtype == DType::f64; }

// How two operands meet: over [outer, middle, inner], the whole one fills it, the small one has [middle].
enum class Meeting { no, alike, number, spread };
struct Plan {
    Meeting meeting = Meeting::no;
    bool small_left = false;  // the number, or the small array, is the left operand
    int64_t outer = 1, middle = 1, inner = 1;
};

bool spread_over(const Array& whole, const Array& small, Plan& plan) {
    if (small.ndim > whole.ndim || !whole.contiguous || !small.contiguous) return false;
    const int shift = whole.ndim - small.ndim;
    int phase = 0;  // 0 outer, 1 middle, 2 inner
    for (int i = 0; i < whole.ndim; ++i) {
        const int64_t n = whole.shape[i], m = i < shift ? 1 : small.shape[i - shift];
        if (m == n && n != 1) {
            if (phase == 2) return false;
            phase = 1;
            plan.middle *= n;
        } else if (m == 1) {
            if (n == 1) continue;
            if (phase == 0) {
                plan.outer *= n;
            } else {
                phase = 2;
                plan.inner *= n;
            }
        } else {
            return false;
        }
    }
    plan.meeting = Meeting::spread;
    return true;
}

Plan plan_of(const Operand& a, const Operand& b) {
    Plan plan;
    if (a.is_number || b.is_number) {
        const Operand& whole = a.is_number ? b : a;
        if (whole.is_number || !is_float(whole.array)) return plan;
        plan.small_left = a.is_number;
        if (whole.array.contiguous || is_dense(whole.array)) plan.meeting = Meeting::number;
        return plan;
    }
    const Array &x = a.array, &y = b.array;
    if (!is_float(x) || x.dtype != y.dtype) return plan;
    if (same_layout(x, y)) {
        plan.meeting = Meeting::alike;
        return plan;
    }
    if (y.size == 1 && y.ndim <= x.ndim && is_dense(x)) {
        plan.meeting = Meeting::number;
    } else if (x.size == 1 && x.ndim <= y.ndim && is_dense(y)) {
        plan.meeting = Meeting::number;
        plan.small_left = true;
    } else if (!spread_over(x, y, plan)) {
        plan = Plan{};
        if (spread_over(y, x, plan)) plan.small_left = true;
    }
    return plan;
}

template <class T>
void compute(int64_t code, const Operand& a, const Operand& b, const Array& out, const Plan& plan, double alpha_given) {
    const BinaryFns<T>& fns = active_elementwise_table().of<T>().binary[code];
    const T alpha = static_cast<T>(alpha_given);
    // A number that is an element of `out` must not change under the loop.
    const bool number = plan.meeting == Meeting::number;
    const T left_number = a.is_number ? static_cast<T>(a.number) : number && plan.small_left ? *a.array.as<T>() : T(0);
    const T right_number = b.is_number ? static_cast<T>(b.number) : number && !plan.small_left ? *b.array.as<T>() : T(0);
    const T* x = number && plan.small_left ? &left_number : a.array.as<T>();
    const T* y = number && !plan.small_left ? &right_number : b.array.as<T>();
    char* z = static_cast<char*>(out.data);
    const int64_t step = code < kArithmetic ? static_cast<int64_t>(sizeof(T)) : 1;
    if (plan.meeting != Meeting::spread) {
        const int64_t dx = number && plan.small_left ? 0 : 1, dy = number && !plan.small_left ? 0 : 1;
        const auto fn = !number ? fns.arrays : plan.small_left ? fns.left_number : fns.right_number;
        if (out.size <= kGrain) return fn(x, y, z, out.size, alpha);
        parallel_for(out.size, kGrain,
                     [&](int64_t begin, int64_t end) { fn(x + begin * dx, y + begin * dy, z + begin * step, end - begin, alpha); });
        return;
    }
    const T *whole = plan.small_left ? y : x, *small = plan.small_left ? x : y;
    if (plan.inner == 1) {  // rows of the small operand's length
        parallel_for(plan.outer, grain_for(plan.middle, kGrain), [&](int64_t begin, int64_t end) {
            for (int64_t r = begin; r < end; ++r) {
                const T* row = whole + r * plan.middle;
                fns.arrays(plan.small_left ? small : row, plan.small_left ? row : small, z + r * plan.middle * step, plan.middle, alpha);
            }
        });
        return;
    }
    const auto fn = plan.small_left ? fns.left_number : fns.right_number;
    parallel_for(plan.outer * plan.middle, grain_for(plan.inner, kGrain), [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
            const T *row = whole + r * plan.inner, *one = small + r % plan.middle;
            fn(plan.small_left ? one : row, plan.small_left ? row : one, z + r * plan.inner * step, plan.inner, alpha);
        }
    });
}

// Whether writing `out` could change elements of `in` that are still to be read.
bool clashes(const Operand& in, const Array& out, const Plan& plan) {
    if (in.is_number || (plan.meeting == Meeting::number && in.array.size == 1)) return false;
    const char *i = static_cast<const char*>(in.array.data), *o = static_cast<const char*>(out.data);
    if (i == o && same_layout(in.array, out)) return false;
    return i < o + out.bytes() && o < i + in.array.bytes();
}

void run(int64_t code, const Operand& a, const Operand& b, const Array& out, const Plan& plan, double alpha) {
    if (out.size == 0) return;
    const Array& whole = (plan.meeting == Meeting::alike ? a : plan.small_left ? b : a).array;
    if (whole.dtype == DType::f32)
        compute<float>(code, a, b, out, plan, alpha);
    else
        compute<double>(code, a, b, out, plan, alpha);
}

}  // namespace

int64_t binary_code(const std::string& name) { return find(kBinaryNames, name); }
int64_t unary_code(const std::string& name) { return find(kUnaryNames, name); }

std::optional<Owned> binary(int64_t code, const Operand& a, const Operand& b, double alpha) {
    require(code >= 0 && code < static_cast<int64_t>(Binary::count), "no elementwise kernel of that number");
    const Plan plan = plan_of(a, b);
    if (plan.meeting == Meeting::no) return std::nullopt;
    const Array& whole = (plan.meeting == Meeting::alike ? a : plan.small_left ? b : a).array;
    Owned z = like_layout(whole, code < kArithmetic ? whole.dtype : DType::b8);
    run(code, a, b, z, plan, alpha);
    return z;
}

bool binary_into(int64_t code, const Operand& a, const Operand& b, Array& out, double alpha) {
    require(code >= 0 && code < static_cast<int64_t>(Binary::count), "no elementwise kernel of that number");
    const Plan plan = plan_of(a, b);
    if (plan.meeting == Meeting::no || !out.writeable) return false;
    const Array& whole = (plan.meeting == Meeting::alike ? a : plan.small_left ? b : a).array;
    if (out.dtype != (code < kArithmetic ? whole.dtype : DType::b8) || !same_layout(whole, out)) return false;
    if (clashes(a, out, plan) || clashes(b, out, plan)) return false;
    run(code, a, b, out, plan, alpha);
    return true;
}

std::optional<Owned> unary(int64_t code, const Array& x) {
    require(code >= 0 && code < static_cast<int64_t>(Unary::count), "no elementwise kernel of that number");
    if (!is_float(x)) return std::nullopt;
    Owned y = like_layout(x, x.dtype);
    Array in = x;
    if (!same_layout(x, y)) {
        copy_into(x, y);
        in = y;
    }
    const ElementwiseTable& table = active_elementwise_table();
    parallel_for(y.size, kGrain / 2, [&](int64_t begin, int64_t end) {
        if (x.dtype == DType::f32)
            table.f32.unary[code](in.as<float>(), y.as<float>(), begin, end);
        else
            table.f64.unary[code](in.as<double>(), y.as<double>(), begin, end);
    });
    return y;
}

}  // namespace plait
