// What the direct algorithm asks of oneDNN, versions 2.6 (operation descriptors) and 3 (none): a plan a shape.
#include "kernels/cpu/conv_onednn_plan.h"

#include <sys/mman.h>

#include <map>
#include <mutex>

#include "kernels/cpu/level.h"

namespace ppl::conv_direct {
namespace {

using dnnl::memory;
using Type = memory::data_type;

// The library is held to the instruction set that the program started with, before it first looks for its own.
void limit_library() {
  using dnnl::cpu_isa;
  const CpuLevel level = first_level();
  if (level == CpuLevel::x86_64_v2) dnnl::set_max_cpu_isa(cpu_isa::sse41);
  if (level == CpuLevel::avx2) dnnl::set_max_cpu_isa(cpu_isa::avx2);
  if (level == CpuLevel::avx512) dnnl::set_max_cpu_isa(cpu_isa::avx512_core);
  if (level == CpuLevel::avx512_bf16) dnnl::set_max_cpu_isa(cpu_isa::avx512_core_bf16);
}

}  // namespace

const dnnl::engine& engine() {
  static const dnnl::engine cpu = [] {
    limit_library();
    return dnnl::engine(dnnl::engine::kind::cpu, 0);
  }();
  return cpu;
}

void require_room() {
  constexpr size_t room = size_t{48} << 20;  // a plan has a handful of kernels, each in some hundred KB that double
  void* p = mmap(nullptr, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) throw OutOfMemory("out of memory: no room for the code of oneDNN's convolutions");
  munmap(p, room);
}

namespace {

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
  d.stride = {p.stride.y, p.stride.x};
  d.dilation = {p.dilation.y - 1, p.dilation.x - 1};
  d.pad = {p.pad.y, p.pad.x};
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

}  // namespace

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

}  // namespace ppl::conv_direct
