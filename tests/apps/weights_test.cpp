// weights as a process: PyTorch files made here of the networks' own arrays, exports, and what is refused.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "apps/common/weights.h"
#include "engine/random.h"
#include "io/weights/safetensors.h"
#include "models/networks.h"
#include "models/state_dict.h"
#include "tests/support/process.h"

using namespace ppl;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

NamedArrays random_weights(const std::string& name, int bands = 3) {
  const auto network = make_network(name, bands, 1);
  Random random(2);
  network->initialize(random);
  return state_dict(*network);
}

ProcessResult weights(std::vector<std::string> arguments) {
  arguments.push_back("--quiet");
  return run_process("weights", arguments);
}

bool one_line_naming(const ProcessResult& r, const std::string& what) {
  return r.exit_code == 1 && std::count(r.err.begin(), r.err.end(), '\n') == 1 && r.err.find(what) != std::string::npos;
}

}  // namespace

TEST_CASE("import finds the network where only one fits, asks where several do, and keeps every array") {
  const TemporaryFolder dir;
  const NamedArrays file = random_weights("linknet34");
  write_safetensors(dir / "a.safetensors", file);
  const ProcessResult r = weights({"import", dir / "a.safetensors", dir / "b.safetensors", "--threshold", "0.4"});
  CHECK(r.exit_code == 0);
  CHECK(r.err.empty());
  const NamedArrays ours = read_safetensors(dir / "b.safetensors");
  CHECK(ours.metadata.at("network") == "linknet34");
  CHECK(ours.metadata.at("threshold") == "0.4");
  CHECK(weights({"diff", dir / "a.safetensors", dir / "b.safetensors"}).exit_code == 0);

  write_safetensors(dir / "p.safetensors", random_weights("pp_linknet34"));
  CHECK(one_line_naming(weights({"import", dir / "p.safetensors", dir / "q.safetensors"}), "pp_linknet34_psp64"));
  CHECK_FALSE(fs::exists(dir / "q.safetensors"));
  CHECK(weights({"import", dir / "p.safetensors", dir / "q.safetensors", "--network", "pp_linknet34"}).exit_code == 0);

  NamedArrays hybrid;  // as the published files of this network are
  for (auto& [name, array] : random_weights("pp_linknet34_psp64_hdc").arrays) {
    hybrid.arrays["module." + (name.starts_with("dblock.") ? "psp." + name.substr(7) : name)] = array;
  }
  write_safetensors(dir / "h.safetensors", hybrid);
  CHECK(weights({"import", dir / "h.safetensors", dir / "i.safetensors"}).exit_code == 0);
  CHECK(read_safetensors(dir / "i.safetensors").metadata.at("network") == "pp_linknet34_psp64_hdc");
}

TEST_CASE("prefixes that all names share come off, whatever they are") {
  const TemporaryFolder dir;
  const NamedArrays bare = random_weights("linknet34");
  for (const char* prefix : {"module.", "model.", "_orig_mod.", "module.module.", "net._orig_mod.", "a.b.c."}) {
    CAPTURE(prefix);
    NamedArrays file;
    for (const auto& [name, array] : bare.arrays) file.arrays[prefix + name] = array;
    write_safetensors(dir / "a.safetensors", file);
    fs::remove(dir / "b.safetensors");
    CHECK(weights({"import", dir / "a.safetensors", dir / "b.safetensors"}).exit_code == 0);
    CHECK(weights({"diff", dir / "a.safetensors", dir / "b.safetensors"}).exit_code == 0);
  }
}

TEST_CASE("weights that are not finite, and variances below 0, are refused") {
  const TemporaryFolder dir;
  for (const auto& [name, value] : {std::pair{"encoder3.1.conv2.weight", NAN}, {"firstbn.running_var", -1.0f}}) {
    NamedArrays file = random_weights("linknet34");
    std::vector<float> values = file.at(name).as_f32();
    values[7] = value;
    file.arrays[name] = HostArray::from(file.at(name).shape, values);
    write_safetensors(dir / "a.safetensors", file);
    CHECK(one_line_naming(weights({"import", dir / "a.safetensors", dir / "b.safetensors", "--network", "linknet34"}),
                          name));
    CHECK_FALSE(fs::exists(dir / "b.safetensors"));
  }
}

TEST_CASE("torchvision's names become an encoder") {
  const TemporaryFolder dir;
  NamedArrays resnet;
  for (auto& [name, array] : random_weights("linknet34").arrays) {
    if (name.starts_with("encoder")) resnet.arrays["layer" + name.substr(7)] = array;
    if (name.starts_with("firstconv.")) resnet.arrays["conv1." + name.substr(10)] = array;
    if (name.starts_with("firstbn.")) resnet.arrays["bn1." + name.substr(8)] = array;
  }
  resnet.arrays["fc.bias"] = HostArray::from({1}, {1});
  write_safetensors(dir / "resnet.safetensors", resnet);
  REQUIRE(weights({"import", dir / "resnet.safetensors", dir / "encoder.safetensors"}).exit_code == 0);
  CHECK_FALSE(read_safetensors(dir / "encoder.safetensors").arrays.contains("fc.bias"));
  apps::load_encoder(*make_network("d_linknet34"), dir / "encoder.safetensors");
}

TEST_CASE("export: names with a prefix, ONNX models, the metadata in both") {
  const TemporaryFolder dir;
  write_safetensors(dir / "a.safetensors", random_weights("linknet34", 4));
  std::ofstream(dir / "input.json") << R"({"bands":[4,3,2,1],"mean":[0.1,0.2,0.3,0.4],"std":[1,1,1,1]})";
  CHECK(one_line_naming(weights({"import", dir / "a.safetensors", dir / "b.safetensors"}), "4 bands"));
  REQUIRE(weights({"import", dir / "a.safetensors", dir / "b.safetensors", "--input", dir / "input.json"}).exit_code ==
          0);
  REQUIRE(weights({"export", dir / "b.safetensors", dir / "c.safetensors", "--prefix", "module."}).exit_code == 0);
  const NamedArrays c = read_safetensors(dir / "c.safetensors");
  CHECK(c.at("module.firstconv.weight").shape == std::vector<int64_t>{64, 4, 7, 7});
  CHECK(c.metadata.at("bands") == "4");
  REQUIRE(weights({"export", dir / "b.safetensors", dir / "m.onnx", "--onnx", "--size", "64", "96"}).exit_code == 0);
  CHECK(fs::file_size(dir / "m.onnx") > fs::file_size(dir / "b.safetensors") / 2);
  CHECK(one_line_naming(weights({"export", dir / "b.safetensors", dir / "n.onnx", "--onnx", "--size", "100"}), "32"));
  CHECK_FALSE(fs::exists(dir / "n.onnx"));
}

TEST_CASE("info and diff") {
  const json info = json::parse(weights({"info", PPL_WEIGHTS "/zip.pth", "--arrays", "--json"}).out);
  CHECK(info["form"] == "PyTorch");
  CHECK(info["networks"].empty());
  CHECK(info["values"] == 12 + 5 + 4 + 4 + 1 + 0 + 24 + 12);
  const auto array =
      std::find_if(info["arrays"].begin(), info["arrays"].end(), [](const json& a) { return a["name"] == "part"; });
  REQUIRE(array != info["arrays"].end());
  CHECK((*array)["lowest"] == 6);
  CHECK((*array)["mean"] == 11.5);

  CHECK(weights({"diff", PPL_WEIGHTS "/zip.pth", PPL_WEIGHTS "/old.th"}).exit_code == 0);
  const ProcessResult r = weights({"diff", PPL_WEIGHTS "/zip.pth", PPL_WEIGHTS "/parameter.pth", "--json"});
  CHECK(one_line_naming(r, "parameter.pth"));
  CHECK(json::parse(r.out)["same"] == false);

  const TemporaryFolder dir;
  NamedArrays a, b;
  a.arrays["x"] = HostArray::from({2}, {1, 2});
  b.arrays["x"] = HostArray::from({2}, {1, 2.5});
  write_safetensors(dir / "a", a);
  write_safetensors(dir / "b", b);
  CHECK(weights({"diff", dir / "a", dir / "b"}).exit_code == 1);
  CHECK(weights({"diff", dir / "a", dir / "b", "--tolerance", "0.5"}).exit_code == 0);
  b.arrays["x"] = HostArray::from({2}, {1, NAN});
  write_safetensors(dir / "b", b);
  CHECK(weights({"diff", dir / "a", dir / "b", "--tolerance", "9"}).exit_code == 1);
}

TEST_CASE("what is no weights file is refused in one line, and nothing is written") {
  const TemporaryFolder dir;
  std::ofstream(dir / "empty.pth");
  std::ofstream(dir / "text.pth") << "not weights, but some text";
  for (const char* name : {"call.pth", "call_old.pth", "model.pth", "parameter.pth", "zip.pth"}) {
    const std::string path = std::string(PPL_WEIGHTS "/") + name;
    CHECK(one_line_naming(weights({"import", path, dir / "out.safetensors"}), name));
  }
  for (const char* name : {"empty.pth", "text.pth", "absent.pth"}) {
    CHECK(one_line_naming(weights({"import", dir / name, dir / "out.safetensors"}), name));
    CHECK(one_line_naming(weights({"info", dir / name}), name));
  }
  CHECK_FALSE(fs::exists(dir / "out.safetensors"));
  CHECK(weights({"convert"}).exit_code == 2);
  CHECK(weights({"import", "one"}).exit_code == 2);
}
