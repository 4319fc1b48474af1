// The instruction sets of the CPU's kernels, for kernels/cpu only.
#pragma once

namespace ppl {

// Each with all those before it. amx is avx512_bf16 with tiles.
enum class CpuLevel { x86_64_v2, avx2, avx512, avx512_bf16, amx, other };

// The one in use.
CpuLevel current_level();

// The one that the program started with: use_cpu_level() changes nothing here.
CpuLevel first_level();

}  // namespace ppl
