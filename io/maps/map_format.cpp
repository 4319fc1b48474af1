#include "io/maps/map_format.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "kernels/base.h"

namespace ppl {
namespace {

constexpr size_t kHead = 1 << 16;

bool begins(std::string_view text, std::string_view with) { return text.starts_with(with); }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::string_view without_mark_and_blanks(std::string_view text) {
  if (begins(text, "\xef\xbb\xbf")) text.remove_prefix(3);
  const size_t from = text.find_first_not_of(" \t\r\n\x1e");
  return from == std::string_view::npos ? std::string_view() : text.substr(from);
}

// The name of the first element.
std::string_view root_of(std::string_view xml) {
  for (size_t at = xml.find('<'); at != std::string_view::npos; at = xml.find('<', at + 1)) {
    if (xml.substr(at, 4) == "<!--") {
      at = xml.find("-->", at);
      if (at == std::string_view::npos) return {};
      continue;
    }
    const std::string_view rest = xml.substr(at + 1);
    if (rest.empty() || rest[0] == '?' || rest[0] == '!') continue;
    return rest.substr(0, rest.find_first_of(" \t\r\n/>"));
  }
  return {};
}

// What is not read, though it may well hold a map.
void refuse_known(std::string_view begin, const std::string& where) {
  static const std::pair<std::string_view, const char*> kPackings[] = {{"\xfd"
                                                                        "7zXZ",
                                                                        "xz"},
                                                                       {"\x28\xb5\x2f\xfd", "zstd"},
                                                                       {"7z\xbc\xaf", "7-Zip"},
                                                                       {"Rar!", "rar"}};
  for (const auto& [mark, name] : kPackings) {
    PPL_CHECK(!begins(begin, mark), where, ": is packed by ", name, ", which is not read; unpack it first");
  }
  const std::string text = lower(without_mark_and_blanks(begin).substr(0, 200));
  PPL_CHECK(!begins(text, "<!doctype html") && lower(root_of(begin.substr(0, 2000))) != "html", where,
            ": is a web page, such as a server's message, and no map");
  PPL_CHECK(!begins(text, "version https://git-lfs"), where,
            ": is a pointer of Git LFS; fetch the file itself (git lfs pull)");
}

// Where the JSON value that begins the text ends; npos where it goes on.
size_t end_of_json(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      i += c == '\\';
      quoted = c != '"';
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

// {"type": "Feature" in any order of its keys, on one line, alone or with others behind it (after a tab: of any kind).
bool is_feature_line(std::string_view text, bool whole, bool behind_tab) {
  if (!begins(text, "{")) return false;
  const size_t end = end_of_json(text);
  const std::string_view value = text.substr(0, end);
  if (value.find('\n') != std::string_view::npos) return false;
  const auto has = [&](std::string_view key) { return value.find(key) != std::string_view::npos; };
  if (has("\"FeatureCollection\"") || !has("\"Feature\"")) return false;
  if (end == std::string_view::npos) return !whole;
  const std::string_view rest = without_mark_and_blanks(text.substr(end));
  return rest.empty() ? whole : behind_tab || rest[0] == '{';
}

bool is_overpass_json(std::string_view text) {
  return begins(text, "{") && text.find("\"elements\"") != std::string_view::npos &&
         (text.find("\"osm3s\"") != std::string_view::npos || text.find("\"generator\"") != std::string_view::npos);
}

std::vector<std::string> header_of(std::string_view text) {
  const std::string line = lower(text.substr(0, text.find_first_of("\r\n")));
  std::vector<std::string> names(1);
  for (const char c : line) {
    if (c == ',' || c == '\t' || c == ';') {
      names.emplace_back();
    } else if (c != '"' && c != ' ') {
      names.back() += c;
    }
  }
  return names;
}

}  // namespace

Packing packing_of(Bytes begin) {
  const std::string_view text(reinterpret_cast<const char*>(begin.data()), begin.size());
  if (begins(text, "\x1f\x8b")) return Packing::gzip;
  if (begins(text, "BZh") && text.size() > 9 && text.substr(4, 6) == "1AY&SY") return Packing::bzip2;
  return Packing::none;
}

const std::vector<std::string>& geometry_columns() {
  static const std::vector<std::string> names{"geometry",       "wkt",      "geom",         "the_geom",
                                              "wkt_geom",       "geom_wkt", "geometry_wkt", "_wkt_geo",
                                              "polygonwkt_geo", "wkt_geo",  "geojson",      "wkb_geometry"};
  return names;
}

MapFile map_format_of(std::string_view begin, bool whole, const std::string& where) {
  refuse_known(begin, where);
  MapFile file;
  if (begin.size() > 16 && begin[0] == 0 && begin.substr(4, 2) == "\x0a\x09" && begin.substr(6, 9) == "OSMHeader") {
    file.format = MapFormat::osm_pbf;
    return file;
  }
  if (begins(begin, "\xff\xe0\x04o5")) {
    file.format = MapFormat::osm_o5m;
    return file;
  }
  file.parquet = begins(begin, "PAR1");
  const std::string_view text = without_mark_and_blanks(begin);
  if (begins(text, "<")) {
    const std::string_view root = root_of(text);
    PPL_CHECK(root != "osmAugmentedDiff", where, ": is an augmented difference of Overpass, which is no map");
    if (root == "osm" || root == "osmChange") file.format = MapFormat::osm_xml;
    return file;
  }
  PPL_CHECK(!is_overpass_json(text), where,
            ": is Overpass' JSON; ask for [out:xml] in place of [out:json], or export GeoJSON");
  file.json = begins(text, "{") || begins(text, "[");
  file.names_crs = file.json && text.find("\"crs\"") != std::string_view::npos;
  if (is_feature_line(text, whole, false)) {
    file.format = MapFormat::geojson_lines;
    return file;
  }
  const size_t tab = text.substr(0, 200).find('\t');
  if (tab != std::string_view::npos && is_feature_line(text.substr(tab + 1), whole, true)) {
    file.format = MapFormat::geojson_lines;
    file.behind_tab = true;
    return file;
  }
  const std::vector<std::string> names = header_of(text);
  const auto has = [&](const std::string& name) { return std::find(names.begin(), names.end(), name) != names.end(); };
  if (names.size() > 1 && std::any_of(geometry_columns().begin(), geometry_columns().end(), has)) {
    file.format = MapFormat::table;
    file.places_named = (has("latitude") && has("longitude")) || has("polygonwkt_geo") || has("wkt_geo");
  }
  return file;
}

MapFile look_at_map(const std::string& path) {
  std::error_code error;
  PPL_CHECK(std::filesystem::exists(path, error), path, ": no such file");
  if (std::filesystem::is_directory(path, error)) return {};
  PackedReader reader(path);
  std::string head;
  bool whole = false;
  while (head.size() < kHead && !whole) {
    const Bytes more = reader.read();
    whole = more.empty();
    head.append(reinterpret_cast<const char*>(more.data()), more.size());
  }
  PPL_CHECK(!head.empty(), path, ": is empty");
  MapFile file = map_format_of(std::string_view(head).substr(0, kHead), whole, path);
  file.packing = reader.packing();
  PPL_CHECK(file.osm() || file.packing != Packing::bzip2, path, ": is packed by bzip2; unpack it first");
  PPL_CHECK(!file.osm() || file.format == MapFormat::osm_xml || file.packing == Packing::none, path,
            ": is an OSM file that is packed once more; unpack it first");
  return file;
}

}  // namespace ppl
