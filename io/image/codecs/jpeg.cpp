#include <csetjmp>
#include <cstdio>  // jpeglib.h needs it before
#include <cstdlib>
#include <cstring>

#include <jpeglib.h>

#include <jerror.h>

#include "io/image/codecs/codec.h"

namespace ppl {
namespace {

// libjpeg reports through these; nothing is printed. Damage that libjpeg only warns of ends the decoding too.
struct ErrorState {
  jpeg_error_mgr base;
  std::jmp_buf jump;
  char text[JMSG_LENGTH_MAX];
  bool ended;  // the data did, before the mark of its end
};

void on_error(j_common_ptr info) {
  auto* state = reinterpret_cast<ErrorState*>(info->err);
  state->base.format_message(info, state->text);
  std::longjmp(state->jump, 1);
}

void on_message(j_common_ptr info, int level) {
  const int code = info->err->msg_code;
  auto* state = reinterpret_cast<ErrorState*>(info->err);
  state->ended |= code == JWRN_JPEG_EOF;
  const bool damage =
      code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE || code == JWRN_MUST_RESYNC || code == JWRN_ARITH_BAD_CODE;
  if (level < 0 && damage) on_error(info);
}

void on_progress(j_common_ptr info) {
  // A small progressive file can ask for thousands of passes over a large image.
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > 500) {
    auto* state = reinterpret_cast<ErrorState*>(info->err);
    std::strcpy(state->text, "more than 500 scans");
    std::longjmp(state->jump, 1);
  }
}

void prepare(ErrorState& state) {
  jpeg_std_error(&state.base);
  state.base.error_exit = on_error;
  state.base.emit_message = on_message;
  state.text[0] = 0;
  state.ended = false;
}

struct Decoder {
  jpeg_decompress_struct info;
  ErrorState error;
  jpeg_progress_mgr progress;

  explicit Decoder(Bytes bytes) : bytes_(bytes) {
    prepare(error);
    info.err = &error.base;
    jpeg_create_decompress(&info);
    progress.progress_monitor = on_progress;
    info.progress = &progress;
  }
  ~Decoder() { jpeg_destroy_decompress(&info); }

  // False where libjpeg reported an error. No object with a destructor may live between setjmp and longjmp.
  bool read_header() {
    if (setjmp(error.jump)) return false;
    jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(bytes_.data()), bytes_.size());
    jpeg_read_header(&info, TRUE);
    return true;
  }
  bool read_pixels(uint8_t* out, size_t row_bytes) {
    if (setjmp(error.jump)) return false;
    info.out_color_space = info.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_start_decompress(&info);
    while (info.output_scanline < info.output_height) {
      JSAMPROW row = out + info.output_scanline * row_bytes;
      jpeg_read_scanlines(&info, &row, 1);
    }
    incomplete_ = lacks_scans();
    jpeg_finish_decompress(&info);
    return true;
  }
  // Whether the data ended before its mark, and more than the mark is missing, or may be.
  bool cut_short() const { return error.ended && incomplete_; }

 private:
  // Of images in several scans: whether some have not come. What one scan lacks is reported as damage.
  bool lacks_scans() const {
    if (!info.progressive_mode) return info.comps_in_scan < info.num_components;
    for (int c = 0; c < info.num_components; ++c) {
      for (int k = 0; k < DCTSIZE2; ++k)
        if (info.coef_bits[c][k] != 0) return true;
    }
    return false;
  }

  Bytes bytes_;
  bool incomplete_ = false;
};

ImageHeader header_of(const Decoder& d) {
  return {d.info.image_height, d.info.image_width, d.info.num_components == 1 ? 1 : 3, 8};
}

struct Encoder {
  jpeg_compress_struct info;
  ErrorState error;
  unsigned char* buffer = nullptr;
  unsigned long size = 0;

  Encoder() {
    prepare(error);
    info.err = &error.base;
    jpeg_create_compress(&info);
  }
  ~Encoder() {
    jpeg_destroy_compress(&info);
    std::free(buffer);
  }
  bool run(const Image& image, int quality) {
    if (setjmp(error.jump)) return false;
    jpeg_mem_dest(&info, &buffer, &size);
    info.image_width = static_cast<JDIMENSION>(image.width);
    info.image_height = static_cast<JDIMENSION>(image.height);
    info.input_components = image.bands;
    info.in_color_space = image.bands == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, quality, TRUE);
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < info.image_height) {
      JSAMPROW row =
          const_cast<uint8_t*>(image.u8()) + static_cast<int64_t>(info.next_scanline) * image.width * image.bands;
      jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    return true;
  }
};

}  // namespace

ImageHeader jpeg_header(Bytes bytes, const std::string& where) {
  Decoder d(bytes);
  PPL_CHECK(d.read_header(), where, ": cannot read the JPEG header: ", d.error.text);
  return header_of(d);
}

StoredImage decode_jpeg(Bytes bytes, const DecodeOptions& options, const std::string& where) {
  Decoder d(bytes);
  PPL_CHECK(d.read_header(), where, ": cannot read the JPEG header: ", d.error.text);
  PPL_CHECK(d.info.num_components != 4, where,
            ": a CMYK JPEG (four inks, made for print); convert it to RGB (magick IN -colorspace sRGB OUT)");
  const ImageHeader h = header_of(d);
  check_extents(h.height, h.width, options.max_pixels, where);
  StoredImage s;
  s.lossy = true;
  s.image = Image::make(h.height, h.width, h.bands);
  PPL_CHECK(d.read_pixels(s.image.u8(), static_cast<size_t>(h.width * h.bands)), where,
            ": damaged or incomplete JPEG: ", d.error.text);
  PPL_CHECK(!d.cut_short(), where, ": damaged or incomplete JPEG: the data ends too early");
  return s;
}

std::vector<std::byte> encode_jpeg(const Image& image, int quality, const std::string& where) {
  Encoder e;
  PPL_CHECK(e.run(image, quality), where, ": cannot make a JPEG: ", e.error.text);
  const auto* p = reinterpret_cast<const std::byte*>(e.buffer);
  return {p, p + e.size};
}

}  // namespace ppl
