#include "apps/score/roads/scale.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "io/maps/ground_pixel.h"
#include "io/places/mosaic.h"
#include "kernels/base.h"

namespace ppl::score {
namespace {

constexpr double kSpacenet = 0.31;  // metres
constexpr double kFarFromIt = 0.3;  // share by which SpaceNet's own images differ (theirs are in degrees)
constexpr double kSquare = 0.05;    // share by which width and height of a pixel may differ

}  // namespace

const char* name_of(ScaleOrigin origin) {
  return origin == ScaleOrigin::option ? "option" : origin == ScaleOrigin::ground ? "ground" : "spacenet";
}

std::string to_text(const PixelScale& scale) {
  return fmt::format("{:.4g} m a pixel ({})", scale.metres,
                     scale.origin == ScaleOrigin::option   ? "--pixel"
                     : scale.origin == ScaleOrigin::ground ? "measured on the ground"
                                                           : "SpaceNet's, whose ids these are");
}

Scales::Scales(std::optional<double> option, const std::string& images) : option_(option) {
  if (!images.empty()) images_.emplace(images);
}

PixelScale Scales::of(const std::string& id, const std::optional<GeoReference>& truth,
                      const std::optional<GeoReference>& prediction) {
  PPL_CHECK(!truth || !prediction || lie_alike(*truth, *prediction), "image '", id,
            "': the pixels of truth and prediction do not lie at one place on the earth; --images says for both where "
            "they do");
  if (option_) return {*option_, ScaleOrigin::option};
  std::optional<GeoReference> place = truth ? truth : prediction;
  if (!place && images_ && !is_spacenet_id(id)) place = images_->find(id);
  const std::optional<GroundPixel> ground = place ? ground_pixel(*place) : std::nullopt;
  if (is_spacenet_id(id)) {
    PPL_CHECK(!ground || std::fabs(ground->mean() - kSpacenet) <= kFarFromIt * kSpacenet, "image '", id,
              "': SpaceNet's pixels are 0.31 m, but these lie ", ground ? ground->mean() : 0,
              " m apart on the ground; --pixel decides");
    return {kSpacenet, ScaleOrigin::spacenet};
  }
  PPL_CHECK(ground, "image '", id,
            "': nothing says how many metres a pixel is, which the metric needs: --pixel METRES, or --images FOLDER of "
            "images that lie on the earth");
  PPL_CHECK(std::fabs(ground->width - ground->height) <= kSquare * std::max(ground->width, ground->height), "image '",
            id, "': its pixels are ", ground->width, " x ", ground->height,
            " m on the ground, and the metric needs square ones; --pixel decides");
  return {ground->mean(), ScaleOrigin::ground};
}

}  // namespace ppl::score
