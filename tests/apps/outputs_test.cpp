// What the small programs do with names and files that are there: endings decide or are refused, nothing is lost.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "engine/random.h"
#include "io/file.h"
#include "io/image/image.h"
#include "io/weights/safetensors.h"
#include "models/networks.h"
#include "models/state_dict.h"
#include "tests/support/process.h"

using namespace ppl;
namespace fs = std::filesystem;

namespace {

bool says(const ProcessResult& r, const std::string& text) { return r.err.find(text) != std::string::npos; }

// Weights of linknet34 as other programs leave them: without metadata.
void write_unnamed(const std::string& path, const std::string& network) {
  const auto made = make_network(network);
  Random random(1);
  made->initialize(random);
  write_safetensors(path, state_dict(*made));
}

}  // namespace

TEST_CASE("weights: the ending decides or is refused; what is there stays unless it is asked for") {
  const TemporaryFolder dir;
  const auto weights = [](std::vector<std::string> arguments) { return run_process("weights", arguments); };
  write_unnamed(dir / "a.safetensors", "linknet34");
  REQUIRE(weights({"import", dir / "a.safetensors", dir / "b.safetensors"}).exit_code == 0);
  for (const char* name : {"z.pth", "z", "z.onnx.txt"}) {
    const ProcessResult r = weights({"export", dir / "b.safetensors", dir / name});
    CHECK(r.exit_code == 2);
    CHECK(says(r, ".safetensors"));
  }
  CHECK(weights({"export", dir / "b.safetensors", dir / "m.safetensors", "--onnx"}).exit_code == 2);
  CHECK(weights({"import", dir / "a.safetensors", dir / "b.pth"}).exit_code == 2);
  CHECK(weights({"export", dir / "b.safetensors", dir / "m.onnx", "--size", "64"}).exit_code == 0);
  CHECK(weights({"info", dir / "m.onnx"}).exit_code == 1);  // not safetensors under that name

  const auto before = read_file(dir / "a.safetensors");
  for (const char* existing : {"fail", "skip", "overwrite"}) {
    const ProcessResult r = weights({"import", dir / "a.safetensors", dir / "./a.safetensors", "--existing", existing});
    CHECK(r.exit_code == 1);
    CHECK(says(r, "would be written over the input"));
  }
  CHECK((read_file(dir / "a.safetensors") == before));
  const ProcessResult there = weights({"import", dir / "a.safetensors", dir / "b.safetensors"});
  CHECK(there.exit_code == 1);
  CHECK(says(there, "--existing overwrite"));
  CHECK(weights({"import", dir / "a.safetensors", dir / "b.safetensors", "--existing", "skip"}).exit_code == 0);
  CHECK(weights({"import", dir / "a.safetensors", dir / "b.safetensors", "--existing", "overwrite"}).exit_code == 0);
}

TEST_CASE("predict knows a network by its arrays; where a name is needed all are listed") {
  const TemporaryFolder dir;
  fs::create_directories(dir / "in");
  write_png(dir / "in/a.png", Image::make(32, 32, 3));
  write_unnamed(dir / "one.safetensors", "linknet34");
  write_unnamed(dir / "several.safetensors", "pp_linknet34");
  const auto predict = [&](const std::string& file, std::vector<std::string> more) {
    more.insert(more.begin(), {dir / file, dir / "in", dir / "out", "--tta", "1", "--existing", "overwrite"});
    return run_process("predict", more);
  };
  const ProcessResult one = predict("one.safetensors", {});
  CHECK(one.exit_code == 0);
  CHECK(says(one, "linknet34"));
  const ProcessResult several = predict("several.safetensors", {});
  CAPTURE(several.err);
  CHECK(several.exit_code == 1);
  CHECK(says(several, "pp_linknet34, pp_linknet34_psp64, pp_linknet34_psp128"));
  const ProcessResult wrong = predict("several.safetensors", {"--network", "pp_linknet"});
  CHECK(wrong.exit_code == 1);
  for (const std::string& name : network_names()) CHECK(says(wrong, name));
}

TEST_CASE("vectorize: masks are not written over, nor results unless it is asked for") {
  const TemporaryFolder dir;
  const std::string mask = dir / "a_mask.png";
  write_mask_png(mask, std::vector<uint8_t>(32 * 32, 1).data(), 32, 32);
  const auto vectorize = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"buildings", mask});
    return run_process("vectorize", more);
  };
  fs::create_hard_link(mask, dir / "b.csv");
  CHECK(says(vectorize({dir / "b.csv", "--existing", "overwrite"}), "would be written over the input"));
  REQUIRE(vectorize({dir / "a.csv"}).exit_code == 0);
  CHECK(says(vectorize({dir / "a.csv"}), "--existing overwrite"));
  std::ofstream(dir / "a.csv") << "mine";
  CHECK(vectorize({dir / "a.csv", "--existing", "skip"}).exit_code == 0);
  CHECK(read_text(dir / "a.csv") == "mine");
  CHECK(vectorize({dir / "a.csv", "--existing", "overwrite"}).exit_code == 0);
  CHECK(read_text(dir / "a.csv") != "mine");
}

TEST_CASE("sheet: its name ends as a PNG's does") {
  if (!fs::exists(PPL_BIN "/sheet")) return;
  const TemporaryFolder dir;
  const ProcessResult r = run_process(
      "sheet", {"--images", dir.path, "--truth", dir.path, "--prediction", dir.path, "--out", dir / "sheets"});
  CHECK(r.exit_code == 2);
  CHECK(says(r, ".png"));
}

TEST_CASE("help of no program shows the parser's insides") {
  for (const std::string program :
       {"predict", "vectorize", "weights", "tiles", "train", "score", "rasterize", "sheet"}) {
    if (!fs::exists(std::string(PPL_BIN "/") + program)) continue;
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"--help"}, {"roads", "--help"}, {"iou", "--help"}}) {
      const ProcessResult r = run_process(program, words);
      for (const char* inside : {"{false}", "{true}", "ENUM", "INT in", "->", "  Of ", "NONNEGATIVE"}) {
        CAPTURE(program);
        CAPTURE(inside);
        CHECK(r.out.find(inside) == std::string::npos);
      }
    }
  }
}
