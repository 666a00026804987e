// Entries of the family `resample`: declared here, listed in PLAIT_RESAMPLE_ENTRIES, bound by binding.cpp under their own names.
#pragma once
#include "core/array.h"

namespace plait {

#define PLAIT_RESAMPLE_ENTRIES(X)

}  // namespace plait
