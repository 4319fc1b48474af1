#include "apps/score/roads/cases.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "apps/score/roads/roads.h"
#include "io/file.h"
#include "io/json_text.h"
#include "io/tables/road_tables.h"
#include "kernels/base.h"

namespace ppl::score {
namespace {

using Json = nlohmann::json;

constexpr double kTolerance = 1e-9;

// What one case's results differ in.
struct Comparison {
  double worst = 0;
  std::string wrong;  // the first thing that does not pass

  void number(const std::string& what, double expected, double got) {
    const double difference = std::fabs(expected - got);
    worst = std::isnan(difference) ? INFINITY : std::max(worst, difference);
    require(difference <= kTolerance, fmt::format("{}: expected {}, got {}", what, expected, got));
  }
  void count(const std::string& what, const Json& expected, const std::array<int64_t, 2>& got) {
    require(expected.get<std::vector<int64_t>>() == std::vector<int64_t>(got.begin(), got.end()),
            fmt::format("{}: expected {}, got [{},{}]", what, expected.dump(), got[0], got[1]));
  }
  void require(bool passes, const std::string& otherwise) {
    if (!passes && wrong.empty()) wrong = otherwise;
  }
};

void compare_image(const std::string& id, const Json& expected, const RoadImage& got, Comparison& result) {
  result.require(expected.at("scored") == got.scored(), cat(id, ": expected scored ", expected.at("scored").dump()));
  if (!expected.at("scored")) return;
  result.number(id + " truth to prediction", expected.at("truth_to_pred"), got.apls.truth_to_prediction);
  result.number(id + " prediction to truth", expected.at("pred_to_truth"), got.apls.prediction_to_truth);
  result.number(id + " score", expected.at("score"), got.apls.score);
  result.count(id + " nodes", expected.at("nodes"), got.apls.nodes);
  result.count(id + " edges", expected.at("edges"), got.apls.edges);
  result.count(id + " control points", expected.at("control_points"), got.apls.control_points);
}

void compare(const Json& expected, const RoadsReport& got, Comparison& result) {
  std::map<std::string, const RoadImage*> images;
  for (const RoadImage& image : got.images) images[image.id] = &image;
  result.require(images.size() == expected.at("images").size(),
                 cat("expected ", expected.at("images").size(), " images, got ", images.size()));
  for (const auto& [id, image] : expected.at("images").items()) {
    const auto found = images.find(id);
    result.require(found != images.end(), cat(id, ": expected, but not there"));
    if (found != images.end()) compare_image(id, image, *found->second, result);
  }
  std::map<std::string, double> cities;
  for (const RoadCity& city : got.cities) cities[city.name] = city.score;
  result.require(cities.size() == expected.at("cities").size(),
                 cat("expected ", expected.at("cities").size(), " cities, got ", cities.size()));
  for (const auto& [name, score] : expected.at("cities").items()) {
    result.number(name, score, cities.contains(name) ? cities[name] : NAN);
  }
  result.number("overall", expected.at("overall"), got.overall);
}

RoadsReport score_case(const std::filesystem::path& folder, const Json& expected, const RoadsOptions& options) {
  const auto open = [&](const char* side) {
    return open_road_tables({(folder / expected.at(side)).string()}, RoadReading::reference);
  };
  const auto prediction = open("pred"), truth = open("truth");
  return score_roads(*truth, *prediction, options);
}

// How long the reference took on the machine that wrote the list.
std::string reference_time(const Json& expected) {
  double seconds = 0;
  const Json images = expected.value("images", Json::object());
  for (const Json& image : images) {
    const auto known = image.find("seconds_java");
    if (known != image.end() && known->is_number()) seconds += known->get<double>();
  }
  return seconds > 0 ? fmt::format(" (reference {:.0f} ms)", 1000 * seconds) : "";
}

std::string run_case(const std::filesystem::path& folder, const Json& expected, const RoadsOptions& options,
                     CasesResult& total) {
  Comparison result;
  std::string outcome;
  try {
    const auto start = std::chrono::steady_clock::now();
    const RoadsReport report = score_case(folder, expected, options);
    const std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - start;
    if (expected.contains("error")) {
      result.require(false, "expected to be refused, but was scored");
    } else {
      compare(expected, report, result);
    }
    outcome = fmt::format("{:9.2e}  {:9.2f} ms{}", result.worst, spent.count(), reference_time(expected));
  } catch (const Error& error) {
    result.require(expected.contains("error"), cat("refused: ", error.what()));
    outcome = expected.contains("error") ? cat("refused: ", error.what()) : "";
  }
  total.worst = std::max(total.worst, result.worst);
  total.failed += !result.wrong.empty();
  return result.wrong.empty() ? cat("passed  ", outcome) : cat("FAILED  ", outcome, "  ", result.wrong);
}

}  // namespace

CasesResult run_cases(const std::string& path, AplsMethod method, int threads) {
  CasesResult result;
  RoadsOptions options;
  options.method = method;
  options.pixel = AplsParameters{}.pixel;
  options.cities = Cities::from_ids;
  options.threads = threads;
  try {
    for (const Json& expected : Json::parse(read_text(path))) {
      const std::string name = expected.at("case");
      ++result.cases;
      if (expected.value("ambiguous", false)) {
        ++result.skipped;
        result.text += fmt::format("{:<24} skipped (ambiguous)\n", name);
        continue;
      }
      const std::filesystem::path folder = std::filesystem::path(path).parent_path();
      result.text += fmt::format("{:<24} {}\n", name, run_case(folder, expected, options, result));
    }
  } catch (const Json::exception& error) {
    throw Error(cat(path, ": not a list of cases: ", json_problem(error)));
  }
  PPL_CHECK(result.cases > 0, path, ": expected a list of cases, got none");
  result.text += fmt::format("{} cases, {} failed, {} skipped, worst difference {:.2e}\n", result.cases, result.failed,
                             result.skipped, result.worst);
  return result;
}

}  // namespace ppl::score
