#include "apps/common/app.h"

#include <cstdio>
#include <exception>
#include <new>

#include <fmt/format.h>

#include "apps/common/help.h"
#include "apps/common/log.h"
#include "kernels/cpu_level.h"

namespace ppl::apps {
namespace {

int fail(const Program& program, ExitCode code, const std::string& message) {
  clear_progress_line();
  fmt::print(stderr, "{}: {}\n", program.name, printable(one_line(message)));
  return code;
}

int parse_and_run(CLI::App& app, int argc, char** argv, const Program& program) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& request) {
    app.exit(request);
  } catch (const CLI::ParseError& error) {
    return fail(program, exit_usage, fmt::format("{} (see {} --help)", error.what(), program.name));
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
