// The names that a profiler gets: this test listens to NVTX as one does.
#include <doctest/doctest.h>
#include <nvtx3/nvToolsExt.h>

#include <string>

#include "engine/ops.h"

namespace {

std::string heard;  // "name(" where a range begins, ")" where it ends

int NVTX_API begin_range(const char* name) {
  heard += std::string(name) + "(";
  return 0;
}
int NVTX_API end_range() {
  heard += ")";
  return 0;
}

// Called by NVTX at the first range.
int NVTX_API listen(NvtxGetExportTableFunc_t tables) {
  const auto* callbacks = static_cast<const NvtxExportTableCallbacks*>(tables(NVTX_ETID_CALLBACKS));
  NvtxFunctionTable functions = nullptr;
  unsigned count = 0;
  if (!callbacks || !callbacks->GetModuleFunctionTable(NVTX_CB_MODULE_CORE, &functions, &count)) return 0;
  *functions[NVTX_CBID_CORE_RangePushA] = reinterpret_cast<NvtxFunctionPointer>(begin_range);
  *functions[NVTX_CBID_CORE_RangePop] = reinterpret_cast<NvtxFunctionPointer>(end_range);
  return 1;
}

}  // namespace

TEST_CASE("ops and backward have names in a profile") {
  using namespace ppl;
  InitializeInjectionNvtx2_fnptr = listen;  // before the first range
  const Tensor x = Tensor::full({1, 4, 4, 2}, 1), w = Tensor::full({1, 1, 1, 2}, 1);
  w.set_requires_grad();
  heard.clear();
  const Tensor loss = pixel_loss(conv(x, w, {}, {}), Tensor::from({1, 4, 4, 1}, std::vector<uint8_t>(16, 1)), {});
  CHECK(heard == "conv()pixel_loss()");
  heard.clear();
  loss.backward();
  CHECK(heard == "backward(pixel_loss()conv())");
}
