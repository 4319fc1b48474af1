#include "io/image/mask_census.h"

#include <algorithm>

#include "kernels/base.h"

namespace ppl {

void MaskCensus::Totals::add(const Totals& o) {
  masks += o.masks;
  with_ignored += o.with_ignored;
  ignored_pixels += o.ignored_pixels;
  holding.resize(std::max(holding.size(), o.holding.size()));
  pixels.resize(std::max(pixels.size(), o.pixels.size()));
  for (size_t k = 0; k < o.holding.size(); ++k) holding[k] += o.holding[k];
  for (size_t k = 0; k < o.pixels.size(); ++k) pixels[k] += o.pixels[k];
}

void MaskCensus::add(const std::string& path, const MaskSummary& mask) {
  Totals one{1, mask.ignored > 0, std::vector<int64_t>(mask.pixels.size()), mask.pixels, mask.ignored};
  for (size_t k = 1; k < mask.pixels.size(); ++k) {
    one.holding[k] = mask.pixels[k] > 0;
    one.holding[0] |= one.holding[k];
  }
  const std::lock_guard lock(mutex_);
  totals_.add(one);
  if (!mask.foreground) return;
  Meaning& meaning = meanings_[*mask.foreground];
  if (meaning.masks++ == 0 || path < meaning.example) meaning.example = path;
  meaning.name = mask.foreground_name;
}

void MaskCensus::check(const std::string& where) const {
  if (meanings_.size() < 2) return;
  std::string text, options;
  size_t n = 0;
  for (const auto& [value, m] : meanings_) {
    if (++n > 4) break;
    text += cat(n > 1 ? ", " : "", m.name, " in ", m.masks, " (", m.example, ")");
    options += (n > 1 ? " " : "") + m.name;
  }
  throw Error(cat(
      where, ": the foreground of its masks is not one value: ", text,
      "; --foreground V (\"foreground\" in a training configuration) says which values are foreground (all: ", options,
      "); 255 beside another is ignored"));
}

std::string describe(const MaskCensus::Totals& t) {
  std::string text;
  if (t.holding.size() <= 2) {
    text = cat(t.holding.empty() ? 0 : t.holding[0], " of ", t.masks, " masks hold foreground");
  } else {
    text = cat("of ", t.masks, " masks");
    for (size_t k = 1; k < t.holding.size(); ++k)
      text += cat(k > 1 ? "," : "", " ", t.holding[k], k > 1 ? "" : " hold", " class ", k);
  }
  if (t.with_ignored > 0) text += cat(", ", t.with_ignored, " no data or ignored pixels");
  return text;
}

}  // namespace ppl
