// Images in memory, and JPEG, PNG and TIFF files. The kind of a file is told by its first bytes, not by its name.
// Every Error names the file. Decoders print nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/base.h"

namespace ppl {

// Pixels [height, width, bands], 8 or 16 bits each.
struct Image {
  int64_t height = 0, width = 0;
  int bands = 0;
  int depth = 8;  // bits a value: 8 or 16 (then two bytes each, in the machine's order)
  std::vector<uint8_t> bytes;

  static Image make(int64_t height, int64_t width, int bands, int depth = 8);  // zeros
  int64_t count() const { return height * width * bands; }                     // values
  uint8_t* u8() { return bytes.data(); }
  const uint8_t* u8() const { return bytes.data(); }
  uint16_t* u16() { return reinterpret_cast<uint16_t*>(bytes.data()); }
  const uint16_t* u16() const { return reinterpret_cast<const uint16_t*>(bytes.data()); }
};

struct ImageHeader {
  int64_t height = 0, width = 0;
  int bands = 0;  // as read_image gives them in file order: a palette counts as 3
  int depth = 8;  // bits a value; masks and probabilities may have more than images: 32, 64
};

struct ReadOptions {
  // Bands in the order wanted, counted from 1 in file order (R,G,B files: {3,2,1} is B,G,R). Empty: B,G,R for an 8-bit
  // image of 3 bands, else all in file order; opacity is left out. A grey 8-bit image serves 1 to 3.
  std::vector<int> bands;
  int64_t max_pixels = int64_t{1} << 28;  // height * width; checked in the header, before anything is decoded
  std::optional<int> no_data{};           // pixels whose chosen bands all have this value are no data
};

ImageHeader read_image_header(const std::string& path);
// valid, where it is asked for: [height, width], 0 where there is no data (declared value, opacity 0, a mask of the
// file's own, or options.no_data); empty where there is data everywhere.
Image read_image(const std::string& path, const ReadOptions& = {}, std::vector<uint8_t>* valid = nullptr);

// Clears the flags of the pixels all of whose bands are no_data. valid: [height, width], or empty for all.
void mark_no_data(const Image&, int no_data, std::vector<uint8_t>& valid);

// A mask [height, width, 1]: 0 background, k class k, 255 no data or ignored. Every form of masks, and what is refused:
// mask_reader.h.
Image read_mask(const std::string& path, int classes = 1, int64_t max_pixels = int64_t{1} << 28);

// Writers: whole or not at all. An Image of 3 bands is B,G,R and is written as a colour image; 1 band is grey.
void write_png(const std::string& path, const Image&);                     // 8 bit, 1 or 3 bands
void write_jpeg(const std::string& path, const Image&, int quality = 95);  // 8 bit, 1 or 3 bands
// Values above 0 are foreground: 1 bit a pixel, white on black. data [height, width].
void write_mask_png(const std::string& path, const uint8_t* data, int64_t height, int64_t width);
std::vector<std::byte> image_png(const Image&);  // the bytes that write_png writes
// The bytes of the files that write_mask_png and write_index_png make.
std::vector<std::byte> mask_png(const uint8_t* data, int64_t height, int64_t width);
std::vector<std::byte> index_png(const uint8_t* data, int64_t height, int64_t width);
// Class numbers as they are, 8 bit grey. data [height, width].
void write_index_png(const std::string& path, const uint8_t* data, int64_t height, int64_t width);
// Probabilities in [0, 1] as 8 bit grey, 255 p rounded. data [height, width].
void write_probability_png(const std::string& path, const float* data, int64_t height, int64_t width);

}  // namespace ppl
