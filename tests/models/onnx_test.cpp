// ONNX models against our own forward pass, run by OpenCV's reader of them. onnxruntime and OpenVINO: see
// scripts/compare_exports.py.
#include <doctest/doctest.h>

#include <cmath>
#include <opencv2/dnn.hpp>

#include "engine/random.h"
#include "models/networks.h"
#include "models/onnx/export.h"

using namespace ppl;

namespace {

std::unique_ptr<LinkNet> with_random_values(std::unique_ptr<LinkNet> network) {
  Random random(5);
  network->initialize(random);
  for (const Module::Entry& e : network->entries()) {
    if (e.tensor.rank() != 1) continue;
    for (int64_t i = 0; i < e.tensor.size(); ++i) {
      const double base = e.name.ends_with("running_var") || e.name.ends_with("weight") ? 0.8 : 0;
      e.tensor.data<float>()[i] = static_cast<float>(base + 0.2 * random.uniform());
    }
    e.tensor.touch();
  }
  network->train(false);
  return network;
}

// [N,H,W,C] -> N x C x H x W
cv::Mat planes(const Tensor& t) {
  const int sizes[] = {static_cast<int>(t.dim(0)), static_cast<int>(t.dim(3)), static_cast<int>(t.dim(1)),
                       static_cast<int>(t.dim(2))};
  cv::Mat out(4, sizes, CV_32F);
  const float* from = t.data<float>();
  for (int n = 0; n < sizes[0]; ++n)
    for (int y = 0; y < sizes[2]; ++y)
      for (int x = 0; x < sizes[3]; ++x)
        for (int c = 0; c < sizes[1]; ++c) out.at<float>(cv::Vec4i(n, c, y, x)) = *from++;
  return out;
}

double difference(const cv::Mat& a, const cv::Mat& b) { return cv::norm(a, b) / cv::norm(b); }

double model_error(const LinkNet& network, int64_t batch, int64_t height, int64_t width) {
  const std::string model = onnx_model(network, {batch, height, width}, {});
  cv::dnn::Net net = cv::dnn::readNetFromONNX(model.data(), model.size());
  Tensor x = Tensor::empty({batch, height, width, network.spec.bands});
  Random random(6);
  for (int64_t i = 0; i < x.size(); ++i) x.data<float>()[i] = static_cast<float>(random.normal());
  net.setInput(planes(x), "input");
  const cv::Mat logits = net.forward("logits");
  const NoGrad off;
  return difference(logits, planes(network.forward(x)));
}

}  // namespace

TEST_CASE("models of every network give our logits") {
  for (const std::string& name : network_names()) {
    CAPTURE(name);
    CHECK(model_error(*with_random_values(make_network(name, 4, 2)), 1, 64, 32) < 1e-5);
  }
}

TEST_CASE("models of other sizes give our logits") {
  CHECK(model_error(*with_random_values(make_network("pp_linknet34_psp64")), 1, 128, 96) < 1e-5);  // a map of 8 x 6
  CHECK(model_error(*with_random_values(make_network("pp_linknet34_psp64_hdc")), 2, 32, 160) < 1e-5);
}

TEST_CASE("a network in training mode is refused") {
  CHECK_THROWS_WITH(onnx_model(*make_network("linknet34"), {1, 32, 32}, {}),
                    "onnx: the network must be in evaluation mode");
}

TEST_CASE("hybrid dilation of bottlenecks is refused") {
  for (const Encoder encoder : {Encoder::resnet50, Encoder::resnet101})
    CHECK_THROWS_AS(LinkNet({.encoder = encoder, .hybrid_dilation = true}), Error);
}

TEST_CASE("sizes that the network cannot take are refused") {
  const auto network = with_random_values(make_network("linknet34"));
  CHECK_THROWS_AS(onnx_model(*network, {1, 500, 512}, {}), Error);
  CHECK_THROWS_AS(onnx_model(*network, {1, 0, 512}, {}), Error);
  CHECK(onnx_model(*network, {0, 0, 0}, {}).find("height") != std::string::npos);
}

namespace {

// The image's bands as the network takes them, and what follows the logits, from the formulas.
cv::Mat whole_by_hand(const LinkNet& network, const OnnxWhole& w, const Tensor& image) {
  Tensor x = Tensor::empty({image.dim(0), image.dim(1), image.dim(2), network.spec.bands});
  const int64_t pixels = image.size() / image.dim(3);
  const double unit = w.bytes ? 255 : 1;
  for (int64_t i = 0; i < pixels; ++i)
    for (size_t c = 0; c < w.bands.size(); ++c)
      x.data<float>()[i * network.spec.bands + static_cast<int64_t>(c)] =
          static_cast<float>((image.data<float>()[i * image.dim(3) + w.bands[c] - 1] / unit - w.mean[c]) / w.std[c]);
  const NoGrad off;
  const Tensor logits = network.forward(x);
  const int64_t classes = network.spec.classes;
  Tensor p = Tensor::empty({image.dim(0), image.dim(1), image.dim(2), 1 + classes});
  for (int64_t i = 0; i < pixels; ++i) {
    double highest = 0;
    for (int64_t c = 0; c < classes; ++c) {
      const double probability = 1 / (1 + std::exp(-double{logits.data<float>()[i * classes + c]}));
      p.data<float>()[i * (1 + classes) + 1 + c] = static_cast<float>(probability);
      highest = std::max(highest, probability);
    }
    p.data<float>()[i * (1 + classes)] =
        static_cast<float>(std::min(1.0, (1 - highest) * w.threshold / (1 - w.threshold)));
  }
  return planes(p);
}

double whole_error(const LinkNet& network, const OnnxWhole& w, int64_t bands) {
  const std::string model = onnx_model(network, {1, 64, 64, w}, {});
  cv::dnn::Net net = cv::dnn::readNetFromONNX(model.data(), model.size());
  Tensor image = Tensor::empty({1, 64, 64, bands});
  Random random(7);
  for (int64_t i = 0; i < image.size(); ++i)
    image.data<float>()[i] = static_cast<float>(w.bytes ? std::floor(256 * random.uniform()) : random.uniform());
  net.setInput(planes(image), "image");
  return difference(net.forward("probabilities"), whole_by_hand(network, w, image));
}

}  // namespace

TEST_CASE("whole models choose bands, normalise, and give probabilities behind a background") {
  const auto one = with_random_values(make_network("linknet34"));
  CHECK(whole_error(*one, {{3, 2, 1}, {0.33, 0.39, 0.41}, {0.11, 0.12, 0.14}, 0.25, false}, 3) < 1e-5);
  CHECK(whole_error(*one, {{3, 2, 1}, {0.33, 0.39, 0.41}, {0.11, 0.12, 0.14}, 0.25, true}, 3) < 1e-5);
  CHECK(whole_error(*one, {{4, 2, 1}, {0.5, 0.5, 0.5}, {0.2, 0.3, 0.4}, 0.9, false}, 4) < 1e-5);
  CHECK(whole_error(*with_random_values(make_network("linknet34", 4, 2)),
                    {{1, 2, 3, 4}, {0.1, 0.2, 0.3, 0.4}, {0.2, 0.2, 0.3, 0.4}, 0.5, false}, 4) < 1e-5);
}

TEST_CASE("whole models of other bands, or with a threshold that nothing passes, are refused") {
  const auto network = with_random_values(make_network("linknet34"));
  const auto model = [&](const OnnxWhole& w) { return onnx_model(*network, {1, 32, 32, w}, {}); };
  CHECK_THROWS_AS(model({{1, 2}, {0, 0}, {1, 1}, 0.25, false}), Error);
  CHECK_THROWS_AS(model({{1, 2, 0}, {0, 0, 0}, {1, 1, 1}, 0.25, false}), Error);
  CHECK_THROWS_AS(model({{1, 2, 3}, {0, 0, 0}, {1, 1, 1}, 1, false}), Error);
}
