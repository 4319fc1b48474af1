// weights export --whole as a process: files, metadata, STAC Item, refusals; onnxruntime beside predict where it is.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "apps/common/weights.h"
#include "engine/random.h"
#include "io/file.h"
#include "io/image/image.h"
#include "models/networks.h"
#include "tests/support/process.h"

using namespace ppl;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

void make_weights(const std::string& path, const InputSpec& input, double threshold = 0.25) {
  const auto network = make_network("linknet34", input.band_count(), 1);
  Random random(2);
  network->initialize(random);
  apps::save_weights(path, *network, {"linknet34", input.band_count(), 1, input, threshold});
}

ProcessResult whole(const std::string& from, const std::string& to, std::vector<std::string> more = {"--size", "64"}) {
  more.insert(more.begin(), {"export", "--whole", from, to, "--quiet"});
  return run_process("weights", more);
}

bool holds(const std::string& path, const std::string& text) {
  return read_text(path, uint64_t{1} << 30).find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("export --whole: metadata of the plugin and a STAC Item beside the model") {
  const TemporaryFolder dir;
  InputSpec input;
  input.ground_sample_distance = 0.15;
  make_weights(dir / "w.safetensors", input, 0.4);
  REQUIRE(whole(dir / "w.safetensors", dir / "m.onnx", {"--size", "64", "--classes", "road"}).exit_code == 0);
  for (const char* text : {"\"Segmentor\"", "{\"0\":\"background\",\"1\":\"road\"}", "tile_size", "tiles_size",
                           "seg_thresh", "standardization_mean", "[0.0,0.0,0.0]"})
    CHECK(holds(dir / "m.onnx", text));
  CHECK(holds(dir / "m.onnx", std::string("resolution\x12\x04") + "15.0"));  // centimetres
  const json item = json::parse(read_text(dir / "m.stac.json"));
  CHECK(item["properties"]["gsd"] == 0.15);
  CHECK(item["properties"]["mlm:hyperparameters"]["threshold"] == 0.4);
  CHECK(item["properties"]["mlm:input"][0]["input"]["shape"] == json({1, 3, 64, 64}));
  CHECK(item["properties"]["mlm:output"][0]["result"]["shape"] == json({1, 2, 64, 64}));
  CHECK(item["properties"]["mlm:output"][0]["classification:classes"][1]["name"] == "road");
  CHECK(item["assets"]["model"]["file:size"] == fs::file_size(dir / "m.onnx"));
  CHECK(item["assets"]["model"]["href"] == "./m.onnx");

  CHECK(whole(dir / "w.safetensors", dir / "m.onnx").exit_code == 1);  // there already
  REQUIRE(whole(dir / "w.safetensors", dir / "b.onnx", {"--size", "64", "--bytes"}).exit_code == 0);
  CHECK(json::parse(read_text(dir / "b.stac.json"))["properties"]["mlm:input"][0]["input"]["data_type"] == "uint8");
}

TEST_CASE("export --whole: bands beyond the network's, and what is refused") {
  const TemporaryFolder dir;
  InputSpec input;
  input.bands = {4, 2, 1};
  make_weights(dir / "w.safetensors", input);
  const ProcessResult r = run_process("weights", {"export", "--whole", dir / "w.safetensors", dir / "m.onnx"});
  CHECK(r.exit_code == 0);
  CHECK(r.err.find("metres a pixel") != std::string::npos);  // said, as the weights do not know theirs
  CHECK_FALSE(holds(dir / "m.onnx", "resolution"));
  CHECK(json::parse(read_text(dir / "m.stac.json"))["properties"]["mlm:input"][0]["bands"].size() == 4);

  const ProcessResult names = whole(dir / "w.safetensors", dir / "n.onnx", {"--classes", "road", "path"});
  CHECK(names.exit_code == 1);
  CHECK(names.err.find("--classes names 2") != std::string::npos);
  const ProcessResult size = whole(dir / "w.safetensors", dir / "n.onnx", {"--size", "64", "96"});
  CHECK(size.exit_code == 1);
  CHECK(size.err.find("--size N") != std::string::npos);
  input.stretch_low = {0, 0, 0};
  input.stretch_high = {4000, 4000, 4000};
  make_weights(dir / "s.safetensors", input);
  const ProcessResult stretched = whole(dir / "s.safetensors", dir / "n.onnx");
  CHECK(stretched.exit_code == 1);
  CHECK(stretched.err.find("leave out --whole") != std::string::npos);
  CHECK_FALSE(fs::exists(dir / "n.onnx"));
  CHECK_FALSE(fs::exists(dir / "n.stac.json"));
  CHECK(run_process("weights", {"export", dir / "w.safetensors", dir / "n.onnx", "--bytes"}).exit_code == 2);
}

TEST_CASE("export --whole: onnxruntime gives what predict gives") {
  const TemporaryFolder dir;
  make_weights(dir / "w.safetensors", {}, 0.5);
  fs::create_directory(dir / "tiles");
  Random random(3);
  for (const char* name : {"a.png", "b.png"}) {
    Image image = Image::make(64, 64, 3);
    for (uint8_t& v : image.bytes) v = static_cast<uint8_t>(256 * random.uniform());
    write_png(dir / "tiles" + ("/" + std::string(name)), image);
  }
  const ProcessResult r = run_process(
      "/usr/bin/env", {"python3", PPL_SCRIPTS "/check_whole.py", PPL_BIN, dir / "w.safetensors", dir / "tiles"});
  if (r.exit_code == 77) {
    MESSAGE(r.out);
    return;
  }
  CAPTURE(r.out);
  CAPTURE(r.err);
  CHECK(r.exit_code == 0);
}
