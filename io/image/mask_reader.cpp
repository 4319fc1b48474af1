#include "io/image/mask_reader.h"

#include <algorithm>
#include <cmath>

#include "io/image/codecs/codec.h"
#include "io/image/formats.h"
#include "io/image/tiff_parts.h"
#include "kernels/ignored.h"

namespace ppl {

class MaskPixels {
 public:
  virtual ~MaskPixels() = default;
  virtual int64_t strip_rows(int64_t pixels) const = 0;
  // opacity: that instead of the values, 0 to 255.
  virtual std::vector<MaskKey> keys(const ImagePart&, bool opacity) const = 0;
  // The same as bytes where `plain`: what nearly all masks are, and much quicker. no_data: the value of no data, or -1.
  virtual std::vector<uint8_t> bytes(const ImagePart&) const = 0;

  bool plain = false;
  int no_data = -1;
  int64_t height = 0, width = 0;
  MaskForm form;
};

namespace {

void check_mask_bands(int bands, const std::string& where) {
  PPL_CHECK(bands == 1 || bands == 3, where, ": a mask has one band, or three of colour, and perhaps opacity; got ",
            bands, " bands");
}

// PNG and JPEG, held whole.
class StoredPixels : public MaskPixels {
 public:
  StoredPixels(const std::string& path, int64_t max_pixels) {
    const MappedFile file(path);
    stored_ = codec_of(file.bytes(), path).decode(file.bytes(), {{}, max_pixels, true}, path);
    const Image& image = stored_.image;
    check_mask_bands(image.bands - stored_.alpha, path);
    height = image.height;
    width = image.width;
    form = {stored_.bits, stored_.indexed, stored_.palette, !stored_.valid.empty(), stored_.lossy, {}};
    plain = image.bands == 1 && image.depth == 8 && stored_.valid.empty();
  }

  std::vector<uint8_t> bytes(const ImagePart& part) const override {
    std::vector<uint8_t> out;
    out.reserve(static_cast<size_t>(part.height * part.width));
    for (int64_t row = part.row; row < part.row + part.height; ++row) {
      const auto begin = stored_.image.bytes.begin() + row * width + part.column;
      out.insert(out.end(), begin, begin + part.width);
    }
    return out;
  }

  int64_t strip_rows(int64_t pixels) const override { return std::max<int64_t>(1, pixels / width); }

  std::vector<MaskKey> keys(const ImagePart& part, bool opacity) const override {
    std::vector<MaskKey> keys(static_cast<size_t>(part.height * part.width));
    const int n = stored_.image.bands;
    const bool colour = n - stored_.alpha == 3;
    for (size_t i = 0; i < keys.size(); ++i) {
      const auto at_row = part.row + static_cast<int64_t>(i) / part.width;
      const auto at_column = part.column + static_cast<int64_t>(i) % part.width;
      const auto pixel = static_cast<size_t>(at_row * width + at_column), at = pixel * static_cast<size_t>(n);
      const bool valid = stored_.valid.empty() || stored_.valid[pixel];
      if (opacity) {
        const int most = stored_.image.depth == 8 ? 1 : 257;
        keys[i] = stored_.alpha ? value(at + static_cast<size_t>(n - 1)) / most : valid ? 255 : 0;
      } else {
        keys[i] = !valid ? kNoData : colour ? colour_key(value(at), value(at + 1), value(at + 2)) : value(at);
      }
    }
    return keys;
  }

 private:
  int value(size_t at) const { return stored_.image.depth == 8 ? stored_.image.u8()[at] : stored_.image.u16()[at]; }

  StoredImage stored_;
};

class TiffPixels : public MaskPixels {
 public:
  explicit TiffPixels(const std::string& path) : path_(path), tiff_(path) {
    check_mask_bands(tiff_.bands() - (tiff_.alpha() > 0), path);
    height = tiff_.height();
    width = tiff_.width();
    const bool indexed = !tiff_.palette().empty() && !tiff_.white_is_zero();
    form = {tiff_.bits(), indexed, tiff_.palette(), tiff_.alpha() > 0, false, tiff_.no_data()};
    plain = tiff_.plain_bytes();
    if (const auto v = tiff_.no_data(); v && *v >= 0 && *v <= 255 && *v == std::floor(*v))
      no_data = static_cast<int>(*v);
  }

  std::vector<uint8_t> bytes(const ImagePart& p) const override {
    return tiff_.read_bytes(p.row, p.column, p.height, p.width);
  }

  int64_t strip_rows(int64_t pixels) const override { return tiff_.strip_rows(pixels); }

  std::vector<MaskKey> keys(const ImagePart& p, bool opacity) const override {
    if (opacity) return opacities(p);
    const std::vector<uint8_t> valid = tiff_.read_validity(p.row, p.column, p.height, p.width);
    std::vector<std::vector<double>> bands;
    for (int b = 1; b <= tiff_.bands(); ++b) {
      if (b != tiff_.alpha()) bands.push_back(tiff_.read_band(b, p.row, p.column, p.height, p.width));
    }
    std::vector<MaskKey> keys(valid.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      const bool number = !std::isnan(bands[0][i]);
      if (!valid[i] || !number) {
        keys[i] = kNoData;
        continue;
      }
      const auto at = [&](size_t band) { return whole(bands[band][i], static_cast<int64_t>(i), p); };
      keys[i] = bands.size() == 1 ? at(0) : colour_key(at(0), at(1), at(2));
    }
    return keys;
  }

 private:
  MaskKey whole(double value, int64_t pixel, const ImagePart& p) const {
    PPL_CHECK(std::floor(value) == value && std::abs(value) < 1e9, path_, ": value ", value, " at column ",
              p.column + pixel % p.width, ", row ", p.row + pixel / p.width,
              "; a mask holds whole numbers (of probabilities --threshold P makes a mask: score, vectorize)");
    const auto number = static_cast<MaskKey>(value);
    return tiff_.white_is_zero() ? (MaskKey{1} << tiff_.bits()) - 1 - number : number;
  }

  std::vector<MaskKey> opacities(const ImagePart& p) const {
    std::vector<MaskKey> keys(static_cast<size_t>(p.height * p.width), 255);
    if (tiff_.alpha() == 0) return keys;
    const std::vector<double> alpha = tiff_.read_band(tiff_.alpha(), p.row, p.column, p.height, p.width);
    for (size_t i = 0; i < keys.size(); ++i) keys[i] = static_cast<MaskKey>(alpha[i]) / (tiff_.bits() > 8 ? 257 : 1);
    return keys;
  }

  const std::string path_;
  const TiffParts tiff_;
};

constexpr int64_t kPiece = int64_t{1} << 20;  // pixels at a time

}  // namespace

MaskReader::~MaskReader() = default;

MaskReader::MaskReader(const std::string& path, const MaskOptions& o) {
  PPL_CHECK(o.classes >= 1 && o.classes < 255, path, ": a mask of ", o.classes, " classes; expected 1 to 254");
  PPL_CHECK(o.classes == 1 || !o.foreground.given(), path, ": foreground ", o.foreground.text,
            " is for masks of one class, not of ", o.classes);
  if (is_tiff(path))
    pixels_ = std::make_unique<TiffPixels>(path);
  else
    pixels_ = std::make_unique<StoredPixels>(path, o.max_pixels);
  opacity_ = o.foreground.opacity;
  height_ = pixels_->height;
  width_ = pixels_->width;
  MaskCounter counter;
  const int64_t step = strip_rows(kPiece);
  const bool plain = pixels_->plain && !opacity_;
  for (int64_t row = 0; row < height_; row += step) {
    const ImagePart part{row, 0, std::min(step, height_ - row), width_};
    if (plain)
      counter.add(pixels_->bytes(part), pixels_->no_data);
    else
      counter.add(pixels_->keys(part, opacity_));
  }
  const MaskCounts counts = counter.take();
  rule_ = mask_rule(counts, pixels_->form, o.classes, o.foreground, width_, path);

  summary_.pixels.resize(static_cast<size_t>(o.classes) + 1);
  const auto sum_up = [&](uint8_t value, int64_t pixels) {
    (value == kIgnored ? summary_.ignored : summary_.pixels[value]) += pixels;
  };
  for (const auto& [key, count] : counts.values) sum_up(rule_.class_of(key), count.pixels);
  sum_up(rule_.no_data, counts.no_data);
  summary_.foreground = rule_.foreground;
  if (rule_.foreground) summary_.foreground_name = describe_value(*rule_.foreground, {});
}

int64_t MaskReader::strip_rows(int64_t pixels) const { return pixels_->strip_rows(pixels); }

std::vector<uint8_t> MaskReader::read(const ImagePart& p) const {
  std::vector<uint8_t> out(static_cast<size_t>(p.height * p.width));
  const int64_t step = strip_rows(kPiece);
  for (int64_t from = p.row; from < p.row + p.height; from += step) {
    const ImagePart part{from, p.column, std::min(step, p.row + p.height - from), p.width};
    uint8_t* const to = out.data() + (from - p.row) * p.width;
    if (pixels_->plain && !opacity_)
      rule_.apply(pixels_->bytes(part), pixels_->no_data, to);
    else
      rule_.apply(pixels_->keys(part, opacity_), to);
  }
  return out;
}

Image read_mask(const std::string& path, const MaskOptions& options, MaskSummary* summary) {
  const MaskReader reader(path, options);
  check_extents(reader.height(), reader.width(), options.max_pixels, path);
  if (summary) *summary = reader.summary();
  return {reader.height(), reader.width(), 1, 8, reader.read(0, reader.height())};
}

Image read_mask(const std::string& path, int classes, int64_t max_pixels) {
  return read_mask(path, MaskOptions{classes, {}, max_pixels});
}

}  // namespace ppl
