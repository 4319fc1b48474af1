#include "models/losses.h"

#include <algorithm>

#include "engine/nearest_name.h"

namespace ppl {
namespace {

struct Entry {
  const char* name;
  PixelLoss loss;
};

constexpr Entry kLosses[] = {
    {"focal", {.focal = 1}},
    {"focal_full_gradient", {.focal = 1, .focal_full_gradient = true}},
    {"dice", {.dice = 1}},
    {"dice_batch", {.dice = 1, .dice_batch = true}},
    {"bce", {.bce = 1}},
    {"dice_focal", {.focal = 5, .dice = 1}},
    {"dice_bce", {.bce = 1, .dice = 1}},
};

}  // namespace

std::vector<std::string> loss_names() {
  std::vector<std::string> names;
  for (const Entry& e : kLosses) names.emplace_back(e.name);
  return names;
}

PixelLoss make_loss(const std::string& name) {
  const auto it = std::find_if(std::begin(kLosses), std::end(kLosses), [&](const Entry& e) { return name == e.name; });
  PPL_CHECK(it != std::end(kLosses), "no loss is called '", name, "'; the nearest is ",
            nearest_name(name, loss_names()));
  return it->loss;
}

}  // namespace ppl
