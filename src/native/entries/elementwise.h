// Entries of the family `elementwise`: declared here, listed in PLAIT_ELEMENTWISE_ENTRIES, bound by binding.cpp under their own names.
#pragma once
#include "core/array.h"

namespace plait {

#define PLAIT_ELEMENTWISE_ENTRIES(X)

}  // namespace plait
