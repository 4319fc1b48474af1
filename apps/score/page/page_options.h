// The options of a page, the same for every score.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "apps/score/page/pages.h"

namespace ppl::score {

inline void add_page_options(CLI::App& app, std::string& html, PageOptions& options) {
  app.add_option("--html", html, "Also write a page to look at: summary, histogram, worst and best tiles");
  app.add_option(
      "--images", options.images,
      "Folder of images <id>_sat.* or <id>.* for the page (else those beside the truth), which also say where "
      "tiles of a scene lie");
  app.add_option("--shown", options.shown, "Tiles drawn on the page: so many of the worst, and of the best")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
}

}  // namespace ppl::score
