// Entries of the family `random`: declared here, listed in PLAIT_RANDOM_ENTRIES, bound by binding.cpp under their own names.
#pragma once
#include "core/array.h"

namespace plait {

#define PLAIT_RANDOM_ENTRIES(X)

}  // namespace plait
