#include <png.h>

#include <cstdio>

#include "kernels/base.h"
#include "tests/support/images/other_files.h"

namespace ppl::test {

void write_rgba_png(const std::string& path, int width, int height, const std::vector<uint8_t>& rgba) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = PNG_FORMAT_RGBA;
  PPL_CHECK(png_image_write_to_file(&image, path.c_str(), 0, rgba.data(), 0, nullptr), path, ": ", image.message);
}

}  // namespace ppl::test
