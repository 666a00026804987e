#include "entries/activation.h"

#include "core/isa.h"
#include "core/threads.h"
#include "kernels/activation.h"

namespace plait {

PLAIT_TABLE(ActivationTable, activation_table)

Owned relu(const Array& x) {
    require(x.contiguous, "relu: input must be contiguous");
    require(x.dtype == DType::f32 || x.dtype == DType::f64, "relu: input must be float32 or float64");
    const ActivationTable& k = active_activation_table();
    Owned y = Owned::like(x);
    parallel_for(x.size, 65536, [&](int64_t b, int64_t e) {
        if (x.dtype == DType::f32)
            k.relu_f32(x.as<float>(), y.as<float>(), b, e);
        else
            k.relu_f64(x.as<double>(), y.as<double>(), b, e);
    });
    return y;
}

}  // namespace plait
