#include <algorithm>
#include <vector>

#include "io/file.h"
#include "io/image/codec.h"
#include "io/image/image.h"
#include "io/image/mask_values.h"

namespace ppl {
namespace {

int64_t pixel_count(const Image& image) { return image.height * image.width; }

// OpenCV's grey of a colour: weights 0.299, 0.587, 0.114 in 14 bits, rounded.
int grey_of(int r, int g, int b) { return (r * 4899 + g * 9617 + b * 1868 + 8192) >> 14; }

}  // namespace

std::vector<uint16_t> grey_values(const PngImage& p, const std::string& where) {
  std::vector<uint16_t> out(static_cast<size_t>(pixel_count(p.image)));
  const int n = p.image.bands;
  const bool colour = n >= 3;
  for (size_t i = 0; i < out.size(); ++i) {
    const auto at = [&](int b) -> int {
      const size_t k = i * static_cast<size_t>(n) + static_cast<size_t>(b);
      return p.image.depth == 8 ? p.image.u8()[k] : p.image.u16()[k];
    };
    int v = at(0);
    if (p.indexed) {
      PPL_CHECK(static_cast<size_t>(v) < p.palette.size(), where, ": palette entry ", v, " of ", p.palette.size());
      const auto& c = p.palette[static_cast<size_t>(v)];
      v = grey_of(c[0], c[1], c[2]);
    } else if (colour) {
      v = grey_of(at(0), at(1), at(2));
    }
    out[i] = static_cast<uint16_t>(v);
  }
  return out;
}

int least_foreground(const PngImage& p, int greatest) {
  const int range = p.indexed || p.bits >= 8 ? (p.image.depth == 16 ? 65536 : 256) : 1 << p.bits;
  return greatest <= 1 ? 1 : range / 2;
}

void to_classes(const PngImage& p, int classes, int64_t first_row, uint8_t* out, const std::string& where) {
  PPL_CHECK(p.image.bands == 1 && p.image.depth == 8, where, ": expected an index image (grey or palette, 8 bit), got ",
            p.image.bands, " bands of ", p.image.depth, " bits");
  const int64_t n = pixel_count(p.image);
  for (int64_t i = 0; i < n; ++i) {
    const int v = p.image.u8()[i];
    PPL_CHECK(v <= classes || v == 255, where, ": value ", v, " at column ", i % p.image.width, ", row ",
              first_row + i / p.image.width, "; expected 0 to ", classes, " or 255");
    out[i] = static_cast<uint8_t>(v);
  }
}

namespace {

void to_binary(const PngImage& p, uint8_t* out, const std::string& where) {
  const std::vector<uint16_t> grey = grey_values(p, where);
  const int least = least_foreground(p, grey.empty() ? 0 : *std::max_element(grey.begin(), grey.end()));
  for (size_t i = 0; i < grey.size(); ++i) out[i] = grey[i] >= least;
}

PngImage stored_values(const std::string& path, int64_t max_pixels) {
  const MappedFile file(path);
  PngImage p;
  switch (image_format(file.bytes(), path)) {
    case ImageFormat::png:
      return decode_png(file.bytes(), PngValues::as_stored, max_pixels, path);
    case ImageFormat::jpeg:
      p.image = decode_jpeg(file.bytes(), max_pixels, path);
      break;
    case ImageFormat::tiff:
      p.image = decode_tiff(path, {}, max_pixels);
      break;
  }
  p.bits = p.image.depth;
  return p;
}

}  // namespace

Image read_mask(const std::string& path, int classes, int64_t max_pixels) {
  PPL_CHECK(classes >= 1 && classes < 255, path, ": a mask of ", classes, " classes; expected 1 to 254");
  const PngImage p = stored_values(path, max_pixels);
  Image mask = Image::make(p.image.height, p.image.width, 1);
  if (classes == 1) {
    to_binary(p, mask.u8(), path);
  } else {
    to_classes(p, classes, 0, mask.u8(), path);
  }
  return mask;
}

}  // namespace ppl
