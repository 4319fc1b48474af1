#include "apps/common/app.h"
#include "apps/sheet/sheet.h"

int main(int argc, char** argv) {
  ppl::sheet::Options options;
  return ppl::apps::run_app(
      argc, argv, {"sheet", "Draw tiles beside their truth and prediction on one image"}, [&](CLI::App& app) {
        app.add_option("--images", options.images, "Folder of images")->required();
        app.add_option("--truth", options.truth, "Folder of <id>_mask.png")->required();
        app.add_option("--prediction", options.prediction, "Folder of masks of the same names")->required();
        app.add_option("--out", options.out, "PNG file to write")->required();
        app.add_option("--count", options.count, "Tiles to show, from the best IoU to the worst")
            ->check(CLI::Range(1, 200))
            ->capture_default_str();
        app.add_option("--panel", options.panel, "Pixels a side of each image on the sheet")
            ->check(CLI::Range(64, 2048))
            ->capture_default_str();
        app.add_option("--classes", options.classes, "Index masks of 0 to this many classes, 255 ignored")
            ->check(CLI::Range(1, 254))
            ->capture_default_str();
        ppl::apps::add_choice(app, "--existing", options.existing, ppl::apps::kExisting,
                              "A sheet that is there already: fail, skip it or overwrite it");
        app.callback([&] {
          ppl::apps::check_extension("--out", options.out, {".png"}, "a PNG file");
          if (!ppl::apps::check_outputs({options.out}, {}, options.existing)) ppl::sheet::write_sheet(options);
        });
      });
}
