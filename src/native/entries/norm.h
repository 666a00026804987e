// Entries of the family `norm`: declared here, listed in PLAIT_NORM_ENTRIES, bound by binding.cpp under their own names.
#pragma once
#include "core/array.h"

namespace plait {

#define PLAIT_NORM_ENTRIES(X)

}  // namespace plait
