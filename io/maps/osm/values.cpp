#include "io/maps/osm/values.h"

#include <charconv>
#include <cmath>
#include <cstring>

#include "kernels/base.h"

namespace ppl {

int64_t osm_number(const char* text, const char* what) {
  int64_t value = 0;
  const char* end = text + std::strlen(text);
  if (*text == '+') ++text;
  const auto [stop, error] = std::from_chars(text, end, value);
  PPL_CHECK(error == std::errc() && stop == end, "expected a whole number as ", what, ", got '",
            std::string_view(text).substr(0, 40), "'");
  return value;
}

int32_t osm_degrees(const char* text, const char* what) {
  double value = 0;
  const char* end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, value);
  PPL_CHECK(error == std::errc() && stop == end, "expected degrees as ", what, ", got '",
            std::string_view(text).substr(0, 40), "'");
  return std::abs(value) <= 180 ? static_cast<int32_t>(std::lround(value * 1e7)) : INT32_MAX;
}

int64_t id_at(OsmPlace place) {
  const auto x = static_cast<uint64_t>(int64_t{place.x} + 1'800'000'000),
             y = static_cast<uint64_t>(int64_t{place.y} + 900'000'000);
  return INT64_MIN + static_cast<int64_t>(x << 31 | y);
}

}  // namespace ppl
