// predict as a process: what is refused before anything is done, and what it says.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "io/file.h"
#include "io/vectorize/raster.h"
#include "models/networks.h"
#include "tests/predict/predict_support.h"

using namespace ppl;
using namespace ppl::test;
namespace fs = std::filesystem;

namespace {

bool says(const ProcessResult& r, const std::string& text) { return r.err.find(text) != std::string::npos; }

ProcessResult predict_aloud(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), weights());
  for (const char* more : {"--tta", "1", "--threads", "1"}) arguments.emplace_back(more);
  return run_process("predict", arguments);
}

}  // namespace

TEST_CASE("options that would do nothing, and names that do not fit, are wrong usage") {
  const TemporaryFolder dir;
  write_tiles(dir / "in", 1, 32);
  const std::string image = dir / "in/t100_sat.png", scene = dir / "m.tif", folder = dir / "out";
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong{
      {{image, scene, "--format", "tif"}, "--format: is for folders"},
      {{image, scene, "--suffix", "_m"}, "--suffix: is for folders"},
      {{dir / "in", folder, "--stretch", "scene"}, "--stretch: is for scenes"},
      {{dir / "in", folder, "--keep-white"}, "--keep-white: is for scenes"},
      {{image, scene, "--probabilities", "png"}, "--probabilities: png is for folders"},
      {{image, scene, "--probabilities", "f64"}, "f64"},
      {{dir / "in", folder, "--theme", "buildings"}, "--theme: is for --vectors"},
      {{dir / "in", folder, "--label", "1"}, "--label: is for --vectors"},
      {{dir / "in", folder, "--gap", "8m"}, "--gap: is for --vectors"},
      {{dir / "in", folder, "--vectors", dir / "v.gpkg", "--square"}, "--square: is for --theme buildings"},
      {{dir / "in", folder, "--uncertain", "0.6", "0.2"}, "LOW must be less than HIGH"},
      {{dir / "in", folder, "--uncertain", "0.2", "0.6", "--threshold", "0.5"}, "--uncertain exclude one another"},
      {{dir / "in", folder, "--uncertain", "0.2", "0.6", "--vectors", dir / "v.gpkg"}, "not made of --uncertain"},
      {{dir / "in", folder, "--lease", "3"}, "--lease: is for --share"},
      {{dir / "in", folder, "--shares", "1"}, "--shares: is for several"},
      {{dir / "in", folder, "--share", "--existing", "fail"}, "--existing"},
      {{dir / "in", folder, "--suffix", "/../../x"}, "--suffix"},
      {{dir / "in", scene}, "--mosaic"},
      {{image, dir / "m.png"}, ".tif"},
      {{image, dir / "in"}, ".tif"},
      {{dir / "in", dir / "m.png", "--mosaic"}, ".tif"}};
  for (const auto& [arguments, text] : wrong) {
    const ProcessResult r = predict(arguments);
    CAPTURE(r.err);
    CHECK(r.exit_code == 2);
    CHECK(says(r, text));
  }
  CHECK(predict({image, scene, "--graph", "--device", "cpu"}).exit_code == 1);
  const ProcessResult file = predict({dir / "in", image.substr(0, image.size() - 4) + ".png/x"});
  CHECK(file.exit_code == 1);
  CHECK(says(file, "cannot be made a folder of results: Not a directory"));
  CHECK_FALSE(fs::exists(folder));
  CHECK_FALSE(fs::exists(scene));
}

TEST_CASE("help shows nothing of the parser's insides") {
  const ProcessResult r = run_process("predict", {"--help"});
  CHECK(r.exit_code == 0);
  for (const char* inside : {"{false}", "ENUM", "INT in", "->", " Of ", "NONNEGATIVE"})
    CHECK(r.out.find(inside) == std::string::npos);
  for (const char* shown : {"--tta", "{1,4,8}", "eight times", "{fail,skip,overwrite}", "--keep-white"})
    CHECK(r.out.find(shown) != std::string::npos);
  for (const std::string& network : network_names()) CHECK(r.out.find(network) != std::string::npos);
}

TEST_CASE("the share of foreground and the time a tile are told, and what cannot be meant") {
  const TemporaryFolder dir;
  write_tiles(dir / "in", 2, 32);
  const ProcessResult r = predict_aloud({dir / "in", dir / "out"});
  CHECK(says(r, "% foreground"));
  CHECK(says(r, "s a tile"));
  CHECK(says(predict_aloud({dir / "in", dir / "none", "--threshold", "1"}), "nothing of 2 images is foreground"));
}

TEST_CASE("vectors of tiles without a place are refused before the first step") {
  const TemporaryFolder dir;
  write_tiles(dir / "in", 2, 32);
  const ProcessResult r = predict({dir / "in", dir / "out", "--vectors", dir / "v.geojson"});
  CHECK(r.exit_code == 1);
  CHECK(says(r, "does not say where it lies"));
  CHECK_FALSE(fs::exists(dir / "out"));
}

TEST_CASE("share and confidence of a tile count pixels with data, as those of a scene do") {
  const TemporaryFolder dir;
  Image image = made_image(96, 64, 5);
  for (int64_t i = 0; i < 40 * 64 * 3; ++i) image.u8()[i] = 0;
  fs::create_directories(dir / "in");
  write_scene(dir / "in/a.tif", image, 0);
  for (const char* format : {"tif", "png"})
    REQUIRE(predict({dir / "in", dir / format, "--format", format, "--probabilities", "f32"}).exit_code == 0);
  REQUIRE(predict({dir / "in", dir / "m.tif", "--mosaic", "--probabilities", "f32"}).exit_code == 0);
  const nlohmann::json scene = nlohmann::json::parse(read_text(dir / "m_manifest.jsonl"));
  for (const char* format : {"tif", "png"}) {
    const nlohmann::json tile = manifest(dir / format).at("a");
    CHECK(tile["foreground"] == scene["foreground"]);
    CHECK(tile["confidence"].get<double>() == doctest::Approx(scene["confidence"].get<double>()));
  }
  CHECK(read_image(dir / "tif/a_mask.tif").bytes == read_image(dir / "m.tif").bytes);
  CHECK(read_image(dir / "m.tif").u8()[0] == 255);
}

TEST_CASE("codes in names do not reach the terminal; a VRT fetches nothing") {
  const TemporaryFolder dir;
  fs::create_directories(dir / "in");
  std::ofstream(dir / "in/a\033[31mb_sat.png") << "no image";
  const ProcessResult r = predict({dir / "in", dir / "out"});
  CHECK(r.exit_code == 1);
  CHECK(r.err.find('\033') == std::string::npos);
  CHECK(says(r, "a\\x1b[31mb"));
  std::ofstream(dir / "net.vrt")
      << "<VRTDataset rasterXSize=\"64\" rasterYSize=\"64\"><VRTRasterBand dataType=\"Byte\" "
         "band=\"1\"><SimpleSource><SourceFilename>/vsicurl/http://127.0.0.1:9/a.tif"
         "</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>";
  const ProcessResult net = predict({dir / "net.vrt", dir / "m.tif", "--bands", "1", "1", "1"});
  CHECK(net.exit_code == 1);
  CHECK(says(net, "nothing is fetched from the net"));
}
