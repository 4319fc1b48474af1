#include <omp.h>

#include <filesystem>

#include "apps/common/app.h"
#include "apps/common/device.h"
#include "apps/predict/folder.h"
#include "apps/predict/scene.h"

namespace {

using ppl::apps::PredictOptions;

void add_network_options(CLI::App& app, PredictOptions& o, std::string& precision) {
  app.add_option("weights", o.weights, "Weights file of train or of weights import, or a PyTorch file")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--also", o.also, "Further weights files; probabilities are averaged")->check(CLI::ExistingFile);
  app.add_option("--shares", o.shares, "Of each weights file in the mean, in their order")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--tta,--views", o.views,
                 "Test-time augmentation: flips and turns to average over; 8 cost 8 times the time (--views: old name)")
      ->check(CLI::IsMember({1, 4, 8}))
      ->capture_default_str();
  app.add_option("--threshold", o.threshold, "Of the mean probability; foreground is above it (else the weights' own)")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--precision", precision, "Of activations")
      ->check(CLI::IsMember({"f32", "bf16"}))
      ->capture_default_str();
  app.add_option("--network", o.network, "Network of weights that do not name theirs");
  app.add_option("--threads", o.threads, "Threads of the computation; 0: all cores")->check(CLI::Range(0, 4096));
  app.add_option("--batch", o.batch, "Images or windows at once; 0: as many tiles as make 512 x 512 pixels")
      ->check(CLI::Range(0, 1024));
  ppl::apps::add_device_option(app, o.device);
  app.add_flag("--graph", o.graph, "On cuda: images of the largest size as a CUDA graph");
}

void add_image_options(CLI::App& app, PredictOptions& o) {
  app.add_option("images", o.images, "Folder of images, text file with a path a line, or one GeoTIFF or VRT")
      ->required()
      ->check(CLI::ExistingPath);
  app.add_option("out", o.out, "Folder for <id>_mask files, or the mask of a scene or mosaic")->required();
  app.add_option("--bands", o.bands, "Bands in the network's order, from 1 (else the weights')")
      ->check(CLI::PositiveNumber);
  app.add_option("--stretch", o.stretch, "Of 16-bit scenes: the weights', or the scene's 2nd to 98th percentiles")
      ->check(CLI::IsMember({"weights", "scene"}))
      ->capture_default_str();
  app.add_option("--format", o.format, "Of masks of tiles: png, or tif with the image's georeference")
      ->check(CLI::IsMember({"png", "tif"}))
      ->capture_default_str();
  app.add_option("--probabilities", o.probabilities,
                 "Also write probabilities: png (8 bit), or TIFF of u8, f16 or f32 (tif)")
      ->check(CLI::IsMember({"png", "tif", "u8", "f16", "f32"}));
}

void add_scene_options(CLI::App& app, PredictOptions& o) {
  app.add_option("--window", o.window, "Of scenes: side of what the network is given, a multiple of 32")
      ->check(CLI::Range(32, 16384))
      ->group("Scenes")
      ->capture_default_str();
  app.add_option("--overlap", o.overlap, "Of windows, a multiple of 16, at most half of one")
      ->check(CLI::Range(0, 8192))
      ->group("Scenes")
      ->capture_default_str();
  app.add_flag("--mosaic", o.mosaic, "The folder's images, which say where they lie, are one scene")->group("Scenes");
  app.add_flag("--cog", o.cog, "Write cloud optimized GeoTIFFs")->group("Scenes");
  app.add_flag("!--keep-white", o.white_margin, "White that reaches in from the border is data")->group("Scenes");
}

void add_folder_options(CLI::App& app, PredictOptions& o) {
  app.add_option("--context", o.context, "Pixels that georeferenced tiles see of their neighbours")
      ->check(CLI::Range(0, 4096))
      ->group("Folders");
  app.add_flag("--recursive", o.recursive, "Folders below too; ids are paths, as z/x/y")->group("Folders");
  app.add_option("--pattern", o.pattern, "Of paths below the folder, as a shell has it")->group("Folders");
  app.add_option("--suffix", o.suffix, "Of masks' names, after the id")->group("Folders")->capture_default_str();
}

void add_vector_options(CLI::App& app, PredictOptions& o) {
  app.add_option("--vectors", o.vectors, "Also lines or polygons: .geojson, .gpkg, .fgb or .csv (may be repeated)")
      ->group("Vectors");
  app.add_option("--theme", o.theme, "What the masks show")
      ->check(CLI::IsMember({"roads", "buildings"}))
      ->group("Vectors")
      ->capture_default_str();
  app.add_option("--label", o.label, "Of several classes: the one that becomes vectors")
      ->check(CLI::Range(1, 254))
      ->group("Vectors")
      ->capture_default_str();
}

void add_share_options(CLI::App& app, PredictOptions& o) {
  app.add_flag("--share", o.share,
               "Share the work with other processes of the same command, and keep what earlier ones finished")
      ->group("Many processes");
  app.add_option("--lease", o.lease, "Seconds until the work of a silent process is taken over")
      ->check(CLI::Range(0.1, 86400.0))
      ->group("Many processes")
      ->capture_default_str();
}

bool is_folder(const PredictOptions& o) {
  const std::filesystem::path images(o.images);
  return (std::filesystem::is_directory(images) || images.extension() == ".txt") && !o.mosaic;
}

// What would otherwise be given and do nothing.
void refuse_options_of_others(const CLI::App& app, const PredictOptions& o) {
  const std::string others = is_folder(o) ? "Scenes" : "Folders";
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group() != others || option->count() == 0) continue;
    const bool finds_tiles = o.mosaic && (option->check_lname("recursive") || option->check_lname("pattern"));
    if (!finds_tiles)
      throw CLI::ValidationError(option->get_name(), is_folder(o) ? "is for scenes and mosaics" : "is for folders");
  }
}

void predict(const PredictOptions& o) {
  if (o.threads > 0) omp_set_num_threads(o.threads);
  if (is_folder(o))
    ppl::apps::predict_folder(o);
  else
    ppl::apps::predict_scene(o);
}

}  // namespace

int main(int argc, char** argv) {
  static PredictOptions options;
  static std::string precision = "f32";
  return ppl::apps::run_app(argc, argv, {"predict", "Predicts masks of a folder's images, or of one large scene"},
                            [](CLI::App& app) {
                              add_network_options(app, options, precision);
                              add_image_options(app, options);
                              add_scene_options(app, options);
                              add_folder_options(app, options);
                              add_vector_options(app, options);
                              add_share_options(app, options);
                              app.callback([&app] {
                                refuse_options_of_others(app, options);
                                options.precision = precision == "bf16" ? ppl::DType::bf16 : ppl::DType::f32;
                                predict(options);
                              });
                            });
}
