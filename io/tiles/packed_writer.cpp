#include <cstring>
#include <nlohmann/json.hpp>

#include "io/tiles/packed.h"
#include "io/tiles/packed_format.h"

namespace ppl {

PackedWriter::PackedWriter(const std::string& path, const InputSpec& input, int classes)
    : file_(path), input_(input), classes_(classes) {
  input_.check(path);
  const PackedHeader empty{};
  file_.write(&empty, sizeof(empty));
}

void PackedWriter::add(const std::string& id, const Tile& t) {
  PPL_CHECK(t.bands == input_.band_count(), "tile ", id, ": ", t.bands, " bands, expected ", input_.band_count());
  PPL_CHECK(t.height >= 1 && t.width >= 1 && t.height <= 1 << 24 && t.width <= 1 << 24, "tile ", id, ": ", t.width,
            " x ", t.height, " pixels");
  const auto pixels = static_cast<size_t>(t.height * t.width);
  file_.pad_to(kPackedAlignment);
  const uint64_t image = file_.offset();
  file_.write(t.image, pixels * static_cast<size_t>(t.bands));
  const uint64_t mask = file_.offset();
  file_.write(t.mask, pixels);
  records_.push_back({id, t.height, t.width, image, mask});
}

uint64_t PackedWriter::commit() {
  PPL_CHECK(!records_.empty(), "packed tiles: none were added");
  PackedHeader h{};
  std::memcpy(h.magic, kPackedMagic, sizeof(kPackedMagic));
  h.version = kPackedVersion;
  h.bands = static_cast<uint32_t>(input_.band_count());
  h.count = records_.size();

  file_.pad_to(kPackedAlignment);
  h.index_offset = file_.offset();
  std::string ids;
  for (const Record& r : records_) {
    const PackedRecord out{r.image_offset,
                           r.mask_offset,
                           static_cast<uint32_t>(r.height),
                           static_cast<uint32_t>(r.width),
                           static_cast<uint32_t>(ids.size()),
                           static_cast<uint32_t>(r.id.size())};
    file_.write(&out, sizeof(out));
    ids += r.id;
  }
  h.ids_offset = file_.offset();
  h.ids_size = ids.size();
  file_.write(ids.data(), ids.size());
  h.about_offset = file_.offset();
  nlohmann::json about{{"classes", classes_}, {"input", nlohmann::json::parse(to_json(input_))}};
  if (census_) {
    about["masks"] = {{"count", census_->masks},
                      {"holding", census_->holding},
                      {"pixels", census_->pixels},
                      {"with_ignored", census_->with_ignored},
                      {"ignored_pixels", census_->ignored_pixels}};
  }
  const std::string text = about.dump();
  h.about_size = text.size();
  file_.write(text.data(), text.size());
  file_.write_at(0, &h, sizeof(h));
  file_.commit();
  return file_.offset();
}

PackResult pack_folder(const std::string& folder, const std::string& path, const FolderOptions& options,
                       bool allow_empty) {
  options.input.check(folder);
  TileFolder found = scan_tiles(folder);
  PackResult result;
  result.problems = std::move(found.problems);
  result.notes = std::move(found.notes);
  const size_t looked_at = found.tiles.size() + result.problems.size();
  // What the headers show is reported before the first tile is decoded.
  report_problems(result.problems, looked_at, options.on_problem, folder);
  PackedWriter writer(path, options.input, options.classes);
  MaskCensus census;
  for (const TileFile& file : found.tiles) {
    Tile t;
    try {
      MaskSummary mask;
      t = decode_tile(file, options, &mask);
      census.add(file.mask_path, mask);
    } catch (const Error& e) {
      result.problems.push_back({file.id, e.what()});
      continue;
    }
    writer.add(file.id, t);
    ++result.tiles;
  }
  report_problems(result.problems, looked_at, options.on_problem, folder);
  census.check(folder);
  result.masks = census.totals();
  PPL_CHECK(allow_empty || result.masks.holding[0] > 0, folder, ": ", describe(result.masks),
            "; --allow-empty packs them nevertheless");
  writer.set_census(result.masks);
  result.bytes = writer.commit();
  return result;
}

}  // namespace ppl
