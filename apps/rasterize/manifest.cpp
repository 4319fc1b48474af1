#include "apps/rasterize/manifest.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "io/file.h"

namespace ppl::rasterize {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

// File names and tags need not be UTF-8.
std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json describe(const SourceReport& source) {
  Json json = {{"path", source.path}, {"features", source.features}};
  if (!source.date.empty()) json["date"] = source.date;
  if (!source.osm) return json;
  json["nodes"] = source.nodes;
  json["ways"] = source.ways;
  json["missing_nodes"] = source.missing_nodes;
  json["cut_ways"] = source.cut_ways;
  json["incomplete_areas"] = source.incomplete_areas;
  json["broken_areas"] = source.broken_areas;
  return json;
}

}  // namespace

std::string to_line(const TileRecord& r) {
  const auto pixels = static_cast<double>(r.height * r.width);
  Json json = {{"id", r.id}};
  json["mask"] = r.mask.empty() ? Json() : Json(r.mask);
  json["width"] = r.width;
  json["height"] = r.height;
  json["foreground"] = static_cast<double>(r.foreground) / pixels;
  if (r.no_data > 0) json["no_data"] = static_cast<double>(r.no_data) / pixels;
  json["features"] = r.features;
  json["by_class"] = Json::object();
  for (const auto& [name, count] : r.by_class) json["by_class"][name] = count;
  return text_of(json);
}

Manifest::Manifest(std::string folder, std::string settings, const std::vector<SourceReport>& sources)
    : folder_(std::move(folder)), settings_(std::move(settings)) {
  Json head = {{"manifest", "rasterize"}, {"version", 1}};
  bool osm = false;
  Json list = Json::array();
  for (const SourceReport& source : sources) {
    osm |= source.osm;
    list.push_back(describe(source));
  }
  if (osm) head["attribution"] = "© OpenStreetMap contributors, ODbL 1.0, https://www.openstreetmap.org/copyright";
  head["sources"] = list;
  head["settings"] = Json::parse(settings_);
  head_ = text_of(head);
}

Manifest::~Manifest() {
  if (partial_ != nullptr) std::fclose(partial_);
}

void Manifest::read_lines(const std::string& path) {
  std::istringstream text(read_text(path, uint64_t{8} << 30));
  for (std::string line; std::getline(text, line);) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) continue;
    if (json.contains("settings")) {
      PPL_CHECK(json["settings"] == Json::parse(settings_), path,
                ": was made with other settings; use --existing overwrite or another folder");
    } else if (json.contains("id") && json["id"].is_string()) {
      lines_[json["id"].get<std::string>()] = line;
    }
  }
}

void Manifest::resume() {
  for (const std::string& name : {path(), path() + ".partial"}) {
    if (fs::exists(name)) read_lines(name);
  }
}

void Manifest::start() {
  const std::string name = path() + ".partial";
  partial_ = std::fopen(name.c_str(), "w");
  PPL_CHECK(partial_ != nullptr, name, ": cannot be written: ", std::strerror(errno));
  std::fprintf(partial_, "%s\n", head_.c_str());
  for (const auto& [id, line] : lines_) std::fprintf(partial_, "%s\n", line.c_str());
  PPL_CHECK(std::fflush(partial_) == 0, name, ": cannot be written: ", std::strerror(errno));
}

const std::string* Manifest::line_of(const std::string& id) const {
  const auto known = lines_.find(id);
  return known == lines_.end() ? nullptr : &known->second;
}

void Manifest::add(const TileRecord& record) {
  const std::string line = to_line(record);
  const std::lock_guard lock(mutex_);
  lines_[record.id] = line;
  // Flushed, so that a killed run leaves the lines of all its masks.
  PPL_CHECK(std::fprintf(partial_, "%s\n", line.c_str()) > 0 && std::fflush(partial_) == 0, path(),
            ".partial: cannot be written: ", std::strerror(errno));
}

void Manifest::finish(const std::vector<std::string>& ids) {
  std::string text = head_ + "\n";
  for (const std::string& id : ids) {
    if (const std::string* line = line_of(id)) text += *line + "\n";
  }
  write_file(path(), text.data(), text.size(), FileWriter::Durable::later);
  std::fclose(partial_);
  partial_ = nullptr;
  fs::remove(path() + ".partial");
}

}  // namespace ppl::rasterize
