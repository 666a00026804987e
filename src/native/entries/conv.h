// Entries of the family `conv`: declared here, listed in PLAIT_CONV_ENTRIES, bound by binding.cpp under their own names.
#pragma once
#include "core/array.h"

namespace plait {

#define PLAIT_CONV_ENTRIES(X)

}  // namespace plait
