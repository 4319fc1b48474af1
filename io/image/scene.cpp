#include "io/image/scene.h"

#include <cpl_conv.h>
#include <cpl_string.h>

#include <algorithm>
#include <array>

#include "io/folder.h"
#include "io/gdal_messages.h"
#include "io/image/codecs/codec.h"
#include "io/image/gdal_validity.h"

namespace ppl {
namespace {

constexpr int64_t kMaxSide = int64_t{1} << 24, kMaxBlockPixels = int64_t{1} << 28;

GDALDataType gdal_type(int depth) { return depth == 8 ? GDT_Byte : GDT_UInt16; }

// A line of blocks as high as a window, if blocks are as wide as the image: otherwise each window would decode it.
int64_t needed_cache(GDALDataset& d, int bands, int64_t window, int64_t depth) {
  int width = 0, height = 0;
  d.GetRasterBand(1)->GetBlockSize(&width, &height);
  const int64_t rows = (ceil_div(window, height) + 1) * height;
  return rows * ceil_div(d.GetRasterXSize(), width) * width * bands * depth / 8;
}

// What a VRT names is opened by whatever driver knows it, and may be a VRT itself: those that fetch are taken away.
void take_network_away() {
  for (const char* name : {"HTTP", "WMS", "WCS", "WMTS", "PLMOSAIC", "PLSCENES", "EEDA", "EEDAI", "DAAS", "OGCAPI",
                           "STACIT", "STACTA", "NGW", "PostGISRaster", "GTA", "RDA"}) {
    GDALDriver* const driver = GetGDALDriverManager()->GetDriverByName(name);
    if (!driver) continue;
    GetGDALDriverManager()->DeregisterDriver(driver);
    GDALDestroyDriver(driver);
  }
  CPLSetConfigOption("CPL_VSIL_CURL_ALLOWED_FILENAME", "none");
}

// Error for a file that names something on the net.
void check_local(const std::string& vrt) {
  const std::string text = read_text(vrt);
  for (size_t at = text.find("<Source"); at != std::string::npos; at = text.find("<Source", at + 1)) {
    const size_t begin = text.find('>', at), end = begin == std::string::npos ? begin : text.find('<', begin);
    if (end == std::string::npos) return;
    const std::string source = text.substr(begin + 1, end - begin - 1);
    for (const char* net :
         {"/vsicurl", "/vsis3", "/vsigs", "/vsiaz", "/vsiadls", "/vsioss", "/vsiswift", "hdfs", "://"})
      PPL_CHECK(source.find(net) == std::string::npos, vrt, ": names ", source,
                ": nothing is fetched from the net; download it first");
  }
}

}  // namespace

struct SceneReader::Open {
  GDALDataset* dataset = nullptr;
  std::vector<std::array<uint8_t, 3>> palette;  // of the first band; empty: none
  int white = 0;                                // the value that stands for black, where white is zero; else 0
  ~Open() {
    if (dataset) GDALClose(dataset);
  }

  // The chosen bands of a rectangle, one after the other in each pixel.
  CPLErr read(const GdalWindow& w, const std::vector<int>& bands, int depth, uint8_t* out) const {
    std::vector<int> from = palette.empty() ? bands : std::vector<int>{1};
    const int n = static_cast<int>(from.size());
    const GSpacing value = depth / 8, pixel = value * n;
    const size_t pixels = static_cast<size_t>(w.width) * static_cast<size_t>(w.height);
    std::vector<uint8_t> indices(palette.empty() ? 0 : pixels);
    uint8_t* const to = palette.empty() ? out : indices.data();
    const CPLErr e = dataset->RasterIO(GF_Read, w.x, w.y, w.width, w.height, to, w.width, w.height, gdal_type(depth), n,
                                       from.data(), pixel, pixel * w.width, value, nullptr);
    for (size_t i = 0; i < indices.size(); ++i) {
      const size_t entry = std::min<size_t>(indices[i], palette.size() - 1);
      for (const int b : bands) *out++ = palette[entry][static_cast<size_t>(b - 1)];
    }
    for (size_t i = 0; white > 0 && i < pixels * from.size(); ++i) {
      if (depth == 8)
        out[i] = static_cast<uint8_t>(white - out[i]);
      else
        reinterpret_cast<uint16_t*>(out)[i] = static_cast<uint16_t>(white - reinterpret_cast<uint16_t*>(out)[i]);
    }
    return e;
  }
};

namespace {

// How the values of the first band are meant.
template <class Open>
void read_colours(Open& open) {
  GDALRasterBand& first = *open.dataset->GetRasterBand(1);
  const char* inverted = open.dataset->GetMetadataItem("MINISWHITE", "IMAGE_STRUCTURE");
  if (inverted && std::string(inverted) == "YES") {
    const char* bits = first.GetMetadataItem("NBITS", "IMAGE_STRUCTURE");
    open.white = (1 << (bits ? std::stoi(bits) : GDALGetDataTypeSizeBits(first.GetRasterDataType()))) - 1;
    return;
  }
  const GDALColorTable* table = first.GetRasterDataType() == GDT_Byte ? first.GetColorTable() : nullptr;
  for (int i = 0; table && i < std::min(table->GetColorEntryCount(), 256); ++i) {
    const GDALColorEntry* e = table->GetColorEntry(i);
    open.palette.push_back({static_cast<uint8_t>(e->c1), static_cast<uint8_t>(e->c2), static_cast<uint8_t>(e->c3)});
  }
}

}  // namespace

SceneReader::SceneReader(const std::string& path, std::vector<int> bands, int64_t window, int64_t cache_bytes)
    : path_(path), bands_(std::move(bands)), open_(std::make_unique<Open>()) {
  const GdalMessages messages;
  const bool is_virtual = extension_of(path) == ".vrt";
  if (is_virtual) {
    check_local(path);
    take_network_away();
  }
  static const char* const kImages[] = {"GTiff", "PNG", "JPEG", "JP2OpenJPEG", "JP2KAK", "JP2ECW", nullptr};
  static const char* const kVirtual[] = {"VRT", "GTiff", "PNG", "JPEG", "JP2OpenJPEG", "JP2KAK", "JP2ECW", nullptr};
  open_->dataset = GDALDataset::Open(path.c_str(), GDAL_OF_RASTER | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR,
                                     is_virtual ? kVirtual : kImages);
  PPL_CHECK(open_->dataset, path, ": cannot open the image: ", messages.text());
  GDALDataset& d = *open_->dataset;
  height_ = d.GetRasterYSize();
  width_ = d.GetRasterXSize();
  PPL_CHECK(height_ > 0 && width_ > 0 && height_ <= kMaxSide && width_ <= kMaxSide, path, ": an image of ", width_,
            " x ", height_, " pixels; expected at most ", kMaxSide, " a side");
  PPL_CHECK(!bands_.empty(), path, ": no bands are asked for");
  check_one_page(d, path);
  const bool one_band = d.GetRasterCount() - (alpha_band(d) > 0) == 1;
  const bool grey = one_band && d.GetRasterBand(1)->GetRasterDataType() == GDT_Byte;
  read_colours(*open_);
  for (int& b : bands_) {
    if (!open_->palette.empty()) {
      check_band(b, 3, 8, path);
      continue;
    }
    if (grey && b >= 1 && b <= 3) b = 1;
    check_band(b, d.GetRasterCount(), d.GetRasterBand(1)->GetRasterDataType() == GDT_Byte ? 8 : 16, path);
    const GDALDataType type = d.GetRasterBand(b)->GetRasterDataType();
    PPL_CHECK((type == GDT_Byte || type == GDT_UInt16) && type == d.GetRasterBand(bands_[0])->GetRasterDataType(), path,
              ": band ", b, " holds ", GDALGetDataTypeName(type), " values; expected Byte or UInt16 in all bands");
    depth_ = type == GDT_Byte ? 8 : 16;
  }
  int block_width = 0, block_height = 0;
  d.GetRasterBand(1)->GetBlockSize(&block_width, &block_height);
  check_extents(block_height, block_width, kMaxBlockPixels, path + " (its blocks)");
  GDALSetCacheMax64(std::max(cache_bytes, 2 * needed_cache(d, d.GetRasterCount(), window, depth_)));
}

SceneReader::~SceneReader() = default;

std::optional<GeoReference> SceneReader::georeference() const {
  const GdalMessages messages;
  GeoReference g;
  const bool placed = open_->dataset->GetGeoTransform(g.transform.data()) == CE_None;
  if (const char* crs = open_->dataset->GetProjectionRef()) g.crs = crs;
  if (!placed && g.crs.empty()) return {};
  return g;
}

std::vector<std::string> SceneReader::files() const {
  const GdalMessages messages;
  const CPLStringList list(open_->dataset->GetFileList());
  return {list.List(), list.List() + list.Count()};
}

SceneSource::Window SceneReader::read(int64_t row, int64_t column, int64_t height, int64_t width) const {
  PPL_CHECK(row >= 0 && column >= 0 && height > 0 && width > 0 && row + height <= height_ && column + width <= width_,
            path_, ": a window outside the image");
  const GdalMessages messages;
  const GdalWindow window{static_cast<int>(column), static_cast<int>(row), static_cast<int>(width),
                          static_cast<int>(height)};
  Window out{Image::make(height, width, static_cast<int>(bands_.size()), depth_),
             std::vector<uint8_t>(static_cast<size_t>(height * width), 0)};
  const CPLErr e = open_->read(window, bands_, depth_, out.image.u8());
  PPL_CHECK(e == CE_None && !messages.failed(), path_, ": damaged or incomplete at row ", row, ", column ", column,
            ": ", messages.text());
  const std::vector<int> bands = open_->palette.empty() ? bands_ : std::vector<int>{1};
  const CPLErr m = read_gdal_validity(*open_->dataset, bands, window, out.valid.data());
  PPL_CHECK(m == CE_None && !messages.failed(), path_, ": damaged or incomplete: ", messages.text());
  out.any_valid = std::find(out.valid.begin(), out.valid.end(), 1) != out.valid.end();
  return out;
}

Image SceneReader::read_thinned(int64_t step) const {
  const GdalMessages messages;
  const int64_t height = ceil_div(height_, step), width = ceil_div(width_, step);
  const int n = static_cast<int>(bands_.size());
  Image out = Image::make(height, width, n, depth_);
  const int64_t pixel = depth_ / 8 * n;
  // Row by row: a whole decimated reading would take overviews, whose pixels may be means.
  std::vector<uint8_t> line(static_cast<size_t>(width_ * pixel));
  for (int64_t y = 0; y < height; ++y) {
    const GdalWindow row{0, static_cast<int>(y * step), static_cast<int>(width_), 1};
    const CPLErr e = open_->read(row, bands_, depth_, line.data());
    PPL_CHECK(e == CE_None && !messages.failed(), path_, ": damaged or incomplete at row ", y * step, ": ",
              messages.text());
    for (int64_t x = 0; x < width; ++x)
      std::copy_n(line.data() + x * step * pixel, pixel, out.u8() + (y * width + x) * pixel);
  }
  return out;
}

std::string lost_placement(const std::string& path) {
  const GdalMessages messages;
  static const char* const kImages[] = {"GTiff", "JP2OpenJPEG", nullptr};
  const std::unique_ptr<GDALDataset, decltype([](GDALDataset* d) { GDALClose(d); })> open(
      GDALDataset::Open(path.c_str(), GDAL_OF_RASTER | GDAL_OF_READONLY, kImages));
  double transform[6];
  if (!open || open->GetGeoTransform(transform) == CE_None) return {};
  const int points = open->GetGCPCount();
  if (points > 0) return cat(points, " ground control points");
  return open->GetMetadata("RPC") ? "RPCs" : "";
}

}  // namespace ppl
