#include "io/tiles/packed.h"

#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "io/json_text.h"
#include "io/tiles/packed_format.h"

namespace ppl {
namespace {

// bytes [offset, offset + size) of the file, if they are inside.
Bytes part(Bytes file, uint64_t offset, uint64_t size, const char* what, const std::string& where) {
  PPL_CHECK(offset <= file.size() && size <= file.size() - offset, where, ": ", what, " of ", size, " bytes at ",
            offset, " is outside of the file's ", file.size());
  return file.subspan(offset, size);
}

PackedHeader header_of(Bytes file, const std::string& where) {
  PPL_CHECK(file.size() >= sizeof(PackedHeader) && std::memcmp(file.data(), kPackedMagic, sizeof(kPackedMagic)) == 0,
            where, ": expected packed tiles, got something else");
  PackedHeader h;
  std::memcpy(&h, file.data(), sizeof(h));
  PPL_CHECK(h.version == kPackedVersion, where, ": packed tiles of version ", h.version, ", expected ", kPackedVersion);
  PPL_CHECK(h.bands >= 1 && h.bands <= 4096, where, ": packed tiles with ", h.bands, " bands");
  PPL_CHECK(h.count >= 1 && h.count <= file.size() / sizeof(PackedRecord), where, ": ", h.count,
            " packed tiles in a file of ", file.size(), " bytes");
  PPL_CHECK(h.about_offset <= file.size() && h.about_size == file.size() - h.about_offset, where,
            ": packed tiles are cut off or have something after their end");
  return h;
}

}  // namespace

PackedTiles::PackedTiles(const std::string& path) : file_(std::make_shared<MappedFile>(path)) {
  read_index(file_->bytes());
}

void PackedTiles::read_index(Bytes file) {
  const std::string& where = file_->path();
  const PackedHeader h = header_of(file, where);
  const Bytes about = part(file, h.about_offset, h.about_size, "the description", where);
  try {
    const auto j = parse_json(std::string_view(reinterpret_cast<const char*>(about.data()), about.size()),
                              where + ": description of packed tiles");
    classes_ = j.at("classes").get<int>();
    input_ = input_spec_from_json(j.at("input").dump(), where);
    if (j.contains("masks")) {
      const auto& masks = j.at("masks");
      census_ =
          MaskCensus::Totals{masks.at("count").get<int64_t>(), masks.at("with_ignored").get<int64_t>(),
                             masks.at("holding").get<std::vector<int64_t>>(),
                             masks.at("pixels").get<std::vector<int64_t>>(), masks.at("ignored_pixels").get<int64_t>()};
    }
  } catch (const nlohmann::json::exception& e) {
    throw Error(cat(where, ": description of packed tiles: ", json_problem(e)));
  }
  const auto kinds = static_cast<size_t>(classes_) + 1;
  PPL_CHECK(!census_ || (census_->holding.size() == kinds && census_->pixels.size() == kinds), where,
            ": the description of packed tiles counts other classes than there are");
  PPL_CHECK(classes_ >= 1 && classes_ < 255, where, ": packed tiles with ", classes_, " classes");
  PPL_CHECK(input_.band_count() == static_cast<int>(h.bands), where, ": ", h.bands, " bands, but the description has ",
            input_.band_count());

  const Bytes index = part(file, h.index_offset, h.count * sizeof(PackedRecord), "the index", where);
  const Bytes ids = part(file, h.ids_offset, h.ids_size, "the list of ids", where);
  std::set<std::string> seen;
  entries_.reserve(h.count);
  offsets_.reserve(h.count);
  for (uint64_t i = 0; i < h.count; ++i) {
    PackedRecord r;
    std::memcpy(&r, index.data() + i * sizeof(r), sizeof(r));
    const Bytes id = part(ids, r.id_offset, r.id_size, "an id", where);
    std::string name(reinterpret_cast<const char*>(id.data()), id.size());
    // 2^24 a side keeps the products below within 64 bits.
    PPL_CHECK(r.height >= 1 && r.width >= 1 && r.height <= 1u << 24 && r.width <= 1u << 24, where, ": tile ", name,
              " of ", r.width, " x ", r.height, " pixels");
    const uint64_t pixels = uint64_t{r.height} * r.width;
    part(file, r.image_offset, pixels * h.bands, "an image", where);
    part(file, r.mask_offset, pixels, "a mask", where);
    PPL_CHECK(seen.insert(name).second, where, ": tile ", name, " twice");
    entries_.push_back({std::move(name), r.height, r.width});
    offsets_.push_back({r.image_offset, r.mask_offset});
  }
}

Tile PackedTiles::load(int64_t index) const {
  const auto i = static_cast<size_t>(index);
  const auto* start = reinterpret_cast<const uint8_t*>(file_->bytes().data());
  return {entries_[i].height,        entries_[i].width,        input_.band_count(),
          start + offsets_[i].image, start + offsets_[i].mask, file_};
}

bool is_packed(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  char start[sizeof(kPackedMagic)] = {};
  return in.read(start, sizeof(start)) && std::memcmp(start, kPackedMagic, sizeof(start)) == 0;
}

std::unique_ptr<TileSource> open_tiles(const std::string& path, const FolderOptions& options) {
  if (!is_packed(path)) return std::make_unique<FolderTiles>(path, options);
  PPL_CHECK(options.masks.empty() && !options.weights, path, ": is packed, with its masks and without maps of weights");
  PPL_CHECK(!options.foreground.given(), path, ": is packed: its masks were read then (tiles pack --foreground)");
  PPL_CHECK(options.zoom == 1, path, ": packed tiles are not resampled; name the folder that they were packed from");
  auto packed = std::make_unique<PackedTiles>(path);
  PPL_CHECK(packed->classes() == options.classes, path, ": packed with ", packed->classes(), " classes, expected ",
            options.classes);
  PPL_CHECK(options.input == InputSpec{} || options.input == packed->input(), path, ": packed with the input ",
            to_json(packed->input()), ", expected ", to_json(options.input));
  return packed;
}

}  // namespace ppl
