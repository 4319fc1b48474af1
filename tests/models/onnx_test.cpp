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
