// The direct algorithm: oneDNN, versions 2.6 (operation descriptors) and 3 (none). All calls of the library are here.
#include <omp.h>
#include <oneapi/dnnl/dnnl.hpp>

#include <cstring>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "kernels/cast.h"
#include "kernels/cpu/conv_epilogue.h"
#include "kernels/cpu/conv_impl.h"
#include "kernels/cpu/level.h"
#include "kernels/cpu/parallel.h"

namespace ppl::conv_direct {
namespace {

using dnnl::memory;
using Type = memory::data_type;

// Everything that a primitive depends on; the library splits the work by the number of threads at creation.
struct Key {
  ConvKind kind;
  Conv conv;
  bool is_bf16, bias, residual, relu;
  int threads;
  auto operator<=>(const Key&) const = default;
};

struct Plan {
  dnnl::primitive primitive;
  memory::desc source, weights, plain_weights, bias, result, scratch;
};

// The library is held to the instruction set that the program started with, before it first looks for its own.
void limit_library() {
  using dnnl::cpu_isa;
  const CpuLevel level = first_level();
  if (level == CpuLevel::x86_64_v2) dnnl::set_max_cpu_isa(cpu_isa::sse41);
  if (level == CpuLevel::avx2) dnnl::set_max_cpu_isa(cpu_isa::avx2);
  if (level == CpuLevel::avx512) dnnl::set_max_cpu_isa(cpu_isa::avx512_core);
  if (level == CpuLevel::avx512_bf16) dnnl::set_max_cpu_isa(cpu_isa::avx512_core_bf16);
}

const dnnl::engine& engine() {
  static const dnnl::engine cpu = [] {
    limit_library();
    return dnnl::engine(dnnl::engine::kind::cpu, 0);
  }();
  return cpu;
}

// work(), where what the library throws for want of memory becomes our error.
template <class Work>
auto guarded(Work work) {
  const auto lacking = [] { return OutOfMemory("out of memory: oneDNN's plans and weights of a convolution"); };
  try {
    return work();
  } catch (const std::bad_alloc&) {
    throw lacking();
  } catch (const dnnl::error& e) {
    if (e.status == dnnl_out_of_memory) throw lacking();
    throw;
  }
}

dnnl::stream& stream() {
  static thread_local dnnl::stream s(engine());
  return s;
}

struct Descs {
  memory::dims stride, dilation, pad;
  memory::desc x, w, plain_w, bias, y;
};

Descs describe(const Key& key) {
  const Conv& p = key.conv;
  const Type type = key.is_bf16 ? Type::bf16 : Type::f32;
  const Type weights = key.kind == ConvKind::backward_weights ? Type::f32 : type;
  using Tag = memory::format_tag;
  const memory::dims wd{p.k, p.c, p.r, p.s};
  Descs d;
  d.stride = {p.stride, p.stride};
  d.dilation = {p.dilation - 1, p.dilation - 1};
  d.pad = {p.pad, p.pad};
  d.x = {{p.n, p.c, p.h, p.w}, type, Tag::nhwc};
  d.w = {wd, weights, Tag::any};
  d.plain_w = {wd, weights, Tag::ohwi};
  d.y = {{p.n, p.k, p.oh, p.ow}, type, Tag::nhwc};
  if (key.bias) d.bias = {{p.k}, Type::f32, Tag::x};
  return d;
}

dnnl::primitive_attr attributes(const Key& key) {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  dnnl::post_ops ops;
  if (key.residual) ops.append_sum(1.0f);
#if DNNL_VERSION_MAJOR >= 3
  if (key.relu) ops.append_eltwise(dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
#else
  if (key.relu) ops.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
#endif
  attr.set_post_ops(ops);
  return attr;
}

using Forward = dnnl::convolution_forward;
using BackwardData = dnnl::convolution_backward_data;
using BackwardWeights = dnnl::convolution_backward_weights;
constexpr auto algorithm = dnnl::algorithm::convolution_direct;

#if DNNL_VERSION_MAJOR >= 3
Forward::primitive_desc forward_desc(const Descs& d, dnnl::prop_kind prop, const dnnl::primitive_attr& attr) {
  return {engine(), prop, algorithm, d.x, d.w, d.bias, d.y, d.stride, d.dilation, d.pad, d.pad, attr};
}
BackwardData::primitive_desc data_desc(const Descs& d, const dnnl::primitive_attr& attr) {
  const auto hint = forward_desc(d, dnnl::prop_kind::forward_training, {});
  return {engine(), algorithm, d.x, d.w, d.y, d.stride, d.dilation, d.pad, d.pad, hint, attr};
}
BackwardWeights::primitive_desc weights_desc(const Descs& d, const Descs& hint, const dnnl::primitive_attr& attr) {
  const auto forward = forward_desc(hint, dnnl::prop_kind::forward_training, {});
  return {engine(), algorithm, d.x, d.w, d.y, d.stride, d.dilation, d.pad, d.pad, forward, attr};
}
#else
Forward::primitive_desc forward_desc(const Descs& d, dnnl::prop_kind prop, const dnnl::primitive_attr& attr) {
  return {{prop, algorithm, d.x, d.w, d.bias, d.y, d.stride, d.dilation, d.pad, d.pad}, attr, engine()};
}
BackwardData::primitive_desc data_desc(const Descs& d, const dnnl::primitive_attr& attr) {
  const auto hint = forward_desc(d, dnnl::prop_kind::forward_training, {});
  return {{algorithm, d.x, d.w, d.y, d.stride, d.dilation, d.pad, d.pad}, attr, engine(), hint};
}
BackwardWeights::primitive_desc weights_desc(const Descs& d, const Descs& hint, const dnnl::primitive_attr& attr) {
  const auto forward = forward_desc(hint, dnnl::prop_kind::forward_training, {});
  return {{algorithm, d.x, d.w, d.y, d.stride, d.dilation, d.pad, d.pad}, attr, engine(), forward};
}
#endif

std::shared_ptr<const Plan> make_plan(const Key& key) {
  const Descs d = describe(key);
  const auto attr = attributes(key);
  auto plan = std::make_shared<Plan>();
  plan->plain_weights = d.plain_w;
  plan->bias = d.bias;
  const auto finish = [&](const auto& desc) { plan->scratch = desc.scratchpad_desc(); };
  if (key.kind == ConvKind::forward) {
    const auto desc = forward_desc(d, dnnl::prop_kind::forward_inference, attr);
    plan->primitive = Forward(desc);
    plan->source = d.x, plan->result = d.y, plan->weights = desc.weights_desc();
    finish(desc);
  } else if (key.kind == ConvKind::backward_data) {
    const auto desc = data_desc(d, attr);
    plan->primitive = BackwardData(desc);
    plan->source = d.y, plan->result = d.x, plan->weights = desc.weights_desc();
    finish(desc);
  } else {
    Key same_type = key;
    same_type.kind = ConvKind::forward;
    const auto desc = weights_desc(d, describe(same_type), attr);
    plan->primitive = BackwardWeights(desc);
    plan->source = d.x, plan->result = d.y, plan->weights = desc.diff_weights_desc();
    finish(desc);
  }
  return plan;
}

// Null where the library has no such primitive (bf16 on a machine without AVX-512).
std::shared_ptr<const Plan> find_plan(const Key& key) {
  static std::mutex mutex;
  static std::map<Key, std::shared_ptr<const Plan>> plans;
  constexpr size_t most = 1024;
  const std::lock_guard lock(mutex);
  if (const auto at = plans.find(key); at != plans.end()) return at->second;
  if (plans.size() >= most) plans.clear();
  std::shared_ptr<const Plan> plan;
  try {
    plan = guarded([&] { return make_plan(key); });
  } catch (const dnnl::error& e) {
    PPL_CHECK(e.status == dnnl_unimplemented && key.is_bf16, "conv: oneDNN: ", e.what());
  }
  return plans[key] = plan;
}

template <class T>
Key make_key(ConvKind kind, const Conv& p, const Epilogue<T>& e) {
  return {kind, p, std::is_same_v<T, bf16>, e.bias != nullptr, e.residual != nullptr, e.relu, omp_get_max_threads()};
}

memory wrap(const memory::desc& desc, const void* data) { return memory(desc, engine(), const_cast<void*>(data)); }

memory library_scratch(CpuContext& ctx, const Plan& plan) {
  return wrap(plan.scratch, ctx.scratch<char>(slot_library, plan.scratch.get_size() + 64));
}

void reorder(memory from, memory to) { dnnl::reorder(from, to).execute(stream(), from, to); }

// The weights in the layout that the primitive asks for.
memory packed_weights(CpuContext& ctx, const Plan& plan, ConvKind kind, const Conv& p, const void* w,
                      PackedWeights* packed) {
  const memory plain = wrap(plan.plain_weights, w);
  if (plan.weights == plan.plain_weights) return plain;
  if (!packed) {
    const memory out = wrap(plan.weights, ctx.scratch<char>(slot_weights, plan.weights.get_size()));
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

}  // namespace

bool available() { return true; }

bool uses_amx() {
  static const bool amx = [] {
    engine();  // else asking would settle the library's choice
    const auto bits = [](dnnl::cpu_isa isa) { return static_cast<unsigned>(isa); };  // each level has those below it
    constexpr dnnl::cpu_isa wanted = dnnl::cpu_isa::avx512_core_amx;
    return (bits(dnnl::get_effective_cpu_isa()) & bits(wanted)) == bits(wanted);
  }();
  return amx;
}

template <class T>
void forward(CpuContext& ctx, const Conv& p, const T* x, const T* w, const Epilogue<T>& e, T* y,
             PackedWeights* packed) {
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
  // Not even planned where it is wrong.
  const bool wrong = is_wrong(DNNL_VERSION_MAJOR, uses_amx(), ConvKind::backward_weights, is_bf16, p);
  const auto plan = wrong ? nullptr : find_plan(make_key(ConvKind::backward_weights, p, Epilogue<T>{}));
  if constexpr (is_bf16) {
    if (!plan)
      return backward_weights<float>(ctx, p, to_float(ctx, x, size_x(p)).get(), to_float(ctx, dy, size_y(p)).get(), dw);
  }
  const memory plain = wrap(plan->plain_weights, dw);
  const bool same = plan->weights == plan->plain_weights;
  const memory out = same ? plain : wrap(plan->weights, ctx.scratch<char>(slot_weights, plan->weights.get_size()));
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
