// The subcommand `score buildings`.
#pragma once

#include <CLI/CLI.hpp>

namespace ppl::score {
void add_buildings_command(CLI::App& app);
}
