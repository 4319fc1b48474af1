// predict as a process: scenes in windows, of every kind of file, shared by processes.
#include <doctest/doctest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <thread>

#include "io/file.h"
#include "io/vectorize/raster.h"
#include "tests/predict/predict_support.h"

using namespace ppl;
using namespace ppl::test;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

// Bands of other files as one image; alpha: that is what the last is.
struct VrtBand {
  std::string source;
  int band;
};
std::string vrt(int64_t height, int64_t width, const std::string& type, const std::vector<VrtBand>& bands, bool alpha,
                const std::string& source_options = "") {
  std::string text = cat("<VRTDataset rasterXSize=\"", width, "\" rasterYSize=\"", height, "\">");
  for (size_t i = 0; i < bands.size(); ++i) {
    text += cat("<VRTRasterBand dataType=\"", type, "\" band=\"", i + 1, "\">");
    if (alpha && i + 1 == bands.size()) text += "<ColorInterp>Alpha</ColorInterp>";
    text += cat("<ComplexSource><SourceFilename relativeToVRT=\"1\">", bands[i].source, "</SourceFilename><SourceBand>",
                bands[i].band, "</SourceBand>", source_options, "</ComplexSource></VRTRasterBand>");
  }
  return text + "</VRTDataset>";
}

}  // namespace

TEST_CASE("a scene of one window is predicted as a tile of a folder is") {
  const TemporaryFolder dir;
  fs::create_directories(dir / "in");
  write_scene(dir / "in/a.tif", made_image(90, 130, 1));
  REQUIRE(predict({dir / "in", dir / "out", "--format", "tif", "--probabilities", "f32"}).exit_code == 0);
  REQUIRE(predict({dir / "in/a.tif", dir / "a.tif", "--probabilities", "f32"}).exit_code == 0);
  CHECK(read_image(dir / "out/a_mask.tif").bytes == read_image(dir / "a.tif").bytes);
  CHECK(read_probabilities(dir / "out/a_prob.tif").values == read_probabilities(dir / "a_prob.tif").values);
  CHECK(read_georeference(dir / "a.tif")->transform == kPlace.transform);
}

TEST_CASE("no seam shows where windows meet") {
  const TemporaryFolder dir;
  const Image image = made_image(300, 420, 2);
  write_scene(dir / "scene.tif", image);
  const ProcessResult r =
      predict({dir / "scene.tif", dir / "out.tif", "--window", "160", "--overlap", "32", "--probabilities", "f32"});
  CHECK(r.exit_code == 0);
  CHECK(r.err.empty());
  const ProbabilityRaster p = read_probabilities(dir / "out_prob.tif");
  REQUIRE(p.width == 420);
  // Mean step from one column to the next: over borders of windows (every 128, and 32 after), and elsewhere.
  double border = 0, elsewhere = 0;
  int borders = 0, others = 0;
  for (int64_t x = 1; x < p.width; ++x) {
    double sum = 0;
    for (int64_t y = 0; y < p.height; ++y) {
      const auto i = static_cast<size_t>(y * p.width + x);
      sum += std::abs(p.values[i] - p.values[i - 1]);
    }
    const bool at_border = x >= 128 && (x % 128 == 0 || x % 128 == 32);
    (at_border ? border : elsewhere) += sum;
    ++(at_border ? borders : others);
  }
  MESSAGE("step across borders of windows over that elsewhere: " << border / borders / (elsewhere / others));
  CHECK(elsewhere > 0);
  CHECK(border / borders < 1.25 * elsewhere / others);
  for (const auto& entry : fs::directory_iterator(dir.path)) CHECK(entry.path().extension() != ".tmp");

  // Half precision and bytes hold the same.
  REQUIRE(predict({dir / "scene.tif", dir / "h.tif", "--window", "160", "--overlap", "32", "--probabilities", "f16"})
              .exit_code == 0);
  REQUIRE(predict({dir / "scene.tif", dir / "b.tif", "--window", "160", "--overlap", "32", "--probabilities", "u8"})
              .exit_code == 0);
  const ProbabilityRaster h = read_probabilities(dir / "h_prob.tif"), b = read_probabilities(dir / "b_prob.tif");
  float half = 0, byte = 0;
  for (size_t i = 0; i < p.values.size(); ++i) {
    half = std::max(half, std::abs(h.values[i] - p.values[i]));
    byte = std::max(byte, std::abs(b.values[i] - p.values[i]));
  }
  CHECK(half <= 0x1p-11f);
  CHECK(byte <= 0.5f / 255 + 1e-6f);
}

TEST_CASE("no data stays no data: by value, and as a white margin; windows without any are not computed") {
  const TemporaryFolder dir;
  Image image = made_image(300, 420, 3);
  for (int64_t y = 0; y < 300; ++y)
    for (int64_t x = 0; x < 420; ++x)
      for (int64_t c = 0; c < 3; ++c)
        if (x < 200 && y < 200) image.u8()[(y * 420 + x) * 3 + c] = 0;
  write_scene(dir / "value.tif", image, 0);
  REQUIRE(predict({dir / "value.tif", dir / "v.tif", "--window", "96", "--overlap", "32"}).exit_code == 0);
  const Image v = read_image(dir / "v.tif");
  CHECK(v.u8()[100 * 420 + 199] == 255);
  CHECK(v.u8()[100 * 420 + 200] != 255);
  for (uint8_t& value : image.bytes) value = value == 0 ? 255 : std::min<uint8_t>(value, 254);
  write_scene(dir / "white.tif", image);
  REQUIRE(predict({dir / "white.tif", dir / "w.tif", "--window", "96", "--overlap", "32"}).exit_code == 0);
  CHECK(read_image(dir / "w.tif").bytes == v.bytes);
  REQUIRE(predict({dir / "white.tif", dir / "k.tif", "--window", "96", "--overlap", "32", "--keep-white"}).exit_code ==
          0);
  CHECK(read_image(dir / "k.tif").u8()[0] != 255);
}

TEST_CASE("a VRT is read as what it refers to; alpha 0 is no data") {
  const TemporaryFolder dir;
  const Image image = made_image(120, 160, 11);
  write_scene(dir / "scene.tif", image);
  REQUIRE(predict(in_windows({dir / "scene.tif", dir / "plain.tif"})).exit_code == 0);
  const std::vector<VrtBand> rgb{{"scene.tif", 1}, {"scene.tif", 2}, {"scene.tif", 3}};
  std::ofstream(dir / "scene.vrt") << vrt(120, 160, "Byte", rgb, false);
  REQUIRE(predict(in_windows({dir / "scene.vrt", dir / "v.tif"})).exit_code == 0);
  CHECK(read_probabilities(dir / "v_prob.tif").values == read_probabilities(dir / "plain_prob.tif").values);

  Image alpha = Image::make(120, 160, 3);
  for (int64_t i = 0; i < alpha.count(); ++i) alpha.u8()[i] = i / 3 % 160 < 70 ? 0 : 255;
  write_scene(dir / "alpha.tif", alpha);
  std::vector<VrtBand> rgba = rgb;
  rgba.push_back({"alpha.tif", 1});
  std::ofstream(dir / "alpha.vrt") << vrt(120, 160, "Byte", rgba, true);
  REQUIRE(predict(in_windows({dir / "alpha.vrt", dir / "a.tif"})).exit_code == 0);
  const Image mask = read_image(dir / "a.tif");
  int64_t wrong = 0;
  for (int64_t x = 0; x < 160; ++x) wrong += (mask.u8()[60 * 160 + x] == 255) != (x < 70);
  CHECK(wrong == 0);
}

TEST_CASE("a scene of 16 bits is stretched by the percentiles of all of it, or refused") {
  const TemporaryFolder dir;
  const Image image = made_image(120, 160, 12);
  write_scene(dir / "scene.tif", image);
  const std::vector<VrtBand> rgb{{"scene.tif", 1}, {"scene.tif", 2}, {"scene.tif", 3}};
  std::ofstream(dir / "deep.vrt") << vrt(120, 160, "UInt16", rgb, false,
                                         "<ScaleOffset>300</ScaleOffset><ScaleRatio>17</ScaleRatio>");
  // By hand: each band from its sorted values.
  Image stretched = image;
  const auto pixels = static_cast<size_t>(120 * 160);
  for (size_t c = 0; c < 3; ++c) {
    std::vector<double> values;
    for (size_t i = 0; i < pixels; ++i) values.push_back(300 + 17.0 * image.u8()[i * 3 + c]);
    std::sort(values.begin(), values.end());
    const double low = values[static_cast<size_t>(0.02 * static_cast<double>(pixels - 1))];
    const double high = values[static_cast<size_t>(0.98 * static_cast<double>(pixels - 1))];
    for (size_t i = 0; i < pixels; ++i) {
      const double share = (300 + 17.0 * image.u8()[i * 3 + c] - low) / (high - low);
      stretched.u8()[i * 3 + c] = static_cast<uint8_t>(std::lround(255 * std::clamp(share, 0.0, 1.0)));
    }
  }
  write_scene(dir / "stretched.tif", stretched);
  REQUIRE(predict(in_windows({dir / "deep.vrt", dir / "d.tif", "--stretch", "scene"})).exit_code == 0);
  REQUIRE(predict(in_windows({dir / "stretched.tif", dir / "s.tif"})).exit_code == 0);
  CHECK(read_probabilities(dir / "d_prob.tif").values == read_probabilities(dir / "s_prob.tif").values);
  const ProcessResult refused = predict({dir / "deep.vrt", dir / "r.tif"});
  CHECK(refused.exit_code == 1);
  CHECK(refused.err.find("--stretch scene") != std::string::npos);
  CHECK_FALSE(fs::exists(dir / "r.tif"));
}

TEST_CASE("processes that share a scene make what one makes, to the bit; a killed one's rows are taken over") {
  const TemporaryFolder dir;
  Image image = made_image(900, 300, 13);
  for (int64_t y = 0; y < 150; ++y)  // no data in a corner
    for (int64_t x = 0; x < 140 * 3; ++x) image.u8()[y * 300 * 3 + x] = 0;
  write_scene(dir / "scene.tif", image, 0);
  REQUIRE(predict(in_windows({dir / "scene.tif", dir / "alone.tif"})).exit_code == 0);
  const std::vector<float> expected = read_probabilities(dir / "alone_prob.tif").values;
  const std::vector<uint8_t> mask = read_image(dir / "alone.tif").bytes;

  std::vector<std::string> shared = in_windows({dir / "scene.tif", dir / "out.tif"});
  for (const char* more : {"--share", "--lease", "1", "--views", "1", "--threads", "1", "--quiet"})
    shared.emplace_back(more);
  shared.insert(shared.begin(), weights());
  const pid_t killed = start_predict(shared);
  const auto finished_rows = [&] {
    size_t rows = 0;
    std::error_code none;
    for (const auto& e : fs::recursive_directory_iterator(dir.path, none)) rows += e.path().extension() == ".f32";
    return rows;
  };
  const auto half_rows = [&] {
    std::string files;
    for (const auto& e : fs::recursive_directory_iterator(dir.path)) {
      const std::string name = e.path().filename().string();
      if (name.starts_with("row") && name.ends_with(".tmp")) files += name + " ";
    }
    return files;
  };
  for (int i = 0; i < 3000 && finished_rows() == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  CHECK(finished_rows() > 0);
  kill(killed, SIGKILL);
  CHECK(end_of(killed) == 128 + SIGKILL);
  CHECK_FALSE(fs::exists(dir / "out.tif"));
  const pid_t one = start_predict(shared), two = start_predict(shared);
  CHECK(end_of(one) == 0);
  CHECK(end_of(two) == 0);
  CHECK(read_probabilities(dir / "out_prob.tif").values == expected);
  CHECK(read_image(dir / "out.tif").bytes == mask);
  CHECK(finished_rows() == 0);
  CHECK(half_rows() == "");

  // What is done stays; what is gone is made again, by one process as well.
  const auto before = fs::last_write_time(dir / "out.tif");
  CHECK(end_of(start_predict(shared)) == 0);
  CHECK(fs::last_write_time(dir / "out.tif") == before);
  fs::remove(dir / "out.tif");
  CHECK(end_of(start_predict(shared)) == 0);
  CHECK(read_probabilities(dir / "out_prob.tif").values == expected);
}

TEST_CASE("a process that slept while another took its work over ends well, and nothing of it stays") {
  const TemporaryFolder dir;
  write_scene(dir / "scene.tif", made_image(700, 300, 13));
  std::vector<std::string> shared = in_windows({dir / "scene.tif", dir / "out.tif"});
  for (const char* more : {"--share", "--lease", "0.5", "--views", "1", "--threads", "1", "--quiet"})
    shared.emplace_back(more);
  shared.insert(shared.begin(), weights());
  const pid_t sleeper = start_predict(shared);
  const auto has_row = [&] {
    std::error_code none;
    for (const auto& e : fs::recursive_directory_iterator(dir.path, none))
      if (e.path().filename().string().starts_with("row")) return true;
    return false;
  };
  for (int i = 0; i < 3000 && !has_row(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  REQUIRE(has_row());
  kill(sleeper, SIGSTOP);
  CHECK(end_of(start_predict(shared)) == 0);
  const std::vector<uint8_t> mask = read_image(dir / "out.tif").bytes;
  kill(sleeper, SIGCONT);
  CHECK(end_of(sleeper) == 0);
  CHECK(read_image(dir / "out.tif").bytes == mask);
  std::string left;
  for (const auto& e : fs::directory_iterator(dir.path)) left += e.path().filename().string() + " ";
  CAPTURE(left);
  CHECK(std::distance(fs::directory_iterator(dir.path), fs::directory_iterator()) == 3);  // scene, mask, probabilities
}
