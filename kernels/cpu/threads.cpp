#include "kernels/threads.h"

#include <omp.h>
#include <sched.h>

#include <algorithm>
#include <climits>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

namespace ppl {
namespace {

namespace fs = std::filesystem;

int bound_threads() {
  cpu_set_t set;  // fails where there are more than 1,024 processors
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

// quota and period in microseconds; a quota that is no number ("max") or negative is none.
int threads_of(const std::string& quota, const std::string& period) {
  const double q = std::atof(quota.c_str()), p = std::atof(period.c_str());
  return q > 0 && p > 0 ? static_cast<int>(std::clamp(std::ceil(q / p), 1.0, double{INT_MAX})) : INT_MAX;
}

std::string word_of(std::istream&& from) {
  std::string word;
  from >> word;
  return word;
}

int group_threads(const fs::path& group) {
  if (std::ifstream both(group / "cpu.max"); both) {
    std::string quota, period;
    both >> quota >> period;
    return threads_of(quota, period);
  }
  return threads_of(word_of(std::ifstream(group / "cpu.cfs_quota_us")),
                    word_of(std::ifstream(group / "cpu.cfs_period_us")));
}

}  // namespace

int quota_threads(const fs::path& root) {
  int least = INT_MAX;
  std::ifstream groups(root / "proc/self/cgroup");
  // Lines "number:controllers:/path"; version 2 has one with 0 and no controllers.
  for (std::string line; std::getline(groups, line);) {
    std::istringstream fields(line);
    std::string number, controllers, path;
    std::getline(fields, number, ':');
    std::getline(fields, controllers, ':');
    std::getline(fields, path);
    const bool has_cpu = ("," + controllers + ",").find(",cpu,") != std::string::npos;
    if (!has_cpu && !controllers.empty()) continue;
    const fs::path mount = root / "sys/fs/cgroup" / controllers;
    // A quota above holds as well. In a container the path may be the host's: then the mount itself is the group.
    for (fs::path group = fs::path(path).relative_path();; group = group.parent_path()) {
      least = std::min(least, group_threads(mount / group));
      if (group.empty()) break;
    }
  }
  return least;
}

int available_threads() { return std::max(1, std::min(bound_threads(), quota_threads())); }

void limit_openmp() {
  const char* wanted = std::getenv("OMP_NUM_THREADS");
  if (!wanted || !*wanted) omp_set_num_threads(std::min(omp_get_max_threads(), available_threads()));
}

}  // namespace ppl
