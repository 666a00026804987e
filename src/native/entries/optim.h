// Entries of the family `optim`: declared here, listed in PLAIT_OPTIM_ENTRIES, bound by binding.cpp under their own names.
#pragma once
#include <string>
#include <vector>

#include "core/array.h"

namespace plait {

// One step of a rule over many parameters: arrays holds `per` of them for each (parameter, gradient, states), all of one dtype,
// contiguous; coefs and flags as kernels/optim.h says. In place.
void optim_step(const std::string& rule, const std::vector<Array>& arrays, int per, const std::vector<double>& coefs, int flags);

#define PLAIT_OPTIM_ENTRIES(X) X(optim_step)

}  // namespace plait
