// Stands in for tiff_parts.cpp in builds without GDAL.
#include "io/image/tiff_parts.h"

#include "kernels/base.h"

namespace ppl {
namespace {
[[noreturn]] void missing(const std::string& where) {
  throw Error(cat(where, ": this build has no GDAL, so it cannot read TIFF files"));
}
}  // namespace

struct TiffParts::Open {};
TiffParts::TiffParts(const std::string& path) { missing(path); }
TiffParts::~TiffParts() = default;
int64_t TiffParts::strip_rows(int64_t) const { missing(path_); }
std::vector<double> TiffParts::read_band(int, int64_t, int64_t, int64_t, int64_t) const { missing(path_); }
std::vector<uint8_t> TiffParts::read_bytes(int64_t, int64_t, int64_t, int64_t) const { missing(path_); }
std::vector<uint8_t> TiffParts::read_validity(int64_t, int64_t, int64_t, int64_t) const { missing(path_); }
std::vector<float> TiffParts::read_probabilities(int64_t, int64_t, int64_t, int64_t) const { missing(path_); }

}  // namespace ppl
