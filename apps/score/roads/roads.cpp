#include "apps/score/roads/roads.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>

#include "apps/common/log.h"
#include "apps/score/apls/check.h"
#include "apps/score/apls/cosmiq.h"
#include "apps/score/graphs/graph_roads.h"
#include "apps/score/graphs/sat2graph_topo.h"
#include "apps/score/roads/junctions.h"
#include "io/file.h"
#include "io/threads.h"
#include "kernels/base.h"

namespace ppl::score {
namespace {

// The images of both sources, by id.
std::vector<RoadImage> match(const RoadSource& truth, const RoadSource& prediction) {
  std::vector<RoadImage> images;
  const auto add = [&](std::string_view id, std::optional<size_t> t, std::optional<size_t> p) {
    RoadImage& image = images.emplace_back();
    image.id = id;
    image.truth = t, image.prediction = p;
  };
  if (truth.size() == 1 && prediction.size() == 1 && (truth.is_unnamed() || prediction.is_unnamed())) {
    add(truth.is_unnamed() ? prediction.id(0) : truth.id(0), 0, 0);
    return images;
  }
  for (size_t t = 0, p = 0; t < truth.size() || p < prediction.size();) {
    const bool truth_first = p == prediction.size() || (t < truth.size() && utf16_less(truth.id(t), prediction.id(p)));
    const bool prediction_first =
        t == truth.size() || (p < prediction.size() && utf16_less(prediction.id(p), truth.id(t)));
    if (truth_first) {
      add(truth.id(t), t, {}), ++t;
    } else if (prediction_first) {
      add(prediction.id(p), {}, p), ++p;
    } else {
      add(truth.id(t), t, p), ++t, ++p;
    }
  }
  return images;
}

// Bad rows of one source, gathered from several threads.
class BadRows {
 public:
  explicit BadRows(const RoadSource& source) : source_(source), rows_(source.stray_rows()) {}

  void add(std::vector<BadRow> rows) {
    std::lock_guard lock(mutex_);
    std::move(rows.begin(), rows.end(), std::back_inserter(rows_));
  }
  bool any() {
    std::lock_guard lock(mutex_);
    return !rows_.empty();
  }
  // In the order of the files.
  std::vector<std::string> messages() {
    std::stable_sort(rows_.begin(), rows_.end(), [](const BadRow& a, const BadRow& b) { return a.place < b.place; });
    std::vector<std::string> result;
    for (const BadRow& row : rows_) result.push_back(cat(source_.describe(row.place), ": ", row.reason));
    return result;
  }

 private:
  const RoadSource& source_;
  std::vector<BadRow> rows_;
  std::mutex mutex_;
};

std::vector<RoadLine> read_lines(const RoadSource& source, const std::optional<size_t>& image, RoadMetric metric,
                                 BadRows& bad) {
  if (!image) return {};
  ImageRoads roads = source.read(*image);
  set_bad_rows_aside(roads, metric == RoadMetric::cosmiq);
  bad.add(std::move(roads.bad));
  return std::move(roads.lines);
}

LatLonGraph read_graph(const RoadSource& source, const std::optional<size_t>& image, double pixel, BadRows& bad) {
  if (!image) return {};
  if (const auto* graphs = dynamic_cast<const GraphRoads*>(&source)) return graphs->graph(*image);
  return graph_of_lines(read_lines(source, image, RoadMetric::sat2graph, bad), pixel);
}

// AOI_2_Vegas of AOI_2_Vegas_img1; underscores at the end begin no part.
std::string city_of(std::string_view id) {
  std::string_view rest = id;
  while (rest.ends_with('_')) rest.remove_suffix(1);
  size_t end = 0;
  for (int part = 0; part < 3; ++part) {
    PPL_CHECK(
        end != std::string_view::npos, "image '", id,
        "': expected an id like AOI_2_Vegas_img1, whose first three parts name its city (--cities one takes any)");
    end = rest.find('_', part == 0 ? 0 : end + 1);
  }
  return std::string(rest.substr(0, end));
}

// Whether ids name cities. Error where some are SpaceNet's and others not.
bool names_cities(const std::vector<RoadImage>& images, Cities cities) {
  if (cities != Cities::automatic) return cities == Cities::from_ids;
  const auto named = [](const RoadImage& image) { return is_spacenet_id(image.id); };
  const auto first = std::find_if(images.begin(), images.end(), named);
  const auto other = std::find_if_not(images.begin(), images.end(), named);
  PPL_CHECK(first == images.end() || other == images.end(), "images '", first->id, "' and '", other->id,
            "': one names its city as SpaceNet does, the other names none (--cities one takes any)");
  return first != images.end();
}

// The scale of each image that counts, and of all in words.
void find_scales(RoadsReport& report, const RoadSource& truth, const RoadSource& prediction,
                 const RoadsOptions& options) {
  Scales scales(options.pixel, options.images);
  const RoadImage *smallest = nullptr, *largest = nullptr;
  for (RoadImage& image : report.images) {
    if (!image.scored() && options.missing == Missing::skip) continue;
    image.scale = scales.of(image.id, image.truth ? truth.place(*image.truth) : std::nullopt,
                            image.prediction ? prediction.place(*image.prediction) : std::nullopt);
    if (!smallest || image.scale.metres < smallest->scale.metres) smallest = &image;
    if (!largest || image.scale.metres > largest->scale.metres) largest = &image;
  }
  if (!smallest) return;
  report.scale = to_text(smallest->scale);
  if (largest->scale.metres > smallest->scale.metres) report.scale += " to " + to_text(largest->scale);
}

// Counts are added; where there are none, precision and recall are means over the images that have any, as SAM-Road
// takes them.
TopoFigures topo_of_all(const RoadsReport& report, bool missing_too) {
  if (report.metric != RoadMetric::sat2graph) {
    Confusion sum;
    for (const RoadImage& image : report.images) {
      if (image.topo.counts && (image.scored() || missing_too)) sum.add(*image.topo.counts);
    }
    return TopoFigures::of(sum);
  }
  TopoFigures mean;
  double images = 0;
  for (const RoadImage& image : report.images) {
    if (image.topo.precision + image.topo.recall == 0) continue;
    mean.precision += image.topo.precision, mean.recall += image.topo.recall, ++images;
  }
  if (images > 0) mean.precision /= images, mean.recall /= images;
  mean.f1 = harmonic_mean(mean.precision, mean.recall);
  return mean;
}

void summarize(RoadsReport& report, const RoadsOptions& options) {
  const bool by_city = names_cities(report.images, options.cities);
  std::map<std::string, RoadCity> cities;
  double images = 0, metres = 0;
  for (const RoadImage& image : report.images) {
    RoadCity& city = cities[by_city ? city_of(image.id) : "all"];
    if (!image.counts(options.missing == Missing::zero)) continue;
    city.score += image.apls.score;
    ++city.images;
    ++images;
    report.image_mean += image.apls.score;
    report.by_length += image.apls.score_by_length;
    report.road_weighted += image.apls.score * image.apls.length[0];
    metres += image.apls.length[0];
  }
  for (auto& [name, city] : cities) {
    city.name = name;
    if (city.images > 0) city.score /= static_cast<double>(city.images);
    report.overall += city.score;
    report.cities.push_back(city);
  }
  if (!cities.empty()) report.overall /= static_cast<double>(cities.size());
  if (images > 0) report.image_mean /= images, report.by_length /= images;
  if (metres > 0) report.road_weighted /= metres;
  if (options.junctions) report.junctions.emplace();
  for (const RoadImage& image : report.images) {
    if (report.junctions && (image.scored() || options.missing == Missing::zero))
      report.junctions->add(image.junctions);
  }
  if (options.topo) report.topo = topo_of_all(report, options.missing == Missing::zero);
}

void refuse(const std::vector<std::string>& bad) {
  if (bad.empty()) return;
  throw Error(cat(bad.front(), bad.size() > 1 ? cat(" (and ", bad.size() - 1, " more bad rows)") : "",
                  "; nothing is scored (--lenient leaves bad rows out)"));
}

void score_lines(const std::vector<RoadLine>& truth, const std::vector<RoadLine>& prediction,
                 const RoadsOptions& options, int threads, RoadImage& image) {
  AplsParameters parameters = options.apls;
  parameters.pixel = image.scale.metres;
  const bool cosmiq = options.metric == RoadMetric::cosmiq;
  image.apls = cosmiq ? score_image_cosmiq(truth, prediction, parameters, threads)
                      : score_image(truth, prediction, parameters, options.method, threads);
  // Also where both sides would be empty.
  if (!image.scored()) image.apls.score = image.apls.score_by_length = 0;
  if (options.junctions) {
    image.junctions = junction_counts(junctions_of(truth, parameters.pixel), junctions_of(prediction, parameters.pixel),
                                      *options.junctions);
  }
  if (!options.topo) return;
  const auto [there, found] =
      cosmiq ? cosmiq_graphs(truth, prediction, parameters) : std::array{build_graph(truth), build_graph(prediction)};
  image.topo = TopoFigures::of(topo(there, found, parameters.pixel, *options.topo));
}

// An image on one side only has nothing on the other.
void score_graphs(const LatLonGraph& truth, const LatLonGraph& prediction, const RoadsOptions& options,
                  RoadImage& image) {
  const std::optional<ImageApls> apls =
      naming_file(image.id, [&] { return score_sat2graph(truth, prediction, options.tiles); });
  image.has_apls = apls.has_value();
  if (apls) image.apls = *apls;
  if (!options.topo || !image.scored()) return;
  const std::optional<MarbleRates> topo = sat2graph_topo(truth, prediction, options.tiles);
  image.has_topo = topo.has_value();
  if (topo) image.topo = {topo->precision, topo->recall, harmonic_mean(topo->precision, topo->recall), {}};
}

}  // namespace

RoadsReport score_roads(const RoadSource& truth, const RoadSource& prediction, const RoadsOptions& options) {
  RoadsReport report;
  report.metric = options.metric;
  report.images = match(truth, prediction);
  find_scales(report, truth, prediction, options);
  const auto count = static_cast<int64_t>(report.images.size());
  BadRows bad_truth(truth), bad_prediction(prediction);
  const int inner_threads = std::max(1, static_cast<int>(options.threads / std::max<int64_t>(count, 1)));
  apps::Progress progress("score: images", count);
  for_each_index(count, options.threads, [&](int64_t i) {
    RoadImage& image = report.images[static_cast<size_t>(i)];
    const bool counts = image.scored() || options.missing == Missing::zero;
    if (options.metric == RoadMetric::sat2graph) {
      const double pixel = image.scale.metres;
      const LatLonGraph found = read_graph(prediction, image.prediction, pixel, bad_prediction),
                        there = read_graph(truth, image.truth, pixel, bad_truth);
      const bool refused = !options.lenient && (bad_prediction.any() || bad_truth.any());
      if (!refused && counts) score_graphs(there, found, options, image);
      if (counts && options.junctions) {
        image.junctions = junction_counts(junctions_of(there), junctions_of(found), *options.junctions);
      }
      return progress.advance();
    }
    const std::vector<RoadLine> predicted = read_lines(prediction, image.prediction, options.metric, bad_prediction);
    const std::vector<RoadLine> drawn = read_lines(truth, image.truth, options.metric, bad_truth);
    // After a bad row the others are still looked at, so that the same one is named each time.
    const bool refused = !options.lenient && (bad_prediction.any() || bad_truth.any());
    if (!refused && counts) score_lines(drawn, predicted, options, inner_threads, image);
    progress.advance();
  });
  report.bad_rows = bad_prediction.messages();
  const std::vector<std::string> in_truth = bad_truth.messages();
  report.bad_rows.insert(report.bad_rows.end(), in_truth.begin(), in_truth.end());
  if (!options.lenient) refuse(report.bad_rows);
  summarize(report, options);
  return report;
}

}  // namespace ppl::score
