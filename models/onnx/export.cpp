#include "models/onnx/export.h"

#include <cmath>
#include <utility>

#include "models/onnx/graph.h"
#include "models/state_dict.h"

namespace ppl {
namespace {

constexpr double kEpsilon = 1e-5;                  // of the norms
constexpr int64_t kPyramidGrids[] = {1, 2, 3, 6};  // cells a side

struct Window {
  int64_t stride = 1, pad = 0, dilation = 1;
};

// Follows LinkNet::forward, value by value, with the weights taken by their published names.
class Exporter {
 public:
  Exporter(const LinkNet& network, const OnnxOptions& o)
      : spec_(network.spec), weights_(state_dict(network)), batch_(o.batch), height_(o.height), width_(o.width) {}

  std::string run(const std::map<std::string, std::string>& metadata) {
    const onnx::Extent batch{batch_, batch_ > 0 ? "" : "batch"}, height{height_, is_free() ? "height" : ""},
        width{width_, is_free() ? "width" : ""};
    graph_.input("input", {batch, {spec_.bands, ""}, height, width});
    graph_.output("logits", network("input"), {batch, {spec_.classes, ""}, height, width});
    return graph_.model(metadata);
  }

 private:
  bool is_free() const { return height_ == 0; }

  std::string network(const std::string& x) {
    const EncoderSpec e = encoder_spec(spec_.encoder);
    const std::string stem = relu(conv("firstconv", x, {2, 3}, "firstbn"));
    std::string y = graph_.node("MaxPool", {stem},
                                {{{"kernel_shape", {3, 3}}, {"strides", {2, 2}}, {"pads", {1, 1, 1, 1}}}, {}, {}});
    std::vector<std::string> maps;
    for (int i = 0; i < 4; ++i) {
      y = stage(e, i, y);
      maps.push_back(y);
    }
    y = decoder("decoder4", centre(y), spec_.stride4 == 2, maps[2]);
    y = decoder("decoder3", y, spec_.stride3 == 2, maps[1]);
    y = decoder("decoder2", y, true, maps[0]);
    y = decoder("decoder1", y, true, "");
    const bool unpadded = spec_.centre == Centre::none;  // LinkNet's own head
    y = relu(conv_transpose("finaldeconv1", y, {2, unpadded ? 0 : 1}, 0, ""));
    y = relu(conv("finalconv2", y, {1, unpadded ? 0 : 1}, ""));
    return conv("finalconv3", y, {1, 1}, "");
  }

  std::string stage(const EncoderSpec& e, int index, std::string x) {
    static constexpr int64_t kHybrid[] = {1, 2, 5, 1, 2, 5};
    const int64_t stride = index == 0 ? 1 : index == 1 ? 2 : index == 2 ? spec_.stride3 : spec_.stride4;
    for (int i = 0; i < e.blocks[index]; ++i) {
      const std::string name = cat("encoder", index + 1, ".", i);
      const int64_t dilation = spec_.hybrid_dilation && index >= 2 ? kHybrid[i] : 1;
      x = block(name, x, i == 0 ? stride : 1, dilation, e.bottleneck);
    }
    return x;
  }

  std::string block(const std::string& name, const std::string& x, int64_t stride, int64_t dilation, bool bottleneck) {
    const Window middle{1, dilation, dilation};
    const auto part = [&](const std::string& from, int i, Window w) {
      return conv(cat(name, ".conv", i), from, w, cat(name, ".bn", i));
    };
    std::string y;
    if (bottleneck)
      y = part(relu(part(relu(part(x, 1, {})), 2, {stride, 1})), 3, {});
    else
      y = part(relu(part(x, 1, {stride, dilation, dilation})), 2, middle);
    std::string identity = x;
    if (weights_.arrays.contains(name + ".downsample.0.weight")) {
      identity = conv(name + ".downsample.0", x, {stride}, name + ".downsample.1");
    }
    return relu(graph_.node("Add", {y, identity}));
  }

  std::string decoder(const std::string& name, const std::string& x, bool upsample, const std::string& skip) {
    std::string y = relu(conv(name + ".conv1", x, {}, name + ".norm1"));
    y = relu(conv_transpose(name + ".deconv2", y, {upsample ? 2 : 1, 1}, upsample ? 1 : 0, name + ".norm2"));
    y = relu(conv(name + ".conv3", y, {}, name + ".norm3"));
    return skip.empty() ? y : graph_.node("Add", {y, skip});
  }

  std::string centre(const std::string& x) {
    if (spec_.centre == Centre::none) return x;
    if (spec_.centre == Centre::pyramid) return pyramid(x);
    const bool concatenated = spec_.centre == Centre::dilated_context;
    std::vector<std::string> maps{x};
    for (int i = 0; i < (spec_.centre == Centre::dilated5 ? 5 : 4); ++i) {
      const int64_t d = int64_t{1} << i;
      maps.push_back(relu(conv(cat("dblock.dilate", i + 1), maps.back(), {1, d, d}, "")));
    }
    if (concatenated) return concat(maps, 1);
    std::string sum = maps[0];
    for (size_t i = 1; i < maps.size(); ++i) sum = graph_.node("Add", {sum, maps[i]});
    return sum;
  }

  std::string concat(const std::vector<std::string>& values, int64_t axis) {
    return graph_.node("Concat", values, {{}, {{"axis", axis}}, {}});
  }

  // Means over cells: the map [N,C,H,W] times a matrix [W,grid], turned, times one [H,grid], turned back.
  std::string pyramid(const std::string& x) {
    const int64_t height = height_ / shrink_, width = width_ / shrink_;
    const std::string size = is_free()     ? slice(graph_.node("Shape", {x}), 2, 4)
                             : batch_ == 0 ? graph_.constant("map_size", {height, width})
                                           : "";
    std::vector<std::string> maps;
    for (const int64_t grid : kPyramidGrids) {
      const std::string columns = is_free() ? free_means(size, grid, 1) : means(width, grid, "mean_columns_");
      const std::string rows = is_free() ? free_means(size, grid, 0) : means(height, grid, "mean_rows_");
      const std::string narrow = turned(graph_.node("MatMul", {x, columns}));
      const std::string cells = turned(graph_.node("MatMul", {narrow, rows}));
      maps.push_back(resize(conv(cat("dblock.stages.", maps.size(), ".1"), cells, {}, ""), grid, size));
    }
    maps.push_back(x);
    return relu(conv("dblock.bottleneck", concat(maps, 1), {}, ""));
  }
  std::string turned(const std::string& x) { return graph_.node("Transpose", {x}, {{{"perm", {0, 1, 3, 2}}}, {}, {}}); }

  // Bilinear with half-pixel centres. Resize wants all four extents.
  std::string resize(const std::string& x, int64_t grid, const std::string& size) {
    const std::string extents =
        is_free() || batch_ == 0
            ? concat({slice(graph_.node("Shape", {x}), 0, 2), size}, 0)
            : graph_.constant(cat("resized_", grid), {batch_, channels_ / 4, height_ / shrink_, width_ / shrink_});
    return graph_.node("Resize", {x, "", "", extents},
                       {{}, {}, {{"mode", "linear"}, {"coordinate_transformation_mode", "half_pixel"}}});
  }

  std::string slice(const std::string& x, int64_t begin, int64_t end) {
    const std::string n = cat(names_++);
    return graph_.node("Slice", {x, graph_.constant("from_" + n, {begin}), graph_.constant("to_" + n, {end})});
  }

  // Cells overlap where the map is smaller than the grid: from floor(i n / grid) to ceil((i + 1) n / grid).
  std::string means(int64_t n, int64_t grid, const char* name) {
    std::vector<float> m(static_cast<size_t>(n * grid), 0);
    for (int64_t i = 0; i < grid; ++i) {
      const int64_t begin = i * n / grid, end = ceil_div((i + 1) * n, grid);
      for (int64_t k = begin; k < end; ++k)
        m[static_cast<size_t>(k * grid + i)] = 1.0f / static_cast<float>(end - begin);
    }
    return graph_.constant(cat(name, grid), {n, grid}, m);
  }

  // The same matrix where n is known only when the graph runs: 1 / (end - begin) where begin <= k < end.
  std::string free_means(const std::string& size, int64_t grid, int64_t axis) {
    const std::string tag = cat("_", grid, "_", axis);
    std::vector<int64_t> index, next;
    for (int64_t i = 0; i < grid; ++i) index.push_back(i), next.push_back(i + 1);
    const std::string n = slice(size, axis, axis + 1), g = graph_.constant("grid" + tag, {grid});
    const std::string begin = graph_.node("Div", {graph_.node("Mul", {graph_.constant("index" + tag, index), n}), g});
    const std::string up = graph_.node("Add", {graph_.node("Mul", {graph_.constant("next" + tag, next), n}),
                                               graph_.constant("round_up" + tag, {grid - 1})});
    const std::string end = graph_.node("Div", {up, g});
    const std::string k =
        graph_.node("Reshape", {graph_.node("Range", {graph_.scalar("zero" + tag, 0), graph_.node("Squeeze", {n}),
                                                      graph_.scalar("one" + tag, 1)}),
                                graph_.constant("upright" + tag, {-1, 1})});
    const std::string inside =
        graph_.node("And", {graph_.node("GreaterOrEqual", {k, begin}), graph_.node("Less", {k, end})});
    return graph_.node("Div", {as_float(inside), as_float(graph_.node("Sub", {end, begin}))});
  }
  std::string as_float(const std::string& x) { return graph_.node("Cast", {x}, {{}, {{"to", 1}}, {}}); }

  std::string relu(const std::string& x) { return graph_.node("Relu", {x}); }

  std::string conv(const std::string& name, const std::string& x, Window w, const std::string& norm) {
    return convolution("Conv", name, x, w, norm, 0);
  }
  std::string conv_transpose(const std::string& name, const std::string& x, Window w, int64_t output_pad,
                             const std::string& norm) {
    return convolution("ConvTranspose", name, x, w, norm, output_pad);
  }

  std::string convolution(const char* op, const std::string& name, const std::string& x, Window w,
                          const std::string& norm, int64_t output_pad) {
    const HostArray& weight = weights_.at(name + ".weight");
    const int64_t r = weight.shape[2], s = weight.shape[3];
    onnx::Attributes a;
    a.lists = {{"kernel_shape", {r, s}},
               {"strides", {w.stride, w.stride}},
               {"pads", {w.pad, w.pad, w.pad, w.pad}},
               {"dilations", {w.dilation, w.dilation}}};
    if (output_pad > 0) a.lists.push_back({"output_padding", {output_pad, output_pad}});
    const auto [folded, bias] = folded_weights(name, norm, op == std::string("ConvTranspose"));
    const int64_t channels = static_cast<int64_t>(bias.size());
    return graph_.node(
        op,
        {x, graph_.constant(name + ".weight", weight.shape, folded), graph_.constant(name + ".bias", {channels}, bias)},
        a);
  }

  // Weight and bias of a convolution with the norm behind it. Channels come first, in transposed ones second.
  std::pair<std::vector<float>, std::vector<float>> folded_weights(const std::string& name, const std::string& norm,
                                                                   bool is_transposed) {
    std::vector<float> weight = weights_.at(name + ".weight").as_f32();
    const auto& shape = weights_.at(name + ".weight").shape;
    const auto channels = static_cast<size_t>(shape[is_transposed ? 1 : 0]);
    std::vector<float> bias(channels, 0);
    if (weights_.arrays.contains(name + ".bias")) bias = weights_.at(name + ".bias").as_f32();
    if (norm.empty()) return {weight, bias};
    const auto of_norm = [&](const char* what) { return weights_.at(cat(norm, ".", what)).as_f64(); };
    const auto gamma = of_norm("weight"), beta = of_norm("bias"), mean = of_norm("running_mean"),
               variance = of_norm("running_var");
    std::vector<double> scale(channels);
    for (size_t c = 0; c < channels; ++c) {
      scale[c] = gamma[c] / std::sqrt(variance[c] + kEpsilon);
      bias[c] = static_cast<float>(beta[c] + (bias[c] - mean[c]) * scale[c]);
    }
    const auto area = static_cast<size_t>(shape[2] * shape[3]);
    const size_t inner = is_transposed ? area : weight.size() / channels;
    for (size_t i = 0; i < weight.size(); ++i) {
      weight[i] = static_cast<float>(weight[i] * scale[i / inner % channels]);
    }
    return {weight, bias};
  }

  const NetworkSpec spec_;
  const NamedArrays weights_;
  const int64_t batch_, height_, width_;
  const int64_t channels_ = encoder_spec(spec_.encoder).channels(3);
  const int64_t shrink_ = int64_t{8} * spec_.stride3 * spec_.stride4;  // of the centre's map
  onnx::Graph graph_;
  int names_ = 0;
};

}  // namespace

std::string onnx_model(const LinkNet& network, const OnnxOptions& o,
                       const std::map<std::string, std::string>& metadata) {
  PPL_CHECK((o.height == 0) == (o.width == 0), "onnx: height and width are both free or both fixed");
  PPL_CHECK(o.height >= 0 && o.width >= 0 && o.batch >= 0 && o.height % 32 == 0 && o.width % 32 == 0 &&
                o.height <= 65536 && o.width <= 65536,
            "onnx: expected sizes that are multiples of 32, got ", o.width, " x ", o.height);
  return Exporter(network, o).run(metadata);
}

}  // namespace ppl
