#include "bench/fusion/two_steps.h"

#include <cmath>
#include <limits>

#include "kernels/batch_norm.h"
#include "kernels/cuda/device.h"

namespace ppl {
namespace {

BatchNorm norm_of(const Conv& s, bool relu) { return {int64_t{s.n} * s.h * s.w, s.c, relu, false}; }
BatchNorm norm_behind(const Conv& s) { return {int64_t{s.n} * s.oh * s.ow, s.k, false, false}; }

void make(const Fusion& f, Arrays& arrays, const std::string& name, Extent extent, bool f32) {
  arrays.make(name, elements(f.shape, extent), f32);
}

// Evenly in [-1, 1): the finaliser of MurmurHash3 of a count.
float drawn(uint32_t i) {
  i ^= i >> 16, i *= 0x85ebca6bu, i ^= i >> 13, i *= 0xc2b2ae35u, i ^= i >> 16;
  return static_cast<float>(static_cast<int32_t>(i)) * 0x1p-31f;
}

// relu(scale x + shift): a norm with mean 0 and these as its inverse deviation and bias.
void norm_relu(CudaContext& ctx, const Fusion& f, const Arrays& a) {
  batch_norm_apply<bf16>(ctx, norm_of(f.shape, true), a.at<bf16>("x"), a.at<float>("zeros"), a.at<float>("scale"),
                         a.at<float>("ones"), a.at<float>("shift"), nullptr, a.at<bf16>("normed"));
}

void gradient(CudaContext& ctx, const Fusion& f, const Arrays& a) {
  const BatchNorm norm = norm_of(f.shape, true);
  const float *mean = a.at<float>("mean"), *inverse_std = a.at<float>("inverse_std");
  const float *weight = a.at<float>("weight"), *bias = a.at<float>("bias");
  conv_backward_data<bf16>(ctx, f.shape, a.at<bf16>("dy"), a.at<bf16>("w"), {}, a.at<bf16>("back"));
  batch_norm_backward_sums<bf16>(ctx, norm, a.at<bf16>("x"), mean, inverse_std, weight, bias, a.at<bf16>("back"),
                                 nullptr, nullptr, a.at<float>("dweight"), a.at<float>("dbias"));
  batch_norm_backward_data<bf16>(ctx, norm, a.at<bf16>("x"), mean, inverse_std, weight, bias, a.at<bf16>("back"),
                                 a.at<float>("dweight"), a.at<float>("dbias"), a.at<bf16>("dx"));
}

}  // namespace

Arrays::~Arrays() {
  for (const auto& [name, array] : all_) cuda_free(array.data);
}

void Arrays::make(const std::string& name, int64_t count, bool f32) {
  PPL_CHECK(!all_.contains(name), "fusion: ", name, " is there already");
  all_[name] = {cuda_allocate(static_cast<size_t>(count) * (f32 ? sizeof(float) : sizeof(bf16))), count, f32};
}

void Arrays::put(const std::string& name, const std::vector<float>& values, bool f32) {
  make(name, static_cast<int64_t>(values.size()), f32);
  if (f32) return copy_to_device(raw(name), values.data(), values.size() * sizeof(float));
  std::vector<bf16> narrow(values.size());
  for (size_t i = 0; i < values.size(); ++i) narrow[i] = bf16(values[i]);
  copy_to_device(raw(name), narrow.data(), narrow.size() * sizeof(bf16));
}

std::vector<float> Arrays::read(const std::string& name) const {
  const Array& array = find(name);
  std::vector<float> values(static_cast<size_t>(array.count));
  if (array.f32) {
    copy_to_host(values.data(), array.data, values.size() * sizeof(float));
    return values;
  }
  std::vector<bf16> narrow(values.size());
  copy_to_host(narrow.data(), array.data, narrow.size() * sizeof(bf16));
  for (size_t i = 0; i < values.size(); ++i) values[i] = narrow[i];
  return values;
}

const Arrays::Array& Arrays::find(const std::string& name) const {
  const auto it = all_.find(name);
  PPL_CHECK(it != all_.end(), "fusion: there is no ", name);
  return it->second;
}

std::vector<float> given_values(const Fusion& f, const FusionTensor& t) {
  const bool scales = t.name == "scale" || t.name == "weight" || t.name == "inverse_std";
  // Results of about 1, with a mean for each channel.
  const float reach = t.name == "w" ? 2 / std::sqrt(static_cast<float>(f.shape.r * f.shape.s * f.shape.c)) : 1;
  const float middle = scales ? 1.25f : t.name == "x" ? 0.25f : 0;
  std::vector<float> values(static_cast<size_t>(elements(f.shape, t.extent)));
  uint32_t count = 0;
  for (const char c : t.name) count = count * 131 + static_cast<uint32_t>(c) * 0x9e3779b9u;
  for (float& v : values) v = bf16(middle + reach * drawn(count++));
  return values;
}

void prepare_two_steps(const Fusion& f, Arrays& arrays) {
  for (const FusionTensor& t : f.tensors) {
    const bool vector = t.extent == Extent::in_channels || t.extent == Extent::out_channels;
    if (t.role == Role::given) arrays.put(t.name, given_values(f, t), vector);
  }
  if (f.find("y")) make(f, arrays, "y", Extent::out_map, false);
  if (f.find("dw")) make(f, arrays, "dw", Extent::weights, true);
  if (f.find("sum"))
    for (const char* name : {"mean", "variance"}) make(f, arrays, name, Extent::out_channels, true);
  if (f.find("scale")) {
    make(f, arrays, "normed", Extent::in_map, false);
    arrays.put("zeros", std::vector<float>(static_cast<size_t>(f.shape.c), 0), true);
    arrays.put("ones", std::vector<float>(static_cast<size_t>(f.shape.c), 1), true);
  }
  if (f.find("dz")) {
    for (const char* name : {"back", "dx"}) make(f, arrays, name, Extent::in_map, false);
    for (const char* name : {"dweight", "dbias"}) make(f, arrays, name, Extent::in_channels, true);
  }
}

void two_steps(CudaContext& ctx, const Fusion& f, const Arrays& a) {
  if (f.find("dz")) return gradient(ctx, f, a);
  const char* x = "x";
  if (f.find("scale")) norm_relu(ctx, f, a), x = "normed";
  if (f.find("dw"))
    return conv_backward_weights<bf16>(ctx, f.shape, a.at<bf16>(x), a.at<bf16>("dy"), a.at<float>("dw"));
  Epilogue<bf16> epilogue;
  if (f.find("bias")) epilogue.bias = a.at<float>("bias"), epilogue.relu = true;
  if (f.find("residual")) epilogue.residual = a.at<bf16>("residual");
  conv_forward<bf16>(ctx, f.shape, a.at<bf16>(x), a.at<bf16>("w"), epilogue, a.at<bf16>("y"));
  if (f.find("sum"))
    batch_norm_statistics<bf16>(ctx, norm_behind(f.shape), a.at<bf16>("y"), a.at<float>("mean"),
                                a.at<float>("variance"));
}

void prepare_graph(const Fusion& f, bool f32_vectors, Arrays& arrays) {
  for (const FusionTensor& t : f.tensors) {
    const bool vector = t.extent == Extent::in_channels || t.extent == Extent::out_channels;
    const bool f32 = t.f32 || (vector && f32_vectors);
    if (t.role == Role::given) arrays.put(t.name, given_values(f, t), f32);
    if (t.role == Role::result) make(f, arrays, t.name, t.extent, f32);
  }
  if (f.find("dz")) make(f, arrays, "dx", Extent::in_map, false);
}

void behind_graph(CudaContext& ctx, const Fusion& f, const Arrays& a) {
  if (!f.find("dz")) return;
  batch_norm_backward_data<bf16>(ctx, norm_of(f.shape, false), a.at<bf16>("x"), a.at<float>("mean"),
                                 a.at<float>("inverse_std"), a.at<float>("weight"), a.at<float>("bias"),
                                 a.at<bf16>("dz"), a.at<float>("dweight"), a.at<float>("dbias"), a.at<bf16>("dx"));
}

std::map<std::string, std::vector<float>> results_of_two_steps(const Fusion& f, const Arrays& a) {
  std::map<std::string, std::vector<float>> results;
  for (const char* name : {"y", "dw"})
    if (f.find(name)) results[name] = a.read(name);
  if (f.find("sum"))
    for (const char* name : {"mean", "variance"}) results[name] = a.read(name);
  if (f.find("dz"))
    for (const char* name : {"dx", "dweight", "dbias"}) results[name] = a.read(name);
  return results;
}

std::map<std::string, std::vector<float>> results_of_graph(const Fusion& f, const Arrays& a) {
  std::map<std::string, std::vector<float>> results;
  for (const char* name : {"y", "dw", "dweight", "dbias"})
    if (f.find(name)) results[name] = a.read(name);
  if (f.find("dz")) results["dx"] = a.read("dx");
  if (!f.find("sum")) return results;
  const std::vector<float> sum = a.read("sum"), squares = a.read("squares");
  const auto pixels = static_cast<double>(norm_behind(f.shape).pixels);
  for (size_t c = 0; c < sum.size(); ++c) {
    const double mean = sum[c] / pixels;
    results["mean"].push_back(static_cast<float>(mean));
    results["variance"].push_back(static_cast<float>(squares[c] / pixels - mean * mean));
  }
  return results;
}

double fusion_error(const std::map<std::string, std::vector<float>>& graph,
                    const std::map<std::string, std::vector<float>>& two_steps) {
  double largest = 0;
  for (const auto& [name, expected] : two_steps) {
    const std::vector<float>& got = graph.at(name);
    PPL_CHECK(got.size() == expected.size(), "fusion: ", name, ": ", got.size(), " and ", expected.size(), " elements");
    double difference = 0, norm = 0;
    for (size_t i = 0; i < got.size(); ++i) {
      const double d = static_cast<double>(got[i]) - static_cast<double>(expected[i]);
      difference += d * d, norm += static_cast<double>(expected[i]) * static_cast<double>(expected[i]);
    }
    const double error = std::sqrt(difference / norm);
    largest = std::isfinite(error) ? std::max(largest, error) : std::numeric_limits<double>::infinity();
  }
  return largest;
}

}  // namespace ppl
