#include <cpl_string.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "io/gdal_messages.h"
#include "io/image/gdal_place.h"
#include "io/image/scene.h"

namespace ppl {
namespace {

constexpr const char* kNote = "PPLINKNET";

std::string to_text(int64_t v) { return std::to_string(v); }

GDALDataset* create(const std::string& path, const SceneWriter::Spec& s, const GdalMessages& messages) {
  const std::string block = to_text(s.block);
  CPLStringList options;
  options.SetNameValue("TILED", "YES");
  options.SetNameValue("BLOCKXSIZE", block.c_str());
  options.SetNameValue("BLOCKYSIZE", block.c_str());
  options.SetNameValue("COMPRESS", "DEFLATE");
  options.SetNameValue("BIGTIFF", "IF_SAFER");
  options.SetNameValue("INTERLEAVE", "BAND");
  if (s.type == SceneType::f16) options.SetNameValue("NBITS", "16");
  GDALDriver* driver = GetGDALDriverManager()->GetDriverByName("GTiff");
  GDALDataset* d = driver->Create(path.c_str(), static_cast<int>(s.width), static_cast<int>(s.height), s.bands,
                                  s.type == SceneType::u8 ? GDT_Byte : GDT_Float32, options.List());
  PPL_CHECK(d, path, ": cannot make a TIFF: ", messages.text());
  return d;
}

}  // namespace

namespace {

struct Close {
  void operator()(GDALDataset* d) const { GDALClose(d); }
};

}  // namespace

struct SceneWriter::Open {
  GDALDataset* dataset = nullptr;

  void close() {
    if (dataset) GDALClose(std::exchange(dataset, nullptr));
  }
  ~Open() { close(); }
};

SceneWriter::SceneWriter(const std::string& path, const Spec& s) : path_(path), open_(std::make_unique<Open>()) {
  PPL_CHECK(s.height > 0 && s.width > 0 && s.height <= INT32_MAX && s.width <= INT32_MAX && s.bands > 0, path, ": ",
            s.width, " x ", s.height, " pixels do not fit a TIFF");
  temporary_ = std::make_unique<TemporaryFile>(path);
  cog_ = s.cog;
  const GdalMessages messages;
  open_->dataset = create(temporary_->name(), s, messages);
  GDALDataset& d = *open_->dataset;
  geo_ = s.geo;
  if (geo_) set_place(d, *geo_, path, messages);
  if (!s.note.empty()) d.SetMetadataItem(kNote, s.note.c_str());
  for (int b = 1; s.no_data && b <= s.bands; ++b) d.GetRasterBand(b)->SetNoDataValue(*s.no_data);
  PPL_CHECK(!messages.failed(), path, ": cannot make a TIFF: ", messages.text());
}

SceneWriter::~SceneWriter() {
  const GdalMessages messages;  // what GDAL says of an unfinished file is of no use
  open_->close();
}

namespace {

void write_part(GDALDataset& d, const std::string& path, int band, int64_t row, int64_t column, int64_t height,
                int64_t width, const void* data, GDALDataType type) {
  const GdalMessages messages;
  const int w = static_cast<int>(width), h = static_cast<int>(height);
  const CPLErr e = d.GetRasterBand(band + 1)->RasterIO(GF_Write, static_cast<int>(column), static_cast<int>(row), w, h,
                                                       const_cast<void*>(data), w, h, type, 0, 0, nullptr);
  PPL_CHECK(e == CE_None && !messages.failed(), path, ": cannot write: ", messages.text());
}

}  // namespace

void SceneWriter::write(int band, int64_t row, int64_t column, int64_t height, int64_t width, const uint8_t* data) {
  write_part(*open_->dataset, path_, band, row, column, height, width, data, GDT_Byte);
}

void SceneWriter::write(int band, int64_t row, int64_t column, int64_t height, int64_t width, const float* data) {
  write_part(*open_->dataset, path_, band, row, column, height, width, data, GDT_Float32);
}

namespace {

// The same image with overviews, in the order that readers over the net want. Class numbers are not averaged.
void copy_as_cog(const std::string& from, const std::string& to, const std::string& path,
                 const GdalMessages& messages) {
  GDALDriver* driver = GetGDALDriverManager()->GetDriverByName("COG");
  PPL_CHECK(driver, path, ": this GDAL has no driver for cloud optimized GeoTIFFs");
  const std::unique_ptr<GDALDataset, Close> source(GDALDataset::Open(from.c_str(), GDAL_OF_RASTER | GDAL_OF_READONLY));
  PPL_CHECK(source, path, ": cannot write: ", messages.text());
  CPLStringList options;
  options.SetNameValue("COMPRESS", "DEFLATE");
  options.SetNameValue("BIGTIFF", "IF_SAFER");
  options.SetNameValue("OVERVIEW_RESAMPLING", "NEAREST");
  const std::unique_ptr<GDALDataset, Close> copy(
      driver->CreateCopy(to.c_str(), source.get(), FALSE, options.List(), nullptr, nullptr));
  PPL_CHECK(copy && !messages.failed(), path, ": cannot write: ", messages.text());
}

}  // namespace

void SceneWriter::commit() {
  const GdalMessages messages;
  open_->close();
  PPL_CHECK(!messages.failed(), path_, ": cannot write: ", messages.text());
  if (cog_) {
    auto cog = std::make_unique<TemporaryFile>(path_);
    copy_as_cog(temporary_->name(), cog->name(), path_, messages);
    PPL_CHECK(!messages.failed(), path_, ": cannot write: ", messages.text());
    temporary_ = std::move(cog);
  }
  if (geo_) check_place(temporary_->name(), *geo_, path_);
  PPL_CHECK(fsync(temporary_->fd()) == 0, path_, ": cannot write: ", std::strerror(errno));
  temporary_->become_path();
  temporary_.reset();
}

std::string read_note(const std::string& path) {
  const GdalMessages messages;
  static const char* const kTiff[] = {"GTiff", nullptr};
  const std::unique_ptr<GDALDataset, Close> file(
      GDALDataset::Open(path.c_str(), GDAL_OF_RASTER | GDAL_OF_READONLY, kTiff));
  const char* note = file ? file->GetMetadataItem(kNote) : nullptr;
  return note ? note : "";
}

}  // namespace ppl
