#include <algorithm>
#include <cmath>
#include <mutex>

#include "io/threads.h"
#include "io/tiles/input_spec.h"

namespace ppl {
namespace {

using Histogram = std::vector<uint64_t>;  // by value: 256 or 65536

// Values of each chosen band over all files.
struct Histograms {
  int depth = 0;
  std::string first;  // the file that set the depth
  std::vector<Histogram> bands;

  void add(const Histograms& o) {
    if (depth == 0) {
      *this = o;
      return;
    }
    PPL_CHECK(depth == o.depth, o.first, ": ", o.depth, " bits a value, but ", first, " has ", depth);
    for (size_t b = 0; b < bands.size(); ++b) {
      for (size_t v = 0; v < bands[b].size(); ++v) bands[b][v] += o.bands[b][v];
    }
  }
};

template <class T>
void count(const T* values, int64_t pixels, const std::vector<uint8_t>& valid, std::vector<Histogram>& bands) {
  const size_t n = bands.size();
  for (int64_t i = 0; i < pixels; ++i, values += n) {
    if (!valid.empty() && !valid[static_cast<size_t>(i)]) continue;
    for (size_t b = 0; b < n; ++b) ++bands[b][values[b]];
  }
}

Histograms histograms_of(const std::string& path, const MeasureOptions& o) {
  std::vector<uint8_t> valid;
  const std::optional<int> no_data = o.no_data || !o.skip_zeros ? o.no_data : 0;
  const Image image = read_image(path, {o.bands, o.max_pixels, no_data}, &valid);
  Histograms h{image.depth, path, {}};
  h.bands.assign(o.bands.size(), Histogram(image.depth == 8 ? 256 : 65536));
  const int64_t pixels = image.height * image.width;
  if (image.depth == 8) {
    count(image.u8(), pixels, valid, h.bands);
  } else {
    count(image.u16(), pixels, valid, h.bands);
  }
  return h;
}

uint64_t total(const Histogram& h) {
  uint64_t n = 0;
  for (const uint64_t c : h) n += c;
  return n;
}

// The smallest value that at least percent % of the values do not exceed.
double percentile(const Histogram& h, double percent) {
  const double wanted = std::max(1.0, std::ceil(static_cast<double>(total(h)) * percent / 100.0));
  uint64_t seen = 0;
  for (size_t v = 0; v < h.size(); ++v) {
    seen += h[v];
    if (static_cast<double>(seen) >= wanted) return static_cast<double>(v);
  }
  return static_cast<double>(h.size() - 1);
}

// Counts of the 8-bit values after the stretch.
Histogram stretched(const Histogram& h, const InputSpec& whole, size_t band) {
  if (whole.stretch_low.empty()) return h;
  InputSpec one;
  one.bands = {1};
  one.stretch_low = {whole.stretch_low[band]};
  one.stretch_high = {whole.stretch_high[band]};
  Image ramp = Image::make(1, static_cast<int64_t>(h.size()), 1, 16);
  for (size_t v = 0; v < h.size(); ++v) ramp.u16()[v] = static_cast<uint16_t>(v);
  const Image eight = stretch(ramp, one, "measure");
  Histogram out(256);
  for (size_t v = 0; v < h.size(); ++v) out[eight.u8()[v]] += h[v];
  return out;
}

}  // namespace

InputSpec measure_input(const std::vector<std::string>& paths, const MeasureOptions& o) {
  PPL_CHECK(!paths.empty(), "no images to measure");
  PPL_CHECK(0 <= o.low_percent && o.low_percent < o.high_percent && o.high_percent <= 100, "percentiles ",
            o.low_percent, " and ", o.high_percent, "; expected 0 <= low < high <= 100");
  PPL_CHECK(!o.no_data || (*o.no_data >= 0 && *o.no_data <= 65535), "no data ", *o.no_data, "; expected 0 to 65535");
  Histograms all;
  std::mutex mutex;
  for_each_index(static_cast<int64_t>(paths.size()), o.threads, [&](int64_t i) {
    const Histograms one = histograms_of(paths[static_cast<size_t>(i)], o);
    std::lock_guard lock(mutex);
    all.add(one);
  });

  InputSpec s;
  s.bands = o.bands;
  s.ground_sample_distance = o.ground_sample_distance;
  s.no_data = o.no_data;
  s.mean.clear();
  s.std.clear();
  if (all.depth == 16) {
    for (const Histogram& h : all.bands) {
      s.stretch_low.push_back(percentile(h, o.low_percent));
      s.stretch_high.push_back(std::max(percentile(h, o.high_percent), s.stretch_low.back() + 1));
    }
  }
  for (size_t b = 0; b < all.bands.size(); ++b) {
    const Histogram h = stretched(all.bands[b], s, b);
    const double n = static_cast<double>(total(h));
    PPL_CHECK(n > 0, "band ", s.bands[b], ": no pixel to measure: none has data");
    double sum = 0, squares = 0;
    for (size_t v = 0; v < 256; ++v) sum += static_cast<double>(h[v]) * static_cast<double>(v) / 255.0;
    const double mean = sum / n;
    for (size_t v = 0; v < 256; ++v) {
      const double d = static_cast<double>(v) / 255.0 - mean;
      squares += static_cast<double>(h[v]) * d * d;
    }
    s.mean.push_back(mean);
    // A constant band would divide by zero later.
    s.std.push_back(std::max(std::sqrt(squares / n), 1.0 / 255.0));
  }
  return s;
}

}  // namespace ppl
