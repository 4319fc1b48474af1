// golden_test --dir DIR [--bf16]: checks every golden file of a folder, a line each with the error reached; exit code 1 at the
// first that fails. Limits: normalised error 1e-4, losses 1e-5 (relative); --bf16: the forward files in bf16, 2e-2.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/arena.h"
#include "engine/optimizer.h"
#include "io/safetensors.h"
#include "models/inference/views.h"
#include "models/losses.h"
#include "models/networks.h"
#include "tests/golden_case.h"

namespace fs = std::filesystem;
using nlohmann::json;

namespace ppl {
namespace {

constexpr double kLimit = 1e-4, kLossLimit = 1e-5, kBf16Limit = 2e-2;

struct Result {
  const char* what;
  double error, limit;
};
using Results = std::vector<Result>;

struct Golden {
  NamedArrays file;
  std::string meta(const std::string& key, const std::string& otherwise = "") const {
    const auto it = file.metadata.find(key);
    return it == file.metadata.end() ? otherwise : it->second;
  }
  std::string prefix() const { return meta("prefix"); }
  Shape shape(const char* key) const { return json::parse(meta(key)).get<Shape>(); }
  int classes() const { return std::stoi(meta("classes", "1")); }
  std::vector<std::string> names(const char* key) const { return json::parse(meta(key)).get<std::vector<std::string>>(); }
  std::vector<double> values(const char* name) const { return file.at(name).as_f64(); }

  std::unique_ptr<LinkNet> network() const {
    auto net = make_network(meta("model"), std::stoi(meta("bands", "3")), classes());
    fill_golden_weights(*net, prefix(), file);
    return net;
  }
};

double relative(double a, double b) { return normalised_error({a}, {b}); }

Results check_forward(const Golden& g, bool in_bf16) {
  const auto net = g.network();
  net->train(false);
  const NoGrad off;
  Tensor x = golden_input(g.prefix(), g.shape("input_shape"));
  if (in_bf16) x = cast(x, DType::bf16);
  return {{"logits", normalised_error(to_nchw(net->forward(x)), g.values("logits")), in_bf16 ? kBf16Limit : kLimit}};
}

Results check_train(const Golden& g) {
  const auto net = g.network();
  const Arena arena(*net);
  const Shape s = g.shape("input_shape");
  const Tensor logits = net->forward(golden_input(g.prefix(), s));
  const Tensor loss = pixel_loss(logits, golden_target(g.prefix(), s[0], s[2], s[3], g.classes()), make_loss(g.meta("loss")));
  loss.backward();
  return {{"logits", normalised_error(to_nchw(logits), g.values("logits")), kLimit},
          {"loss", relative(loss.item(), g.values("loss")[0]), kLossLimit},
          {"gradients", summary_error(*net, g.names("gradient_names"), true, g.file.at("gradients"), g.file.at("gradient_samples")), kLimit},
          {"statistics", summary_error(*net, g.names("buffer_names"), false, g.file.at("buffers"), g.file.at("buffer_samples")), kLimit}};
}

Results check_adam(const Golden& g) {
  const auto net = g.network();
  Arena arena(*net);
  const json o = json::parse(g.meta("optimizer"));
  Optimizer adam(arena, {.beta1 = o["betas"][0], .beta2 = o["betas"][1], .epsilon = o["eps"], .weight_decay = o["weight_decay"]});
  const Shape s = g.shape("input_shape");
  const Tensor x = golden_input(g.prefix(), s), target = golden_target(g.prefix(), s[0], s[2], s[3], g.classes());
  const std::vector<double> losses = g.values("losses"), rates = g.values("learning_rates");
  double worst = 0;
  for (size_t i = 0; i < losses.size(); ++i) {
    const Tensor loss = pixel_loss(net->forward(x), target, make_loss(g.meta("loss")));
    loss.backward();
    adam.step(rates[i]);
    worst = std::max(worst, relative(loss.item(), losses[i]));
  }
  return {{"losses", worst, kLossLimit},
          {"parameters", summary_error(*net, g.names("parameter_names"), false, g.file.at("parameters"), g.file.at("parameter_samples")), kLimit}};
}

Results check_loss(const Golden& g) {
  Tensor logits = golden_input(g.prefix(), g.shape("shape"));
  for (int64_t i = 0; i < logits.size(); ++i) logits.data<float>()[i] *= 3;
  logits.set_requires_grad();
  const Tensor target = golden_target(g.prefix(), logits.dim(0), logits.dim(1), logits.dim(2), static_cast<int>(logits.dim(3)));
  const Tensor loss = pixel_loss(logits, target, make_loss(g.meta("loss")));
  loss.backward();
  return {{"loss", relative(loss.item(), g.values("loss")[0]), kLossLimit},
          {"gradient", normalised_error(to_nchw(logits.grad()), g.values("gradient")), kLimit}};
}

Results check_predict(const Golden& g) {
  const auto net = g.network();
  net->train(false);
  const HostArray& image = g.file.at("image_bgr");
  const auto mean = json::parse(g.meta("mean_bgr")).get<std::vector<double>>(), deviation = json::parse(g.meta("std_bgr")).get<std::vector<double>>();
  const std::vector<double> pixels = image.as_f64();
  Tensor x = Tensor::empty({1, image.shape[0], image.shape[1], image.shape[2]});
  for (size_t i = 0; i < pixels.size(); ++i) x.data<float>()[i] = static_cast<float>((pixels[i] / 255 - mean[i % 3]) / deviation[i % 3]);
  return {{"probability_sum", normalised_error(to_nchw(probability_sum(*net, x, std::stoi(g.meta("views")))), g.values("probability_sum")), kLimit}};
}

Results check(const Golden& g, bool in_bf16) {
  const std::string kind = g.meta("kind");
  if (kind == "forward") return check_forward(g, in_bf16);
  if (in_bf16) return {};
  if (kind == "train") return check_train(g);
  if (kind == "adam") return check_adam(g);
  if (kind == "loss") return check_loss(g);
  if (kind == "predict") return check_predict(g);
  throw Error("unknown kind of golden '" + kind + "'");
}

int run(const std::string& dir, bool in_bf16) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(dir))
    if (entry.path().extension() == ".safetensors") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  int checked = 0;
  for (const fs::path& path : paths) {
    const Results results = check({read_safetensors(path.string())}, in_bf16);
    if (results.empty()) continue;
    const bool good = std::all_of(results.begin(), results.end(), [](const Result& r) { return r.error <= r.limit; });
    std::printf("%-6s %-48s", good ? "ok" : "FAILED", path.stem().c_str());
    for (const Result& r : results) std::printf("  %s %.2e (limit %.0e)", r.what, r.error, r.limit);
    std::printf("\n");
    std::fflush(stdout);
    if (!good) return 1;
    ++checked;
  }
  PPL_CHECK(checked > 0, dir, ": no golden files");
  std::printf("%d passed, 0 failed\n", checked);
  return 0;
}

}  // namespace
}  // namespace ppl

int main(int argc, char** argv) {
  std::string dir;
  bool in_bf16 = false;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    if (arg == "--dir" && i + 1 < argc) dir = argv[++i];
    else if (arg == "--bf16") in_bf16 = true;
    else dir.clear(), i = argc;
  }
  if (dir.empty()) return std::fprintf(stderr, "usage: golden_test --dir DIR [--bf16]\n"), 2;
  try {
    return ppl::run(dir, in_bf16);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "golden_test: %s\n", e.what());
    return 1;
  }
}
