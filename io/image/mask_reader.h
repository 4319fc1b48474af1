// Masks of files: classes with 255 = no data or ignored, whatever form the file has. The only reader of masks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/image/image.h"
#include "io/image/image_part.h"
#include "io/image/mask_census.h"
#include "io/image/mask_values.h"

namespace ppl {

struct MaskOptions {
  int classes = 1;
  Foreground foreground;                  // of one class, where the values do not say it
  int64_t max_pixels = int64_t{1} << 28;  // of what is held whole: PNG and JPEG files
};

// A mask's values by rows.
class MaskPixels;

// Opening looks at every value and settles what they mean; reading gives classes. TIFF files are read in strips, so
// that memory does not grow with the image. One object serves one thread.
class MaskReader {
 public:
  // Error naming the file, its values, and the option that decides, where these do not say what they mean.
  MaskReader(const std::string& path, const MaskOptions&);
  ~MaskReader();

  int64_t height() const { return height_; }
  int64_t width() const { return width_; }
  const MaskSummary& summary() const { return summary_; }
  // Rows that are whole blocks of the file, with at least so many pixels.
  int64_t strip_rows(int64_t pixels) const;
  // [rows, width]: 0 background, k class k, 255 no data or ignored.
  std::vector<uint8_t> read(int64_t row, int64_t rows) const { return read(ImagePart{row, 0, rows, width_}); }
  // The same of a part [height, width] inside the image.
  std::vector<uint8_t> read(const ImagePart&) const;

 private:
  std::unique_ptr<MaskPixels> pixels_;
  int64_t height_ = 0, width_ = 0;
  bool opacity_ = false;  // the mask is what is opaque
  MaskRule rule_;
  MaskSummary summary_;
};

// [height, width, 1]. summary: what MaskReader has, where it is asked for.
Image read_mask(const std::string& path, const MaskOptions&, MaskSummary* summary = nullptr);

}  // namespace ppl
