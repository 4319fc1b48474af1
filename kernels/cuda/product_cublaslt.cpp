// Matrix products by cuBLASLt. A plan (descriptors, algorithm, workspace) is made once per shape and alignment and
// kept: the first of the library's own ranking, never timed, whose partial sums are added up outside of the result, in
// f32 and in a fixed order, so that results repeat to the bit. The library, 0.5 GB, is opened at the first product: a
// program that wants none does not wait for it.
#include <cublasLt.h>
#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "kernels/cuda/product_library.h"

namespace ppl {
namespace {

constexpr size_t kMaxWorkspace = size_t{64} << 20;

void check(cublasStatus_t s, const char* call) {
  PPL_CHECK(s == CUBLAS_STATUS_SUCCESS, "cublasLt: ", call, ": status ", static_cast<int>(s),
            s == CUBLAS_STATUS_NOT_INITIALIZED ? " (no device can be used)" : "");
}
#define PPL_CUBLAS(call) check(api.call, #call)

// The functions that are used.
#define PPL_CUBLASLT_FUNCTIONS(OF)  \
  OF(Create);                       \
  OF(MatmulDescCreate);             \
  OF(MatmulDescDestroy);            \
  OF(MatmulDescSetAttribute);       \
  OF(MatrixLayoutCreate);           \
  OF(MatrixLayoutDestroy);          \
  OF(MatmulPreferenceCreate);       \
  OF(MatmulPreferenceDestroy);      \
  OF(MatmulPreferenceSetAttribute); \
  OF(MatmulAlgoGetHeuristic);       \
  OF(Matmul)

// They come from the library's file; null where it cannot be opened.
struct Api {
#define PPL_DECLARE(name) decltype(&::cublasLt##name) name = nullptr
  PPL_CUBLASLT_FUNCTIONS(PPL_DECLARE);
#undef PPL_DECLARE
  bool there = false;

  Api() {
    void* file = nullptr;
    for (const char* name : {PPL_CUBLASLT_FILE, PPL_CUBLASLT_NAME})
      if (!file) file = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!file) return;
    there = true;
    const auto find = [&](auto& function, const char* name) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(file, name));
      there = there && function;
    };
#define PPL_FIND(name) find(name, "cublasLt" #name)
    PPL_CUBLASLT_FUNCTIONS(PPL_FIND);
#undef PPL_FIND
  }
};

// Largest power of two, up to 256, that divides the address.
uint32_t alignment(const void* p) {
  const auto address = reinterpret_cast<uintptr_t>(p);
  return address == 0 ? 256 : std::min(uint32_t{256}, uint32_t{1} << std::min(std::countr_zero(address), 8));
}

using Alignments = std::array<uint32_t, 3>;  // of a, b, d

struct Plan {
  cublasLtMatmulDesc_t product{};
  cublasLtMatrixLayout_t a{}, b{}, d{};
  cublasLtMatmulAlgo_t algorithm{};
  size_t workspace = 0;
  bool serves = false;

  Plan(const Api& api, cublasLtHandle_t handle, const LibraryProduct& p, const Alignments& aligned) : api_(api) {
    const cudaDataType_t in = p.bf16_in ? CUDA_R_16BF : CUDA_R_32F, out = p.bf16_out ? CUDA_R_16BF : CUDA_R_32F;
    PPL_CUBLAS(MatmulDescCreate(&product, CUBLAS_COMPUTE_32F, CUDA_R_32F));
    set_operation(CUBLASLT_MATMUL_DESC_TRANSA, p.transpose_a);
    set_operation(CUBLASLT_MATMUL_DESC_TRANSB, p.transpose_b);
    layout(&a, in, p.transpose_a ? p.k : p.m, p.transpose_a ? p.m : p.k, p.a_lead);
    layout(&b, in, p.transpose_b ? p.n : p.k, p.transpose_b ? p.k : p.n, p.b_lead);
    layout(&d, out, p.m, p.n, p.d_lead);
    choose(handle, aligned);
  }
  ~Plan() {
    for (const cublasLtMatrixLayout_t l : {a, b, d})
      if (l) api_.MatrixLayoutDestroy(l);
    if (product) api_.MatmulDescDestroy(product);
  }
  Plan(const Plan&) = delete;

 private:
  void set_operation(cublasLtMatmulDescAttributes_t which, bool transposes) {
    const cublasOperation_t operation = transposes ? CUBLAS_OP_T : CUBLAS_OP_N;
    check(api_.MatmulDescSetAttribute(product, which, &operation, sizeof operation), "MatmulDescSetAttribute");
  }
  void layout(cublasLtMatrixLayout_t* l, cudaDataType_t type, int64_t rows, int64_t columns, int64_t lead) {
    check(api_.MatrixLayoutCreate(l, type, static_cast<uint64_t>(rows), static_cast<uint64_t>(columns), lead),
          "MatrixLayoutCreate");
  }

  void choose(cublasLtHandle_t handle, const Alignments& aligned) {
    const Api& api = api_;
    cublasLtMatmulPreference_t preference{};
    PPL_CUBLAS(MatmulPreferenceCreate(&preference));
    const auto set = [&](cublasLtMatmulPreferenceAttributes_t which, auto value) {
      PPL_CUBLAS(MatmulPreferenceSetAttribute(preference, which, &value, sizeof value));
    };
    set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, kMaxWorkspace);
    set(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, uint32_t{CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE});
    set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, aligned[0]);
    set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, aligned[1]);
    set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, aligned[2]);
    set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, aligned[2]);
    cublasLtMatmulHeuristicResult_t best{};
    int found = 0;
    const cublasStatus_t status = api.MatmulAlgoGetHeuristic(handle, product, a, b, d, d, preference, 1, &best, &found);
    api.MatmulPreferenceDestroy(preference);
    serves = status == CUBLAS_STATUS_SUCCESS && found == 1 && best.state == CUBLAS_STATUS_SUCCESS;
    algorithm = best.algo;
    workspace = serves ? best.workspaceSize : 0;
  }

  const Api& api_;
};

class Library {
 public:
  Library() {
    if (api.there) PPL_CUBLAS(Create(&handle));
  }

  const Plan& plan(const LibraryProduct& p, const Alignments& aligned) {
    std::unique_ptr<Plan>& made = plans_[{p, aligned}];
    if (!made) made = std::make_unique<Plan>(api, handle, p, aligned);
    return *made;
  }

  const Api api;
  cublasLtHandle_t handle{};

 private:
  std::map<std::pair<LibraryProduct, Alignments>, std::unique_ptr<Plan>> plans_;
};

Library& library() {
  static auto* l = new Library;  // outlives the driver's end
  return *l;
}

}  // namespace

bool library_product(CudaContext& ctx, const LibraryProduct& p, const void* a, const void* b, void* d) {
  const Api& api = library().api;
  if (!api.there) return false;
  const Plan& plan = library().plan(p, {alignment(a), alignment(b), alignment(d)});
  if (!plan.serves) return false;
  const float one = 1, zero = 0;
  void* workspace = plan.workspace ? ctx.scratch<char>(slot_library, plan.workspace) : nullptr;
  PPL_CUBLAS(Matmul(library().handle, plan.product, &one, a, plan.a, b, plan.b, &zero, d, plan.d, d, plan.d,
                    &plan.algorithm, workspace, plan.workspace, ctx.stream));
  return true;
}

}  // namespace ppl
