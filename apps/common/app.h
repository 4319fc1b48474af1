// The frame around every program: options in, exit code out.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "kernels/base.h"

namespace ppl::apps {

enum ExitCode {
  exit_done = 0,
  exit_failed = 1,
  exit_usage = 2,
  exit_interrupted = 75,  // asked to stop and saved: the same command with --resume goes on (EX_TEMPFAIL of sysexits.h)
};

// Thrown by work that was asked to stop and has saved what it did; run_app returns exit_interrupted.
struct Interrupted : Error {
  using Error::Error;
};

// Thrown where another process of the same run says what is wrong; run_app returns exit_failed and prints nothing.
struct AlreadyReported : Error {
  using Error::Error;
};

struct Program {
  std::string name;
  std::string description;
  // What a word (without its dashes) that is no option may have meant, for the message; empty: nothing is known.
  std::function<std::string(const std::string& word)> meant = {};
};

// Adds options and subcommands to `app` and sets the callback that does the work; callbacks run after all parsing.
using Setup = std::function<void(CLI::App& app)>;

// "0.2.0"
const char* version();

// Adds --help, --version and --quiet, parses, runs the callback and returns the exit code for main to return.
// Whatever the callback throws becomes one line "program: message" on stderr and exit_failed. Never throws.
int run_app(int argc, char** argv, const Program& program, const Setup& setup);

}  // namespace ppl::apps
