#include <filesystem>
#include <utility>

#include "io/image/resample.h"
#include "io/threads.h"
#include "io/tiles/tiles.h"
#include "kernels/ignored.h"

namespace ppl {

namespace {

TileFolder scan(const std::string& path, const FolderOptions& options) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return scan_tiles(path, options.masks, options.weights);
  PPL_CHECK(options.masks.empty(), path, ": is a list of pairs, which needs no folder of masks");
  return scan_list(path, options.weights);
}

}  // namespace

FolderTiles::FolderTiles(const std::string& folder, FolderOptions options) : options_(std::move(options)) {
  input_ = options_.input;
  classes_ = options_.classes;
  input_.check(folder);
  TileFolder found = scan(folder, options_);
  problems_ = std::move(found.problems);
  notes_ = std::move(found.notes);
  const size_t looked_at = found.tiles.size() + problems_.size();
  report_problems(problems_, looked_at, options_.on_problem, folder);  // before minutes are spent on decoding

  if (options_.zoom != 1)
    notes_.push_back(cat(folder, ": resampled as it is read, ", options_.zoom, " times as large"));
  const size_t n = found.tiles.size();
  std::vector<Tile> decoded(n);
  std::vector<std::string> errors(n);
  // Which tiles are kept is settled by their order, so that it does not depend on the threads.
  std::vector<bool> kept(n);
  uint64_t left = options_.cache_bytes;
  for (size_t i = 0; i < n; ++i) {
    const auto bytes = static_cast<uint64_t>(zoomed(found.tiles[i].height, options_.zoom)) *
                       static_cast<uint64_t>(zoomed(found.tiles[i].width, options_.zoom)) *
                       static_cast<uint64_t>(input_.band_count() + 1 + options_.weights);
    kept[i] = bytes <= left;
    if (kept[i]) left -= bytes;
  }
  MaskCensus census;
  for_each_index(static_cast<int64_t>(n), options_.threads, [&](int64_t at) {
    const auto i = static_cast<size_t>(at);
    try {
      MaskSummary mask;
      Tile t = decode_tile(found.tiles[i], options_, &mask);
      census.add(found.tiles[i].mask_path, mask);
      if (kept[i]) decoded[i] = std::move(t);
    } catch (const Error& e) {
      errors[i] = e.what();
    }
  });
  for (size_t i = 0; i < n; ++i) {
    if (!errors[i].empty()) {
      problems_.push_back({found.tiles[i].id, errors[i]});
      continue;
    }
    entries_.push_back(
        {found.tiles[i].id, zoomed(found.tiles[i].height, options_.zoom), zoomed(found.tiles[i].width, options_.zoom)});
    files_.push_back(std::move(found.tiles[i]));
    cache_.push_back(std::move(decoded[i]));
  }
  report_problems(problems_, looked_at, options_.on_problem, folder);
  census.check(folder);
  census_ = census.totals();
}

Tile FolderTiles::load(int64_t index) const {
  const auto i = static_cast<size_t>(index);
  return cache_[i].image ? cache_[i] : decode_tile(files_[i], options_);
}

namespace {

Image read_weights(const TileFile& file, int64_t max_pixels) {
  Image weight = read_image(file.weight_path, {{}, max_pixels});
  PPL_CHECK(weight.bands == 1 && weight.depth == 8 && weight.height == file.height && weight.width == file.width,
            file.weight_path, ": expected a grey 8-bit map of weights of ", file.width, " x ", file.height,
            " pixels, got ", weight.bands, " bands of ", weight.depth, " bits, ", weight.width, " x ", weight.height);
  return weight;
}

// What the image does not show is not learnt.
void ignore_no_data(const std::vector<uint8_t>& valid, Image& mask, MaskSummary& held) {
  for (size_t i = 0; i < valid.size(); ++i) {
    uint8_t& value = mask.bytes[i];
    if (valid[i] || value == kIgnored) continue;
    --held.pixels[value];
    ++held.ignored;
    value = kIgnored;
  }
}

}  // namespace

Tile decode_tile(const TileFile& file, const FolderOptions& options, MaskSummary* summary) {
  struct Memory {
    Image image, mask, weight;
  };
  auto memory = std::make_shared<Memory>();
  std::vector<uint8_t> valid;
  MaskSummary held;
  memory->image = read_input(file.image_path, options.input, options.max_pixels, &valid);
  memory->mask = read_mask(file.mask_path, {options.classes, options.foreground, options.max_pixels}, &held);
  const Image &image = memory->image, &mask = memory->mask;
  PPL_CHECK(image.height == file.height && image.width == file.width, file.image_path, ": the image is ", image.width,
            " x ", image.height, " pixels, was ", file.width, " x ", file.height);
  PPL_CHECK(mask.height == file.height && mask.width == file.width, file.mask_path, ": the mask is ", mask.width, " x ",
            mask.height, " pixels, its image ", file.width, " x ", file.height);
  ignore_no_data(valid, memory->mask, held);
  if (summary) *summary = std::move(held);
  if (!file.weight_path.empty()) memory->weight = read_weights(file, options.max_pixels);
  if (options.zoom != 1) {
    const int64_t height = zoomed(file.height, options.zoom), width = zoomed(file.width, options.zoom);
    PPL_CHECK(height * width <= options.max_pixels, file.image_path, ": ", width, " x ", height,
              " pixels once it is resampled");
    memory->image = resample(image, valid, height, width);
    memory->mask = resample_nearest(mask, height, width);
    if (!file.weight_path.empty()) memory->weight = resample_nearest(memory->weight, height, width);
  }
  Tile t{image.height, image.width, image.bands, image.u8(), mask.u8(), nullptr};
  if (!file.weight_path.empty()) t.weight = memory->weight.u8();
  t.keep = std::move(memory);
  return t;
}

}  // namespace ppl
