#include "io/image/image.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

#include "io/file.h"
#include "io/image/codecs/codec.h"

namespace ppl {
namespace {

// The bands of a colour image as the published code has them, or all in file order.
std::vector<int> default_bands(int bands, int depth, bool alpha) {
  if (depth == 8 && bands - alpha == 3) return {3, 2, 1};
  std::vector<int> all(static_cast<size_t>(bands - alpha));
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

Image choose_bands(StoredImage stored, std::vector<int> wanted, const std::string& where) {
  Image& image = stored.image;
  if (!stored.bands.empty()) return std::move(image);
  if (wanted.empty()) wanted = default_bands(image.bands, image.depth, stored.alpha);
  const bool grey = image.depth == 8 && image.bands - stored.alpha == 1;
  for (int& b : wanted) {
    if (grey && b >= 1 && b <= 3) b = 1;
    check_band(b, image.bands, image.depth, where);
    --b;
  }
  const int n = static_cast<int>(wanted.size());
  std::vector<int> same(wanted.size());
  std::iota(same.begin(), same.end(), 0);
  if (n == image.bands && wanted == same) return std::move(image);
  Image out = Image::make(image.height, image.width, n, image.depth);
  const int64_t pixels = image.height * image.width;
  if (image.depth == 8) {
    copy_bands(image.u8(), out.u8(), pixels, image.bands, wanted);
  } else {
    copy_bands(image.u16(), out.u16(), pixels, image.bands, wanted);
  }
  return out;
}

// Palettes become R,G,B, and fewer than 8 bits are spread to 0 .. 255.
void spread_colours(StoredImage& s, const std::string& where) {
  Image& image = s.image;
  if (!s.indexed) {
    const int most = s.bits < 8 ? (1 << s.bits) - 1 : 255;
    if (most < 255)
      for (uint8_t& v : image.bytes) v = static_cast<uint8_t>(v * 255 / most);
    return;
  }
  Image out = Image::make(image.height, image.width, 3);
  for (int64_t i = 0; i < image.height * image.width; ++i) {
    const size_t index = image.depth == 8 ? image.u8()[i] : image.u16()[i];
    PPL_CHECK(index < s.palette.size(), where, ": palette entry ", index, " of ", s.palette.size());
    std::copy_n(s.palette[index].begin(), 3, out.u8() + 3 * i);
  }
  image = std::move(out);
  s.indexed = false;
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

void check_band(int band, int bands, int depth, const std::string& where) {
  if (band >= 1 && band <= bands) return;
  std::string hint;
  if (bands == 1 && depth == 16)
    hint = "; one band of 16 bits serves alone: \"bands\": [1] in the input (tiles stats --bands 1), network of 1 band";
  throw Error(cat(where, ": band ", band, " is asked of an image with ", bands, hint));
}

void mark_no_data(const Image& image, int no_data, std::vector<uint8_t>& valid) {
  valid.resize(static_cast<size_t>(image.height * image.width), 1);
  const auto n = static_cast<size_t>(image.bands);
  for (size_t i = 0; i < valid.size(); ++i) {
    bool same = true;
    for (size_t b = i * n; b < (i + 1) * n; ++b) same &= (image.depth == 8 ? image.u8()[b] : image.u16()[b]) == no_data;
    if (same) valid[i] = 0;
  }
}

ImageHeader read_image_header(const std::string& path) {
  const MappedFile file(path);
  return codec_of(file.bytes(), path).header(file.bytes(), path);
}

Image read_image(const std::string& path, const ReadOptions& options, std::vector<uint8_t>* valid) {
  const MappedFile file(path);
  const DecodeOptions decode{options.bands, options.max_pixels, valid != nullptr};
  StoredImage stored = codec_of(file.bytes(), path).decode(file.bytes(), decode, path);
  spread_colours(stored, path);
  if (valid) *valid = std::move(stored.valid);
  Image image = choose_bands(std::move(stored), options.bands, path);
  if (valid && options.no_data) {
    mark_no_data(image, *options.no_data, *valid);
    if (std::find(valid->begin(), valid->end(), 0) == valid->end()) valid->clear();
  }
  return image;
}

}  // namespace ppl
