// Entries of the family `loss`: declared here, listed in PLAIT_LOSS_ENTRIES, bound by binding.cpp under their own names.
#pragma once
#include "core/array.h"

namespace plait {

#define PLAIT_LOSS_ENTRIES(X)

}  // namespace plait
