#include "apps/common/app.h"
#include "apps/common/device.h"
#include "apps/predict/predict.h"

int main(int argc, char** argv) {
  static ppl::apps::PredictOptions options;
  static std::string precision = "f32";
  return ppl::apps::run_app(
      argc, argv, {"predict", "Predicts a mask for every picture of a folder"}, [](CLI::App& app) {
        app.add_option("weights", options.weights, "Weights file as train writes it")
            ->required()
            ->check(CLI::ExistingFile);
        app.add_option("images", options.images, "Folder of pictures")->required()->check(CLI::ExistingDirectory);
        app.add_option("out", options.out, "Folder for <id>_mask files")->required();
        app.add_option("--views", options.views, "Flips and turns to average over")
            ->check(CLI::IsMember({1, 4, 8}))
            ->capture_default_str();
        app.add_option("--threshold", options.threshold,
                       "Of the mean probability; foreground is above it (else the weights' own)")
            ->check(CLI::Range(0.0, 1.0));
        app.add_option("--precision", precision, "Of activations")
            ->check(CLI::IsMember({"f32", "bf16"}))
            ->capture_default_str();
        app.add_option("--format", options.format, "Of masks: png, or tif with the picture's georeference")
            ->check(CLI::IsMember({"png", "tif"}))
            ->capture_default_str();
        app.add_option("--probabilities", options.probabilities,
                       "Also write probabilities: png (8 bit) or tif (32-bit float)")
            ->check(CLI::IsMember({"png", "tif"}));
        app.add_option("--network", options.network, "Network of weights that do not name theirs");
        app.add_option("--threads", options.threads, "Threads of the computation; 0: all cores")
            ->check(CLI::Range(0, 4096));
        ppl::apps::add_device_option(app, options.device);
        app.callback([] {
          options.precision = precision == "bf16" ? ppl::DType::bf16 : ppl::DType::f32;
          ppl::apps::predict_folder(options);
        });
      });
}
