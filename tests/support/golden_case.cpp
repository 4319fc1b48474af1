#include "tests/support/golden_case.h"

#include <cmath>
#include <limits>

#include "engine/random.h"
#include "models/state_dict.h"

namespace ppl {
namespace {

uint64_t splitmix64(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

float weight_value(const std::string& name, const std::vector<int64_t>& shape, double u) {
  if (name.ends_with("running_var")) return static_cast<float>(1 + 0.5 * u);
  if (name.ends_with("running_mean") || name.ends_with("bias")) return static_cast<float>(0.1 * u);
  if (shape.size() == 4)
    return static_cast<float>(std::sqrt(6.0 / static_cast<double>(shape[1] * shape[2] * shape[3])) * u);
  return static_cast<float>(1 + 0.1 * u);
}

float moved(float value, double ulps, Random& random) {
  return static_cast<float>(value * (1 + ulps * 0x1p-23 * random.uniform(-1, 1)));
}

}  // namespace

uint64_t fnv1a64(const std::string& s) {
  uint64_t h = 0xcbf29ce484222325u;
  for (const char c : s) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return h;
}

double golden_unit(uint64_t name_hash, uint64_t i) {
  return static_cast<double>(splitmix64(name_hash + i) >> 40) / 8388608.0 - 1;
}

void fill_golden_weights(const LinkNet& net, const std::string& prefix, const NamedArrays& file, double ulps) {
  Random random(1, 1);
  NamedArrays weights = state_dict(net);
  for (auto& [name, array] : weights.arrays) {
    const uint64_t hash = fnv1a64(prefix + "/" + name);
    std::vector<float> values(static_cast<size_t>(array.count()));
    for (size_t i = 0; i < values.size(); ++i) values[i] = weight_value(name, array.shape, golden_unit(hash, i));
    array = HostArray::from(array.shape, values);
    if (const auto it = file.arrays.find("buffer/" + name); it != file.arrays.end()) array = it->second;
    if (ulps == 0) continue;
    values = array.as_f32();
    for (float& v : values) v = moved(v, ulps, random);
    array = HostArray::from(array.shape, values);
  }
  load_state_dict(net, weights);
}

Tensor golden_input(const std::string& prefix, const Shape& s, double ulps) {
  Random random(1, 2);
  const uint64_t hash = fnv1a64(prefix + "/input");
  Tensor x = Tensor::empty({s[0], s[2], s[3], s[1]});
  float* p = x.data<float>();
  uint64_t i = 0;
  for (int64_t n = 0; n < s[0]; ++n)
    for (int64_t c = 0; c < s[1]; ++c)
      for (int64_t pixel = 0; pixel < s[2] * s[3]; ++pixel)
        p[(n * s[2] * s[3] + pixel) * s[1] + c] = moved(static_cast<float>(2 * golden_unit(hash, i++)), ulps, random);
  return x;
}

Tensor golden_target(const std::string& prefix, int64_t n, int64_t h, int64_t w, int classes) {
  Tensor t = Tensor::empty({n, h, w, classes}, DType::u8);
  uint8_t* p = t.data<uint8_t>();
  for (int c = 0; c < classes; ++c) {
    const uint64_t hash = fnv1a64(prefix + (classes > 1 ? "/class" + std::to_string(c) : "") + "/target");
    for (int64_t i = 0; i < n * h * w; ++i) {
      const int64_t y = i / w % h, x = i % w, image = i / (h * w);
      const int64_t block = (image * (h / 16) + y / 16) * (w / 16) + x / 16;
      p[i * classes + c] = golden_unit(hash, static_cast<uint64_t>(block)) > 0.4;
    }
  }
  return t;
}

std::vector<double> to_nchw(const Tensor& t) {
  const std::vector<float> v = t.to_host();
  const int64_t area = t.dim(1) * t.dim(2), channels = t.dim(3);
  std::vector<double> r(v.size());
  for (int64_t n = 0; n < t.dim(0); ++n)
    for (int64_t p = 0; p < area; ++p)
      for (int64_t c = 0; c < channels; ++c)
        r[static_cast<size_t>((n * channels + c) * area + p)] = v[static_cast<size_t>((n * area + p) * channels + c)];
  return r;
}

double normalised_error(const std::vector<double>& a, const std::vector<double>& b) {
  PPL_CHECK(a.size() == b.size(), "comparing ", a.size(), " values with ", b.size());
  double difference = 0, norm = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    norm += b[i] * b[i];
  }
  const double e = std::sqrt(difference / norm);
  return std::isfinite(e) ? e : std::numeric_limits<double>::infinity();
}

std::vector<std::vector<double>> summary(const Module& module, const std::vector<std::string>& names, bool gradients,
                                         const HostArray& samples) {
  std::map<std::string, Tensor> tensors;
  for (const Module::Entry& e : module.entries()) tensors[e.name] = e.tensor;
  const std::vector<double> where = samples.as_f64();
  std::vector<std::vector<double>> table(10);
  for (size_t row = 0; row < names.size(); ++row) {
    PPL_CHECK(tensors.contains(names[row]), "the network has no '", names[row], "'");
    const Tensor t = gradients ? tensors[names[row]].grad() : tensors[names[row]];
    PPL_CHECK(t.defined(), "no gradient for ", names[row]);
    const std::vector<float> flat = t.to_host();
    const std::vector<double> v = t.rank() == 4 ? to_nchw(t) : std::vector<double>(flat.begin(), flat.end());
    double sum = 0, squares = 0;
    for (const double x : v) {
      sum += x;
      squares += x * x;
    }
    table[0].push_back(sum);
    table[1].push_back(std::sqrt(squares));
    for (size_t k = 0; k < 8; ++k) table[2 + k].push_back(v.at(static_cast<size_t>(where[row * 8 + k])));
  }
  return table;
}

std::vector<std::vector<double>> columns(const HostArray& table) {
  PPL_CHECK(table.shape.size() == 2, "a summary is a table, not ", to_string(table.shape));
  const std::vector<double> v = table.as_f64();
  const auto width = static_cast<size_t>(table.shape[1]);
  std::vector<std::vector<double>> c(width);
  for (size_t i = 0; i < v.size(); ++i) c[i % width].push_back(v[i]);
  return c;
}

}  // namespace ppl
