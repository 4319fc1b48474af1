#include "apps/score/buildings/buildings.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <limits>
#include <map>
#include <mutex>
#include <numeric>

#include "apps/score/buildings/buildings_read.h"
#include "io/threads.h"
#include "kernels/base.h"

namespace ppl::score {
namespace {

double ratio(int64_t part, int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

// Too small ones stay in the list, for images, and take no part.
void leave_out_small(BuildingImage& image, double min_area) {
  for (Building& b : image.truth) b.counted = b.shape.area() >= min_area && !b.shape.empty();
  for (Building& b : image.proposal) b.counted = b.shape.area() > min_area;
}

std::vector<BuildingPairs::Pair> pair_images(const BuildingSource& truth, const BuildingSource& proposal,
                                             bool skip_missing) {
  std::vector<BuildingPairs::Pair> pairs;
  for (size_t t = 0, p = 0; t < truth.size() || p < proposal.size();) {
    const int order = t == truth.size() ? 1 : p == proposal.size() ? -1 : truth.id(t).compare(proposal.id(p));
    BuildingPairs::Pair pair{order <= 0 ? truth.id(t) : proposal.id(p), {}, {}};
    if (order <= 0) pair.truth = t++;
    if (order >= 0) pair.proposal = p++;
    if (order == 0 || !skip_missing) pairs.push_back(pair);
  }
  return pairs;
}

BuildingScore summary_of(const BuildingPairs::Pair& pair, const BuildingImage& image, bool keep_buildings) {
  BuildingScore score{pair, image.counts, {}};
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
    if (!image.pair.proposal) report.only_truth.push_back(id);
    if (!image.pair.truth) report.only_proposal.push_back(id);
    const size_t end = id.rfind('_');
    BuildingsReport::Area& area = areas[end == std::string::npos ? "-" : id.substr(0, end)];
    ++area.images;
    area.counts.add(image.counts);
    report.total.add(image.counts);
  }
  for (auto& [name, area] : areas) {
    area.name = name;
    report.areas.push_back(area);
  }
}

}  // namespace

void BuildingCounts::add(const BuildingCounts& o) {
  true_positive += o.true_positive;
  false_positive += o.false_positive;
  false_negative += o.false_negative;
}
double BuildingCounts::precision() const { return ratio(true_positive, true_positive + false_positive); }
double BuildingCounts::recall() const { return ratio(true_positive, true_positive + false_negative); }
double BuildingCounts::f1() const {
  const double p = precision(), r = recall();
  return p * r > 0 ? 2 * p * r / (p + r) : 0;
}

void match_buildings(BuildingImage& image, double min_iou) {
  std::vector<Shape> shapes;
  for (const Building& b : image.truth) shapes.push_back(b.counted ? b.shape : Shape());
  const ShapeIndex index(shapes);
  std::vector<size_t> order(image.proposal.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return image.proposal[a].confidence > image.proposal[b].confidence; });
  image.counts = {};
  for (const size_t number : order) {
    Building& proposal = image.proposal[number];
    if (!proposal.counted) continue;
    Building* best = nullptr;
    double best_iou = 0;
    for (const size_t i : index.find(proposal.shape)) {
      if (image.truth[i].matched) continue;
      const double iou = shape_iou(proposal.shape, image.truth[i].shape);
      if (iou > best_iou) best = &image.truth[i], best_iou = iou;
    }
    if (best) best->iou = std::max(best->iou, best_iou);
    proposal.matched = best_iou > min_iou;
    if (proposal.matched) {
      best->matched = true;
      proposal.iou = best_iou;
    }
    ++(proposal.matched ? image.counts.true_positive : image.counts.false_positive);
  }
  for (const Building& b : image.truth) image.counts.false_negative += b.counted && !b.matched;
}

BuildingPairs::BuildingPairs(const BuildingsOptions& options) : options_(options) {
  PPL_CHECK(have_geos(), "this build has no GEOS, so it cannot score buildings");
  proposal_ = open_buildings(options.proposal);
  truth_ = open_buildings(options.truth);
  PPL_CHECK(truth_->in_pixels() == proposal_->in_pixels() && truth_->crs() == proposal_->crs(), options.proposal,
            " and ", options.truth, ": one has pixels or another coordinate system than the other");
  pairs_ = pair_images(*truth_, *proposal_, options.skip_missing);
}

BuildingPairs::~BuildingPairs() = default;

bool BuildingPairs::in_pixels() const { return truth_->in_pixels(); }

BuildingImage BuildingPairs::match(const Pair& pair) const {
  BuildingImage image;
  if (pair.truth) image.truth = truth_->read(*pair.truth, image.repaired);
  if (pair.proposal) image.proposal = proposal_->read(*pair.proposal, image.repaired);
  leave_out_small(image, options_.min_area.value_or(in_pixels() ? 20 : 0));
  match_buildings(image, options_.min_iou);
  return image;
}

BuildingsReport score_buildings(const BuildingPairs& pairs) {
  const BuildingsOptions& options = pairs.options();
  const size_t count = pairs.pairs().size();
  PPL_CHECK(count > 0, "nothing to score: no image in ", options.truth, " and ", options.proposal);
  BuildingsReport report;
  report.images.resize(count);
  std::vector<std::vector<std::string>> repaired(count);
  FirstError first_error;
  const int threads = hardware_threads();
  for_each_index(static_cast<int64_t>(count), threads, [&](int64_t i) {
    const auto n = static_cast<size_t>(i);
    if (first_error.before(n)) return;
    try {
      BuildingImage image = pairs.match(pairs.pairs()[n]);
      report.images[n] = summary_of(pairs.pairs()[n], image, options.keep_buildings);
      repaired[n] = std::move(image.repaired);
    } catch (const Error& error) {
      first_error.add(n, error);
    }
  });
  first_error.rethrow();
  for (auto& reasons : repaired) std::move(reasons.begin(), reasons.end(), std::back_inserter(report.repaired));
  sum_up(report);
  return report;
}

}  // namespace ppl::score
