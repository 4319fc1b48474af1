#include "io/image/image.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

#include "io/file.h"
#include "io/image/codec.h"

namespace ppl {
namespace {

// The bands of a colour image as the published code has them, or all in file order.
std::vector<int> default_bands(int bands, int depth, bool alpha) {
  if (depth == 8 && (bands == 3 || (bands == 4 && alpha))) return {3, 2, 1};
  if (bands == 2 && alpha) return {1};
  std::vector<int> all(static_cast<size_t>(bands));
  std::iota(all.begin(), all.end(), 1);
  return all;
}

template <class T>
void copy_bands(const T* from, T* to, int64_t pixels, int from_bands, const std::vector<int>& chosen) {
  const int n = static_cast<int>(chosen.size());
  if (from_bands == 3 && n == 3) {  // fixed strides here let the compiler vectorize
    const int a = chosen[0], b = chosen[1], c = chosen[2];
    for (int64_t i = 0; i < pixels; ++i) {
      to[3 * i] = from[3 * i + a];
      to[3 * i + 1] = from[3 * i + b];
      to[3 * i + 2] = from[3 * i + c];
    }
    return;
  }
  for (int64_t i = 0; i < pixels; ++i) {
    for (int b = 0; b < n; ++b) to[i * n + b] = from[i * from_bands + chosen[static_cast<size_t>(b)]];
  }
}

Image choose_bands(Image image, std::vector<int> wanted, bool alpha, const std::string& where) {
  if (wanted.empty()) wanted = default_bands(image.bands, image.depth, alpha);
  const bool grey = image.depth == 8 && (image.bands == 1 || (image.bands == 2 && alpha));
  for (int& b : wanted) {
    if (grey && b >= 1 && b <= 3) b = 1;
    PPL_CHECK(b >= 1 && b <= image.bands, where, ": band ", b, " is asked of an image with ", image.bands);
    --b;
  }
  const int n = static_cast<int>(wanted.size());
  std::vector<int> same(wanted.size());
  std::iota(same.begin(), same.end(), 0);
  if (n == image.bands && wanted == same) return image;
  Image out = Image::make(image.height, image.width, n, image.depth);
  const int64_t pixels = image.height * image.width;
  if (image.depth == 8) {
    copy_bands(image.u8(), out.u8(), pixels, image.bands, wanted);
  } else {
    copy_bands(image.u16(), out.u16(), pixels, image.bands, wanted);
  }
  return out;
}

}  // namespace

Image Image::make(int64_t height, int64_t width, int bands, int depth) {
  Image i{height, width, bands, depth, {}};
  i.bytes.resize(static_cast<size_t>(height) * static_cast<size_t>(width) * static_cast<size_t>(bands) *
                 static_cast<size_t>(depth / 8));
  return i;
}

void check_extents(int64_t height, int64_t width, int64_t max_pixels, const std::string& where) {
  PPL_CHECK(height > 0 && width > 0 && height <= max_pixels / width, where, ": an image of ", width, " x ", height,
            " pixels; expected at least one and at most ", max_pixels);
}

ImageHeader read_image_header(const std::string& path) {
  const MappedFile file(path);
  switch (image_format(file.bytes(), path)) {
    case ImageFormat::jpeg:
      return jpeg_header(file.bytes(), path);
    case ImageFormat::png:
      return png_header(file.bytes(), path);
    case ImageFormat::tiff:
      return tiff_header(path);
  }
  throw Error(cat(path, ": unknown format"));
}

Image read_image(const std::string& path, const ReadOptions& options) {
  const MappedFile file(path);
  switch (image_format(file.bytes(), path)) {
    case ImageFormat::jpeg:
      return choose_bands(decode_jpeg(file.bytes(), options.max_pixels, path), options.bands, false, path);
    case ImageFormat::png: {
      PngImage p = decode_png(file.bytes(), PngValues::colours, options.max_pixels, path);
      return choose_bands(std::move(p.image), options.bands, p.alpha, path);
    }
    case ImageFormat::tiff: {
      // A file of many bands is not read whole for a few of them.
      const ImageHeader h = tiff_header(path);
      const bool grey = h.bands == 1 && h.depth == 8;
      std::vector<int> bands = options.bands.empty() ? default_bands(h.bands, h.depth, false) : options.bands;
      if (grey) return choose_bands(decode_tiff(path, {1}, options.max_pixels), bands, false, path);
      return decode_tiff(path, std::move(bands), options.max_pixels);
    }
  }
  throw Error(cat(path, ": unknown format"));
}

}  // namespace ppl
