// Entries of the family `pool`: declared here, listed in PLAIT_POOL_ENTRIES, bound by binding.cpp under their own names.
#pragma once
#include "core/array.h"

namespace plait {

#define PLAIT_POOL_ENTRIES(X)

}  // namespace plait
