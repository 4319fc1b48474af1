// Which of the instruction sets that the CPU's kernels are compiled for runs. Defined in cpu/level.cpp.
#pragma once

#include <string>
#include <vector>

namespace ppl {

// The best that processor and system allow, or what PPL_CPU names; throws where that is none of cpu_levels().
std::string cpu_level();

// What this machine can run, lowest first.
std::vector<std::string> cpu_levels();

// For tests and benches: from here on another one. Weights that were packed before are not to be used after.
void use_cpu_level(const std::string& name);

// Whether bf16 is quicker than f32.
bool cpu_likes_bf16();

}  // namespace ppl
