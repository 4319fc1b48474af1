// add, relu, sigmoid, cast, concat.
#include <cmath>

#include "tests/support/op_case.h"

namespace ppl {
namespace {

const Shape kBig = {1, 256, 256, 64};
const auto kSize = static_cast<double>(numel(kBig));

const AddCases cases{{
    {.name = "add",
     .inputs = {{{2, 3, 5, 7}}, {{2, 3, 5, 7}}},
     .run = [](const std::vector<Tensor>& in) { return add(in[0], in[1]); },
     .oracle =
         [](const std::vector<HostMap>& in) {
           std::vector<double> y = in[0].values;
           for (size_t i = 0; i < y.size(); ++i) y[i] += in[1].values[i];
           return y;
         },
     .network = {{kBig}, {kBig}},
     .forward = {3 * kSize}},
    {.name = "add to itself",
     .inputs = {{{1, 3, 3, 1}}},
     .run = [](const std::vector<Tensor>& in) { return add(add(in[0], in[0]), in[0]); }},
    {.name = "relu",
     .inputs = {{{1, 5, 7, 3}}},
     .run = [](const std::vector<Tensor>& in) { return relu(in[0]); },
     .oracle =
         [](const std::vector<HostMap>& in) {
           std::vector<double> y = in[0].values;
           for (double& v : y) v = std::max(v, 0.0);
           return y;
         },
     .network = {{kBig}},
     .forward = {2 * kSize},
     .backward = {3 * kSize}},
    {.name = "sigmoid",
     .inputs = {{{1, 5, 7, 3}}},
     .run = [](const std::vector<Tensor>& in) { return sigmoid(in[0]); },
     .oracle =
         [](const std::vector<HostMap>& in) {
           std::vector<double> y = in[0].values;
           for (double& v : y) v = 1 / (1 + std::exp(-v));
           return y;
         },
     .forward_tolerance = 3e-7,
     .network = {{kBig}},
     .forward = {2 * kSize},
     .backward = {3 * kSize}},
    {.name = "cast there and back",
     .inputs = {{{2, 3, 3, 5}}},
     .run = [](const std::vector<Tensor>& in) { return cast(cast(in[0], DType::f32), in[0].dtype()); },
     .oracle = [](const std::vector<HostMap>& in) { return in[0].values; }},
    {.name = "concat",
     .inputs = {{{2, 3, 2, 5}}, {{2, 3, 2, 16}}, {{2, 3, 2, 1}}},
     .run = [](const std::vector<Tensor>& in) { return concat(in); },
     .oracle =
         [](const std::vector<HostMap>& in) {
           std::vector<double> y;
           for (size_t p = 0; p < 12; ++p) {
             for (const HostMap& m : in) {
               const auto c = static_cast<size_t>(m.shape[3]);
               y.insert(y.end(), m.values.begin() + static_cast<int64_t>(p * c),
                        m.values.begin() + static_cast<int64_t>((p + 1) * c));
             }
           }
           return y;
         },
     .network = {{{4, 32, 32, 512}}, {{4, 32, 32, 128}}},
     .forward = {2.0 * 4 * 32 * 32 * 640},
     .backward = {2.0 * 4 * 32 * 32 * 640}},
}};

}  // namespace
}  // namespace ppl
