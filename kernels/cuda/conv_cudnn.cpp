// A convolution and what is done with its result as one graph of cuDNN's. In bf16 maps, weights and results are bf16
// and what lies between two operations f32: a result is rounded once.
#include "kernels/cuda/conv_cudnn.h"

#include <cuda_runtime.h>

namespace ppl {
namespace {

// Numbers of the tensors. Those between two operations follow.
enum TensorId : int64_t { id_first = 1, id_second, id_result, id_bias, id_residual, id_within };

struct Layouts {
  BackendLayout first, second, result;
};

Layouts layouts_of(const ConvCall& c) {
  const Conv& s = c.shape;
  const BackendLayout x = nhwc(s.n, s.h, s.w, s.c), w = nhwc(s.k, s.r, s.s, s.c), y = nhwc(s.n, s.oh, s.ow, s.k);
  if (c.kind == ConvKind::forward) return {x, w, y};
  if (c.kind == ConvKind::backward_data) return {y, w, x};
  return {x, y, w};
}

BackendGraph graph_of(const ConvQuestion& q, cudnnHandle_t handle) {
  const cudnnDataType_t type = q.call.is_bf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
  const Layouts l = layouts_of(q.call);
  BackendGraph g;
  g.add_tensor(id_first, l.first, type);
  g.add_tensor(id_second, l.second, type);
  g.add_tensor(id_result, l.result, type);
  int left = q.bias + q.residual + q.relu;  // operations that follow
  int64_t next = id_within, last = id_result;
  // What an operation writes: the result where it is the last.
  const auto written = [&] {
    if (left-- == 0) return last = id_result;
    g.add_tensor(next, l.result, CUDNN_DATA_FLOAT, true);
    return last = next++;
  };
  g.add_convolution(q.call.kind, q.call.shape, id_first, id_second, written());
  if (q.bias) {
    g.add_tensor(id_bias, nhwc(1, 1, 1, l.result.extents[1]), CUDNN_DATA_FLOAT);
    const int64_t before = last;
    g.add_pointwise(CUDNN_POINTWISE_ADD, before, id_bias, written());
  }
  if (q.residual) {
    g.add_tensor(id_residual, l.result, type);
    const int64_t before = last;
    g.add_pointwise(CUDNN_POINTWISE_ADD, before, id_residual, written());
  }
  if (q.relu) {
    const int64_t before = last;
    g.add_relu(before, written());
  }
  g.finish(handle);
  return g;
}

// f32 means IEEE f32, and sums are f32.
std::string unfit(const BackendEngine& e, bool is_bf16) {
  if (!e.deterministic) return "does not give the same bits every time";
  if (e.narrows || (e.tensor_cores && !is_bf16)) return "computes in less than f32";
  return "";
}

class Plan : public ConvPlan {
 public:
  Plan(const PlanTarget& t, std::shared_ptr<const BackendGraph> g, const BackendEngine& e, const ConvQuestion& q)
      : handle_(t.handle), graph_(std::move(g)), plan_(t, e) {
    numbers_ = {id_first, id_second, id_result};
    if (q.bias) numbers_.push_back(id_bias);
    if (q.residual) numbers_.push_back(id_residual);
  }

  size_t workspace() const override { return static_cast<size_t>(plan_.workspace()); }

  void run(CudaContext& ctx, const ConvArrays& a, void* workspace) override {
    std::vector<void*> data;
    for (const int64_t number : numbers_) data.push_back(array(a, number));
    try {
      plan_.run(handle_, numbers_, data, workspace);
    } catch (const Refused&) {
      // After an error that is not cuDNN's own nothing else will run either; a recording cannot be asked.
      if (!ctx.recording) {
        const cudaError_t e = cudaStreamQuery(ctx.stream);
        PPL_CHECK(e == cudaSuccess || e == cudaErrorNotReady, "cuda: running a plan of cuDNN's: ", cudaGetErrorName(e),
                  " (", cudaGetErrorString(e), ")");
      }
      throw;
    }
  }

 private:
  static void* array(const ConvArrays& a, int64_t number) {
    const void* p = number == id_first    ? a.first
                    : number == id_second ? a.second
                    : number == id_bias   ? a.bias
                    : number == id_result ? a.result
                                          : a.residual;
    return const_cast<void*>(p);  // cuDNN's interface has no const
  }

  cudnnHandle_t handle_;
  std::shared_ptr<const BackendGraph> graph_;  // of which the plan's descriptors speak
  BackendPlan plan_;
  std::vector<int64_t> numbers_;
};

cudnnHandle_t open_handle() {
  cudnnHandle_t handle{};
  const cudnnStatus_t created = cudnnCreate(&handle);
  PPL_CHECK(created == CUDNN_STATUS_SUCCESS, "cudnn: cudnnCreate: ", cudnnGetErrorString(created));
  const cudnnStatus_t set = cudnnSetStream(handle, CudaContext::current().stream);
  PPL_CHECK(set == CUDNN_STATUS_SUCCESS, "cudnn: cudnnSetStream: ", cudnnGetErrorString(set));
  return handle;
}

}  // namespace

std::vector<ConvProposal> CudnnConvLibrary::proposals(const ConvQuestion& q) {
  const auto graph = std::make_shared<const BackendGraph>(graph_of(q, target_.handle));
  std::vector<ConvProposal> all;
  for (BackendEngine& e : backend_engines(target_, *graph)) {
    const auto engine = std::make_shared<BackendEngine>(std::move(e));
    all.push_back({cat("cudnn ", engine->number), unfit(*engine, q.call.is_bf16),
                   [=, this] { return std::make_unique<Plan>(target_, graph, *engine, q); }});
  }
  return all;
}

std::string cudnn_version() {
  const size_t v = cudnnGetVersion();
  return cat("cuDNN ", v / 10000, ".", v / 100 % 100, ".", v % 100);
}

ConvLibrary* cudnn_conv_library() {
  static auto* l = new CudnnConvLibrary({open_handle()});  // outlives the driver's end
  return l;
}

}  // namespace ppl
