#include "apps/score/buildings/buildings.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <limits>
#include <map>
#include <mutex>
#include <numeric>

#include "apps/score/buildings/buildings_read.h"
#include "apps/score/buildings/outlines.h"
#include "io/tables/image_id.h"
#include "io/threads.h"
#include "kernels/base.h"

namespace ppl::score {
namespace {

// Too small ones stay in the list, for images, and take no part.
void leave_out_small(BuildingImage& image, double min_area) {
  for (Building& b : image.truth) b.counted = b.shape.area() >= min_area && !b.shape.empty();
  for (Building& b : image.prediction) b.counted = b.shape.area() > min_area;
}

std::vector<BuildingPairs::Pair> pair_images(const BuildingSource& truth, const BuildingSource& prediction,
                                             bool skip_missing) {
  if (truth.size() == 1 && prediction.size() == 1 && (truth.is_unnamed() || prediction.is_unnamed())) {
    return {{truth.is_unnamed() ? prediction.id(0) : truth.id(0), 0, 0}};
  }
  std::vector<BuildingPairs::Pair> pairs;
  for (size_t t = 0, p = 0; t < truth.size() || p < prediction.size();) {
    const bool truth_first = p == prediction.size() || (t < truth.size() && utf16_less(truth.id(t), prediction.id(p)));
    const bool prediction_first =
        t == truth.size() || (p < prediction.size() && utf16_less(prediction.id(p), truth.id(t)));
    BuildingPairs::Pair pair{prediction_first ? prediction.id(p) : truth.id(t), {}, {}};
    if (!prediction_first) pair.truth = t++;
    if (!truth_first) pair.prediction = p++;
    if ((pair.truth && pair.prediction) || !skip_missing) pairs.push_back(pair);
  }
  return pairs;
}

int64_t count_small(const std::vector<Building>& buildings) {
  return std::count_if(buildings.begin(), buildings.end(), [](const Building& b) { return !b.counted; });
}

BuildingScore summary_of(const BuildingPairs::Pair& pair, const BuildingImage& image, bool keep_buildings) {
  BuildingScore score{pair, image.counts, count_small(image.truth), count_small(image.prediction), {}};
  if (!keep_buildings) return score;
  for (const Building& b : image.truth) score.buildings.push_back({b.id, b.iou, b.matched});
  return score;
}

// Of errors in several images the first image's counts, whichever thread comes first.
class FirstError {
 public:
  bool before(size_t image) const { return image_ < image; }
  void add(size_t image, const Error& error) {
    std::lock_guard lock(mutex_);
    if (image < image_) image_ = image, message_ = error.what();
  }
  void rethrow() const {
    if (!message_.empty()) throw Error(message_);
  }

 private:
  std::mutex mutex_;
  std::atomic<size_t> image_ = std::numeric_limits<size_t>::max();
  std::string message_;
};

void sum_up(BuildingsReport& report) {
  std::map<std::string, BuildingsReport::Area> areas;
  for (const BuildingScore& image : report.images) {
    const std::string& id = image.pair.id;
    if (!image.pair.prediction) report.only_truth.push_back(id);
    if (!image.pair.truth) report.only_prediction.push_back(id);
    const size_t end = id.rfind('_');
    BuildingsReport::Area& area = areas[end == std::string::npos ? "-" : id.substr(0, end)];
    ++area.images;
    area.counts.add(image.counts);
    report.total.add(image.counts);
    report.small_truth += image.small_truth;
    report.small_prediction += image.small_prediction;
  }
  for (auto& [name, area] : areas) {
    area.name = name;
    report.areas.push_back(area);
  }
}

}  // namespace

std::vector<Shape> counted_shapes(const std::vector<Building>& buildings) {
  std::vector<Shape> shapes;
  for (const Building& b : buildings) shapes.push_back(b.counted ? b.shape : Shape());
  return shapes;
}

std::vector<size_t> surest_first(const std::vector<Building>& predictions) {
  std::vector<size_t> order(predictions.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return predictions[a].confidence > predictions[b].confidence; });
  return order;
}

void match_buildings(BuildingImage& image, double min_iou) {
  const ShapeIndex index(counted_shapes(image.truth));
  image.counts = {};
  for (const size_t number : surest_first(image.prediction)) {
    Building& prediction = image.prediction[number];
    if (!prediction.counted) continue;
    Building* best = nullptr;
    double best_iou = 0;
    for (const size_t i : index.find(prediction.shape)) {
      if (image.truth[i].matched) continue;
      const double iou = shape_iou(prediction.shape, image.truth[i].shape);
      if (iou > best_iou) best = &image.truth[i], best_iou = iou;
    }
    if (best) best->iou = std::max(best->iou, best_iou);
    prediction.matched = best_iou > min_iou;
    if (prediction.matched) {
      best->matched = true;
      prediction.iou = best_iou;
      prediction.partner = static_cast<size_t>(best - image.truth.data());
    }
    ++(prediction.matched ? image.counts.true_positive : image.counts.false_positive);
  }
  for (const Building& b : image.truth) image.counts.false_negative += b.counted && !b.matched;
}

BuildingPairs::BuildingPairs(const BuildingsOptions& options) : options_(options) {
  PPL_CHECK(have_geos(), "this build has no GEOS, so it cannot score buildings");
  prediction_ = open_buildings(options.prediction, {options.pixels, true});
  truth_ = open_buildings(options.truth, {options.pixels, false});
  meet_in_one_system();
  pairs_ = pair_images(*truth_, *prediction_, options.skip_missing);
  for (const auto& [source, path] : {std::pair{truth_.get(), options.truth}, {prediction_.get(), options.prediction}}) {
    PPL_CHECK(source->size() > 0, path, ": nothing to score: no image in it");
  }
  const bool meet = std::any_of(pairs_.begin(), pairs_.end(), [](const Pair& p) { return p.truth && p.prediction; });
  PPL_CHECK(meet, "nothing to score: no image is in both ", options.truth, " (", such_as(truth_->size(), truth_->id(0)),
            ") and ", options.prediction, " (", such_as(prediction_->size(), prediction_->id(0)),
            "); ids must be the same, or both one layer without ids");
}

void BuildingPairs::meet_in_one_system() {
  const auto kind = [](const BuildingSource& source) {
    return source.in_pixels() ? "pixels" : source.crs().empty() ? "no coordinate system" : "coordinates on the earth";
  };
  const bool alike =
      truth_->in_pixels() == prediction_->in_pixels() && truth_->crs().empty() == prediction_->crs().empty();
  PPL_CHECK(alike, options_.truth, " has ", kind(*truth_), ", ", options_.prediction, " has ", kind(*prediction_),
            "; --pixels takes layers as pixels");
  if (truth_->crs() == prediction_->crs()) return;
  prediction_->project_to(truth_->crs());
}

BuildingPairs::~BuildingPairs() = default;

bool BuildingPairs::in_pixels() const { return truth_->in_pixels(); }

const std::string& BuildingPairs::crs() const { return truth_->crs(); }

BuildingImage BuildingPairs::match(const Pair& pair) const {
  BuildingImage image;
  if (pair.truth) image.truth = truth_->read(*pair.truth, image.repaired);
  if (pair.prediction) image.prediction = prediction_->read(*pair.prediction, image.repaired);
  leave_out_small(image, options_.min_area.value_or(in_pixels() ? 20 : 0));
  match_buildings(image, options_.min_iou);
  return image;
}

BuildingsReport score_buildings(const BuildingPairs& pairs) {
  const BuildingsOptions& options = pairs.options();
  const size_t count = pairs.pairs().size();
  PPL_CHECK(count > 0, "nothing to score: no image in ", options.truth, " and ", options.prediction);
  BuildingsReport report;
  report.images.resize(count);
  std::vector<std::vector<std::string>> repaired(count);
  std::vector<OutlineScore> outlines(options.outlines ? count : 0);
  const OutlineRules rules = options.outlines ? outline_rules(pairs) : OutlineRules();
  FirstError first_error;
  const int threads = available_threads();
  for_each_index(static_cast<int64_t>(count), threads, [&](int64_t i) {
    const auto n = static_cast<size_t>(i);
    if (first_error.before(n)) return;
    try {
      BuildingImage image = pairs.match(pairs.pairs()[n]);
      report.images[n] = summary_of(pairs.pairs()[n], image, options.keep_buildings);
      if (options.outlines) outlines[n] = score_outlines(image, rules);
      repaired[n] = std::move(image.repaired);
    } catch (const Error& error) {
      first_error.add(n, error);
    }
  });
  first_error.rethrow();
  for (auto& reasons : repaired) std::move(reasons.begin(), reasons.end(), std::back_inserter(report.repaired));
  sum_up(report);
  if (options.outlines) report.outlines = std::make_shared<OutlineReport>(sum_outlines(outlines, rules));
  const int64_t small = report.small_truth + report.small_prediction;
  PPL_CHECK(small == 0 || !report.total.nothing(), "nothing to score: all ", small, " buildings of ", options.truth,
            " and ", options.prediction, " are smaller than ", options.min_area.value_or(20),
            "; coordinates in degrees, or --min-area");
  return report;
}

}  // namespace ppl::score
