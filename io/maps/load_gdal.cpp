#include <dlfcn.h>

#include <filesystem>

#include "io/maps/gdal_library.h"
#include "kernels/base.h"

namespace ppl {
namespace {

const GdalLibrary* load() {
  // Beside the programs' folder, built and installed; stays loaded.
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe");
  const auto path = program.parent_path().parent_path() / "lib/pplinknet/libppl_gdal.so";
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  const char* failure = library == nullptr ? dlerror() : nullptr;
  PPL_CHECK(library, "TIFF and vector files need GDAL: ", failure == nullptr ? path.c_str() : failure);
  const void* table = dlsym(library, "ppl_gdal_library");
  PPL_CHECK(table, "libppl_gdal.so: not the library of this build");
  return static_cast<const GdalLibrary*>(table);
}

const GdalLibrary& gdal() {
  static const GdalLibrary* const library = load();
  return *library;
}

}  // namespace

bool have_gdal() { return true; }

ImageHeader tiff_header(const std::string& path) { return gdal().tiff_header(path); }
StoredImage decode_tiff(const std::string& path, const DecodeOptions& options) {
  return gdal().decode_tiff(path, options);
}
std::optional<GeoReference> read_georeference(const std::string& path) { return gdal().read_georeference(path); }
Image read_validity(const std::string& path, int64_t max_pixels) { return gdal().read_validity(path, max_pixels); }
void write_mask_tiff(const std::string& path, const uint8_t* data, int64_t height, int64_t width,
                     const std::optional<GeoReference>& geo) {
  gdal().write_mask_tiff(path, data, height, width, geo);
}
std::vector<std::byte> mask_tiff(const std::string& where, const uint8_t* data, int64_t height, int64_t width,
                                 const std::optional<GeoReference>& geo) {
  return gdal().mask_tiff(where, data, height, width, geo);
}
void write_probability_tiff(const std::string& path, const float* data, int64_t height, int64_t width,
                            const std::optional<GeoReference>& geo) {
  gdal().write_probability_tiff(path, data, height, width, geo);
}
SourceReport read_ogr(const std::string& path, const MapFile& file, const MapRequest& request, const OgrFields& fields,
                      std::vector<FeatureLayer>& layers) {
  return gdal().read_ogr(path, file, request, fields, layers);
}

}  // namespace ppl
