// Entries of the family `gemm`: declared here, listed in PLAIT_GEMM_ENTRIES, bound by binding.cpp under their own names.
#pragma once
#include "core/array.h"

namespace plait {

#define PLAIT_GEMM_ENTRIES(X)

}  // namespace plait
