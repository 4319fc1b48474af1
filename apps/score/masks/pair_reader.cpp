#include "apps/score/masks/pair_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "io/image/codecs/codec.h"
#include "io/image/geotiff.h"
#include "io/places/mosaic.h"
#include "kernels/ignored.h"

namespace ppl::score {
namespace {

constexpr int64_t kMostPixels = int64_t{1} << 28;   // of a tile
constexpr int64_t kStripPixels = int64_t{1} << 22;  // of a scene at a time

Probabilities probabilities_in(const ProbabilityFile& file, const ImagePart& p) {
  return {p.height, p.width, file.read(p.row, p.column, p.height, p.width), file.read_validity(p)};
}

// 1 above the threshold, 255 where there is no data.
Image above(const Probabilities& p, double threshold) {
  Image image = Image::make(p.height, p.width, 1);
  const auto limit = static_cast<float>(threshold);
  for (size_t i = 0; i < p.values.size(); ++i)
    image.bytes[i] = p.valid[i] ? static_cast<uint8_t>(p.values[i] > limit) : kIgnored;
  return image;
}

}  // namespace

MaskSide::MaskSide(const std::string& scene, const MaskOptions& options, std::optional<double> threshold)
    : options_(options), threshold_(threshold) {
  if (scene.empty()) return;
  if (threshold)
    probability_ = std::make_unique<ProbabilityFile>(scene);
  else
    mask_ = std::make_unique<MaskReader>(scene, options);
}

Probabilities MaskSide::probabilities(const std::string& path, const std::optional<ImagePart>& part) const {
  if (probability_) {
    const std::lock_guard lock(mutex_);
    return probabilities_in(*probability_, *part);
  }
  const ProbabilityFile file(path);
  check_extents(file.height(), file.width(), kMostPixels, path);
  return probabilities_in(file, {0, 0, file.height(), file.width()});
}

Image MaskSide::read(const std::string& path, const std::optional<ImagePart>& part, MaskCensus& census) const {
  if (threshold_) return above(probabilities(path, part), *threshold_);
  if (mask_) {
    const std::lock_guard lock(mutex_);
    return {part->height, part->width, 1, 8, mask_->read(*part)};
  }
  MaskSummary summary;
  Image mask = read_mask(path, options_, &summary);
  census.add(path, summary);
  return mask;
}

void MaskSide::tell(const std::string& path, MaskCensus& census) const {
  if (mask_) census.add(path, mask_->summary());
}

int64_t MaskSide::count_uncovered(const std::vector<MaskPair>& pairs) const {
  const std::lock_guard lock(mutex_);
  const int64_t height = mask_ ? mask_->height() : probability_->height();
  const int64_t width = mask_ ? mask_->width() : probability_->width();
  const int64_t step = mask_ ? mask_->strip_rows(kStripPixels) : std::max<int64_t>(1, kStripPixels / width);
  int64_t count = 0;
  for (int64_t row = 0; row < height; row += step) {
    const ImagePart strip{row, 0, std::min(step, height - row), width};
    std::vector<uint8_t> open = mask_ ? mask_->read(strip) : probability_->read_validity(strip);
    for (uint8_t& pixel : open) pixel = mask_ ? pixel != kIgnored : pixel;
    for (const MaskPair& pair : pairs) {
      const ImagePart& p = *pair.part;
      const int64_t end = std::min(p.row + p.height, row + strip.height);
      for (int64_t y = std::max(p.row, row); y < end; ++y)
        std::fill_n(open.begin() + (y - row) * width + p.column, p.width, uint8_t{0});
    }
    count += std::count(open.begin(), open.end(), uint8_t{1});
  }
  return count;
}

namespace {

const std::string& scene_of(const MaskPairs& m, MaskPairs::Scene side, const std::string& path) {
  static const std::string kNone;
  return m.scene == side ? path : kNone;
}

}  // namespace

PairReader::PairReader(const MaskSources& sources, const MaskOptions& truth, const MaskOptions& prediction,
                       std::optional<double> threshold)
    : matched_(match_masks(sources)),
      truth_(scene_of(matched_, MaskPairs::Scene::truth, sources.truth), truth, {}),
      prediction_(scene_of(matched_, MaskPairs::Scene::prediction, sources.prediction), prediction, threshold) {
  if (matched_.scene == MaskPairs::Scene::none) return;
  const bool of_truth = matched_.scene == MaskPairs::Scene::truth;
  const int64_t count = (of_truth ? truth_ : prediction_).count_uncovered(matched_.pairs);
  if (count == 0) return;
  matched_.uncovered =
      fmt::format("{} pixels of {} lie in no tile of {}", count, of_truth ? sources.truth : sources.prediction,
                  of_truth ? sources.prediction : sources.truth);
}

Image PairReader::truth(const MaskPair& pair, MaskCensus& census) const {
  return truth_.read(pair.truth, pair.part, census);
}
Image PairReader::prediction(const MaskPair& pair, MaskCensus& census) const {
  return prediction_.read(pair.prediction, pair.part, census);
}
Probabilities PairReader::probabilities(const MaskPair& pair) const {
  return prediction_.probabilities(pair.prediction, pair.part);
}

void PairReader::tell_of_scene(MaskCensus& truths, MaskCensus& predictions) const {
  const MaskPair& any = matched_.pairs.front();
  truth_.tell(any.truth, truths);
  prediction_.tell(any.prediction, predictions);
}

BitImage where_equal(const Image& mask, int value) {
  std::vector<uint8_t> flags(mask.bytes.size());
  std::transform(mask.bytes.begin(), mask.bytes.end(), flags.begin(),
                 [&](uint8_t pixel) -> uint8_t { return pixel == value; });
  return BitImage::from_bytes(flags.data(), mask.height, mask.width);
}

void check_alike(const MaskPair& pair, const ImagePart& truth, const ImagePart& prediction) {
  PPL_CHECK(truth.height == prediction.height && truth.width == prediction.width, pair.prediction, ": expected ",
            truth.width, " x ", truth.height, " pixels as ", pair.truth, ", got ", prediction.width, " x ",
            prediction.height);
  if (pair.part) return;  // found by its place
  const auto t = read_georeference(pair.truth);
  const auto p = t ? read_georeference(pair.prediction) : std::nullopt;
  PPL_CHECK(!t || !p || lie_alike(*t, *p), pair.prediction, ": lies at another place on the earth than ", pair.truth,
            "; pixels are compared one by one, and `gdalwarp` brings one image onto those of another");
}

}  // namespace ppl::score
