// golden_test --dir DIR: checks every golden file of a folder, a line each with the errors reached; exit code 1 at the
// first that fails. Limits: normalised error 1e-4, losses 1e-5 (relative).
//
// The goldens are of float64. Some of them answer to a change of their weights and input by one unit in the last place
// of a float with more than the limit (ReLUs that switch, Adam's first steps, 101 layers): no f32 arithmetic can be
// nearer. Where a limit is passed, that answer is measured and counts as the limit (times kRoundings); --strict leaves
// this out.
// --bf16: the forward files alone, in bf16, limit 2e-2; the unit in the last place then is bf16's.
// --device cuda: there instead of on the CPU. --only NAME (may be repeated): these files alone.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/arena.h"
#include "engine/optimizer.h"
#include "io/weights/safetensors.h"
#include "models/inference/views.h"
#include "models/losses.h"
#include "models/networks.h"
#include "tests/support/golden_case.h"

namespace fs = std::filesystem;
using nlohmann::json;

namespace ppl {
namespace {

constexpr double kLimit = 1e-4, kLossLimit = 1e-5, kBf16Limit = 2e-2;
constexpr double kUlpsOfBf16 = 65536;  // f32 has 16 more bits
constexpr double kRoundings = 2;       // every layer rounds, the measured change rounds once

using Columns = std::vector<std::vector<double>>;

struct Quantity {
  const char* what;
  Columns found, expected;
  double limit;
};
using Quantities = std::vector<Quantity>;

struct Options {
  std::string dir;
  bool bf16 = false, strict = false;
  Device device = Device::cpu;
  std::vector<std::string> only;  // empty: all
};

struct Golden {
  NamedArrays file;
  Device device = Device::cpu;
  double ulps = 0;  // by which weights and input are moved

  std::string meta(const std::string& key, const std::string& otherwise = "") const {
    const auto it = file.metadata.find(key);
    return it == file.metadata.end() ? otherwise : it->second;
  }
  std::string prefix() const { return meta("prefix"); }
  Shape shape(const char* key) const { return json::parse(meta(key)).get<Shape>(); }
  int classes() const { return std::stoi(meta("classes", "1")); }
  std::vector<std::string> names(const char* key) const {
    return json::parse(meta(key)).get<std::vector<std::string>>();
  }
  Columns values(const char* name) const { return {file.at(name).as_f64()}; }

  std::unique_ptr<LinkNet> network() const {
    auto net = make_network(meta("model"), std::stoi(meta("bands", "3")), classes());
    fill_golden_weights(*net, prefix(), file, ulps);
    net->to(device);
    return net;
  }
  Tensor input(const Shape& nchw) const { return golden_input(prefix(), nchw, ulps).to(device); }
  Tensor target(int64_t n, int64_t h, int64_t w) const {
    return golden_target(prefix(), n, h, w, classes()).to(device);
  }
};

Quantities forward(const Golden& g, bool in_bf16) {
  const auto net = g.network();
  net->train(false);
  const NoGrad off;
  Tensor x = g.input(g.shape("input_shape"));
  if (in_bf16) x = cast(x, DType::bf16);
  return {{"logits", {to_nchw(net->forward(x))}, g.values("logits"), in_bf16 ? kBf16Limit : kLimit}};
}

Quantities train(const Golden& g) {
  const auto net = g.network();
  const Arena arena(*net);
  const Shape s = g.shape("input_shape");
  const Tensor logits = net->forward(g.input(s));
  const Tensor loss = pixel_loss(logits, g.target(s[0], s[2], s[3]), make_loss(g.meta("loss")));
  const double value = loss.item();
  loss.backward();
  return {{"logits", {to_nchw(logits)}, g.values("logits"), kLimit},
          {"loss", {{value}}, g.values("loss"), kLossLimit},
          {"gradients", summary(*net, g.names("gradient_names"), true, g.file.at("gradient_samples")),
           columns(g.file.at("gradients")), kLimit},
          {"statistics", summary(*net, g.names("buffer_names"), false, g.file.at("buffer_samples")),
           columns(g.file.at("buffers")), kLimit}};
}

Quantities adam(const Golden& g) {
  const auto net = g.network();
  Arena arena(*net);
  const json o = json::parse(g.meta("optimizer"));
  Optimizer optimizer(
      arena, {.beta1 = o["betas"][0], .beta2 = o["betas"][1], .epsilon = o["eps"], .weight_decay = o["weight_decay"]});
  const Shape s = g.shape("input_shape");
  const Tensor x = g.input(s), target = g.target(s[0], s[2], s[3]);
  const Columns rates = g.values("learning_rates"), published = g.values("losses");
  Columns losses, expected;
  for (const double rate : rates[0]) {
    const Tensor loss = pixel_loss(net->forward(x), target, make_loss(g.meta("loss")));
    losses.push_back({loss.item()});
    loss.backward();
    optimizer.step(rate);
  }
  for (const double v : published[0]) expected.push_back({v});
  return {{"losses", losses, expected, kLossLimit},
          {"parameters", summary(*net, g.names("parameter_names"), false, g.file.at("parameter_samples")),
           columns(g.file.at("parameters")), kLimit}};
}

Quantities loss_alone(const Golden& g) {
  Tensor logits = golden_input(g.prefix(), g.shape("shape"), g.ulps);
  for (int64_t i = 0; i < logits.size(); ++i) logits.data<float>()[i] *= 3;
  logits = logits.to(g.device);
  logits.set_requires_grad();
  const Tensor target =
      golden_target(g.prefix(), logits.dim(0), logits.dim(1), logits.dim(2), static_cast<int>(logits.dim(3)))
          .to(g.device);
  const Tensor loss = pixel_loss(logits, target, make_loss(g.meta("loss")));
  const double value = loss.item();
  loss.backward();
  return {{"loss", {{value}}, g.values("loss"), kLossLimit},
          {"gradient", {to_nchw(logits.grad())}, g.values("gradient"), kLimit}};
}

Quantities predict(const Golden& g) {
  const auto net = g.network();
  net->train(false);
  const HostArray& image = g.file.at("image_bgr");
  const auto mean = json::parse(g.meta("mean_bgr")).get<std::vector<double>>(),
             deviation = json::parse(g.meta("std_bgr")).get<std::vector<double>>();
  const std::vector<double> pixels = image.as_f64();
  Tensor x = Tensor::empty({1, image.shape[0], image.shape[1], image.shape[2]});
  for (size_t i = 0; i < pixels.size(); ++i)
    x.data<float>()[i] = static_cast<float>((pixels[i] / 255 - mean[i % 3]) / deviation[i % 3]);
  return {{"probability_sum",
           {to_nchw(probability_sum(*net, x, std::stoi(g.meta("views"))))},
           g.values("probability_sum"),
           kLimit}};
}

Quantities compute(const Golden& g, bool in_bf16) {
  const std::string kind = g.meta("kind");
  if (kind == "forward") return forward(g, in_bf16);
  if (in_bf16) return {};
  if (kind == "train") return train(g);
  if (kind == "adam") return adam(g);
  if (kind == "loss") return loss_alone(g);
  if (kind == "predict") return predict(g);
  throw Error("unknown kind of golden '" + kind + "'");
}

double worst_column(const Columns& a, const Columns& b) {
  PPL_CHECK(a.size() == b.size(), "comparing ", a.size(), " columns with ", b.size());
  double worst = 0;
  for (size_t i = 0; i < a.size(); ++i) worst = std::max(worst, normalised_error(a[i], b[i]));
  return worst;
}

// Prints the file's line and says whether it passes.
bool check(const std::string& name, Golden g, const Options& o, const Quantities& all) {
  std::string text;
  bool good = true;
  const Golden unmoved = g;
  Quantities moved, exact;
  for (size_t i = 0; i < all.size(); ++i) {
    const double error = worst_column(all[i].found, all[i].expected);
    char part[160];
    std::snprintf(part, sizeof part, "  %s %.2e (limit %.0e", all[i].what, error, all[i].limit);
    text += part;
    if (error > all[i].limit && !o.strict) {
      g.ulps = o.bf16 ? kUlpsOfBf16 : 1;
      if (moved.empty()) moved = compute(g, false);
      if (o.bf16 && exact.empty()) exact = compute(unmoved, false);
      const double answer = worst_column(moved[i].found, o.bf16 ? exact[i].found : all[i].found);
      std::snprintf(part, sizeof part, "; one ulp in weights and input: %.2e", answer);
      text += part;
      good = good && error <= kRoundings * answer;
    } else {
      good = good && error <= all[i].limit;
    }
    text += ")";
  }
  std::printf("%-6s %-48s%s\n", good ? "ok" : "FAILED", name.c_str(), text.c_str());
  std::fflush(stdout);
  return good;
}

int run(const Options& o) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(o.dir))
    if (entry.path().extension() == ".safetensors") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  int checked = 0;
  std::vector<std::string> failed;
  for (const fs::path& path : paths) {
    if (!o.only.empty() && std::find(o.only.begin(), o.only.end(), path.stem()) == o.only.end()) continue;
    const std::string name = path.stem().string();
    try {
      const Golden g{read_safetensors(path.string()), o.device};
      const Quantities all = compute(g, o.bf16);
      if (all.empty()) continue;
      if (!check(name, g, o, all)) failed.push_back(name);
    } catch (const std::exception& e) {  // the others are looked at all the same
      std::printf("FAILED %-48s  %s\n", name.c_str(), e.what());
      failed.push_back(name);
    }
    ++checked;
  }
  PPL_CHECK(checked > 0 && (o.only.empty() || checked == static_cast<int>(o.only.size())), o.dir, ": ", checked,
            " golden files of those wanted");
  std::printf("%d passed, %zu failed\n", checked - static_cast<int>(failed.size()), failed.size());
  for (const std::string& name : failed) std::printf("failed: %s\n", name.c_str());
  return failed.empty() ? 0 : 1;
}

}  // namespace
}  // namespace ppl

int main(int argc, char** argv) {
  ppl::Options o;
  bool usage = argc < 3;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    if (arg == "--dir" && i + 1 < argc)
      o.dir = argv[++i];
    else if (arg == "--bf16")
      o.bf16 = true;
    else if (arg == "--strict")
      o.strict = true;
    else if (arg == "--only" && i + 1 < argc)
      o.only.push_back(argv[++i]);
    else if (arg == "--device" && i + 1 < argc)
      o.device = std::string(argv[++i]) == "cuda" ? ppl::Device::cuda : ppl::Device::cpu;
    else
      usage = true;
  }
  if (usage || o.dir.empty()) {
    std::fprintf(stderr, "usage: golden_test --dir DIR [--bf16] [--strict] [--device cuda] [--only NAME]\n");
    return 2;
  }
  try {
    return ppl::run(o);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "golden_test: %s\n", e.what());
    return 1;
  }
}
