// The subcommand `score roads`.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>

namespace ppl::score {

void add_roads_command(CLI::App& app);

}  // namespace ppl::score
