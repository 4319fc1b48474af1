// Names, sizes and weights of the networks.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

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
    Random random(1);
    net->initialize(random);
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
  Random random(3);
  from->initialize(random);
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
  for (const std::string& name : report.missing) CHECK_FALSE((name.starts_with("encoder") || name.starts_with("first")));
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

TEST_CASE("folded inference equals norm after convolution") {
  const auto net = make_network("pp_linknet34");
  Random random(5);
  net->initialize(random);
  Tensor x = Tensor::empty({1, 64, 64, 3});
  for (int64_t i = 0; i < x.size(); ++i) x.data<float>()[i] = static_cast<float>(random.normal());
  net->train();
  for (int i = 0; i < 20; ++i) net->forward(x);  // running statistics come near those of the batch
  const NoGrad off;
  const std::vector<float> in_training = net->forward(x).to_host();
  net->train(false);
  const std::vector<float> folded = net->forward(x).to_host(), again = net->forward(x).to_host();
  CHECK(folded == again);
  double difference = 0, norm = 0;
  for (size_t i = 0; i < folded.size(); ++i) {
    difference += std::pow(folded[i] - in_training[i], 2);
    norm += std::pow(in_training[i], 2);
  }
  CHECK(std::sqrt(difference / norm) < 0.2);  // momentum leaves 12 % of the first statistics
  CHECK(norm > 0);
}
