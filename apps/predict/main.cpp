#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "apps/common/app.h"
#include "apps/common/device.h"
#include "apps/common/vector_options.h"
#include "apps/predict/folder/folder.h"
#include "apps/predict/reason.h"
#include "apps/predict/scene/scene.h"
#include "io/folder.h"
#include "io/image/formats.h"
#include "models/networks.h"

namespace {

using namespace ppl::apps;
namespace fs = std::filesystem;

void add_network_options(CLI::App& app, PredictOptions& o) {
  app.add_option("weights", o.weights, "Weights file of train or of weights import, or a PyTorch file")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--also", o.also, "Further weights files; probabilities are averaged")->check(CLI::ExistingFile);
  app.add_option("--shares", o.shares, "Share of each weights file in the mean, in their order")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--tta,--views", o.views,
                 "Test time augmentation: average over so many flips and turns. 8 take eight times as long as 1, 4 "
                 "four times (--views is the old name)")
      ->check(CLI::IsMember({1, 4, 8}))
      ->capture_default_str();
  app.add_option("--threshold", o.threshold,
                 "Foreground is where the mean probability is above this (else what the weights say)")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--uncertain", o.uncertain,
                 "LOW HIGH: masks to train on: foreground above HIGH, background up to LOW, 255 (ignored) between them")
      ->expected(2)
      ->check(CLI::Range(0.0, 1.0));
  add_choice(app, "--precision", o.precision, Choices<ppl::DType>{{"f32", ppl::DType::f32}, {"bf16", ppl::DType::bf16}},
             "Type of the activations");
  app.add_option("--network", o.network,
                 fmt::format("Network of weights that do not name theirs: {}", fmt::join(ppl::network_names(), ", ")));
  app.add_option("--threads", o.threads, "Threads of the computation; 0: all cores")->check(CLI::Range(0, 4096));
  app.add_option("--batch", o.batch, "Images or windows at once; 0: as many tiles as make 512 x 512 pixels")
      ->check(CLI::Range(0, 1024));
  add_device_option(app, o.device);
  app.add_flag("--graph", o.graph, "On a GPU: images of the largest size as a CUDA graph");
}

void add_image_options(CLI::App& app, PredictOptions& o) {
  app.add_option("images", o.images, "Folder of images, text file with a path a line, or one GeoTIFF or VRT")
      ->required()
      ->check(CLI::ExistingPath);
  app.add_option("out", o.out, "Folder for <id>_mask files; for a scene or mosaic the mask, a .tif")->required();
  app.add_option("--no-data", o.no_data, "Pixels whose bands all have this value are no data (black collars: 0)")
      ->check(CLI::Range(0, 65535));
  app.add_flag("--resample", o.resample, "Bring images to the weights' metres a pixel, and masks back");
  app.add_option("--pixel-size", o.pixel_size, "Metres a pixel of the images (else by where they say that they lie)")
      ->check(CLI::Range(0.001, 1000.0));
  app.add_option("--trained-at", o.trained_at, "Metres a pixel of what the weights have seen (else what they say)")
      ->check(CLI::Range(0.001, 1000.0));
  app.add_option("--bands", o.bands, "Bands in the network's order, from 1 (else what the weights say)")
      ->check(CLI::PositiveNumber);
  app.add_option("--window", o.window,
                 "Side of what the network is given of scenes and of large images of a folder, a multiple of 32")
      ->check(CLI::Range(32, 16384))
      ->capture_default_str();
  app.add_option("--overlap", o.overlap, "How much windows overlap, a multiple of 16, at most half of one")
      ->check(CLI::Range(0, 8192))
      ->capture_default_str();
  app.add_option_function<std::string>(
         "--probabilities",
         [&o](const std::string& word) {
           for (const auto& [name, value] : kProbabilityFormats)
             if (word == name) o.probabilities = value;
         },
         "Also write probabilities: PNG of 8 bits, or TIFF of u8, f16 or f32 (tif)")
      ->check(CLI::IsMember({"png", "tif", "u8", "f16", "f32"}));
  add_choice(app, "--existing", o.existing, kExisting,
             "Results that are there already: fail, skip those that still stand, or overwrite them (else fail, with "
             "--share skip)");
}

void add_scene_options(CLI::App& app, PredictOptions& o) {
  const auto scenes = [](CLI::Option* option) { return option->group("Scenes"); };
  scenes(add_choice(app, "--stretch", o.stretch, kStretches,
                    "What becomes 0 and 255: as the weights say, or the scene's 2nd and 98th percentiles"));
  scenes(app.add_flag("--mosaic", o.mosaic, "The folder's images, which say where they lie, are one scene"));
  scenes(app.add_flag("--cog", o.cog, "Write cloud optimized GeoTIFFs"));
  scenes(app.add_flag("!--keep-white", o.white_margin, "White that reaches in from the border is data"));
}

void add_folder_options(CLI::App& app, PredictOptions& o) {
  const auto folders = [](CLI::Option* option) { return option->group("Folders"); };
  folders(
      add_choice(app, "--format", o.format, kMaskFormats, "Masks as PNG, or as TIFF with the image's georeference"));
  folders(app.add_option("--context", o.context, "Pixels that georeferenced tiles see of their neighbours"))
      ->check(CLI::Range(0, 4096));
  folders(app.add_option("--windows-above", o.windows_above,
                         "Images of more pixels than a square of this side go in windows, as a scene; smaller ones "
                         "whole (1 GB of memory for each million pixels)"))
      ->check(CLI::Range(32, 16384))
      ->capture_default_str();
  folders(app.add_flag("--recursive", o.recursive, "Folders below too; ids are paths, as z/x/y"));
  folders(app.add_option("--pattern", o.pattern, "Only paths below the folder that match this, as a shell has it"));
  folders(app.add_option("--suffix", o.suffix, "What follows the id in names of masks"))->capture_default_str();
}

void add_vector_options(CLI::App& app, PredictOptions& o) {
  app.add_option("--vectors", o.vectors,
                 "Also lines or polygons: .geojson, .gpkg, .fgb, .osm (JOSM), .csv (may be repeated)")
      ->group("Vectors");
  add_choice(app, "--theme", o.theme, kThemes, "What the masks show")->group("Vectors");
  app.add_option("--label", o.label, "The class that becomes vectors, where there are several")
      ->check(CLI::Range(1, 254))
      ->group("Vectors")
      ->capture_default_str();
  const std::vector<const CLI::Option*> before = std::as_const(app).get_options();
  app.add_option("--missing-from", o.maps, "Only what this map lacks: an OSM file, or a layer (may be repeated)")
      ->check(CLI::ExistingPath);
  add_length(app, "--within", o.within, "Roads: how near a road of the map is the same road")->needs("--missing-from");
  ppl::apps::add_vector_options(app, o.roads, o.buildings);
  for (CLI::Option* option : app.get_options()) {
    if (std::find(before.begin(), before.end(), option) == before.end()) option->group("Vectors");
  }
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
  const fs::path images(o.images);
  return (fs::is_directory(images) || images.extension() == ".txt") && !o.mosaic;
}

// What would otherwise be given and do nothing.
void refuse_idle_options(const CLI::App& app, const PredictOptions& o) {
  const auto refuse = [&](const std::string& name, bool needed, const std::string& why) {
    if (app.count(name) > 0 && !needed) throw CLI::ValidationError(name, why);
  };
  const std::string others = is_folder(o) ? "Scenes" : "Folders";
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group() != others) continue;
    const bool finds_tiles = o.mosaic && (option->check_lname("recursive") || option->check_lname("pattern"));
    refuse(option->get_name(), finds_tiles, is_folder(o) ? "is for scenes and mosaics" : "is for folders");
  }
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group() == "Vectors") refuse(option->get_name(), !o.vectors.empty(), "is for --vectors");
  }
  const bool roads = o.theme == Theme::roads;
  for (const char* name :
       {"--min-object", "--merge", "--spur", "--min-length", "--gap", "--far-gap", "--angle", "--within"})
    refuse(name, roads, "is for --theme roads");
  for (const char* name : {"--min-area", "--square"}) refuse(name, !roads, "is for --theme buildings");
  refuse("--uncertain", o.uncertain.empty() || o.uncertain[0] < o.uncertain[1], "LOW must be less than HIGH");
  refuse("--threshold", o.uncertain.empty(), "and --uncertain exclude one another");
  refuse("--vectors", o.uncertain.empty(), "are not made of --uncertain masks");
  refuse("--lease", o.share, "is for --share");
  refuse("--shares", !o.also.empty(), "is for several weights files, see --also");
  refuse("--probabilities", is_folder(o) || o.probabilities != ProbabilityFormat::png,
         "png is for folders; those of a scene are TIFF: u8, f16 or f32");
  refuse("--existing", !o.share || o.existing != Existing::fail, "fail would stop all processes but the first");
}

// A folder's masks go into a folder, a scene's into one TIFF.
void check_out(const PredictOptions& o) {
  if (!is_folder(o)) return check_extension("out", o.out, {".tif", ".tiff"}, "the mask of a scene or mosaic, a TIFF");
  if (o.suffix.find('/') != std::string::npos)
    throw CLI::ValidationError("--suffix", o.suffix + ": is a part of a file's name, without /");
  const std::string extension = ppl::extension_of(o.out);
  const bool other_file = extension == ".vrt" || extension == ".geojson" || extension == ".gpkg" ||
                          extension == ".fgb" || extension == ".csv";
  if ((other_file || ppl::has_image_extension(o.out)) && !fs::is_directory(o.out))
    throw CLI::ValidationError(
        "out", o.out + ": the masks of a folder go into a folder; --mosaic makes one mask of all images");
}

void predict(const CLI::App& app, const PredictOptions& o) {
  refuse_idle_options(app, o);
  check_out(o);
  if (o.threads > 0) omp_set_num_threads(o.threads);
  try {
    is_folder(o) ? predict_folder(o) : predict_scene(o);
  } catch (const ppl::OutOfMemory& e) {
    throw ppl::Error(reason(e));
  } catch (const std::bad_alloc& e) {
    throw ppl::Error(reason(e));
  }
}

}  // namespace

int main(int argc, char** argv) {
  static PredictOptions options;
  return run_app(argc, argv, {"predict", "Predicts masks of a folder's images, or of one large scene"},
                 [](CLI::App& app) {
                   add_network_options(app, options);
                   add_image_options(app, options);
                   add_scene_options(app, options);
                   add_folder_options(app, options);
                   add_vector_options(app, options);
                   add_share_options(app, options);
                   app.callback([&app] { predict(app, options); });
                 });
}
