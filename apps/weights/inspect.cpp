#include "apps/weights/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "apps/common/recognize.h"
#include "engine/tensor.h"
#include "io/file.h"
#include "io/weights/torch_file.h"
#include "models/state_dict.h"

namespace ppl::weights {
namespace {

using nlohmann::json;

ArrayInfo measure(const std::string& array_name, const HostArray& array) {
  ArrayInfo info;
  info.name = array_name;
  info.type = name(array.type);
  info.shape = array.shape;
  const std::vector<double> values = array.as_f64();
  double sum = 0, squares = 0;
  int64_t count = 0;
  for (const double v : values) {
    if (!std::isfinite(v)) continue;
    info.lowest = count == 0 ? v : std::min(info.lowest, v);
    info.highest = count == 0 ? v : std::max(info.highest, v);
    sum += v;
    squares += v * v;
    ++count;
  }
  info.not_finite = static_cast<int64_t>(values.size()) - count;
  if (count == 0) return info;
  info.mean = sum / static_cast<double>(count);
  info.deviation = std::sqrt(std::max(0.0, squares / static_cast<double>(count) - info.mean * info.mean));
  return info;
}

// One of them no number, or infinities of different signs: infinitely far apart.
double distance(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0;
  const double d = std::fabs(a - b);
  return std::isnan(d) ? std::numeric_limits<double>::infinity() : d;
}

ArrayDifference compare(const std::string& name, const HostArray& first, const HostArray& second, double tolerance) {
  ArrayDifference d;
  d.name = name;
  if (first.shape != second.shape) {
    d.what = cat("other shape: ", to_string(first.shape), " and ", to_string(second.shape));
    d.differs = true;
    return d;
  }
  const std::vector<double> a = first.as_f64(), b = second.as_f64();
  double squares = 0, norm = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double x = distance(a[i], b[i]);
    d.largest = std::max(d.largest, x);
    squares += x * x;
    norm += a[i] * a[i];
  }
  d.relative = squares == 0 ? 0 : std::sqrt(squares / norm);
  d.differs = d.largest > tolerance;
  return d;
}

// JSON has no infinity.
json number(double v) { return std::isfinite(v) ? json(v) : json(nullptr); }

}  // namespace

FileInfo inspect_weights(const std::string& path, const std::string& key) {
  const NamedArrays file = read_weights_file(path, key);
  const MappedFile bytes(path);
  FileInfo info{path, is_torch_file(bytes.bytes()) ? "PyTorch" : "safetensors", {}, file.metadata, 0, 0, {}};
  info.bytes = static_cast<int64_t>(bytes.bytes().size());
  if (const auto it = file.metadata.find("network"); it != file.metadata.end())
    info.networks = {it->second};
  else if (!is_torchvision(file))
    info.networks = apps::fitting_networks(file);
  for (const auto& [name, array] : file.arrays) {
    info.arrays.push_back(measure(name, array));
    info.values += array.count();
  }
  return info;
}

std::string info_text(const FileInfo& f, bool with_arrays) {
  std::string text =
      fmt::format("{}: {}, {} bytes, {} arrays, {} values\n", f.path, f.form, f.bytes, f.arrays.size(), f.values);
  text += fmt::format("network: {}\n",
                      f.networks.empty() ? "none that we know" : fmt::format("{}", fmt::join(f.networks, " or ")));
  for (const auto& [key, value] : f.metadata) text += fmt::format("{}: {}\n", key, value);
  if (!with_arrays) return text;
  text += fmt::format("{:<40} {:<5} {:<18} {:>10} {:>10} {:>10} {:>10}\n", "array", "type", "shape", "mean",
                      "deviation", "lowest", "highest");
  for (const ArrayInfo& a : f.arrays) {
    text += fmt::format("{:<40} {:<5} {:<18} {:>10.4g} {:>10.4g} {:>10.4g} {:>10.4g}{}\n", a.name, a.type,
                        to_string(a.shape), a.mean, a.deviation, a.lowest, a.highest,
                        a.not_finite ? fmt::format("  {} not finite", a.not_finite) : "");
  }
  return text;
}

std::string info_json(const FileInfo& f, bool with_arrays) {
  json j{{"path", f.path},     {"form", f.form},         {"bytes", f.bytes},      {"arrays", f.arrays.size()},
         {"values", f.values}, {"networks", f.networks}, {"metadata", f.metadata}};
  if (with_arrays) {
    j["arrays"] = json::array();
    for (const ArrayInfo& a : f.arrays) {
      j["arrays"].push_back({{"name", a.name},
                             {"type", a.type},
                             {"shape", a.shape},
                             {"mean", a.mean},
                             {"deviation", a.deviation},
                             {"lowest", a.lowest},
                             {"highest", a.highest},
                             {"not_finite", a.not_finite}});
    }
  }
  return j.dump() + "\n";
}

bool Difference::same() const {
  return std::none_of(arrays.begin(), arrays.end(), [](const ArrayDifference& a) { return a.differs; });
}

Difference compare_weights(const std::string& first, const std::string& second, double tolerance) {
  const NamedArrays a = under_our_names(read_weights_file(first)), b = under_our_names(read_weights_file(second));
  std::set<std::string> names, keys;
  for (const NamedArrays* file : {&a, &b}) {
    for (const auto& [name, array] : file->arrays) names.insert(name);
    for (const auto& [key, value] : file->metadata) keys.insert(key);
  }
  Difference d;
  for (const std::string& name : names) {
    if (a.arrays.contains(name) && b.arrays.contains(name))
      d.arrays.push_back(compare(name, a.at(name), b.at(name), tolerance));
    else
      d.arrays.push_back({name, a.arrays.contains(name) ? "only in the first" : "only in the second", 0, 0, true});
  }
  for (const std::string& key : keys) {
    if (!a.metadata.contains(key) || !b.metadata.contains(key) || a.metadata.at(key) != b.metadata.at(key))
      d.metadata.push_back(key);
  }
  return d;
}

std::string difference_text(const Difference& d) {
  std::string text;
  int64_t differing = 0;
  for (const ArrayDifference& a : d.arrays) {
    if (!a.differs) continue;
    ++differing;
    text += a.what.empty() ? fmt::format("{}: by up to {:.3g}, {:.3g} of its norm\n", a.name, a.largest, a.relative)
                           : fmt::format("{}: {}\n", a.name, a.what);
  }
  for (const std::string& key : d.metadata) text += fmt::format("metadata '{}' differs\n", key);
  return text + fmt::format("{} of {} arrays differ\n", differing, d.arrays.size());
}

std::string difference_json(const Difference& d) {
  json j{{"same", d.same()}, {"metadata", d.metadata}, {"arrays", json::array()}};
  for (const ArrayDifference& a : d.arrays) {
    j["arrays"].push_back({{"name", a.name},
                           {"what", a.what},
                           {"largest", number(a.largest)},
                           {"relative", number(a.relative)},
                           {"differs", a.differs}});
  }
  return j.dump() + "\n";
}

}  // namespace ppl::weights
