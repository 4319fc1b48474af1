// The losses by name, as in the published recipe.
#pragma once

#include <string>
#include <vector>

#include "kernels/pixel_loss.h"

namespace ppl {

std::vector<std::string> loss_names();
PixelLoss make_loss(const std::string& name);  // Error naming the nearest known name

}  // namespace ppl
