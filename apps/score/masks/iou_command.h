// The subcommand `score iou`.
#pragma once

#include <CLI/CLI.hpp>

namespace ppl::score {
void add_iou_command(CLI::App& app);
}
