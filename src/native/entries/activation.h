// Entries of the family `activation`: declared here, listed in PLAIT_ACTIVATION_ENTRIES, bound by binding.cpp under their own names.
#pragma once
#include "core/array.h"

namespace plait {

Owned relu(const Array& x);

#define PLAIT_ACTIVATION_ENTRIES(X) X(relu)

}  // namespace plait
