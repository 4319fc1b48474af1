// How many metres a pixel is: the metrics of roads count in pixels what their rules say in metres.
#pragma once

#include <optional>
#include <string>

#include "io/image/geotiff.h"
#include "io/tables/image_places.h"
#include "io/tables/roads.h"

namespace ppl::score {

enum class ScaleOrigin { option, ground, spacenet };

struct PixelScale {
  double metres = 0.31;
  ScaleOrigin origin = ScaleOrigin::spacenet;
};

// "0.5 m a pixel (--pixel)".
std::string to_text(const PixelScale&);
const char* name_of(ScaleOrigin);  // in JSON: "option", "ground", "spacenet"

// Finds the scale of one image after another.
class Scales {
 public:
  // option: what --pixel says. images: folder of images, or one, for ids whose sources say nothing; may be empty.
  Scales(std::optional<double> option, const std::string& images);

  // The option; else, for SpaceNet's ids, 0.31 m as its scorer has it; else from where truth or prediction lie, or the
  // image of that id. Error where truth and prediction lie differently, nothing says it, or pixels are not square, and
  // for SpaceNet's ids where the ground says something quite different.
  PixelScale of(const std::string& id, const std::optional<GeoReference>& truth,
                const std::optional<GeoReference>& prediction);

 private:
  std::optional<double> option_;
  std::optional<ImagePlaces> images_;
};

}  // namespace ppl::score
