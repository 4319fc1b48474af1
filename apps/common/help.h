// How --help looks.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>

namespace ppl::apps {

// CLI11's, but options show their values as people write them: {cpu,cuda}, 0 to 100, FILE.
std::shared_ptr<CLI::FormatterBase> help_formatter();

}  // namespace ppl::apps
