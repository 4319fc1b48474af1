#include "apps/predict/image_scale.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/common/log.h"
#include "io/image/resample.h"
#include "io/places/scene_mosaic.h"

namespace ppl::apps {
namespace {

constexpr double kTolerance = 1.1;  // as many times larger or smaller is still the same
constexpr size_t kLookedAt = 64;    // images of a folder

bool differ(double a, double b) { return std::max(a, b) > kTolerance * std::min(a, b); }

}  // namespace

ImageScale::ImageScale(const PredictOptions& o, const InputSpec& of_weights)
    : resample_(o.resample), given_(o.pixel_size), weights_(o.trained_at.value_or(of_weights.ground_sample_distance)) {
  PPL_CHECK(!resample_ || weights_ > 0, o.weights,
            ": does not say how many metres a pixel it was trained at, which --resample needs: --trained-at METRES");
}

void ImageScale::say(const std::vector<GroundPixel>& pixels, const std::string& images) const {
  if (weights_ == 0) return;
  PPL_CHECK(!resample_ || !pixels.empty(), "nothing says how many metres a pixel of ", images,
            " is, which --resample needs: --pixel-size METRES");
  if (pixels.empty()) {
    log_line(
        fmt::format("predict: nothing says how many metres a pixel of {} is (the weights were trained at {:.3g}); "
                    "--pixel-size says it",
                    images, weights_));
    return;
  }
  const auto [low, high] = std::minmax_element(pixels.begin(), pixels.end(),
                                               [](const auto& a, const auto& b) { return a.mean() < b.mean(); });
  const std::string found = differ(low->mean(), high->mean())
                                ? fmt::format("{:.3g} to {:.3g}", low->mean(), high->mean())
                                : fmt::format("{:.3g}", low->mean());
  if (resample_)
    log_line(fmt::format("predict: {}: {} m a pixel, resampled to the weights' {:.3g}", images, found, weights_));
  else if (differ(low->mean(), weights_) || differ(high->mean(), weights_))
    log_error(
        fmt::format("predict: warning: {}: {} m a pixel, but the weights were trained at {:.3g}: what they find "
                    "may be wrong; --resample brings images to the weights' ground sample distance and masks back",
                    images, found, weights_));
}

void ImageScale::compare(const std::optional<GeoReference>& place, int64_t height, int64_t width) const {
  std::vector<GroundPixel> pixels;
  if (const auto pixel = pixel_of(place, height, width, given_)) pixels.push_back(*pixel);
  say(pixels, "the image");
}

void ImageScale::compare(const std::vector<TileFile>& tiles) const {
  if (weights_ == 0) return;
  std::vector<GroundPixel> pixels;
  const size_t looked_at = std::min(kLookedAt, tiles.size());
  for (size_t k = 0; k < looked_at; ++k) {
    try {
      const std::string& path = tiles[k * tiles.size() / looked_at].image_path;
      const ImageHeader header = read_image_header(path);
      if (const auto pixel =
              pixel_of(given_ ? std::nullopt : place_of_image(path), header.height, header.width, given_))
        pixels.push_back(*pixel);
    } catch (const Error&) {
      continue;  // named when its turn comes
    }
  }
  say(pixels, "the images");
}

Zoom ImageScale::zoom(const std::optional<GeoReference>& place, int64_t height, int64_t width,
                      const std::string& where) const {
  if (!resample_) return {};
  const std::optional<GroundPixel> pixel = pixel_of(place, height, width, given_);
  PPL_CHECK(pixel, where, ": does not say how many metres a pixel it has, which --resample needs: --pixel-size METRES");
  const Zoom zoom{pixel->height / weights_, pixel->width / weights_};
  constexpr double kMost = 32;
  PPL_CHECK(std::max(zoom.down, zoom.across) <= kMost && std::min(zoom.down, zoom.across) >= 1 / kMost, where, ": has ",
            pixel->mean(), " m a pixel, more than ", kMost, " times off the weights' ", weights_);
  return zoom;
}

void ImageScale::resample(LoadedTile& loaded, const std::string& path) const {
  if (!resample_) return;
  const Image& image = loaded.image;
  const auto place = given_ || loaded.place ? loaded.place : place_of_image(path);
  const Zoom z = zoom(place, image.height, image.width, path);
  const int64_t height = zoomed(image.height, z.down), width = zoomed(image.width, z.across);
  PPL_CHECK(height * width <= int64_t{1} << 28, path, ": ", width, " x ", height, " pixels once it is resampled");
  loaded.seen_valid = loaded.valid;
  loaded.seen = ppl::resample(image, loaded.seen_valid, height, width);
}

}  // namespace ppl::apps
