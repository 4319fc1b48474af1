// What stands between an image's file and the network: which bands, how 16 bits become 8, mean and deviation.
// Stored in the metadata of the weights, so that training and prediction cannot differ.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/image/image.h"

namespace ppl {

struct InputSpec {
  std::vector<int> bands{3, 2, 1};  // counted from 1 in file order; {3,2,1} of an R,G,B file is B,G,R
  // Per chosen band: value low becomes 0 and high 255, linear between, rounded. Empty: 8-bit images as they are.
  std::vector<double> stretch_low, stretch_high;
  // Per chosen band, of the 8-bit value / 255. The defaults are the published ones.
  std::vector<double> mean{0.3262061, 0.39206991, 0.41451698};
  std::vector<double> std{0.11344261, 0.1211441, 0.14105087};
  double ground_sample_distance = 0;  // metres a pixel; 0 where unknown
  std::optional<int> no_data{};       // pixels whose chosen bands all have this value in the file are no data

  int band_count() const { return static_cast<int>(bands.size()); }
  void check(const std::string& where) const;  // Error where lengths differ, or a value is out of range or not a number
  bool operator==(const InputSpec&) const = default;
};

// {"bands":[3,2,1],"stretch_low":[],...}; every key optional when read, unknown keys are an Error naming `where`.
std::string to_json(const InputSpec&);
InputSpec input_spec_from_json(std::string_view text, const std::string& where);

// The image as the network is to see it: chosen bands, 8 bit. Error for 16-bit images where the spec has no stretch,
// and for 8-bit images where its stretch goes beyond 255.
// valid: where there is data, as read_image has it.
Image read_input(const std::string& path, const InputSpec&, int64_t max_pixels = int64_t{1} << 28,
                 std::vector<uint8_t>* valid = nullptr);
// The same for an image in memory whose bands are already the chosen ones.
Image stretch(Image, const InputSpec&, const std::string& where);

// [bands][256]: (value / 255 - mean) / std, computed in double and rounded once to float.
std::vector<std::array<float, 256>> normalisation_tables(const InputSpec&);

struct MeasureOptions {
  std::vector<int> bands{3, 2, 1};
  double low_percent = 2, high_percent = 98;  // of the values of a band over all files; for 16-bit images
  std::optional<int>
      no_data{};  // pixels whose chosen bands all have this value are left out, now and by whoever uses the result
  bool skip_zeros = false;  // leave out pixels whose chosen bands are all zero, here only
  double ground_sample_distance = 0;
  int threads = 1;
  int64_t max_pixels = int64_t{1} << 28;
};

// Mean, deviation and, for 16-bit images, the stretch over all pixels of the files that have data: from exact
// histograms, so the result depends neither on the order of the files nor on the threads. Error where 8 and 16 bit are
// mixed.
InputSpec measure_input(const std::vector<std::string>& paths, const MeasureOptions& = {});

}  // namespace ppl
