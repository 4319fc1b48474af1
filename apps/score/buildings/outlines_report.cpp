#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/score/buildings/outlines.h"

namespace ppl::score {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSizes[] = {"small", "medium", "large"};

std::string number(const std::optional<double>& value) { return value ? fmt::format("{:.4f}", *value) : "-"; }

Json json_of(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

}  // namespace

std::string outlines_text(const OutlineReport& r) {
  std::string text =
      fmt::format("AP {} (at IoU 0.5 to 0.95), AP50 {}, AP75 {}\n", number(r.ap), number(r.ap50), number(r.ap75));
  text += fmt::format("IoU {:.4f}, C-IoU {:.4f}, N ratio {}\n", r.iou, r.c_iou, number(r.vertex_ratio));
  text += fmt::format("of {} matches: PoLiS {}, tangent angle error {} degrees\n", r.pairs, number(r.polis),
                      number(r.tangent_error));
  text += fmt::format("F1 by size (below {:g}, {:g}, above):", r.rules.sizes[0], r.rules.sizes[1]);
  for (size_t k = 0; k < 3; ++k) text += fmt::format("{} {} {:.4f}", k > 0 ? "," : "", kSizes[k], r.by_size[k].f1());
  return text + "\n";
}

std::string outlines_json(const OutlineReport& r) {
  Json json = {{"ap", json_of(r.ap)},   {"ap50", json_of(r.ap50)},   {"ap75", json_of(r.ap75)},
               {"iou", r.iou},          {"c_iou", r.c_iou},          {"n_ratio", json_of(r.vertex_ratio)},
               {"matches", r.pairs},    {"polis", json_of(r.polis)}, {"tangent_angle_error", json_of(r.tangent_error)},
               {"sizes", r.rules.sizes}};
  for (size_t k = 0; k < 3; ++k) {
    const BuildingCounts& c = r.by_size[k];
    json["by_size"][kSizes[k]] = {{"true_positive", c.true_positive},
                                  {"false_positive", c.false_positive},
                                  {"false_negative", c.false_negative},
                                  {"precision", c.precision()},
                                  {"recall", c.recall()},
                                  {"f1", c.f1()}};
  }
  return json.dump();
}

}  // namespace ppl::score
