#include "io/image/scene.h"

#include <cpl_conv.h>
#include <cpl_string.h>

#include <algorithm>
#include <cmath>

#include "io/gdal_messages.h"
#include "io/image/codec.h"

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
    if (GDALDriver* driver = GetGDALDriverManager()->GetDriverByName(name))
      GetGDALDriverManager()->DeregisterDriver(driver);
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
  ~Open() {
    if (dataset) GDALClose(dataset);
  }
};

SceneReader::SceneReader(const std::string& path, std::vector<int> bands, int64_t window, int64_t cache_bytes)
    : path_(path), bands_(std::move(bands)), open_(std::make_unique<Open>()) {
  const GdalMessages messages;
  const bool is_virtual = path.ends_with(".vrt");
  if (is_virtual) {
    check_local(path);
    take_network_away();
  }
  static const char* const kImages[] = {"GTiff", "PNG", "JPEG", nullptr};
  static const char* const kVirtual[] = {"VRT", "GTiff", "PNG", "JPEG", nullptr};
  open_->dataset = GDALDataset::Open(path.c_str(), GDAL_OF_RASTER | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR,
                                     is_virtual ? kVirtual : kImages);
  PPL_CHECK(open_->dataset, path, ": cannot open the image: ", messages.text());
  GDALDataset& d = *open_->dataset;
  height_ = d.GetRasterYSize();
  width_ = d.GetRasterXSize();
  PPL_CHECK(height_ > 0 && width_ > 0 && height_ <= kMaxSide && width_ <= kMaxSide, path, ": an image of ", width_,
            " x ", height_, " pixels; expected at most ", kMaxSide, " a side");
  PPL_CHECK(!bands_.empty(), path, ": no bands are asked for");
  const bool grey = d.GetRasterCount() <= 2 && d.GetRasterBand(1)->GetRasterDataType() == GDT_Byte;
  for (int& b : bands_) {
    if (grey && b >= 1 && b <= 3) b = 1;
    PPL_CHECK(b >= 1 && b <= d.GetRasterCount(), path, ": band ", b, " is asked of an image with ", d.GetRasterCount());
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
  const int x = static_cast<int>(column), y = static_cast<int>(row), w = static_cast<int>(width),
            h = static_cast<int>(height), n = static_cast<int>(bands_.size());
  Window out{Image::make(height, width, n, depth_), std::vector<uint8_t>(static_cast<size_t>(height * width), 0)};
  const int64_t value = depth_ / 8, pixel = value * n;
  std::vector<int> bands = bands_;
  const CPLErr e = open_->dataset->RasterIO(GF_Read, x, y, w, h, out.image.u8(), w, h, gdal_type(depth_), n,
                                            bands.data(), pixel, pixel * width, value, nullptr);
  PPL_CHECK(e == CE_None && !messages.failed(), path_, ": damaged or incomplete at row ", row, ", column ", column,
            ": ", messages.text());
  std::vector<uint8_t> of_band(out.valid.size());
  for (const int b : bands_) {
    GDALRasterBand* band = open_->dataset->GetRasterBand(b);
    const CPLErr m = band->GetMaskBand()->RasterIO(GF_Read, x, y, w, h, of_band.data(), w, h, GDT_Byte, 0, 0, nullptr);
    PPL_CHECK(m == CE_None && !messages.failed(), path_, ": damaged or incomplete: ", messages.text());
    for (size_t i = 0; i < of_band.size(); ++i) out.valid[i] |= of_band[i] != 0;
    if (band->GetMaskFlags() & (GMF_PER_DATASET | GMF_ALL_VALID)) break;  // the same for the other bands
  }
  out.any_valid = std::find(out.valid.begin(), out.valid.end(), 1) != out.valid.end();
  return out;
}

Image SceneReader::read_thinned(int64_t step) const {
  const GdalMessages messages;
  const int64_t height = ceil_div(height_, step), width = ceil_div(width_, step);
  const int n = static_cast<int>(bands_.size());
  Image out = Image::make(height, width, n, depth_);
  const int64_t value = depth_ / 8, pixel = value * n;
  std::vector<int> bands = bands_;
  // Row by row: a whole decimated reading would take overviews, whose pixels may be means.
  std::vector<uint8_t> line(static_cast<size_t>(width_ * pixel));
  for (int64_t y = 0; y < height; ++y) {
    const CPLErr e = open_->dataset->RasterIO(GF_Read, 0, static_cast<int>(y * step), static_cast<int>(width_), 1,
                                              line.data(), static_cast<int>(width_), 1, gdal_type(depth_), n,
                                              bands.data(), pixel, 0, value, nullptr);
    PPL_CHECK(e == CE_None && !messages.failed(), path_, ": damaged or incomplete at row ", y * step, ": ",
              messages.text());
    for (int64_t x = 0; x < width; ++x)
      std::copy_n(line.data() + x * step * pixel, pixel, out.u8() + (y * width + x) * pixel);
  }
  return out;
}

namespace {

double percentile(const std::vector<uint64_t>& counts, double percent) {
  uint64_t total = 0;
  for (const uint64_t n : counts) total += n;
  const auto wanted = static_cast<uint64_t>(std::floor(percent / 100 * static_cast<double>(total - 1)));
  uint64_t below = 0;
  for (size_t v = 0; v < counts.size(); ++v) {
    below += counts[v];
    if (below > wanted) return static_cast<double>(v);
  }
  return static_cast<double>(counts.size() - 1);
}

}  // namespace

Percentiles scene_percentiles(const SceneSource& scene, int64_t window, double low_percent, double high_percent) {
  std::vector<std::vector<uint64_t>> counts;
  uint64_t pixels = 0;
  for (int64_t y = 0; y < scene.height(); y += window) {
    for (int64_t x = 0; x < scene.width(); x += window) {
      const auto part = scene.read(y, x, std::min(window, scene.height() - y), std::min(window, scene.width() - x));
      const auto n = static_cast<size_t>(part.image.bands);
      counts.resize(n, std::vector<uint64_t>(size_t{1} << scene.depth(), 0));
      for (size_t i = 0; i < part.valid.size(); ++i) {
        if (!part.valid[i]) continue;
        ++pixels;
        for (size_t b = 0; b < n; ++b) {
          const size_t at = i * n + b;
          ++counts[b][scene.depth() == 8 ? part.image.u8()[at] : part.image.u16()[at]];
        }
      }
    }
  }
  PPL_CHECK(pixels > 0, "an image without data has no percentiles");
  Percentiles p;
  for (const auto& band : counts) {
    p.low.push_back(percentile(band, low_percent));
    p.high.push_back(std::max(percentile(band, high_percent), p.low.back() + 1));  // a band of one value
  }
  return p;
}

}  // namespace ppl
