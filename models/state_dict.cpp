#include "models/state_dict.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace ppl {
namespace {

// [a,b,h,w] of PyTorch against [a,h,w,b] in memory.
Shape published_shape(const Shape& s) { return s.size() == 4 ? Shape{s[0], s[3], s[1], s[2]} : s; }

template <class Visit>  // visit(index in memory, index as published)
void for_each_weight(const Shape& memory, Visit&& visit) {
  if (memory.size() != 4) {
    for (int64_t i = 0; i < numel(memory); ++i) visit(i, i);
    return;
  }
  const int64_t a = memory[0], area = memory[1] * memory[2], b = memory[3];
  for (int64_t i = 0; i < a; ++i)
    for (int64_t p = 0; p < area; ++p)
      for (int64_t j = 0; j < b; ++j) visit((i * area + p) * b + j, (i * b + j) * area + p);
}

bool strip_prefix(std::string& s, const std::string& prefix) {
  if (!s.starts_with(prefix)) return false;
  s.erase(0, prefix.size());
  return true;
}

bool ends_with_any(const std::string& s, std::initializer_list<const char*> ends) {
  return std::any_of(ends.begin(), ends.end(), [&](const char* e) { return s.ends_with(e); });
}

// Our name for an array of the file; empty where it is known to be of no use.
std::string our_name(std::string name, bool torchvision, bool has_psp) {
  if (ends_with_any(name, {"num_batches_tracked"})) return "";
  if (has_psp && name.starts_with("dblock.dilate")) return "";
  if (strip_prefix(name, "psp.")) return "dblock." + name;
  if (!torchvision) return name;
  if (name.starts_with("fc.")) return "";
  if (strip_prefix(name, "layer")) return "encoder" + name;
  if (strip_prefix(name, "conv1.")) return "firstconv." + name;
  if (strip_prefix(name, "bn1.")) return "firstbn." + name;
  return name;
}

// Our name -> the file's.
std::map<std::string, std::string> our_names(const NamedArrays& file) {
  const std::string prefix = shared_prefix(file);
  const bool torchvision = is_torchvision(file);
  const bool has_psp = std::any_of(file.arrays.begin(), file.arrays.end(),
                                   [&](const auto& a) { return a.first.starts_with(prefix + "psp."); });
  std::map<std::string, std::string> names;
  for (const auto& [name, array] : file.arrays) {
    const std::string ours = our_name(name.substr(prefix.size()), torchvision, has_psp);
    if (!ours.empty()) names[ours] = name;
  }
  return names;
}

void check_shape(const Module::Entry& e, const HostArray& from) {
  PPL_CHECK(from.shape == published_shape(e.tensor.shape()), "weights: '", e.name, "' is ", to_string(from.shape),
            ", the network needs ", to_string(published_shape(e.tensor.shape())));
}

void check_values(const std::string& name, const HostArray& array) {
  const std::vector<float> values = array.as_f32();
  const auto bad = std::count_if(values.begin(), values.end(), [](float v) { return !std::isfinite(v); });
  PPL_CHECK(bad == 0, "weights: ", bad, " of the ", values.size(), " values of '", name,
            "' are not finite: the training that made them had failed");
  PPL_CHECK(!name.ends_with("running_var") || std::none_of(values.begin(), values.end(), [](float v) { return v < 0; }),
            "weights: '", name, "' holds variances below 0");
}

void copy_array(const Module::Entry& e, const HostArray& from) {
  const std::vector<float> values = from.as_f32();
  std::vector<float> ours(values.size());
  for_each_weight(e.tensor.shape(), [&](int64_t memory, int64_t published) {
    ours[static_cast<size_t>(memory)] = values[static_cast<size_t>(published)];
  });
  e.tensor.assign(ours);
  e.tensor.touch();
}

std::string listed(const std::vector<std::string>& names) {
  std::string s = names.front();
  for (size_t i = 1; i < std::min<size_t>(names.size(), 3); ++i) s += ", " + names[i];
  return names.size() > 3 ? s + ", ..." : s;
}

}  // namespace

NamedArrays state_dict(const Module& module) {
  NamedArrays file;
  for (const Module::Entry& e : module.entries()) {
    std::vector<float> values(static_cast<size_t>(e.tensor.size()));
    const std::vector<float> ours = e.tensor.to_host();
    for_each_weight(e.tensor.shape(), [&](int64_t memory, int64_t published) {
      values[static_cast<size_t>(published)] = ours[static_cast<size_t>(memory)];
    });
    file.arrays[e.name] = HostArray::from(published_shape(e.tensor.shape()), values);
  }
  return file;
}

std::string shared_prefix(const NamedArrays& file) {
  std::string prefix;
  for (bool longer = !file.arrays.empty(); longer;) {
    const std::string& first = file.arrays.begin()->first;
    const size_t dot = first.find('.', prefix.size());
    const std::string tried = first.substr(0, dot == std::string::npos ? 0 : dot + 1);
    longer = !tried.empty() && std::all_of(file.arrays.begin(), file.arrays.end(),
                                           [&](const auto& a) { return a.first.starts_with(tried); });
    if (longer) prefix = tried;
  }
  return prefix;
}

bool is_torchvision(const NamedArrays& file) { return file.arrays.contains(shared_prefix(file) + "conv1.weight"); }

NamedArrays under_our_names(NamedArrays file) {
  NamedArrays out{{}, file.metadata};
  for (const auto& [ours, name] : our_names(file)) out.arrays[ours] = std::move(file.arrays.at(name));
  return out;
}

LoadReport load_state_dict(const Module& module, const NamedArrays& file, bool strict) {
  std::map<std::string, const HostArray*> found;
  for (const auto& [ours, name] : our_names(file)) found[ours] = &file.at(name);

  LoadReport report;
  std::vector<std::pair<Module::Entry, const HostArray*>> pairs;
  for (const Module::Entry& e : module.entries()) {
    const auto it = found.find(e.name);
    if (it == found.end()) {
      report.missing.push_back(e.name);
      continue;
    }
    check_shape(e, *it->second);
    check_values(e.name, *it->second);
    pairs.emplace_back(e, it->second);
    found.erase(it);
  }
  for (const auto& [name, array] : found) report.unused.push_back(name);
  if (strict) {
    PPL_CHECK(report.missing.empty(), "weights: ", report.missing.size(),
              " arrays are missing: ", listed(report.missing));
    PPL_CHECK(report.unused.empty(), "weights: ", report.unused.size(),
              " arrays have no place in the network: ", listed(report.unused));
  }
  for (const auto& [entry, array] : pairs) copy_array(entry, *array);
  return report;
}

}  // namespace ppl
