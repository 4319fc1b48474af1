#include "apps/common/app.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <regex>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/common/help.h"
#include "apps/common/log.h"
#include "engine/nearest_name.h"
#include "kernels/cpu_level.h"

namespace ppl::apps {
using namespace std::string_view_literals;
namespace {

// Memory may be too short even before run_app, or where nothing may throw: that too ends with a line and exit_failed.
std::terminate_handler other_ends;
[[noreturn]] void end() {
  try {
    if (const std::exception_ptr e = std::current_exception()) std::rethrow_exception(e);
  } catch (const std::bad_alloc&) {
    for (const std::string_view part : {std::string_view(program_invocation_short_name), ": out of memory\n"sv})
      if (write(STDERR_FILENO, part.data(), part.size()) < 0) break;
    _exit(exit_failed);
  } catch (...) {
  }
  other_ends();
  std::abort();
}
[[maybe_unused]] const bool watched = [] {
  other_ends = std::set_terminate(end);
  return true;
}();

int fail(const Program& program, ExitCode code, const std::string& message) {
  clear_progress_line();
  fmt::print(stderr, "{}: {}\n", program.name, printable(one_line(message)));
  return code;
}

std::vector<std::string> listed_subcommands(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* one : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(one->get_name());
  return names;
}

// Of the program and the subcommands that were given.
void add_option_names(const CLI::App& app, std::vector<std::string>& names) {
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  for (const CLI::App* group : app.get_subcommands([](const CLI::App* one) { return one->get_name().empty(); }))
    add_option_names(*group, names);
  for (const CLI::App* given : app.get_subcommands()) add_option_names(*given, names);
}

// "no option --thresh; the nearest is --threshold"
std::string unexpected(const CLI::App& app, const Program& program) {
  const std::vector<std::string> words = app.remaining(true);
  const auto dashed = std::find_if(words.begin(), words.end(), [](const auto& w) { return w.starts_with("-"); });
  if (dashed == words.end()) return fmt::format("did not expect '{}'", fmt::join(words, " "));
  const std::string name = dashed->substr(0, dashed->find('='));
  const size_t letter = name.find_first_not_of('-');
  const std::string meant = program.meant && letter != name.npos ? program.meant(name.substr(letter)) : "";
  if (!meant.empty()) return fmt::format("there is no option {}: {}", name, meant);
  std::vector<std::string> names;
  add_option_names(app, names);
  const auto longer = std::find_if(names.begin(), names.end(), [&](const auto& n) { return n.starts_with(name); });
  const std::string nearest = longer != names.end() ? *longer : nearest_name(name, names);
  return fmt::format("there is no option {}; the nearest is {}", name, nearest);
}

// CLI11's words, in ours where they tell of its insides.
std::string usage_message(const CLI::App& app, const CLI::ParseError& error, const Program& program) {
  if (dynamic_cast<const CLI::ExtrasError*>(&error)) return unexpected(app, program);
  const std::string text = error.what();
  if (text.find("subcommand is required") != text.npos) {
    const std::vector<std::string> words = app.remaining(true);
    return fmt::format("{}expected one of: {}", words.empty() ? "" : "'" + words.front() + "' is no subcommand; ",
                       fmt::join(listed_subcommands(app), ", "));
  }
  static const std::regex zeros(R"(\.0+(?!\d)|(\.\d*[1-9])0+(?!\d))");  // "0.000000 to 1.000000"
  return std::regex_replace(text, zeros, "$1");
}

int parse_and_run(CLI::App& app, int argc, char** argv, const Program& program) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& request) {
    app.exit(request);
  } catch (const CLI::ParseError& error) {
    return fail(program, exit_usage,
                fmt::format("{} (see {} --help)", usage_message(app, error, program), program.name));
  }
  // A full disk shows only when the last of the buffered result is written.
  PPL_CHECK(std::fflush(stdout) == 0 && !std::ferror(stdout) && std::cout.flush(), "cannot write to standard output");
  return exit_done;
}

}  // namespace

const char* version() { return PPL_VERSION; }

int run_app(int argc, char** argv, const Program& program, const Setup& setup) {
  try {
    CLI::App app(program.description, program.name);
    app.set_version_flag("--version", program.name + " (pplinknet) " PPL_VERSION ", CPU kernels: " + cpu_level());
    app.add_flag_function(
        "-q,--quiet", [](int64_t) { set_quiet(true); }, "No progress and no log lines on stderr");
    app.formatter(help_formatter());
    app.fallthrough();
    setup(app);
    return parse_and_run(app, argc, argv, program);
  } catch (const Interrupted& stop) {
    return fail(program, exit_interrupted, stop.what());
  } catch (const AlreadyReported&) {
    return exit_failed;
  } catch (const std::bad_alloc&) {
    return fail(program, exit_failed, "out of memory");
  } catch (const std::exception& error) {
    return fail(program, exit_failed, error.what());
  }
}

}  // namespace ppl::apps
