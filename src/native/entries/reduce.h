// Entries of the family `reduce`: declared here, listed in PLAIT_REDUCE_ENTRIES, bound by binding.cpp under their own names.
#pragma once
#include "core/array.h"

namespace plait {

#define PLAIT_REDUCE_ENTRIES(X)

}  // namespace plait
