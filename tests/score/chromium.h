// A browser for tests of pages.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/process.h"

namespace ppl {

// Its path; empty where there is none.
inline std::string find_chromium() {
  for (const char* folder : {"/usr/bin/", "/usr/local/bin/", "/snap/bin/"}) {
    for (const char* name : {"chromium", "chromium-browser", "google-chrome"}) {
      if (std::filesystem::exists(std::string(folder) + name)) return std::string(folder) + name;
    }
  }
  return {};
}

// Without a screen and without a network.
inline ProcessResult chromium(const std::string& program, std::vector<std::string> more) {
  more.insert(more.begin(), {"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                             "--proxy-server=127.0.0.1:9", "--virtual-time-budget=3000"});
  return run_process(program, more);
}

}  // namespace ppl
