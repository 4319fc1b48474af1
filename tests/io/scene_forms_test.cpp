// Scenes in files that other programs make: JPEG 2000, VRT, places that are not kept.
#include <cpl_string.h>
#include <doctest/doctest.h>
#include <gdal_priv.h>

#include <memory>

#include "io/gdal_messages.h"
#include "io/image/formats.h"
#include "io/image/scene.h"
#include "tests/support/io_support.h"

using namespace ppl;
using test::contains;
using test::error_of;

namespace {

struct Close {
  void operator()(GDALDataset* d) const { GDALClose(d); }
};
using Dataset = std::unique_ptr<GDALDataset, Close>;

GDALDriver* driver(const char* name) {
  const GdalMessages registers_drivers;
  return GetGDALDriverManager()->GetDriverByName(name);
}

// `bands` bands of noise.
Dataset make_tiff(const std::string& path, int side, int bands, GDALDataType type = GDT_Byte) {
  Dataset d(driver("GTiff")->Create(path.c_str(), side, side, bands, type, nullptr));
  std::vector<uint8_t> values(static_cast<size_t>(side * side));
  for (int b = 1; b <= bands; ++b) {
    for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<uint8_t>((i + 7) * 2654435761u >> (8 + b));
    REQUIRE(d->GetRasterBand(b)->RasterIO(GF_Write, 0, 0, side, side, values.data(), side, side, GDT_Byte, 0, 0,
                                          nullptr) == CE_None);
  }
  return d;
}

std::vector<uint8_t> pixels(const std::string& path) {
  const SceneReader scene(path, {3, 2, 1}, 64);
  return scene.read(0, 0, scene.height(), scene.width()).image.bytes;
}

}  // namespace

TEST_CASE("JPEG 2000 and VRT scenes are read as the TIFF that they are made of") {
  const TemporaryFolder dir;
  make_tiff(dir / "a.tif", 80, 3).reset();
  const Dataset tiff(GDALDataset::Open((dir / "a.tif").c_str()));
  Dataset(driver("VRT")->CreateCopy((dir / "a.VRT").c_str(), tiff.get(), FALSE, nullptr, nullptr, nullptr)).reset();
  CHECK(pixels(dir / "a.VRT") == pixels(dir / "a.tif"));
  GDALDriver* jp2 = driver("JP2OpenJPEG");
  if (!jp2) {
    MESSAGE("skipped: this GDAL cannot write JPEG 2000");
    return;
  }
  CPLStringList lossless;
  lossless.SetNameValue("REVERSIBLE", "YES");
  lossless.SetNameValue("QUALITY", "100");
  lossless.SetNameValue("YCBCR420", "NO");
  Dataset(jp2->CreateCopy((dir / "a.jp2").c_str(), tiff.get(), FALSE, lossless.List(), nullptr, nullptr)).reset();
  CHECK(pixels(dir / "a.jp2") == pixels(dir / "a.tif"));
  CHECK(contains(error_of([&] { read_image_header(dir / "a.jp2"); }), "got a JPEG 2000 image"));
  CHECK(has_other_image_extension("a.JP2"));
  CHECK(has_other_image_extension("a.vrt"));
}

TEST_CASE("places that are not kept are named") {
  const TemporaryFolder dir;
  {
    const Dataset points = make_tiff(dir / "gcp.tif", 8, 1);
    std::vector<GDAL_GCP> gcps(3);
    GDALInitGCPs(3, gcps.data());
    for (int i = 0; i < 3; ++i) gcps[i].dfGCPPixel = 4 * (i % 2), gcps[i].dfGCPLine = 4 * (i / 2), gcps[i].dfGCPX = i;
    points->SetGCPs(3, gcps.data(), "");
    GDALDeinitGCPs(3, gcps.data());
    const Dataset rational = make_tiff(dir / "rpc.tif", 8, 1);
    CPLStringList rpc;
    for (const char* key : {"LINE_OFF", "SAMP_OFF", "LAT_OFF", "LONG_OFF", "HEIGHT_OFF"}) rpc.SetNameValue(key, "1");
    for (const char* key : {"LINE_SCALE", "SAMP_SCALE", "LAT_SCALE", "LONG_SCALE", "HEIGHT_SCALE"})
      rpc.SetNameValue(key, "1");
    for (const char* key : {"LINE_NUM_COEFF", "LINE_DEN_COEFF", "SAMP_NUM_COEFF", "SAMP_DEN_COEFF"})
      rpc.SetNameValue(key, "1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0");
    rational->SetMetadata(rpc.List(), "RPC");
  }
  CHECK(lost_placement(dir / "gcp.tif") == "3 ground control points");
  CHECK(lost_placement(dir / "rpc.tif") == "RPCs");
}

TEST_CASE("a TIFF of several images is refused") {
  const TemporaryFolder dir;
  make_tiff(dir / "a.tif", 8, 3).reset();
  const Dataset first(GDALDataset::Open((dir / "a.tif").c_str()));
  CPLStringList more;
  more.SetNameValue("APPEND_SUBDATASET", "YES");
  make_tiff(dir / "b.tif", 8, 3).reset();
  Dataset(driver("GTiff")->CreateCopy((dir / "b.tif").c_str(), first.get(), FALSE, more.List(), nullptr, nullptr));
  CHECK(contains(error_of([&] { read_image(dir / "b.tif"); }), "b.tif: holds 2 images"));
  CHECK(contains(error_of([&] { read_mask(dir / "b.tif"); }), "b.tif: holds 2 images"));
  CHECK(contains(error_of([&] { SceneReader(dir / "b.tif", {1}, 16); }), "b.tif: holds 2 images"));
}

TEST_CASE("one band of 16 bits does not serve for three, and says what to do") {
  const TemporaryFolder dir;
  make_tiff(dir / "a.tif", 8, 1, GDT_UInt16).reset();
  const std::string scene = error_of([&] { SceneReader(dir / "a.tif", {3, 2, 1}, 16); });
  const std::string tile = error_of([&] { read_image(dir / "a.tif", {{3, 2, 1}, 100, {}}); });
  for (const std::string& said : {scene, tile}) CHECK(contains(said, "\"bands\": [1]"));
}
