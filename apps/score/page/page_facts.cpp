#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/score/page/page.h"
#include "io/file.h"
#include "io/image/formats.h"
#include "io/maps/ground_pixel.h"

namespace ppl::score {
namespace fs = std::filesystem;
namespace {

// Links are followed.
bool lies_in(const fs::path& folder, const fs::path& path) {
  std::error_code error;
  const fs::path within = fs::canonical(path, error).lexically_relative(fs::canonical(folder, error));
  return !error && !within.empty() && *within.begin() != "..";
}

bool is_same(const fs::path& a, const std::string& b) {
  std::error_code error;
  return !b.empty() && fs::equivalent(a, b, error);
}

// What a job of `predict` noted; an empty object where there is none, or it is damaged.
nlohmann::json noted(const std::string& folder, const char* file) {
  const std::string path = (fs::path(folder) / ".predict" / file).string();
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return nlohmann::json::object();
  nlohmann::json j = nlohmann::json::parse(read_text(path), nullptr, false);
  return j.is_object() ? j : nlohmann::json::object();
}

}  // namespace

std::string find_image(const ImageSearch& search, const std::string& id, std::vector<std::string>& notes,
                       const std::string& mask) {
  fs::path folder = search.images;
  if (folder.empty())
    folder = fs::is_directory(search.truth) ? fs::path(search.truth) : fs::path(search.truth).parent_path();
  if (folder.empty()) folder = ".";
  for (const char* suffix : {"_sat", ""}) {
    for (const std::string& extension : image_extensions()) {
      const fs::path path = folder / cat(id, suffix, extension);
      std::error_code error;
      if (!fs::exists(path, error) || is_same(path, mask)) continue;
      if (lies_in(folder, path)) return path.string();
      notes.push_back(id + ": its image is not shown, as it lies outside of " + folder.string() +
                      "; --images names the folder where images lie");
      return {};
    }
  }
  return {};
}

std::vector<std::pair<std::string, std::string>> facts_of(const std::string& truth, const std::string& prediction) {
  std::vector<std::pair<std::string, std::string>> facts{{"truth", truth}, {"prediction", prediction}};
  const nlohmann::json about = noted(prediction, "about.json"), job = noted(prediction, "job.json");
  std::string weights;
  for (const auto& name : about.value("weights", nlohmann::json::array()))
    if (name.is_string()) weights += (weights.empty() ? "" : ", ") + name.get<std::string>();
  if (!weights.empty()) facts.emplace_back("weights", weights);
  for (const char* key : {"threshold", "tta"})
    if (job.contains(key) && job[key].is_number())
      facts.emplace_back(key, fmt::format("{:.4g}", job[key].get<double>()));
  return facts;
}

std::string pixel_size(const std::vector<std::string>& images) {
  double least = INFINITY, most = 0;
  for (const std::string& path : images) {
    const auto place = path.empty() ? std::nullopt : read_georeference(path);
    const auto pixel = place ? ground_pixel(*place) : std::nullopt;
    if (!pixel) continue;
    least = std::min({least, pixel->width, pixel->height});
    most = std::max({most, pixel->width, pixel->height});
  }
  if (most == 0) return {};
  const std::string low = fmt::format("{:.3g}", least), high = fmt::format("{:.3g}", most);
  return low == high ? low + " m" : low + " to " + high + " m";
}

}  // namespace ppl::score
