#include "apps/rasterize/manifest.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "apps/rasterize/identity.h"
#include "io/file.h"

namespace ppl::rasterize {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kLargest = uint64_t{8} << 30;

// File names and tags need not be UTF-8.
std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json describe(const SourceReport& source) {
  Json json = {{"path", source.path}, {"features", source.features}};
  if (!source.date.empty()) json["date"] = source.date;
  if (!source.osm) {
    int64_t others = 0;
    for (const auto& [kind, count] : source.other) others += count;
    json["left_out"] = {{"classless", source.classless},
                        {"hidden", source.hidden},
                        {"shapeless", source.shapeless},
                        {"class_not_drawn", others}};
    return json;
  }
  json["nodes"] = source.nodes;
  json["ways"] = source.ways;
  json["missing_nodes"] = source.missing_nodes;
  json["cut_ways"] = source.cut_ways;
  json["incomplete_areas"] = source.incomplete_areas;
  json["broken_areas"] = source.broken_areas;
  return json;
}

// The first line of a manifest; an empty object where there is none, or a link.
Json read_head(const std::string& path) {
  if (!fs::is_regular_file(fs::symlink_status(path))) return Json::object();
  std::ifstream text(path);
  std::string line;
  std::getline(text, line);
  const Json head = Json::parse(line, nullptr, false);
  return head.is_object() ? head : Json::object();
}

}  // namespace

std::string to_line(const TileRecord& r) {
  const auto pixels = static_cast<double>(r.height * r.width);
  Json json = {{"id", r.id}};
  json["mask"] = r.mask.empty() ? Json() : Json(r.mask);
  if (!r.others.empty()) json["files"] = r.others;
  json["of"] = r.of;
  json["bytes"] = r.bytes;
  json["width"] = r.width;
  json["height"] = r.height;
  json["foreground"] = static_cast<double>(r.foreground) / pixels;
  if (r.no_data > 0) json["no_data"] = static_cast<double>(r.no_data) / pixels;
  json["features"] = r.features;
  json["by_class"] = Json::object();
  for (const auto& [name, count] : r.by_class) json["by_class"][name] = count;
  return text_of(json);
}

Manifest::Manifest(std::string folder, std::string settings, std::string inputs,
                   const std::vector<SourceReport>& sources)
    : folder_(std::move(folder)), settings_(std::move(settings)), inputs_(std::move(inputs)) {
  Json head = {{"manifest", "rasterize"}, {"version", 2}};
  bool osm = false;
  Json list = Json::array();
  for (const SourceReport& source : sources) {
    osm |= source.osm;
    list.push_back(describe(source));
  }
  if (osm) head["attribution"] = "© OpenStreetMap contributors, ODbL 1.0, https://www.openstreetmap.org/copyright";
  head["sources"] = list;
  head["inputs"] = Json::parse(inputs_);
  head["settings"] = Json::parse(settings_);
  head_ = text_of(head);
}

Manifest::~Manifest() {
  if (partial_ != nullptr) std::fclose(partial_);
}

std::string Manifest::job_hash() const { return hash_of(settings_ + inputs_); }

bool Manifest::is_ours() const { return read_head(path()).value("manifest", Json()) == "rasterize"; }

bool Manifest::is_unfinished() const {
  const Json head = read_head(path() + ".partial");
  return head.contains("settings") && head["settings"] == Json::parse(settings_) && head.contains("inputs") &&
         head["inputs"] == Json::parse(inputs_);
}

void Manifest::read_lines(const std::string& path) {
  std::istringstream text(read_text(path, kLargest));
  for (std::string line; std::getline(text, line);) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) continue;
    if (json.contains("settings")) {
      const char* way_out = "; use --existing overwrite or another folder";
      PPL_CHECK(json["settings"] == Json::parse(settings_), path, ": was made with other settings", way_out);
      PPL_CHECK(json.contains("inputs") && json["inputs"] == Json::parse(inputs_), path,
                ": was made from other inputs, or these have changed since", way_out);
    } else if (json.contains("id") && json["id"].is_string()) {
      const auto text_at = [&](const char* key) {
        return json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : "";
      };
      const bool sized = json.contains("bytes") && json["bytes"].is_number_integer();
      lines_[json["id"].get<std::string>()] = {line, text_at("of"), sized ? json["bytes"].get<int64_t>() : -1,
                                               json.contains("mask") && json["mask"].is_null()};
    }
  }
}

void Manifest::resume() {
  for (const std::string& name : {path(), path() + ".partial"}) {
    if (fs::exists(name)) read_lines(name);
  }
}

std::set<std::string> Manifest::earlier_files() const {
  std::set<std::string> files;
  const auto add = [&](const Json& name) {
    if (name.is_string()) files.insert(name.get<std::string>());
  };
  for (const std::string& name : {path(), path() + ".partial"}) {
    if (!fs::is_regular_file(fs::symlink_status(name))) continue;
    std::istringstream text(read_text(name, kLargest));
    for (std::string line; std::getline(text, line);) {
      const Json json = Json::parse(line, nullptr, false);
      if (!json.is_object()) continue;
      if (json.contains("mask")) add(json["mask"]);
      for (const Json& file : json.value("files", Json::array())) add(file);
    }
  }
  return files;
}

void Manifest::start(const std::set<std::string>& files) {
  const std::string name = path() + ".partial";
  // Not emptied before it is known that nobody else writes it.
  const int file = open(name.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
  PPL_CHECK(file >= 0, name, errno == ELOOP ? ": is a link, which is not followed; remove it" : ": cannot be written: ",
            errno == ELOOP ? "" : std::strerror(errno));
  partial_ = fdopen(file, "w");
  PPL_CHECK(partial_ != nullptr, name, ": cannot be written: ", std::strerror(errno));
  PPL_CHECK(flock(file, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK, name,
            ": another process is drawing into this folder");
  PPL_CHECK(ftruncate(file, 0) == 0, name, ": cannot be written: ", std::strerror(errno));
  // The files are named before the first is written, so that a killed run's are known to be ours.
  std::fprintf(partial_, "%s\n%s\n", head_.c_str(), text_of({{"files", files}}).c_str());
  for (const auto& [id, tile] : lines_) std::fprintf(partial_, "%s\n", tile.line.c_str());
  PPL_CHECK(std::fflush(partial_) == 0, name, ": cannot be written: ", std::strerror(errno));
  // What it says of masks that are now drawn anew would be wrong.
  fs::remove(path());
}

const DoneTile* Manifest::done(const std::string& id) const {
  const auto known = lines_.find(id);
  return known == lines_.end() ? nullptr : &known->second;
}

void Manifest::add(const TileRecord& record) {
  const std::string line = to_line(record);
  const std::lock_guard lock(mutex_);
  lines_[record.id] = {line, record.of, record.bytes, record.mask.empty()};
  // Flushed, so that a killed run leaves the lines of all its masks.
  PPL_CHECK(std::fprintf(partial_, "%s\n", line.c_str()) > 0 && std::fflush(partial_) == 0, path(),
            ".partial: cannot be written: ", std::strerror(errno));
}

void Manifest::finish(const std::vector<std::string>& ids) {
  std::string text = head_ + "\n";
  for (const std::string& id : ids) {
    const auto known = lines_.find(id);
    if (known == lines_.end()) continue;
    text += known->second.line + "\n";
    lines_.erase(known);
  }
  for (const auto& [id, tile] : lines_) text += tile.line + "\n";
  write_file(path(), text.data(), text.size(), FileWriter::Durable::later);
  std::fclose(partial_);
  partial_ = nullptr;
  fs::remove(path() + ".partial");
}

}  // namespace ppl::rasterize
