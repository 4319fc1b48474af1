#include "apps/predict/job.h"

#include <fmt/format.h>

#include "io/file.h"

namespace ppl::apps {

std::string job_name(const PredictOptions& o, const Ensemble& ensemble, const std::vector<std::string>& images) {
  uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
  const auto add = [&](const void* data, size_t size) {
    for (size_t i = 0; i < size; ++i) hash = (hash ^ static_cast<const uint8_t*>(data)[i]) * 0x100000001b3u;
  };
  const auto add_text = [&](const std::string& text) { add(text.c_str(), text.size() + 1); };
  std::vector<std::string> weights{o.weights};
  weights.insert(weights.end(), o.also.begin(), o.also.end());
  for (const std::string& path : weights) {
    const MappedFile file(path);
    add(file.bytes().data(), file.bytes().size());
  }
  for (const double share : o.shares) add_text(cat(share));
  for (const int band : ensemble.input().bands) add_text(cat(band));
  add_text(cat(o.network, ' ', o.views, ' ', ensemble.threshold(), ' ', name(o.precision), ' ', o.format, ' ',
               o.probabilities, ' ', o.batch, ' ', o.context, ' ', o.suffix, ' ', o.window, ' ', o.overlap, ' ',
               o.stretch, ' ', o.white_margin));
  for (const std::string& image : images) add_text(image);
  return fmt::format(".predict-{:016x}", hash);
}

}  // namespace ppl::apps
