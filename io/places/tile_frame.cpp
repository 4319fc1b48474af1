#include "io/places/tile_frame.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <numbers>
#include <set>

#include "io/file.h"
#include "io/folder.h"
#include "io/image/formats.h"
#include "io/image/geotiff.h"
#include "io/image/image.h"
#include "io/places/projection.h"
#include "io/tiles/folder_images.h"

namespace ppl {
namespace fs = std::filesystem;
namespace {

constexpr int64_t kLargestSide = 1 << 16;
constexpr int64_t kMostTiles = 20'000'000;

std::string with_extension(const std::string& path, const std::string& extension) {
  return fs::path(path).replace_extension(extension).string();
}

// The world file beside an image, or nothing: tile.jpg has tile.jgw, tile.jpgw or tile.wld.
std::string world_file_of(const std::string& path) {
  const std::string extension = fs::path(path).extension().string();
  std::vector<std::string> candidates{with_extension(path, ".wld"), path + "w"};
  if (extension.size() >= 4) candidates.push_back(with_extension(path, cat(".", extension[1], extension.back(), "w")));
  for (const std::string& name : candidates) {
    if (fs::exists(name)) return name;
  }
  return "";
}

// Where an image lies. Error where nothing says so.
GeoReference place_of(const std::string& path, const std::string& crs) {
  GeoReference place = read_georeference(path).value_or(GeoReference{});
  const std::string world = world_file_of(path);
  if (!world.empty()) place.transform = parse_world_file(read_text(world, 4096), world);
  PPL_CHECK((place.transform != std::array<double, 6>{0, 1, 0, 0, 0, 1}), path,
            ": has no georeference and no world file");
  const std::string sidecar = with_extension(path, ".prj");
  if (place.crs.empty() && fs::exists(sidecar)) place.crs = read_text(sidecar, 1 << 16);
  if (place.crs.empty()) place.crs = crs;
  PPL_CHECK(!place.crs.empty(), path, ": has no coordinate system; name it with --crs");
  place.crs = crs_from_text(place.crs, path);
  return place;
}

void check_ids(const std::vector<TileFrame>& tiles, const std::string& where) {
  std::set<std::string_view> ids;
  for (const TileFrame& tile : tiles) PPL_CHECK(ids.insert(tile.id).second, where, ": tile '", tile.id, "' twice");
}

bool whole(const std::string& text, int64_t& value) {
  const char* end = text.data() + text.size();
  return !text.empty() && text.size() < 10 && std::from_chars(text.data(), end, value).ptr == end && value >= 0;
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == at) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

bool valid(const SlippyName& s) { return s.z <= 30 && s.x < int64_t{1} << s.z && s.y < int64_t{1} << s.z; }

std::array<double, 6> web_mercator_transform(const SlippyName& s, bool tms, int64_t height, int64_t width) {
  const double half = std::numbers::pi * 6378137, side = 2 * half / static_cast<double>(int64_t{1} << s.z);
  const auto row = static_cast<double>(tms ? (int64_t{1} << s.z) - 1 - s.y : s.y);
  return {-half + side * static_cast<double>(s.x), side / static_cast<double>(width), 0, half - side * row, 0,
          -side / static_cast<double>(height)};
}

}  // namespace

size_t TileFrames::number_of_crs(const std::string& wkt) {
  const auto number = static_cast<size_t>(std::find(crs.begin(), crs.end(), wkt) - crs.begin());
  if (number == crs.size()) crs.push_back(wkt);
  return number;
}

void check_frame(const TileFrame& tile, const std::string& where) {
  PPL_CHECK(!tile.id.empty() && tile.id.size() < 200 && tile.id.find('/') == std::string::npos &&
                tile.id.find('\0') == std::string::npos && tile.id[0] != '.',
            where, ": expected an id that can be a file's name, got '", tile.id.substr(0, 60), "'");
  PPL_CHECK(tile.height > 0 && tile.width > 0 && tile.height <= kLargestSide && tile.width <= kLargestSide, where,
            ": expected a tile of 1 to ", kLargestSide, " pixels a side, got ", tile.width, " x ", tile.height);
  const auto& t = tile.transform;
  const double area = t[1] * t[5] - t[2] * t[4], reach = std::abs(t[1] * t[5]) + std::abs(t[2] * t[4]);
  PPL_CHECK(std::all_of(t.begin(), t.end(), [](double v) { return std::isfinite(v) && std::abs(v) < 1e12; }) &&
                std::isnormal(area) && std::abs(area) > 1e-9 * reach,
            where, ": the transform ", t[0], " ", t[1], " ", t[2], " ", t[3], " ", t[4], " ", t[5],
            " places no tile on the earth");
}

std::optional<SlippyName> parse_slippy_name(const std::string& path) {
  const fs::path name(path);
  const std::string stem = name.stem().string();
  const std::vector<std::string> parts = split(stem, '-');
  const size_t n = parts.size();
  SlippyName s{stem, 0, 0, 0};
  if (n >= 3 && whole(parts[n - 3], s.x) && whole(parts[n - 2], s.y) && whole(parts[n - 1], s.z) && valid(s)) return s;
  const fs::path column = name.parent_path(), zoom = column.parent_path();
  if (!whole(stem, s.y) || !whole(column.filename().string(), s.x) || !whole(zoom.filename().string(), s.z) ||
      !valid(s)) {
    return {};
  }
  s.id = cat(s.z, "_", s.x, "_", s.y);
  return s;
}

std::array<double, 6> parse_world_file(const std::string& text, const std::string& where) {
  std::array<double, 6> a{};
  const char *at = text.data(), *end = at + text.size();
  for (size_t i = 0; i < 6; ++i) {
    while (at != end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n' || *at == '+')) ++at;
    const auto [stop, error] = std::from_chars(at, end, a[i]);
    PPL_CHECK(error == std::errc() && std::isfinite(a[i]), where, ": expected six numbers of a world file; number ",
              i + 1, " is none");
    at = stop;
  }
  // In the file: column steps x y, row steps x y, then the centre of the first pixel.
  return {a[4] - a[0] / 2 - a[2] / 2, a[0], a[2], a[5] - a[1] / 2 - a[3] / 2, a[1], a[3]};
}

namespace {

// A few values, or numbers of a few classes: no photograph is so.
bool is_label_raster(const std::string& path) {
  constexpr size_t kMostClasses = 32;
  std::array<bool, 256> seen{};
  for (const uint8_t value : read_image(path).bytes) seen[value] = true;
  const auto count = std::count(seen.begin(), seen.end(), true);
  // 255 is no data.
  const auto beyond = std::count(seen.begin() + kMostClasses, seen.end() - 1, true);
  return count <= 4 || beyond == 0;
}

}  // namespace

TileFrames frames_of_images(const std::string& folder, const std::string& crs) {
  TileFrames frames;
  const auto single = [](const ImageHeader& header) { return header.bands == 1 && header.depth == 8; };
  const std::vector<TileFile> files = list_images(folder, &frames.notes);
  std::vector<std::optional<ImageHeader>> headers;
  for (const TileFile& file : files) {
    try {
      headers.emplace_back(read_image_header(file.image_path));
    } catch (const Error& e) {
      headers.emplace_back();
      frames.problems.push_back({file.id, e.what()});
    }
  }
  const bool photographs =
      std::any_of(headers.begin(), headers.end(), [&](const auto& header) { return header && !single(*header); });
  for (size_t i = 0; i < files.size(); ++i) {
    if (!headers[i]) continue;
    const TileFile& file = files[i];
    const ImageHeader& header = *headers[i];
    try {
      if (photographs && single(header) && is_label_raster(file.image_path)) {
        frames.labels.push_back(file.image_path);
        continue;
      }
      TileFrame tile{file.id, file.image_path, 0, 0, {}, 0};
      tile.height = header.height;
      tile.width = header.width;
      const GeoReference place = place_of(file.image_path, crs);
      tile.transform = place.transform;
      check_frame(tile, file.image_path);
      tile.crs = frames.number_of_crs(place.crs);
      frames.tiles.push_back(std::move(tile));
    } catch (const Error& e) {
      frames.problems.push_back({file.id, e.what()});
    }
  }
  return frames;
}

std::optional<GeoReference> slippy_georeference(const std::string& path, int64_t height, int64_t width) {
  const std::optional<SlippyName> name = parse_slippy_name(path);
  if (!name) return {};
  return GeoReference{crs_of_epsg(3857), web_mercator_transform(*name, false, height, width)};
}

TileFrames frames_of_slippy(const std::string& folder, bool tms) {
  TileFrames frames;
  std::error_code error;
  fs::recursive_directory_iterator entries(folder, error);
  PPL_CHECK(!error, folder, ": cannot be read: ", error.message());
  frames.crs = {crs_of_epsg(3857)};
  FolderImages others;  // only what it counts
  for (const fs::directory_entry& entry : entries) {
    const std::string path = entry.path().string();
    if (is_hidden(path) || is_companion(path) || entry.is_directory(error)) continue;
    if (has_other_image_extension(path)) ++others.passed_over[extension_of(path)];
    if (!has_image_extension(path)) continue;
    if (!entry.is_regular_file(error)) {
      frames.notes.push_back(path + ": passed over: a link to nothing");
      continue;
    }
    TileFrame tile;
    tile.image = entry.path().string();
    const std::optional<SlippyName> place = parse_slippy_name(fs::relative(entry.path(), folder).string());
    if (!place) {
      frames.problems.push_back({tile.image, tile.image + ": expected a name z/x/y or NAME-x-y-z"});
      continue;
    }
    tile.id = place->id;
    try {
      const ImageHeader header = read_image_header(tile.image);
      tile.height = header.height;
      tile.width = header.width;
      tile.transform = web_mercator_transform(*place, tms, header.height, header.width);
      check_frame(tile, tile.image);
      frames.tiles.push_back(std::move(tile));
    } catch (const Error& e) {
      frames.problems.push_back({tile.id, e.what()});
    }
  }
  std::sort(frames.tiles.begin(), frames.tiles.end(),
            [](const TileFrame& a, const TileFrame& b) { return a.id < b.id; });
  check_ids(frames.tiles, folder);
  if (!others.passed_over.empty()) frames.notes.push_back(others.passed_over_note(folder));
  PPL_CHECK(!frames.tiles.empty() || !frames.problems.empty(), folder, ": holds no images",
            others.passed_over.empty() ? "" : " of formats that are read: " + others.passed_over_text());
  return frames;
}

TileFrames frames_of_grid(const GridSpec& spec) {
  TileFrames frames;
  frames.crs = {crs_from_text(spec.crs, "the grid")};
  const Box& b = spec.bounds;
  PPL_CHECK(std::isfinite(b.min_x) && std::isfinite(b.max_x) && std::isfinite(b.min_y) && std::isfinite(b.max_y) &&
                b.min_x < b.max_x && b.min_y < b.max_y,
            "the grid: expected bounds west < east and south < north, got ", b.min_x, " ", b.min_y, " ", b.max_x, " ",
            b.max_y);
  PPL_CHECK(std::isfinite(spec.pixel) && spec.pixel > 0, "the grid: expected a pixel's size above 0, got ", spec.pixel);
  const double side = spec.pixel * static_cast<double>(spec.size);
  const double columns = std::ceil((b.max_x - b.min_x) / side), rows = std::ceil((b.max_y - b.min_y) / side);
  PPL_CHECK(columns * rows <= static_cast<double>(kMostTiles), "the grid: ", columns, " x ", rows,
            " tiles; expected at most ", kMostTiles);
  const auto digits = [](double count) { return cat(static_cast<int64_t>(count) - 1).size(); };
  const auto padded = [](int64_t value, size_t width) {
    const std::string text = cat(value);
    return std::string(width - text.size(), '0') + text;
  };
  for (int64_t row = 0; row < static_cast<int64_t>(rows); ++row) {
    for (int64_t column = 0; column < static_cast<int64_t>(columns); ++column) {
      TileFrame tile{cat("r", padded(row, digits(rows)), "c", padded(column, digits(columns))),
                     "",
                     spec.size,
                     spec.size,
                     {b.min_x + static_cast<double>(column) * side, spec.pixel, 0,
                      b.max_y - static_cast<double>(row) * side, 0, -spec.pixel},
                     0};
      if (frames.tiles.empty()) check_frame(tile, "the grid");
      frames.tiles.push_back(std::move(tile));
    }
  }
  return frames;
}

}  // namespace ppl
