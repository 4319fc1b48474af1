// predict as a process: images whose pixels are not those that the weights were trained at.
#include <doctest/doctest.h>

#include <filesystem>

#include "io/image/resample.h"
#include "io/places/projection.h"
#include "io/vectorize/raster.h"
#include "tests/predict/predict_support.h"

using namespace ppl;
using namespace ppl::test;

namespace {

bool says(const ProcessResult& r, const std::string& text) { return r.err.find(text) != std::string::npos; }

GeoReference place(double pixel) { return {crs_of_epsg(32632), {500000, pixel, 0, 5000000, 0, -pixel}}; }

ProcessResult predict_aloud(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), weights());
  for (const char* more : {"--tta", "1", "--threads", "1", "--probabilities", "f32"}) arguments.emplace_back(more);
  return run_process("predict", arguments);
}

}  // namespace

TEST_CASE("--resample shows the network the image at its ground sample distance, and brings probabilities back") {
  const TemporaryFolder dir;
  const Image image = made_image(96, 128, 5);
  std::filesystem::create_directories(dir / "in");
  write_scene(dir / "in/a.tif", image, {}, place(0.25));
  std::vector<uint8_t> valid;
  write_scene(dir / "half.tif", resample(image, valid, 48, 64), {}, place(0.5));
  REQUIRE(predict_aloud({dir / "half.tif", dir / "half_out.tif", "--trained-at", "0.5"}).exit_code == 0);
  const ProbabilityRaster half = read_probabilities(dir / "half_out_prob.tif");
  const std::vector<float> expected = resample(half.values, 48, 64, 1, 96, 128);

  const ProcessResult tile =
      predict_aloud({dir / "in", dir / "tiles", "--format", "tif", "--trained-at", "0.5", "--resample"});
  REQUIRE(tile.exit_code == 0);
  CHECK(says(tile, "0.25 m a pixel, resampled to the weights' 0.5"));
  CHECK(read_probabilities(dir / "tiles/a_prob.tif").values == expected);
  CHECK(read_image(dir / "tiles/a_mask.tif").width == 128);
  REQUIRE(predict_aloud({dir / "in/a.tif", dir / "s.tif", "--trained-at", "0.5", "--resample"}).exit_code == 0);
  CHECK(read_probabilities(dir / "s_prob.tif").values == expected);
  // In windows of 32 of the network's pixels, 64 of the scene's.
  REQUIRE(predict_aloud({dir / "in/a.tif", dir / "w.tif", "--trained-at", "0.5", "--resample", "--window", "32",
                         "--overlap", "16"})
              .exit_code == 0);
  CHECK(read_probabilities(dir / "w_prob.tif").values.size() == 96 * 128);
  CHECK_FALSE(says(predict_aloud({dir / "half.tif", dir / "h.tif", "--trained-at", "0.52"}), "warning"));
}

TEST_CASE("images of another ground sample distance are warned of; what nobody says is refused or said") {
  const TemporaryFolder dir;
  write_scene(dir / "a.tif", made_image(32, 32, 5), {}, place(0.25));
  write_tiles(dir / "in", 2, 32);
  const ProcessResult warned = predict_aloud({dir / "a.tif", dir / "o.tif", "--trained-at", "0.5"});
  CHECK(warned.exit_code == 0);
  CHECK(says(warned, "warning: the image: 0.25 m a pixel, but the weights were trained at 0.5"));
  CHECK(says(predict_aloud({dir / "in", dir / "o", "--trained-at", "0.5"}), "nothing says how many metres a pixel"));
  const ProcessResult given =
      predict_aloud({dir / "in", dir / "p", "--trained-at", "0.5", "--pixel-size", "1", "--resample"});
  CHECK(given.exit_code == 0);
  CHECK(says(given, "1 m a pixel, resampled"));
  const ProcessResult nobody = predict_aloud({dir / "in", dir / "n", "--trained-at", "0.5", "--resample"});
  CHECK(nobody.exit_code == 1);
  CHECK(says(nobody, "--pixel-size METRES"));
  CHECK_FALSE(std::filesystem::exists(dir / "n"));
  CHECK(says(predict_aloud({dir / "a.tif", dir / "n.tif", "--resample"}), "--trained-at METRES"));
}
