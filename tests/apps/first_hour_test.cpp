// What a new user types wrongly in the first hour: each mistake ends with the right exit code and one line that names
// what is wrong and the way out, and nothing of the user's is lost.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>

#include "apps/common/weights.h"
#include "io/file.h"
#include "io/image/geotiff.h"
#include "models/networks.h"
#include "tests/support/training/small_training.h"

using namespace ppl;
namespace fs = std::filesystem;

namespace {

struct Mistake {
  std::string command;
  int exit_code;
  std::string says;  // a regular expression
};

// A folder as a new user has it: a town's tiles and map, weights, configurations.
class Desk {
 public:
  Desk() {
    REQUIRE(run("town town --tiles 4 --val 2 --size 64").exit_code == 0);
    for (const char* folder : {"empty", "bare", "plain", "made"}) fs::create_directory(dir / folder);
    run("cp town/train/r00c00_sat.tif town/train/r00c01_sat.tif bare; cp town/val/r00c02_sat.tif scene.tif");
    write_mask_tiff(dir / "lost.tif", std::vector<uint8_t>(64 * 64, 1).data(), 64, 64);
    write_tiles(dir / "plain", 2, 64, 1);  // images that do not say where they lie
    write_weights("w.safetensors", "linknet34");
    write("text.safetensors", "no weights at all");
    write("lines.csv", "ImageId,WKT_Pix\na,\"LINESTRING (1 1, 60 1)\"\n");
    write("far.csv", "ImageId,WKT_Pix\na,\"LINESTRING (1 1, 60 1, 1e7 5)\"\n");
    write("columns.csv", "ImageId,Foo\na,b\n");
    write("broken.json", "{\"run\": ");
    write("deep.json", "{\"stages\": " + std::string(1000000, '[') + std::string(1000000, ']') + "}");
    write("net.vrt",
          "<VRTDataset rasterXSize=\"64\" rasterYSize=\"64\"><VRTRasterBand dataType=\"Byte\" band=\"1\"><SimpleSource>"
          "<SourceFilename>/vsicurl/http://127.0.0.1:9/x.tif</SourceFilename></SimpleSource></VRTRasterBand>"
          "</VRTDataset>");
    nlohmann::json j = small_config(dir);
    j["network"]["name"] = "linknet34";
    j["stages"][0]["train"] = "town/train";
    j["stages"][0]["validation"] = "town/val";
    write("ok.json", j.dump());
    // What the first right commands leave.
    REQUIRE(run("predict w.safetensors town/val masks --tta 1").exit_code == 0);
    REQUIRE(run("rasterize town/town.osm --images town/train --out drawn").exit_code == 0);
    REQUIRE(run("tiles pack town/train packed.tiles").exit_code == 0);
    REQUIRE(run("vectorize roads town/train roads.geojson").exit_code == 0);
    run("sed 's/residential/primary/' town/town.osm > newer.osm; cp town/train/*_mask.png made");
  }

  // By a shell in the folder.
  ProcessResult run(const std::string& command) const {
    return run_process("/bin/sh", {"-c", "cd " + dir.path + " && PATH=" PPL_BIN ":$PATH && " + command});
  }

  // Of every file: its bytes.
  std::map<std::string, std::vector<std::byte>> files() const {
    std::map<std::string, std::vector<std::byte>> all;
    for (const auto& entry : fs::recursive_directory_iterator(dir.path))
      if (entry.is_regular_file()) all[entry.path().string()] = read_file(entry.path().string());
    return all;
  }

 private:
  void write(const std::string& name, const std::string& text) const { std::ofstream(dir / name) << text; }

  void write_weights(const std::string& name, const std::string& network) const {
    const auto made = make_network(network);
    Random random(1);
    made->initialize(random);
    apps::WeightsInfo info;
    info.network = network;
    apps::save_weights(dir / name, *made, info);
  }

 public:
  const TemporaryFolder dir;
};

const std::vector<Mistake> kMistakes{
    // train
    {"train", 2, "config, or --resume RUN is required"},
    {"train nowhere.json", 1, "nowhere\\.json: cannot open"},
    {"train broken.json", 1, "broken\\.json: parse error at line 1"},
    {"train deep.json", 1, "deep\\.json: lists and objects are nested more than 64 levels deep"},
    {"train ok.json --epochs 3", 2, "no option --epochs: --set stages\\.0\\.epochs=VALUE"},
    {"train ok.json --lr 1e-3", 2, "--set stages\\.0\\.learning_rate=VALUE"},
    {"train ok.json --set epochs=3", 1, "unknown key 'epochs'; its place is stages\\.0\\.epochs"},
    {"train ok.json --set stages.0.epoch=3", 1, "unknown key 'epoch' in stages\\.0; the nearest is 'epochs'"},
    {"train ok.json --set stages.0.optimizer.lr=1", 1, "the learning rate is 'learning_rate' of a stage"},
    {"train ok.json --set network.name=unet", 1, "of pp_linknet34, .*d_linknet101, linknet34"},
    {"train ok.json --set stages.0.crop=100", 1, "crop must be a multiple of 32"},
    {"train ok.json --set stages.0.train=town/trian", 1, "town/trian: cannot read the folder"},
    {"train ok.json --set stages.0.train=bare", 1, "2 of 2 tiles cannot be used.*_mask.*the mask is missing"},
    {"train ok.json --set stages.0.train=empty", 1, "empty: expected images"},
    {"train ok.json --set initial_weights=text.safetensors", 1, "text\\.safetensors: "},
    {"train ok.json --set network.name=d_linknet34 --set initial_weights=w.safetensors", 1, "linknet34"},
    {"train --resume nowhere", 1, "nowhere/config\\.json: cannot open"},
    {"train ok.json --device gpu", 2, "--device: gpu not in \\{"},
    // predict
    {"predict", 2, "weights is required"},
    {"predict w.safetensors town/val one.tif", 2, "--mosaic makes one mask of all images"},
    {"predict w.safetensors scene.tif one.png", 2, "its name ends in \\.tif or \\.tiff"},
    {"predict w.safetensors scene.tif scene.tif", 1, "scene\\.tif: would be written over the input"},
    {"predict w.safetensors town/train town/train", 1, "r00c00_mask\\.png: is there already and was not written by"},
    {"predict w.safetensors plain plain --suffix _sat", 1, "t0_sat\\.png: would be written over the input"},
    {"predict scene.tif town/val out", 1, "scene\\.tif: is no safetensors file"},
    {"predict text.safetensors town/val out", 1, "text\\.safetensors: "},
    {"predict nowhere.safetensors town/val out", 2, "File does not exist: nowhere\\.safetensors"},
    {"predict w.safetensors empty out", 1, "empty: expected images"},
    {"predict w.safetensors town/val out --tta 3", 2, "3 not in \\{1,4,8\\}"},
    {"predict w.safetensors town/val out --threshold 2", 2, "2 not in range 0 to 1 "},
    {"predict w.safetensors town/val out --thresh 0.5", 2, "no option --thresh; the nearest is --threshold"},
    {"predict w.safetensors town/val masks --tta 1", 1, "--existing skip goes on with it, --existing overwrite"},
    {"predict w.safetensors town/val masks --tta 1 --threshold 0.9 --existing skip", 1,
     "another job \\(threshold is 0\\.25 there and 0\\.9 here\\)"},
    {"predict w.safetensors scene.tif all.tif --mosaic", 1, "is one image; expected a folder"},
    {"predict w.safetensors net.vrt out.tif", 1, "nothing is fetched from the net; download it first"},
    {"predict w.safetensors plain out --vectors roads.gpkg", 1, "plain"},
    // rasterize
    {"rasterize town/town.osm", 2, "--out is required"},
    {"rasterize town/town.osm --out o", 2, "one of --images, --slippy, --table and --grid"},
    {"rasterize nowhere.osm --images town/train --out o", 1, "nowhere\\.osm: no such file"},
    {"rasterize broken.json --images town/train --out o", 1, "broken\\.json: "},
    {"rasterize town/town.osm --images plain --out o", 1, "no georeference"},
    {"rasterize town/town.osm --images town/train --out town/train --existing overwrite", 1,
     "_mask\\.png: is there already and was not written by rasterize"},
    {"rasterize town/town.osm --images town/train --out drawn", 1, "use --existing skip or overwrite"},
    {"rasterize newer.osm --images town/train --out drawn --existing skip", 1, "was made from other inputs"},
    {"rasterize town/town.osm --grid --crs EPSG:32632 --pixel 1 --bounds 0 0 64 64 --out o", 1,
     "the map is at .* east.*the tiles at .*--allow-empty"},
    // vectorize
    {"vectorize road town/train x.csv", 2, "'road' is no subcommand; expected one of: roads, buildings"},
    {"vectorize roads town/train x.xyz", 1, "x\\.xyz: expected a name that ends with .*\\.geojson"},
    {"vectorize roads town/train x.txt", 1, "x\\.txt: expected a name that ends with .*\\.geojson"},
    {"vectorize roads town/train x.kml", 1, "x\\.kml: KML's places are on the earth.*--images"},
    {"vectorize roads empty x.csv", 1, "empty: no file <id>_mask"},
    {"vectorize roads town/train roads.geojson", 1, "roads\\.geojson: is there already; --existing overwrite"},
    // score
    {"score iuo town/val masks", 2, "'iuo' is no subcommand; expected one of: iou, roads, buildings"},
    {"score iou town/val nowhere", 1, "nowhere: cannot be read"},
    {"score iou town/val town/train", 1, "no tile is in both town/val .* and town/train"},
    {"score iou scene.tif town/val", 1, "scene\\.tif: the mask's values do not say what they mean"},
    {"score iou town/val lost.tif", 1, "lost\\.tif: does not say where it lies, so that no tile can be found in it"},
    {"score iou made masks/r00c02_mask.png", 1, "does not say where it lies"},
    {"score roads town/val lost.tif", 1, "lost\\.tif: does not say where it lies"},
    {"score iou town/val masks --csv town/val/r00c02_mask.png --existing overwrite", 1,
     "would be written over the input"},
    {"score iou town/val masks --html roads.geojson", 1, "roads\\.geojson: is there already; --existing overwrite"},
    {"score iou town/val masks --html a --csv ./a", 1, "is the name of two outputs"},
    {"score roads lines.csv lines.csv", 1, "--pixel METRES, or --images FOLDER"},
    {"score roads far.csv far.csv --pixel 1", 1, "far\\.csv.*a lost decimal point\\?"},
    {"score buildings columns.csv columns.csv", 1, "expected a column PolygonWKT_Pix .*got 'ImageId', 'Foo'"},
    // weights, tiles, sheet, town
    {"weights export w.safetensors z.pth", 2, "its name ends in \\.safetensors or \\.onnx"},
    {"weights info scene.tif", 1, "scene\\.tif: is no safetensors file"},
    {"weights import w.safetensors w.safetensors", 1, "would be written over the input"},
    {"tiles stats empty", 1, "empty: expected images"},
    {"tiles pack town/train packed.tiles", 1, "packed\\.tiles: is there already; --existing overwrite"},
    {"tiles pack town/train town/train/r00c00_sat.tif --existing overwrite", 1, "would be written over the input"},
    {"sheet --images town/val --truth town/val --prediction masks --out sheets", 2, "its name ends in \\.png"},
    {"sheet --images town/val --truth town/train --prediction masks --out s.png", 1, "no tile of town/val"},
    {"town town", 1, "town: is not empty; name another folder"},
};

}  // namespace

TEST_CASE("mistakes of the first hour are answered, and cost nothing") {
  const Desk desk;
  const auto before = desk.files();
  for (const Mistake& m : kMistakes) {
    CAPTURE(m.command);
    const ProcessResult r = desk.run(m.command);
    CAPTURE(r.err);
    CHECK(r.exit_code == m.exit_code);
    const std::string program = m.command.substr(0, m.command.find(' '));
    const size_t line = r.err.find(program + ": ", r.err.rfind('\n', r.err.size() - 2) + 1);
    REQUIRE(line != std::string::npos);
    const std::string message = r.err.substr(line);
    CHECK(std::count(message.begin(), message.end(), '\n') == 1);
    CHECK(std::regex_search(message, std::regex(m.says)));
    for (const char* inside : {"json.exception", "ENUM", "{false}", ".tmp", "std::", "terminate"})
      CHECK(message.find(inside) == std::string::npos);
  }
  const auto after = desk.files();
  for (const auto& [path, bytes] : before) {
    CAPTURE(path);
    REQUIRE(after.contains(path));
    CHECK((after.at(path) == bytes));
  }
}

TEST_CASE("paths in a configuration are those beside it; elsewhere they are found aloud, or named whole") {
  const TemporaryFolder dir;
  for (const char* folder : {"project", "elsewhere"}) fs::create_directory(dir / folder);
  write_tiles(dir / "project/tiles", 4, 64, 1);
  nlohmann::json j = small_config(dir);
  j["network"]["name"] = "linknet34";
  j["stages"][0]["train"] = "tiles";
  j["stages"][0].erase("validation");
  j["stages"][0]["epochs"] = 0;
  std::ofstream(dir / "project/config.json") << j.dump();
  const auto train = [&](const std::string& folder, const std::string& arguments) {
    return run_process("/bin/sh", {"-c", "cd " + (dir / folder) + " && " PPL_BIN "/train " + arguments});
  };
  CHECK(train("elsewhere", "../project/config.json").exit_code == 0);
  CHECK(nlohmann::json::parse(read_text(dir / "run/config.json"))["stages"][0]["train"][0]["path"] ==
        dir / "project/tiles");
  fs::rename(dir / "project/tiles", dir / "elsewhere/tiles");
  const ProcessResult here = train("elsewhere", "../project/config.json --overwrite");
  CHECK(here.exit_code == 0);
  CHECK(here.err.find("'tiles' is not beside the file; taken from the working folder") != std::string::npos);
  const ProcessResult nowhere = train(".", "project/config.json --overwrite");
  CHECK(nowhere.exit_code == 1);
  CHECK(nowhere.err.find((dir / "project/tiles") + ": ") != std::string::npos);
}

TEST_CASE("slurm.sbatch: begins a run, goes on with it, and is queued again when it was asked to stop") {
  const TemporaryFolder dir;
  const auto program = [&](const std::string& name, const std::string& text) {
    std::ofstream(dir / name) << "#!/bin/sh\n" << text;
    fs::permissions(dir / name, fs::perms::owner_all);
  };
  program("srun", "exec \"$@\"\n");
  program("scontrol", "echo \"$@\" >> " + (dir / "queued") + "\n");
  // Ends only when it is asked to; whole when it goes on.
  program("train", "echo \"$@\" >> " + (dir / "trained") + "\n[ \"$1\" = --resume ] && exit 0\n" + "mkdir -p " +
                       (dir / "run") + "\necho '{}' > " + (dir / "run/config.json") +
                       "\ntrap 'exit 75' TERM\nwhile :; do sleep 0.05; done\n");
  const std::string job = "export SLURM_JOB_ID=7 PATH=" + dir.path +
                          ":$PATH; /bin/bash " PPL_SCRIPTS "/slurm.sbatch c.json " + (dir / "run") + " --set seed=1";
  const std::string stopped = job + " & job=$!; until [ -e " + (dir / "run/config.json") +
                              " ]; do sleep 0.05; done; sleep 0.2; kill -TERM $(pgrep -P $job) $job; wait $job";
  CHECK(run_process("/bin/bash", {"-c", stopped}).exit_code == 75);
  CHECK(read_text(dir / "queued") == "requeue 7\n");
  CHECK(run_process("/bin/bash", {"-c", job}).exit_code == 0);
  CHECK(read_text(dir / "queued") == "requeue 7\n");
  CHECK(read_text(dir / "trained") ==
        "c.json --set run=" + (dir / "run") + " --set seed=1\n--resume " + (dir / "run") + " --set seed=1\n");
}
