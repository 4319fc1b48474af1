#include "apps/sheet/sheet.h"

#include <algorithm>
#include <filesystem>

#include "apps/common/log.h"
#include "io/image/formats.h"
#include "io/image/image.h"
#include "io/threads.h"
#include "io/tiles/tiles.h"
#include "kernels/ignored.h"

namespace ppl::sheet {
namespace fs = std::filesystem;
namespace {

constexpr double kLittleForeground = 0.01;  // share of the tile's pixels

std::string mask_path(const std::string& folder, const std::string& id) {
  for (const std::string& extension : image_extensions()) {
    const fs::path path = fs::path(folder) / cat(id, "_mask", extension);
    if (fs::exists(path)) return path.string();
  }
  return {};
}

cv::Mat to_mat(const Image& mask) {
  cv::Mat result(static_cast<int>(mask.height), static_cast<int>(mask.width), CV_8U);
  std::copy(mask.bytes.begin(), mask.bytes.end(), result.data);
  return result;
}

Outcome outcome_of(uint8_t truth, uint8_t prediction) {
  if (truth == kIgnored) return Outcome::ignored;
  if (truth == 0) return prediction == 0 ? Outcome::background : Outcome::extra;
  return truth == prediction ? Outcome::found : Outcome::missed;
}

Entry read_entry(const TileFile& tile, const std::string& truth_path, const std::string& prediction_path, int classes) {
  const Image truth = read_mask(truth_path, classes), prediction = read_mask(prediction_path, classes);
  PPL_CHECK(truth.height == prediction.height && truth.width == prediction.width, prediction_path, ": expected ",
            truth.width, " x ", truth.height, " pixels as ", truth_path, ", got ", prediction.width, " x ",
            prediction.height);
  Entry entry{tile.id,
              tile.image_path,
              to_mat(truth),
              cv::Mat(static_cast<int>(truth.height), static_cast<int>(truth.width), CV_8U),
              {}};
  for (size_t i = 0; i < truth.bytes.size(); ++i) {
    const Outcome outcome = outcome_of(truth.bytes[i], prediction.bytes[i]);
    entry.outcome.data[i] = static_cast<uint8_t>(outcome);
    entry.counts.add({outcome == Outcome::found, outcome == Outcome::extra, outcome == Outcome::missed});
  }
  return entry;
}

bool has_little(const Entry& entry) {
  const Confusion& c = entry.counts;
  return static_cast<double>(c.true_positive + c.false_negative) <
         kLittleForeground * static_cast<double>(entry.truth.total());
}

}  // namespace

std::vector<Entry> read_entries(const Options& options) {
  struct Files {
    TileFile tile;
    std::string truth;
    std::string prediction;
  };
  std::vector<Files> files;
  for (const TileFile& tile : list_images(options.images)) {
    const Files found{tile, mask_path(options.truth, tile.id), mask_path(options.prediction, tile.id)};
    if (!found.truth.empty() && !found.prediction.empty()) files.push_back(found);
  }
  PPL_CHECK(!files.empty(), "no tile of ", options.images, " has a mask <id>_mask in both ", options.truth, " and ",
            options.prediction);
  std::vector<Entry> entries(files.size());
  const int threads = available_threads();
  for_each_index(static_cast<int64_t>(files.size()), threads, [&](int64_t i) {
    const Files& f = files[static_cast<size_t>(i)];
    entries[static_cast<size_t>(i)] = read_entry(f.tile, f.truth, f.prediction, options.classes);
  });
  return entries;
}

std::vector<Entry> choose(std::vector<Entry> entries, int count) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.counts.iou() > b.counts.iou(); });
  const auto bare =
      std::stable_partition(entries.begin(), entries.end(), [](const Entry& e) { return !has_little(e); });
  const size_t wanted = std::min(static_cast<size_t>(count), entries.size());
  const size_t rich = std::max(static_cast<size_t>(bare - entries.begin()), wanted);
  std::vector<Entry> chosen;
  for (size_t i = 0; i < wanted; ++i) {
    chosen.push_back(std::move(entries[wanted > 1 ? i * (rich - 1) / (wanted - 1) : 0]));
  }
  return chosen;
}

void write_sheet(const Options& options) {
  std::vector<Entry> entries = read_entries(options);
  Confusion overall;
  for (const Entry& entry : entries) overall.add(entry.counts);
  const int all = static_cast<int>(entries.size());
  const cv::Mat sheet = draw_sheet(choose(std::move(entries), options.count), overall, all, options.panel);
  Image image = Image::make(sheet.rows, sheet.cols, 3);
  std::copy_n(sheet.data, image.bytes.size(), image.u8());
  write_png(options.out, image);
  apps::log_line(cat("sheet: ", options.out));
}

}  // namespace ppl::sheet
