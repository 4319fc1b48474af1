// Names, sizes and weights of the networks.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "engine/ops.h"
#include "engine/random.h"
#include "models/losses.h"
#include "models/networks.h"
#include "models/state_dict.h"

using namespace ppl;

namespace {

int64_t parameter_count(const Module& m) {
  int64_t n = 0;
  for (const auto& e : m.parameters()) n += e.tensor.size();
  return n;
}

std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("every network of the table gives logits of the input's size") {
  for (const std::string& name : network_names()) {
    CAPTURE(name);
    const auto net = make_network(name, 4, 2);
    for (const Module::Entry& e : net->parameters()) e.tensor.touch();  // zeros will do
    net->train(false);
    const NoGrad off;
    const Tensor y = net->forward(Tensor::full({2, 32, 64, 4}, 0.5f));
    CHECK(y.shape() == Shape{2, 32, 64, 2});
  }
}

TEST_CASE("parameters are those of the published networks") {
  for (const char* name : {"pp_linknet34", "pp_linknet34_psp64", "pp_linknet34_psp128"})
    CHECK(parameter_count(*make_network(name)) == 22443841);
  const NamedArrays weights = state_dict(*make_network("pp_linknet34_psp64"));
  CHECK(weights.at("firstconv.weight").shape == Shape{64, 3, 7, 7});
  CHECK(weights.at("encoder2.0.downsample.0.weight").shape == Shape{128, 64, 1, 1});
  CHECK(weights.at("dblock.stages.3.1.weight").shape == Shape{128, 512, 1, 1});
  CHECK(weights.at("dblock.bottleneck.weight").shape == Shape{512, 1024, 1, 1});
  CHECK(weights.at("decoder3.deconv2.weight").shape == Shape{64, 64, 3, 3});
  CHECK(weights.at("finaldeconv1.weight").shape == Shape{64, 32, 4, 4});
}

TEST_CASE("an unknown network is refused with the nearest name") {
  CHECK(message_of([] { make_network("pp_linknet34_psp46"); }).find("pp_linknet34_psp64") != std::string::npos);
  CHECK(message_of([] { make_loss("focl"); }).find("focal") != std::string::npos);
  CHECK_THROWS_AS(make_network("linknet34", 0), Error);
}

TEST_CASE("sizes that the network cannot take are refused") {
  const auto net = make_network("linknet34");
  for (const Module::Entry& e : net->parameters()) e.tensor.touch();
  CHECK(message_of([&] { net->forward(Tensor::zeros({1, 40, 32, 3})); }).find("multiples of 32") != std::string::npos);
  CHECK_THROWS_AS(net->forward(Tensor::zeros({1, 32, 32, 4})), Error);
}

TEST_CASE("initialisation follows the seed and the published deviations") {
  const auto a = make_network("linknet34"), b = make_network("linknet34");
  Random one(7), same(7), other(8);
  a->initialize(one);
  b->initialize(same);
  CHECK(state_dict(*a).at("encoder4.0.conv2.weight").bytes == state_dict(*b).at("encoder4.0.conv2.weight").bytes);
  b->initialize(other);
  CHECK(state_dict(*a).at("encoder4.0.conv2.weight").bytes != state_dict(*b).at("encoder4.0.conv2.weight").bytes);

  const std::vector<float> w = state_dict(*a).at("encoder4.0.conv2.weight").as_f32();
  double squares = 0;
  for (const float v : w) squares += double(v) * v;
  CHECK(squares / double(w.size()) == doctest::Approx(2.0 / (512 * 9)).epsilon(0.01));
  for (const float v : state_dict(*a).at("finaldeconv1.weight").as_f32()) CHECK(std::abs(v) <= 1 / std::sqrt(32 * 9.0));
}

TEST_CASE("an untrained network that starts from a prior answers with it, class by class") {
  const auto network = make_network("linknet34", 3, 2);
  Random random(7);
  network->initialize(random);
  const std::array<double, 2> prior{0.05, 0.3};
  network->start_from_prior(prior);
  std::vector<float> image(64 * 64 * 3);
  for (float& v : image) v = static_cast<float>(random.normal());
  const std::vector<float> p = sigmoid(network->forward(Tensor::from({1, 64, 64, 3}, image))).to_host();
  for (size_t i = 0; i < p.size(); ++i) CHECK(p[i] == doctest::Approx(prior[i % 2]).epsilon(0.3));
  CHECK_THROWS_WITH(network->start_from_prior(std::array{0.1}), "a prior of 1 classes for a network of 2");
  CHECK_THROWS_WITH(network->start_from_prior(std::array{0.1, 1.0}), "a prior must lie between 0 and 1, not be 1");
}

TEST_CASE("state dicts go round, with and without module., and psp. for dblock.") {
  const auto from = make_network("pp_linknet34_psp64_hdc"), to = make_network("pp_linknet34_psp64_hdc");
  Random random(3);
  from->initialize(random);
  const NamedArrays weights = state_dict(*from);
  NamedArrays published;
  for (const auto& [name, array] : weights.arrays) {
    const std::string renamed = name.starts_with("dblock.") ? "psp." + name.substr(7) : name;
    published.arrays["module." + renamed] = array;
  }
  published.arrays["module.dblock.dilate1.weight"] = HostArray::from({1}, {0});
  published.arrays["module.firstbn.num_batches_tracked"] = HostArray::from({1}, {5});
  load_state_dict(*to, published);
  for (const auto& [name, array] : state_dict(*to).arrays) CHECK(array.bytes == weights.at(name).bytes);
}

TEST_CASE("torchvision's names fill the encoder") {
  const auto from = make_network("d_linknet50"), to = make_network("d_linknet50");
  float number = 0;
  for (const Module::Entry& e : from->entries()) std::fill_n(e.tensor.data<float>(), e.tensor.size(), ++number);
  const NamedArrays all = state_dict(*from);
  NamedArrays resnet;
  for (const auto& [name, array] : all.arrays) {
    if (name.starts_with("encoder")) resnet.arrays["layer" + name.substr(7)] = array;
    if (name.starts_with("firstconv.")) resnet.arrays["conv1." + name.substr(10)] = array;
    if (name.starts_with("firstbn.")) resnet.arrays["bn1." + name.substr(8)] = array;
  }
  resnet.arrays["fc.weight"] = HostArray::from({1}, {1});
  const LoadReport report = load_state_dict(*to, resnet, false);
  CHECK(report.unused.empty());
  for (const std::string& name : report.missing)
    CHECK_FALSE((name.starts_with("encoder") || name.starts_with("first")));
  CHECK(state_dict(*to).at("encoder3.5.conv2.weight").bytes == all.at("encoder3.5.conv2.weight").bytes);
}

TEST_CASE("weights that do not fit are refused by name, and nothing is changed") {
  const auto net = make_network("linknet34");
  NamedArrays weights = state_dict(*net);
  weights.arrays["firstconv.weight"] = HostArray::from({64, 3, 7, 7}, std::vector<float>(64 * 147, 1));
  weights.arrays["finalconv3.bias"] = HostArray::from({2}, {0, 0});
  CHECK(message_of([&] { load_state_dict(*net, weights); }).find("finalconv3.bias") != std::string::npos);
  CHECK(state_dict(*net).at("firstconv.weight").as_f32()[0] == 0);
  weights = state_dict(*net);
  weights.arrays.erase("decoder1.norm3.running_var");
  CHECK(message_of([&] { load_state_dict(*net, weights); }).find("decoder1.norm3.running_var") != std::string::npos);
  weights = state_dict(*net);
  weights.arrays["surplus"] = HostArray::from({1}, {0});
  CHECK(message_of([&] { load_state_dict(*net, weights); }).find("surplus") != std::string::npos);
}

namespace {

Tensor random_map(Shape shape, Random& random) {
  Tensor t = Tensor::empty(std::move(shape));
  for (int64_t i = 0; i < t.size(); ++i) t.data<float>()[i] = static_cast<float>(random.normal());
  return t;
}

// Parameters and statistics that no folding could leave out unnoticed.
void randomise(const Module& module, Random& random) {
  for (const Module::Entry& e : module.entries()) {
    for (int64_t i = 0; i < e.tensor.size(); ++i) {
      const double v = random.uniform(-1, 1);
      e.tensor.data<float>()[i] = static_cast<float>(e.name == "running_var" ? 1 + 0.5 * v
                                                     : e.tensor.rank() == 4  ? 0.2 * v
                                                                             : v);
    }
    e.tensor.touch();
  }
}

double difference(const Tensor& a, const Tensor& b) {
  const std::vector<float> x = a.to_host(), y = b.to_host();
  REQUIRE(x.size() == y.size());
  double d = 0, n = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    d += std::pow(x[i] - y[i], 2);
    n += std::pow(y[i], 2);
  }
  REQUIRE(n > 0);
  return std::sqrt(d / n);
}

void check_folding(ConvLayer& layer, int out) {
  Random random(9);
  BatchNorm2d norm(out);
  randomise(layer, random);
  randomise(norm, random);
  const Tensor x = random_map({2, 9, 7, 32}, random);
  const NoGrad off;
  layer.train(true);
  const Tensor plain = layer.forward(x);  // the bias is added here, so the norm's tensors leave it out
  const NormTensors tensors{norm.weight, norm.bias, norm.running_mean, norm.running_var, {}};
  const Tensor residual = random_map(plain.shape(), random);
  layer.train(false);
  norm.train(false);
  for (const Residual mode : {Residual::none, Residual::before_relu, Residual::after_relu}) {
    for (const bool relu : {false, true}) {
      const NormOptions o{.relu = relu, .residual = mode};
      const Tensor second = mode == Residual::none ? Tensor() : residual;
      CHECK(difference(layer.forward(x, norm, o, second), batch_norm_inference(plain, tensors, o, second)) < 1e-5);
    }
  }
  const Tensor before = layer.forward(x, norm, {});
  norm.running_mean.data<float>()[0] += 10;
  norm.running_mean.touch();  // the folded weights are made anew
  CHECK(difference(layer.forward(x, norm, {}), before) > 1e-2);
}

}  // namespace

TEST_CASE("folded inference equals the norm's inference after the convolution") {
  Conv2d conv(32, 48, 3, {.pad = 1});
  check_folding(conv, 48);
  Conv2d narrow(32, 3, 1, {.stride = 2});
  check_folding(narrow, 3);
  ConvTranspose2d transposed(32, 16, 3, {.stride = 2, .pad = 1, .output_pad = 1});
  check_folding(transposed, 16);
}
