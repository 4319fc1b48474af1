#include <png.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "io/image/codecs/codec.h"

namespace ppl {
namespace {

// libpng reports through these; nothing is printed.
struct ErrorText {
  char text[160] = "";
};

void on_error(png_structp png, png_const_charp text) {
  auto* e = static_cast<ErrorText*>(png_get_error_ptr(png));
  std::strncpy(e->text, text, sizeof(e->text) - 1);
  png_longjmp(png, 1);
}
void on_warning(png_structp, png_const_charp) {}

struct Source {
  Bytes left;
};

void take_bytes(png_structp png, png_bytep out, size_t n) {
  auto* s = static_cast<Source*>(png_get_io_ptr(png));
  if (s->left.size() < n) png_error(png, "ends too early");
  std::memcpy(out, s->left.data(), n);
  s->left = s->left.subspan(n);
}

struct Reader {
  ErrorText error;
  Source source;
  png_structp png;
  png_infop info;
  std::vector<png_bytep> rows;

  explicit Reader(Bytes bytes) : source{bytes} {
    png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &error, on_error, on_warning);
    PPL_CHECK(png, "out of memory: PNG reader");
    info = png_create_info_struct(png);
    png_set_read_fn(png, &source, take_bytes);
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // the caller checks the extents
  }
  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }

  // False where libpng reported an error. No object with a destructor may live between setjmp and longjmp.
  bool read_header() {
    if (setjmp(png_jmpbuf(png))) return false;
    png_read_info(png, info);
    return true;
  }
  bool unpack() {
    if (setjmp(png_jmpbuf(png))) return false;
    png_set_packing(png);
    if (png_get_bit_depth(png, info) == 16 && std::endian::native == std::endian::little) png_set_swap(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    return true;
  }
  bool read_pixels() {
    if (setjmp(png_jmpbuf(png))) return false;
    png_read_image(png, rows.data());
    png_read_end(png, nullptr);
    return true;
  }
};

ImageHeader header_of(Reader& r) {
  const int type = png_get_color_type(r.png, r.info);
  const int bands = type == PNG_COLOR_TYPE_PALETTE ? 3 : png_get_channels(r.png, r.info);
  return {png_get_image_height(r.png, r.info), png_get_image_width(r.png, r.info), bands,
          png_get_bit_depth(r.png, r.info) == 16 ? 16 : 8};
}

std::vector<std::array<uint8_t, 3>> palette_of(Reader& r) {
  png_colorp colours = nullptr;
  int count = 0;
  png_get_PLTE(r.png, r.info, &colours, &count);
  std::vector<std::array<uint8_t, 3>> out;
  for (int i = 0; i < count; ++i) out.push_back({colours[i].red, colours[i].green, colours[i].blue});
  return out;
}

// 0 where the alpha band is, or where the value is the one that the file calls transparent. Empty: nowhere.
std::vector<uint8_t> validity_of(const StoredImage& s, Reader& r) {
  const int n = s.image.bands;
  std::vector<uint8_t> valid(static_cast<size_t>(s.image.height * s.image.width), 1);
  const auto value = [&](size_t i, int b) -> int {
    const size_t at = i * static_cast<size_t>(n) + static_cast<size_t>(b);
    return s.image.depth == 8 ? s.image.u8()[at] : s.image.u16()[at];
  };
  png_bytep of_index = nullptr;
  int count = 0;
  png_color_16p colour = nullptr;
  const bool listed = png_get_tRNS(r.png, r.info, &of_index, &count, &colour) != 0;
  if (s.alpha) {
    for (size_t i = 0; i < valid.size(); ++i) valid[i] = value(i, n - 1) != 0;
  } else if (listed && s.indexed) {
    for (size_t i = 0; i < valid.size(); ++i) valid[i] = value(i, 0) >= count || of_index[value(i, 0)] != 0;
  } else if (listed && colour) {
    const int wanted[] = {n == 1 ? colour->gray : colour->red, colour->green, colour->blue};
    for (size_t i = 0; i < valid.size(); ++i) {
      valid[i] = 0;
      for (int b = 0; b < n; ++b) valid[i] |= value(i, b) != wanted[b];
    }
  }
  if (std::find(valid.begin(), valid.end(), 0) == valid.end()) valid.clear();
  return valid;
}

struct Writer {
  ErrorText error;
  std::vector<std::byte> out;
  png_structp png;
  png_infop info;
  std::vector<png_bytep> rows;

  Writer() {
    png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &error, on_error, on_warning);
    PPL_CHECK(png, "out of memory: PNG writer");
    info = png_create_info_struct(png);
    const auto append = [](png_structp p, png_bytep data, size_t n) {
      auto* bytes = static_cast<std::vector<std::byte>*>(png_get_io_ptr(p));
      const auto* from = reinterpret_cast<const std::byte*>(data);
      bytes->insert(bytes->end(), from, from + n);
    };
    png_set_write_fn(png, &out, append, [](png_structp) {});
  }
  ~Writer() { png_destroy_write_struct(&png, &info); }

  bool run(const Image& image) {
    if (setjmp(png_jmpbuf(png))) return false;
    png_set_IHDR(png, info, static_cast<png_uint_32>(image.width), static_cast<png_uint_32>(image.height), 8,
                 image.bands == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    png_write_image(png, rows.data());
    png_write_end(png, nullptr);
    return true;
  }
};

}  // namespace

ImageHeader png_header(Bytes bytes, const std::string& where) {
  Reader r(bytes);
  PPL_CHECK(r.read_header(), where, ": cannot read the PNG header: ", r.error.text);
  return header_of(r);
}

StoredImage decode_png(Bytes bytes, const DecodeOptions& options, const std::string& where) {
  Reader r(bytes);
  PPL_CHECK(r.read_header(), where, ": cannot read the PNG header: ", r.error.text);
  const ImageHeader h = header_of(r);
  check_extents(h.height, h.width, options.max_pixels, where);
  const int type = png_get_color_type(r.png, r.info);
  StoredImage s;
  s.bits = png_get_bit_depth(r.png, r.info);
  s.alpha = type & PNG_COLOR_MASK_ALPHA;
  s.indexed = type == PNG_COLOR_TYPE_PALETTE;
  if (s.indexed) s.palette = palette_of(r);
  PPL_CHECK(r.unpack(), where, ": cannot read the PNG header: ", r.error.text);

  s.image = Image::make(h.height, h.width, s.indexed ? 1 : h.bands, h.depth);
  const size_t row_bytes = png_get_rowbytes(r.png, r.info);
  PPL_CHECK(row_bytes * static_cast<size_t>(h.height) == s.image.bytes.size(), where, ": PNG rows of ", row_bytes,
            " bytes do not fit ", h.width, " pixels");
  for (int64_t y = 0; y < h.height; ++y) r.rows.push_back(s.image.u8() + static_cast<size_t>(y) * row_bytes);
  PPL_CHECK(r.read_pixels(), where, ": damaged or incomplete PNG: ", r.error.text);
  if (options.validity) s.valid = validity_of(s, r);
  return s;
}

std::vector<std::byte> encode_png(const Image& image, const std::string& where) {
  Writer w;
  for (int64_t y = 0; y < image.height; ++y) {
    w.rows.push_back(const_cast<uint8_t*>(image.u8()) + y * image.width * image.bands);
  }
  PPL_CHECK(w.run(image), where, ": cannot make a PNG: ", w.error.text);
  return std::move(w.out);
}

}  // namespace ppl
