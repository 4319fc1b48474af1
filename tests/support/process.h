// Runs a program as a user would, for its exit code and what it prints.
#pragma once

#include <string>
#include <vector>

#include "tests/support/temporary_folder.h"

namespace ppl {

struct ProcessResult {
  int exit_code = -1;  // 128 + signal where it was killed
  std::string out, err;
};

// program: a name in the build's bin folder, or a path. The environment is this process's.
ProcessResult run_process(const std::string& program, const std::vector<std::string>& arguments);

}  // namespace ppl
