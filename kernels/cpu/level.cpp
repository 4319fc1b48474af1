// What processor and system allow, and the table of launchers that goes with it (levels.cmake).
#include "kernels/cpu/level.h"

#include <array>
#include <cstdlib>
#include <exception>

#include "kernels/base.h"
#include "kernels/cpu/context.h"
#include "kernels/cpu_level.h"
#include "kernels/threads.h"

#ifdef PPL_CPU_LEVELS
#include <sys/syscall.h>
#include <unistd.h>

using Launcher = void (*)();
extern "C" {
extern const Launcher ppl_cpu_x86_64_v2[];
// Null where a build leaves the level out.
[[gnu::weak]] extern const Launcher ppl_cpu_avx2[], ppl_cpu_avx512[], ppl_cpu_avx512_bf16[];
// What launchers jump by.
extern const Launcher* ppl_cpu_table;
const Launcher* ppl_cpu_table = ppl_cpu_x86_64_v2;
}
#endif

namespace ppl {
namespace {

struct Level {
  CpuLevel level;
  const char* name;
};

#ifdef PPL_CPU_LEVELS
constexpr std::array<Level, 5> kLevels = {{{CpuLevel::x86_64_v2, "x86-64-v2"},
                                           {CpuLevel::avx2, "avx2"},
                                           {CpuLevel::avx512, "avx512"},
                                           {CpuLevel::avx512_bf16, "avx512_bf16"},
                                           {CpuLevel::amx, "amx"}}};

// Linux keeps no state of tiles for a process that has not asked for it.
bool may_use_tiles() {
  constexpr int kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

bool can_run(CpuLevel level) {
  switch (level) {
    case CpuLevel::x86_64_v2:
      return __builtin_cpu_supports("x86-64-v2");
    case CpuLevel::avx2:
      return __builtin_cpu_supports("x86-64-v3");
    case CpuLevel::avx512:
      return __builtin_cpu_supports("x86-64-v4");
    case CpuLevel::avx512_bf16:
      return can_run(CpuLevel::avx512) && __builtin_cpu_supports("avx512bf16");
    case CpuLevel::amx:
      return can_run(CpuLevel::avx512_bf16) && __builtin_cpu_supports("amx-tile") &&
             __builtin_cpu_supports("amx-bf16") && may_use_tiles();
    case CpuLevel::other:
      break;
  }
  return false;
}

const Launcher* table_of(CpuLevel level) {
  const std::array tables = {ppl_cpu_x86_64_v2, ppl_cpu_avx2, ppl_cpu_avx512, ppl_cpu_avx512_bf16, ppl_cpu_avx512_bf16};
  return tables[static_cast<size_t>(level)];
}

// Processor and system: the compiler's functions look at both.
bool is_available(CpuLevel level) { return table_of(level) && can_run(level); }

void use_table(CpuLevel level) { ppl_cpu_table = table_of(level); }
#else
#ifdef __aarch64__
constexpr std::array<Level, 1> kLevels = {{{CpuLevel::other, "aarch64"}}};
#else
constexpr std::array<Level, 1> kLevels = {{{CpuLevel::other, "generic"}}};
#endif
bool is_available(CpuLevel) { return true; }
void use_table(CpuLevel) {}
#endif

// Chosen before main, as the number of threads; an exception waits for the first who asks.
struct Choice {
  CpuLevel level = kLevels[0].level;
  std::exception_ptr error;

  Choice() {
    limit_openmp();
    try {
      const char* wanted = std::getenv("PPL_CPU");
      use(wanted && *wanted ? wanted : best());
    } catch (...) {
      error = std::current_exception();
    }
  }

  static std::string best() {
    const auto all = cpu_levels();
    PPL_CHECK(!all.empty(), "this processor lacks instructions of ", kLevels[0].name,
              " (SSE4.2, POPCNT): the programs need them");
    return all.back();
  }

  void use(const std::string& name) {
    std::string known;
    for (const Level& l : kLevels) {
      if (!is_available(l.level)) continue;
      if (name == l.name) {
        use_table(level = l.level);
        return;
      }
      known += (known.empty() ? "" : ", ") + std::string(l.name);
    }
    throw Error(cat("PPL_CPU: '", name, "' is none of the instruction sets that can run here: ", known));
  }
};

Choice choice;
const CpuLevel first = choice.level;

}  // namespace

CpuContext::CpuContext() { current_level(); }

CpuLevel current_level() {
  if (choice.error) std::rethrow_exception(choice.error);
  return choice.level;
}

CpuLevel first_level() { return first; }

std::string cpu_level() {
  const CpuLevel level = current_level();
  for (const Level& l : kLevels) {
    if (l.level == level) return l.name;
  }
  return {};
}

std::vector<std::string> cpu_levels() {
  std::vector<std::string> names;
  for (const Level& l : kLevels) {
    if (is_available(l.level)) names.emplace_back(l.name);
  }
  return names;
}

void use_cpu_level(const std::string& name) { choice.use(name); }

bool cpu_likes_bf16() {
  const CpuLevel level = current_level();
  return level == CpuLevel::avx512_bf16 || level == CpuLevel::amx;
}

}  // namespace ppl
