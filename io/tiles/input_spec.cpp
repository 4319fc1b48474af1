#include "io/tiles/input_spec.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/nearest_name.h"
#include "io/json_text.h"

namespace ppl {
namespace {

using nlohmann::json;

const std::vector<std::string> kKeys{"bands",  "stretch_low", "stretch_high", "mean", "std", "ground_sample_distance",
                                     "no_data"};

void check_numbers(const std::vector<double>& v, size_t count, const char* what, const std::string& where) {
  PPL_CHECK(v.size() == count, where, ": ", what, " has ", v.size(), " numbers for ", count, " bands");
  for (const double x : v) PPL_CHECK(std::isfinite(x), where, ": ", what, " holds ", x);
}

// table[v]: the 8-bit value of v.
std::vector<uint8_t> stretch_table(double low, double high, int values) {
  std::vector<uint8_t> table(static_cast<size_t>(values));
  for (int v = 0; v < values; ++v) {
    const double scaled = std::clamp((v - low) * 255.0 / (high - low), 0.0, 255.0);
    table[static_cast<size_t>(v)] = static_cast<uint8_t>(std::lround(scaled));
  }
  return table;
}

template <class T>
void apply_tables(const T* from, uint8_t* to, int64_t pixels, const std::vector<std::vector<uint8_t>>& tables) {
  const size_t n = tables.size();
  for (size_t b = 0; b < n; ++b) {
    const uint8_t* table = tables[b].data();
    for (int64_t i = 0; i < pixels; ++i)
      to[static_cast<size_t>(i) * n + b] = table[from[static_cast<size_t>(i) * n + b]];
  }
}

}  // namespace

void InputSpec::check(const std::string& where) const {
  PPL_CHECK(!bands.empty() && bands.size() <= 4096, where, ": ", bands.size(), " bands; expected 1 to 4096");
  for (const int b : bands) PPL_CHECK(b >= 1, where, ": band ", b, "; they are counted from 1");
  check_numbers(mean, bands.size(), "mean", where);
  check_numbers(std, bands.size(), "std", where);
  for (const double s : std) PPL_CHECK(s > 0, where, ": std holds ", s, "; expected more than 0");
  PPL_CHECK(stretch_low.empty() == stretch_high.empty(), where, ": stretch_low and stretch_high go together");
  if (!stretch_low.empty()) {
    check_numbers(stretch_low, bands.size(), "stretch_low", where);
    check_numbers(stretch_high, bands.size(), "stretch_high", where);
    for (size_t b = 0; b < bands.size(); ++b) {
      PPL_CHECK(stretch_low[b] < stretch_high[b], where, ": stretch from ", stretch_low[b], " to ", stretch_high[b]);
    }
  }
  PPL_CHECK(!no_data || (*no_data >= 0 && *no_data <= 65535), where, ": no_data ", no_data.value_or(0),
            "; expected 0 to 65535");
  PPL_CHECK(std::isfinite(ground_sample_distance) && ground_sample_distance >= 0, where, ": ground_sample_distance ",
            ground_sample_distance);
}

std::string to_json(const InputSpec& s) {
  json j{{"bands", s.bands},
         {"stretch_low", s.stretch_low},
         {"stretch_high", s.stretch_high},
         {"mean", s.mean},
         {"std", s.std},
         {"ground_sample_distance", s.ground_sample_distance}};
  if (s.no_data) j["no_data"] = *s.no_data;
  return j.dump();
}

InputSpec input_spec_from_json(std::string_view text, const std::string& where) {
  InputSpec s;
  try {
    const json j = parse_json(text, where);
    PPL_CHECK(j.is_object(), where, ": expected an object for the input");
    for (const auto& item : j.items()) {
      PPL_CHECK(std::find(kKeys.begin(), kKeys.end(), item.key()) != kKeys.end(), where, ": unknown key \"", item.key(),
                "\"; did you mean \"", nearest_name(item.key(), kKeys), "\"?");
    }
    s.bands = j.value("bands", s.bands);
    s.stretch_low = j.value("stretch_low", s.stretch_low);
    s.stretch_high = j.value("stretch_high", s.stretch_high);
    s.mean = j.value("mean", s.mean);
    s.std = j.value("std", s.std);
    s.ground_sample_distance = j.value("ground_sample_distance", s.ground_sample_distance);
    if (j.contains("no_data")) s.no_data = j.at("no_data").get<int>();
  } catch (const json::exception& e) {
    throw Error(cat(where, ": ", json_problem(e)));
  }
  s.check(where);
  return s;
}

Image read_input(const std::string& path, const InputSpec& spec, int64_t max_pixels, std::vector<uint8_t>* valid) {
  return stretch(read_image(path, {spec.bands, max_pixels, spec.no_data}, valid), spec, path);
}

Image stretch(Image image, const InputSpec& spec, const std::string& where) {
  PPL_CHECK(image.bands == spec.band_count(), where, ": ", image.bands, " bands, expected ", spec.band_count());
  PPL_CHECK(image.depth == 8 || !spec.stretch_low.empty(), where,
            ": 16-bit image, but no stretch is given (measure the folder, or set stretch_low and stretch_high)");
  if (spec.stretch_low.empty()) return image;
  const double highest = *std::max_element(spec.stretch_high.begin(), spec.stretch_high.end());
  PPL_CHECK(image.depth != 8 || highest <= 255, where, ": 8-bit image, but the stretch is for 16 bit (up to ", highest,
            "): it would be nearly black; give the images that were measured, or weights and input for 8 bit");
  std::vector<std::vector<uint8_t>> tables;
  for (size_t b = 0; b < spec.bands.size(); ++b) {
    tables.push_back(stretch_table(spec.stretch_low[b], spec.stretch_high[b], image.depth == 8 ? 256 : 65536));
  }
  Image out = Image::make(image.height, image.width, image.bands);
  if (image.depth == 8) {
    apply_tables(image.u8(), out.u8(), image.height * image.width, tables);
  } else {
    apply_tables(image.u16(), out.u8(), image.height * image.width, tables);
  }
  return out;
}

}  // namespace ppl
