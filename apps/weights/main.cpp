#include <fmt/format.h>

#include "apps/common/app.h"
#include "apps/common/log.h"
#include "apps/weights/convert.h"
#include "apps/weights/inspect.h"
#include "models/networks.h"

namespace {

using namespace ppl::weights;
using ppl::apps::check_extension;
using ppl::apps::Existing;

std::string names() { return fmt::format("{}", fmt::join(ppl::network_names(), ", ")); }

void add_existing(CLI::App& app, Existing& existing) {
  ppl::apps::add_choice(app, "--existing", existing, ppl::apps::kExisting,
                        "A file that is there already: fail, skip it or overwrite it");
}

void add_import(CLI::App& app) {
  static ImportOptions o;
  CLI::App* command = app.add_subcommand("import", "PyTorch files or safetensors to a weights file of ours");
  command->add_option("FROM", o.from, "A .th, .pt, .pth or .safetensors file")->required();
  command->add_option("TO", o.to, "Weights file to write")->required();
  command->add_option("--network", o.network, "Its network, where several have the same arrays: " + names());
  command->add_option("--input", o.input, "File with bands, stretch, mean and deviation, as `tiles stats` prints them");
  command->add_option("--key", o.key, "Of the state dict to take from a PyTorch file with several, such as ema");
  command->add_option("--threshold", o.threshold, "Foreground is where the mean probability is above this")
      ->check(CLI::Range(0.0, 1.0));
  add_existing(*command, o.existing);
  command->callback([] {
    check_extension("TO", o.to, {".safetensors"}, "a weights file of ours");
    ppl::apps::log_line(fmt::format("weights: {} as {}", o.to, import_weights(o)));
  });
}

void add_export(CLI::App& app) {
  static ExportOptions o;
  static std::vector<int64_t> size{512};
  CLI::App* command = app.add_subcommand("export", "Safetensors with PyTorch's names, or an ONNX model");
  command->add_option("FROM", o.from, "Weights file")->required();
  command->add_option("TO", o.to, "File to write")->required();
  command->add_option("--network", o.network, "Network of weights that do not name theirs: " + names());
  command->add_flag("--onnx", o.onnx, "An ONNX model from normalised images to logits, as for names that end in .onnx");
  CLI::Option* whole = command->add_flag(
      "--whole", o.whole,
      "An ONNX model from images to probabilities, channel 0 the background, with what QGIS' Deepness plugin reads "
      "and a STAC Item beside it");
  command->add_flag("--bytes", o.bytes, "Whole models take bytes instead of floats from 0 to 1")->needs(whole);
  command->add_option("--classes", o.classes, "Names of a whole model's classes after the background, such as road")
      ->needs(whole);
  command->add_option("--size", size, "Height and width of the model's images; 0: free")
      ->expected(1, 2)
      ->check(CLI::Range(0, 65536))
      ->capture_default_str();
  command->add_option("--batch", o.batch, "Images at once; 0: free")->check(CLI::Range(0, 4096))->capture_default_str();
  command->add_option("--prefix", o.prefix, "Before each name of safetensors, such as module.");
  add_existing(*command, o.existing);
  command->callback([] {
    o.onnx = o.onnx || o.whole || o.to.ends_with(".onnx");
    if (o.onnx)
      check_extension("TO", o.to, {".onnx"}, "an ONNX model");
    else
      check_extension("TO", o.to, {".safetensors", ".onnx"}, "safetensors or an ONNX model");
    o.height = size.front();
    o.width = size.back();
    export_weights(o);
  });
}

void add_info(CLI::App& app) {
  static std::string path, key;
  static bool arrays = false, json = false;
  CLI::App* command = app.add_subcommand("info", "What a weights file holds");
  command->add_option("FILE", path, "Weights file")->required();
  command->add_option("--key", key, "Of the state dict to show of a PyTorch file with several");
  command->add_flag("--arrays", arrays, "Every array with its shape, mean and range");
  command->add_flag("--json", json, "Print JSON");
  command->callback([] {
    const FileInfo info = inspect_weights(path, key);
    fmt::print("{}", json ? info_json(info, arrays) : info_text(info, arrays));
  });
}

void add_diff(CLI::App& app) {
  static std::string first, second;
  static double tolerance = 0;
  static bool json = false;
  CLI::App* command = app.add_subcommand("diff", "Arrays that differ between two files; exit code 1 where some do");
  command->add_option("FIRST", first, "Weights file")->required();
  command->add_option("SECOND", second, "Weights file")->required();
  command->add_option("--tolerance", tolerance, "Differences up to this do not count")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_flag("--json", json, "Print JSON");
  command->callback([] {
    const Difference difference = compare_weights(first, second, tolerance);
    fmt::print("{}", json ? difference_json(difference) : difference_text(difference));
    PPL_CHECK(difference.same(), second, ": differs from ", first);
  });
}

}  // namespace

int main(int argc, char** argv) {
  return ppl::apps::run_app(argc, argv, {"weights", "Weights of other programs in and out"}, [](CLI::App& app) {
    app.require_subcommand(1);
    add_import(app);
    add_export(app);
    add_info(app);
    add_diff(app);
  });
}
