#include <fmt/format.h>

#include <optional>

#include "apps/common/app.h"
#include "apps/common/log.h"
#include "apps/common/output.h"
#include "io/tiles/packed.h"

namespace {

using namespace ppl;

struct Options {
  std::string folder, file, input_path;
  std::vector<int> bands{3, 2, 1};
  int classes = 1, threads = 2;
  double ground_sample_distance = 0;
  bool skip = false, skip_zeros = false, allow_empty = false;
  std::optional<int> no_data;
  std::vector<std::string> foreground;
  apps::Existing existing = apps::Existing::fail;
} o;

void measure() {
  std::vector<std::string> paths;
  std::vector<std::string> notes;
  for (const TileFile& t : list_images(o.folder, &notes)) paths.push_back(t.image_path);
  for (const std::string& note : notes) apps::log_line(note);
  MeasureOptions m;
  m.bands = o.bands;
  m.skip_zeros = o.skip_zeros;
  m.no_data = o.no_data;
  m.ground_sample_distance = o.ground_sample_distance;
  m.threads = o.threads;
  fmt::print("{}\n", to_json(measure_input(paths, m)));
}

void pack() {
  std::vector<std::string> inputs = apps::files_of_inputs({o.folder});
  inputs.push_back(o.input_path);
  if (apps::check_outputs({o.file}, inputs, o.existing)) return;
  FolderOptions f;
  if (!o.input_path.empty()) f.input = input_spec_from_json(read_text(o.input_path), o.input_path);
  f.classes = o.classes;
  if (o.no_data) f.input.no_data = o.no_data;
  f.foreground = parse_foreground(o.foreground, "--foreground");
  f.on_problem = o.skip ? OnProblem::skip : OnProblem::stop;
  const PackResult r = pack_folder(o.folder, o.file, f, o.allow_empty);
  for (const std::string& note : r.notes) apps::log_line(note);
  for (const TileProblem& p : r.problems) apps::log_line("skipped: " + p.what);
  apps::log_line(o.folder + ": " + describe(r.masks));
  apps::log_line(fmt::format("{}: {} tiles, {:.1f} MB", o.file, r.tiles, static_cast<double>(r.bytes) / 1e6));
}

void add_no_data(CLI::App& app) {
  app.add_option("--no-data", o.no_data, "Pixels whose bands all have this value are no data (black collars: 0)")
      ->check(CLI::Range(0, 65535));
}

void setup(CLI::App& app) {
  app.require_subcommand(1);
  CLI::App* stats = app.add_subcommand(
      "stats",
      "Mean, deviation and (16 bit) stretch of a folder's images, as the \"input\" of a training configuration");
  stats->add_option("folder", o.folder, "Folder of images")->required()->check(CLI::ExistingDirectory);
  stats
      ->add_option("--bands", o.bands,
                   "Bands in the order wanted, counted from 1 in file order (3 2 1: B,G,R of an R,G,B file)")
      ->capture_default_str();
  stats->add_option("--ground-sample-distance", o.ground_sample_distance, "Metres a pixel, stored with the weights");
  stats->add_flag("--skip-zeros", o.skip_zeros, "Leave out pixels whose bands are all zero (no data)");
  add_no_data(*stats);
  stats->add_option("--threads", o.threads, "Threads that decode")->check(CLI::Range(1, 256))->capture_default_str();
  stats->callback(measure);

  CLI::App* packing = app.add_subcommand(
      "pack", "Decodes a folder of <id>_sat and <id>_mask pairs into one file that needs no image library");
  packing->add_option("folder", o.folder, "Folder of pairs")->required()->check(CLI::ExistingDirectory);
  packing->add_option("file", o.file, "The packed file")->required();
  packing
      ->add_option("--input", o.input_path, "JSON of stats: bands, stretch, mean, deviation (else the published ones)")
      ->check(CLI::ExistingFile);
  packing->add_option("--classes", o.classes, "Classes of the masks")->check(CLI::Range(1, 254))->capture_default_str();
  packing
      ->add_option("--foreground", o.foreground,
                   "What is foreground in the masks: a value (1), a range (128-255), a colour (255,0,0), or alpha")
      ->allow_extra_args(false);
  packing->add_flag("--allow-empty", o.allow_empty, "Pack masks none of which holds foreground");
  add_no_data(*packing);
  apps::add_existing_option(*packing, o.existing, "Files");
  packing->add_flag("--skip", o.skip, "Leave out tiles with problems instead of stopping");
  packing->callback(pack);
}

}  // namespace

int main(int argc, char** argv) {
  return ppl::apps::run_app(argc, argv, {"tiles", "Measures and packs folders of tiles"}, setup);
}
