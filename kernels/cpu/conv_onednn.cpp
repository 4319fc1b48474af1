// The direct algorithm: oneDNN.
#include <omp.h>

#include <cstring>
#include <optional>
#include <unordered_map>
#include <vector>

#include "kernels/cast.h"
#include "kernels/cpu/contention.h"
#include "kernels/cpu/conv_epilogue.h"
#include "kernels/cpu/conv_onednn_plan.h"
#include "kernels/cpu/parallel.h"

namespace ppl::conv_direct {
namespace {

using dnnl::memory;

dnnl::stream& stream() {
  static thread_local dnnl::stream s = guarded([] { return dnnl::stream(engine()); });
  return s;
}

template <class T>
Key make_key(ConvKind kind, const Conv& p, const Epilogue<T>& e) {
  return {kind, p, std::is_same_v<T, bf16>, e.bias != nullptr, e.residual != nullptr, e.relu, omp_get_max_threads()};
}

memory wrap(const memory::desc& desc, const void* data) { return memory(desc, engine(), const_cast<void*>(data)); }

memory library_scratch(CpuContext& ctx, const Plan& plan) {
  return wrap(plan.scratch, ctx.scratch<char>(CpuSlot::library, plan.scratch.get_size() + 64));
}

void reorder(memory from, memory to) {
  guarded([&] { dnnl::reorder(from, to).execute(stream(), from, to); });
}

// The weights in the layout that the primitive asks for.
memory packed_weights(CpuContext& ctx, const Plan& plan, ConvKind kind, const Conv& p, const void* w,
                      PackedWeights* packed) {
  const memory plain = wrap(plan.plain_weights, w);
  if (plan.weights == plan.plain_weights) return plain;
  if (!packed) {
    const memory out = wrap(plan.weights, ctx.scratch<char>(CpuSlot::weights, plan.weights.get_size()));
    reorder(plain, out);
    return out;
  }
  auto& entry = packed->impl->entry(ConvAlgorithm::direct, kind, p);
  if (!entry) entry = std::make_shared<std::vector<memory>>();
  auto& layouts = *std::static_pointer_cast<std::vector<memory>>(entry);  // maps of other sizes may ask for another
  for (const memory& made : layouts) {
    if (made.get_desc() == plan.weights) return made;
  }
  guarded([&] { layouts.emplace_back(plan.weights, engine()); });
  reorder(plain, layouts.back());
  stream().wait();
  return layouts.back();
}

using Floats = std::unique_ptr<float[]>;

Floats floats(int64_t count) { return std::make_unique_for_overwrite<float[]>(static_cast<size_t>(count)); }

Floats to_float(CpuContext& ctx, const bf16* from, int64_t count) {
  Floats to = floats(count);
  cast(ctx, count, from, to.get());
  return to;
}

int64_t size_x(const Conv& p) { return int64_t{p.n} * p.h * p.w * p.c; }
int64_t size_y(const Conv& p) { return int64_t{p.n} * p.oh * p.ow * p.k; }
int64_t size_w(const Conv& p) { return int64_t{p.k} * p.r * p.s * p.c; }

bool uses(dnnl::cpu_isa wanted) {
  engine();  // else asking would settle the library's choice
  const auto bits = [](dnnl::cpu_isa isa) { return static_cast<unsigned>(isa); };  // each level has those below it
  return (bits(dnnl::get_effective_cpu_isa()) & bits(wanted)) == bits(wanted);
}

// While it lives, as many threads as the result's bits allow.
class LibraryThreads {
 public:
  LibraryThreads(ConvKind kind, const Conv& p) {
    if (depends_on_threads(kind, p)) all_.emplace();
  }

 private:
  std::optional<AllThreads> all_;
};

}  // namespace

bool available() { return true; }

bool uses_amx() {
  static const bool amx = uses(dnnl::cpu_isa::avx512_core_amx);
  return amx;
}

bool depends_on_threads(ConvKind kind, const Conv& p) {
  static const bool known = DNNL_VERSION_MAJOR == 2 && uses(dnnl::cpu_isa::avx512_core) && !uses_amx();
  return !known || kind == ConvKind::backward_weights || p.r % 2 == 0 || p.s % 2 == 0;
}

template <class T>
void forward(CpuContext& ctx, const Conv& p, const T* x, const T* w, const Epilogue<T>& e, T* y,
             PackedWeights* packed) {
  const LibraryThreads threads(ConvKind::forward, p);
  const auto plan = find_plan(make_key(ConvKind::forward, p, e));
  if constexpr (std::is_same_v<T, bf16>) {
    if (!plan) {
      const Floats y32 = floats(size_y(p));
      const Floats residual = e.residual ? to_float(ctx, e.residual, size_y(p)) : nullptr;
      forward<float>(ctx, p, to_float(ctx, x, size_x(p)).get(), to_float(ctx, w, size_w(p)).get(),
                     {e.bias, residual.get(), e.relu}, y32.get(), nullptr);
      return cast(ctx, size_y(p), y32.get(), y);
    }
  }
  if (e.residual && e.residual != y) {
    parallel_for(size_y(p), 1 << 16, [&](int64_t begin, int64_t end) {
      std::memcpy(y + begin, e.residual + begin, (end - begin) * sizeof(T));
    });
  }
  std::unordered_map<int, memory> args{{DNNL_ARG_SRC, wrap(plan->source, x)},
                                       {DNNL_ARG_WEIGHTS, packed_weights(ctx, *plan, ConvKind::forward, p, w, packed)},
                                       {DNNL_ARG_DST, wrap(plan->result, y)},
                                       {DNNL_ARG_SCRATCHPAD, library_scratch(ctx, *plan)}};
  if (e.bias) args.emplace(DNNL_ARG_BIAS, wrap(plan->bias, e.bias));
  plan->primitive.execute(stream(), args);
  stream().wait();
}

template <class T>
void backward_data(CpuContext& ctx, const Conv& p, const T* dy, const T* w, const Epilogue<T>& e, T* dx,
                   PackedWeights* packed) {
  const LibraryThreads threads(ConvKind::backward_data, p);
  const auto plan = find_plan(make_key(ConvKind::backward_data, p, Epilogue<T>{}));
  if constexpr (std::is_same_v<T, bf16>) {
    if (!plan) {
      const Floats dx32 = floats(size_x(p));
      backward_data<float>(ctx, p, to_float(ctx, dy, size_y(p)).get(), to_float(ctx, w, size_w(p)).get(), {},
                           dx32.get(), nullptr);
      cast(ctx, size_x(p), dx32.get(), dx);
      return conv_epilogue(ctx, e, int64_t{p.n} * p.h * p.w, p.c, dx);
    }
  }
  PPL_CHECK(!e.residual || e.residual != dx, "conv_backward_data: the residual may not be the result");
  const memory weights = packed_weights(ctx, *plan, ConvKind::backward_data, p, w, packed);
  plan->primitive.execute(stream(), {{DNNL_ARG_DIFF_DST, wrap(plan->source, dy)},
                                     {DNNL_ARG_WEIGHTS, weights},
                                     {DNNL_ARG_DIFF_SRC, wrap(plan->result, dx)},
                                     {DNNL_ARG_SCRATCHPAD, library_scratch(ctx, *plan)}});
  stream().wait();
  conv_epilogue(ctx, e, int64_t{p.n} * p.h * p.w, p.c, dx);
}

template <class T>
void backward_weights(CpuContext& ctx, const Conv& p, const T* x, const T* dy, float* dw) {
  constexpr bool is_bf16 = std::is_same_v<T, bf16>;
  const LibraryThreads threads(ConvKind::backward_weights, p);
  // Not even planned where it is wrong.
  const bool wrong = is_wrong(DNNL_VERSION_MAJOR, uses_amx(), ConvKind::backward_weights, is_bf16, p);
  const auto plan = wrong ? nullptr : find_plan(make_key(ConvKind::backward_weights, p, Epilogue<T>{}));
  if constexpr (is_bf16) {
    if (!plan)
      return backward_weights<float>(ctx, p, to_float(ctx, x, size_x(p)).get(), to_float(ctx, dy, size_y(p)).get(), dw);
  }
  const memory plain = wrap(plan->plain_weights, dw);
  const bool same = plan->weights == plan->plain_weights;
  const memory out = same ? plain : wrap(plan->weights, ctx.scratch<char>(CpuSlot::weights, plan->weights.get_size()));
  plan->primitive.execute(stream(), {{DNNL_ARG_SRC, wrap(plan->source, x)},
                                     {DNNL_ARG_DIFF_DST, wrap(plan->result, dy)},
                                     {DNNL_ARG_DIFF_WEIGHTS, out},
                                     {DNNL_ARG_SCRATCHPAD, library_scratch(ctx, *plan)}});
  if (!same) reorder(out, plain);
  stream().wait();
}

#define PPL_INSTANTIATE(T)                                                                                           \
  template void forward(CpuContext&, const Conv&, const T*, const T*, const Epilogue<T>&, T*, PackedWeights*);       \
  template void backward_data(CpuContext&, const Conv&, const T*, const T*, const Epilogue<T>&, T*, PackedWeights*); \
  template void backward_weights(CpuContext&, const Conv&, const T*, const T*, float*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl::conv_direct
