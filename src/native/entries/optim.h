// Entries of the family `optim`: declared here, listed in PLAIT_OPTIM_ENTRIES, bound by binding.cpp under their own names.
#pragma once
#include "core/array.h"

namespace plait {

#define PLAIT_OPTIM_ENTRIES(X)

}  // namespace plait
