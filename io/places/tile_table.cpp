#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "io/file.h"
#include "io/json_text.h"
#include "io/places/projection.h"
#include "io/places/tile_frame.h"

namespace ppl {
namespace {

using Json = nlohmann::json;

// Rows become frames here; a coordinate system is looked up once for each different text.
class Rows {
 public:
  void add(TileFrame tile, const std::string& crs, const std::string& where) {
    check_frame(tile, where);
    PPL_CHECK(ids_.insert(tile.id).second, where, ": tile '", tile.id, "' twice");
    const auto [known, fresh] = wkt_.try_emplace(crs);
    if (fresh) known->second = frames.number_of_crs(crs_from_text(crs, where));
    tile.crs = known->second;
    frames.tiles.push_back(std::move(tile));
  }
  TileFrames frames;

 private:
  std::set<std::string> ids_;
  std::map<std::string, size_t> wkt_;
};

template <class Number>
Number number_in(const std::string& text, const std::string& where, const char* what) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  PPL_CHECK(error == std::errc() && stop == end, where, ": expected a number as ", what, ", got '", text.substr(0, 40),
            "'");
  return value;
}

std::array<double, 6> six_numbers(const std::string& text, const std::string& where) {
  std::array<double, 6> out{};
  size_t at = 0;
  for (double& value : out) {
    at = text.find_first_not_of(" ;", at);
    PPL_CHECK(at != std::string::npos, where, ": expected six numbers as transform");
    const size_t end = std::min(text.find_first_of(" ;", at), text.size());
    value = number_in<double>(text.substr(at, end - at), where, "transform");
    at = end;
  }
  PPL_CHECK(text.find_first_not_of(" ;", at) == std::string::npos, where, ": more than six numbers as transform");
  return out;
}

// Fields of the record that begins at `at`, which moves behind its line end. Quotes may hold commas and line ends.
std::vector<std::string> next_record(const std::string& text, size_t& at, const std::string& where) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted) {
      if (c != '"') {
        fields.back() += c;
      } else if (at + 1 < text.size() && text[at + 1] == '"') {
        fields.back() += text[++at];
      } else {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      fields.emplace_back();
    } else if (c == '\n') {
      ++at;
      break;
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  PPL_CHECK(!quoted, where, ": a quoted field does not end");
  return fields;
}

TileFrame frame_from(const Json& row, const std::string& id, const std::string& where) {
  PPL_CHECK(row.is_object(), where, ": expected an object with transform, crs, width and height");
  for (const char* key : {"transform", "crs", "width", "height"}) {
    PPL_CHECK(row.contains(key), where, ": '", key, "' is missing");
  }
  TileFrame tile;
  tile.id = id;
  const Json& t = row["transform"];
  PPL_CHECK(t.is_array() && t.size() == 6, where, ": expected a list of six numbers as transform");
  for (size_t i = 0; i < 6; ++i) {
    PPL_CHECK(t[i].is_number(), where, ": expected a number in transform, got ", t[i].dump().substr(0, 40));
    tile.transform[i] = t[i].get<double>();
  }
  for (const char* key : {"width", "height"}) {
    PPL_CHECK(row[key].is_number_integer(), where, ": expected a whole number as ", key);
  }
  tile.width = row["width"].get<int64_t>();
  tile.height = row["height"].get<int64_t>();
  PPL_CHECK(row["crs"].is_string(), where, ": expected a text as crs");
  return tile;
}

}  // namespace

TileFrames parse_table_csv(const std::string& text, const std::string& where) {
  size_t at = text.starts_with("\xef\xbb\xbf") ? 3 : 0;
  static const char* const kColumns[] = {"id", "transform", "crs", "width", "height"};
  std::array<size_t, 5> column{};
  const std::vector<std::string> header = next_record(text, at, where + " line 1");
  for (size_t i = 0; i < 5; ++i) {
    column[i] = static_cast<size_t>(std::find(header.begin(), header.end(), kColumns[i]) - header.begin());
    PPL_CHECK(column[i] < header.size(), where, ": the header has no column '", kColumns[i], "'");
  }
  Rows rows;
  for (int64_t number = 2; at < text.size(); ++number) {
    const std::string place = cat(where, " row ", number);
    const std::vector<std::string> fields = next_record(text, at, place);
    if (fields.size() == 1 && fields[0].empty()) continue;
    PPL_CHECK(fields.size() == header.size(), place, ": expected ", header.size(), " fields, got ", fields.size());
    TileFrame tile;
    tile.id = fields[column[0]];
    tile.transform = six_numbers(fields[column[1]], place);
    tile.width = number_in<int64_t>(fields[column[3]], place, "width");
    tile.height = number_in<int64_t>(fields[column[4]], place, "height");
    rows.add(std::move(tile), fields[column[2]], place);
  }
  PPL_CHECK(!rows.frames.tiles.empty(), where, ": holds no tiles");
  return std::move(rows.frames);
}

TileFrames parse_table_json(const std::string& text, const std::string& where) {
  constexpr int kDeepest = 8;
  const auto table = parse_json<Json>(text, where + ": no JSON table", /*comments=*/false, kDeepest);
  Rows rows;
  if (table.is_object()) {
    for (const auto& [id, row] : table.items()) {
      const std::string place = cat(where, " tile '", id.substr(0, 60), "'");
      TileFrame tile = frame_from(row, id, place);
      rows.add(std::move(tile), row["crs"].get<std::string>(), place);
    }
  } else {
    PPL_CHECK(table.is_array(), where, ": expected a list of tiles, or an object of them by id");
    for (size_t i = 0; i < table.size(); ++i) {
      const std::string place = cat(where, " entry ", i + 1);
      PPL_CHECK(table[i].is_object() && table[i].contains("id") && table[i]["id"].is_string(), place,
                ": expected an object with a text as id");
      TileFrame tile = frame_from(table[i], table[i]["id"].get<std::string>(), place);
      rows.add(std::move(tile), table[i]["crs"].get<std::string>(), place);
    }
  }
  PPL_CHECK(!rows.frames.tiles.empty(), where, ": holds no tiles");
  return std::move(rows.frames);
}

TileFrames frames_of_table(const std::string& path) {
  const std::string text = read_text(path, uint64_t{1} << 30);
  const size_t first = text.find_first_not_of(" \t\r\n");
  PPL_CHECK(first != std::string::npos, path, ": the file is empty");
  return text[first] == '{' || text[first] == '[' ? parse_table_json(text, path) : parse_table_csv(text, path);
}

}  // namespace ppl
