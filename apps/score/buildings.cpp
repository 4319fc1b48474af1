#include "apps/score/buildings.h"

#include <algorithm>
#include <numeric>
#include <thread>

#include "apps/score/buildings_read.h"
#include "io/threads.h"
#include "kernels/base.h"

namespace ppl::score {
namespace {

double ratio(int64_t part, int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

// Too small ones stay in the list, for pictures, and take no part.
void leave_out_small(BuildingImage& image, double min_area) {
  for (Building& b : image.truth) b.counted = b.shape.area() >= min_area && !b.shape.empty();
  for (Building& b : image.proposal) b.counted = b.shape.area() > min_area;
}

std::vector<BuildingImage> pair_images(BuildingSource& truth, BuildingSource& proposal) {
  std::map<std::string, BuildingImage> images;
  for (auto& [id, buildings] : truth.images) {
    images[id].in_truth = true;
    images[id].truth = std::move(buildings);
  }
  for (auto& [id, buildings] : proposal.images) {
    images[id].in_proposal = true;
    images[id].proposal = std::move(buildings);
  }
  std::vector<BuildingImage> result;
  for (auto& [id, image] : images) {
    image.id = id;
    result.push_back(std::move(image));
  }
  return result;
}

void sum_up(BuildingsReport& report) {
  std::map<std::string, BuildingsReport::Area> areas;
  for (const BuildingImage& image : report.images) {
    const size_t end = image.id.rfind('_');
    BuildingsReport::Area& area = areas[end == std::string::npos ? "-" : image.id.substr(0, end)];
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

BuildingsReport score_buildings(const BuildingsOptions& options) {
  PPL_CHECK(have_geos(), "this build has no GEOS, so it cannot score buildings");
  BuildingSource proposal = read_buildings(options.proposal), truth = read_buildings(options.truth);
  PPL_CHECK(truth.in_pixels == proposal.in_pixels && truth.crs == proposal.crs, options.proposal, " and ",
            options.truth, ": one has pixels or another coordinate system than the other");
  BuildingsReport report;
  report.in_pixels = truth.in_pixels;
  report.repaired = std::move(truth.repaired);
  report.repaired.insert(report.repaired.end(), proposal.repaired.begin(), proposal.repaired.end());
  report.images = pair_images(truth, proposal);
  for (const BuildingImage& image : report.images) {
    if (!image.in_proposal) report.only_truth.push_back(image.id);
    if (!image.in_truth) report.only_proposal.push_back(image.id);
  }
  if (options.skip_missing) {
    std::erase_if(report.images, [](const BuildingImage& i) { return !i.in_truth || !i.in_proposal; });
  }
  PPL_CHECK(!report.images.empty(), "nothing to score: no image in ", options.truth, " and ", options.proposal);
  const double min_area = options.min_area.value_or(truth.in_pixels ? 20 : 0);
  const int threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  for_each_index(static_cast<int64_t>(report.images.size()), threads, [&](int64_t i) {
    BuildingImage& image = report.images[static_cast<size_t>(i)];
    leave_out_small(image, min_area);
    match_buildings(image, options.min_iou);
  });
  sum_up(report);
  return report;
}

}  // namespace ppl::score
