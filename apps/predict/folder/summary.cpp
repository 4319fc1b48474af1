#include "apps/predict/folder/summary.h"

#include <fmt/format.h>

#include "apps/common/log.h"

namespace ppl::apps {

std::string manifest_of(std::vector<TileRecord> records) {
  std::string manifest;
  for (TileRecord& r : records) {
    r.image.clear();
    r.files.clear();
    r.written.clear();
    manifest += to_line(r);
  }
  return manifest;
}

void tell_masks(const PredictOptions& o, const std::vector<TileRecord>& records, size_t kept, double seconds) {
  size_t masks = 0;
  double foreground = 0;
  for (const TileRecord& r : records) {
    if (!r.error.empty()) continue;
    ++masks;
    foreground += r.foreground;
  }
  if (masks == 0) return;
  const double share = foreground / static_cast<double>(masks);
  std::string text = fmt::format("predict: {} masks in {}, {:.2f} % foreground", masks, o.out, 100 * share);
  if (kept > 0) text += fmt::format("; {} were there already", kept);
  if (records.size() > kept)
    text += fmt::format("; {:.3g} s a tile", seconds / static_cast<double>(records.size() - kept));
  log_line(text);
  if (share == 0 || share == 1)
    log_error(fmt::format("predict: {} of {} images is foreground: do the weights, --threshold and --bands fit them?",
                          share == 0 ? "nothing" : "every pixel", masks));
}

}  // namespace ppl::apps
