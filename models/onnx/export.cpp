#include "models/onnx/export.h"

#include <algorithm>
#include <utility>

#include "engine/trace.h"
#include "models/onnx/graph.h"

namespace ppl {
namespace {

constexpr int64_t kPyramidGrids[] = {1, 2, 3, 6};  // cells a side
constexpr int64_t kTracedSide = 32;                // of the image that the network is run on

// Runs the network once on a small image and writes down the ops that it is made of.
class Exporter {
 public:
  Exporter(const LinkNet& network, const OnnxOptions& o)
      : spec_(network.spec), whole_(o.whole), batch_(o.batch), height_(o.height), width_(o.width) {
    PPL_CHECK(!network.training(), "onnx: the network must be in evaluation mode");
    for (const Module::Entry& e : network.entries()) names_of_parameters_[e.tensor.raw()] = e.name;
    const NoGrad off;
    input_ = Tensor::zeros({1, kTracedSide, kTracedSide, spec_.bands}, DType::f32, network.device());
    trace_ops([this](const TracedOp& op) { ops_.push_back(op); });
    try {
      output_ = network.forward(input_);
    } catch (...) {
      trace_ops({});
      throw;
    }
    trace_ops({});
  }

  std::string run(const std::map<std::string, std::string>& metadata) {
    const onnx::Extent batch{batch_, batch_ > 0 ? "" : "batch"}, height{height_, is_free() ? "height" : ""},
        width{width_, is_free() ? "width" : ""};
    if (whole_) {
      const int64_t bands = *std::max_element(whole_->bands.begin(), whole_->bands.end());
      graph_.input("image", {batch, {bands, ""}, height, width},
                   whole_->bytes ? onnx::Element::u8 : onnx::Element::f32);
      values_[input_.raw()] = normalised("image", bands);
    } else {
      graph_.input("input", {batch, {spec_.bands, ""}, height, width});
      values_[input_.raw()] = "input";
    }
    for (const TracedOp& op : ops_) values_[op.result.raw()] = node_of(op);
    const std::string& logits = value(output_, "the result");
    if (whole_)
      graph_.output("probabilities", probabilities(logits), {batch, {1 + spec_.classes, ""}, height, width});
    else
      graph_.output("logits", logits, {batch, {spec_.classes, ""}, height, width});
    return std::move(graph_).model(metadata);
  }

 private:
  // Chooses bands and normalises: a convolution with one weight a band, 1 / std, and the bias -mean / std.
  std::string normalised(const std::string& image, int64_t bands) {
    const std::string x = whole_->bytes ? as_float(image) : image;
    const double unit = whole_->bytes ? 255 : 1;
    std::vector<float> weight(static_cast<size_t>(spec_.bands * bands), 0), bias;
    for (size_t i = 0; i < whole_->bands.size(); ++i) {
      weight[i * static_cast<size_t>(bands) + static_cast<size_t>(whole_->bands[i] - 1)] =
          static_cast<float>(1 / (unit * whole_->std[i]));
      bias.push_back(static_cast<float>(-whole_->mean[i] / whole_->std[i]));
    }
    return graph_.node("Conv",
                       {x, graph_.constant("normalisation.weight", {spec_.bands, bands, 1, 1}, weight),
                        graph_.constant("normalisation.bias", {spec_.bands}, bias)},
                       {{{"kernel_shape", {1, 1}}}, {}, {}});
  }

  std::string one_minus(const std::string& x) {
    const std::string one = graph_.constant(cat("one_", names_++), {1}, {1.0f});
    return graph_.node("Add", {graph_.node("Neg", {x}), one});
  }

  // The background in front. 1 - sigmoid(x) is sigmoid(-x).
  std::string probabilities(const std::string& logits) {
    const std::string highest =
        spec_.classes == 1 ? logits : graph_.node("ReduceMax", {logits}, {{{"axes", {1}}}, {{"keepdims", 1}}, {}});
    const double odds = whole_->threshold / (1 - whole_->threshold);
    std::string background = graph_.node("Mul", {graph_.node("Sigmoid", {graph_.node("Neg", {highest})}),
                                                 graph_.constant("odds", {1}, {static_cast<float>(odds)})});
    if (odds > 1) background = one_minus(relu(one_minus(background)));  // OpenCV takes no Min with a number
    return concat({background, graph_.node("Sigmoid", {logits})}, 1);
  }

  bool is_free() const { return height_ == 0; }

  // An op that is not traced breaks the chain here, so that none can be left out unseen.
  const std::string& value(const Tensor& map, const char* reader) const {
    const auto it = values_.find(map.raw());
    PPL_CHECK(it != values_.end(), "onnx: ", reader, " comes from an op that cannot be traced (engine/trace.h)");
    return it->second;
  }
  const std::string& parameter(const Tensor& t) const { return names_of_parameters_.at(t.raw()); }

  std::string node_of(const TracedOp& op) {
    const std::string kind = op.op;
    const auto input = [&](size_t i) { return value(op.inputs[i], op.op); };
    if (kind == "conv" || kind == "conv_transpose") return layer(op, kind == "conv" ? "Conv" : "ConvTranspose");
    if (kind == "add") return graph_.node("Add", {input(0), input(1)});
    if (kind == "pyramid_pool") return pyramid(input(0), op);
    if (kind == "concat") {
      std::vector<std::string> parts;
      for (size_t i = 0; i < op.inputs.size(); ++i) parts.push_back(input(i));
      return concat(parts, 1);
    }
    PPL_CHECK(kind == "max_pool", "onnx: '", kind, "' has no form in models/onnx/export.cpp");
    return graph_.node("MaxPool", {input(0)},
                       {{{"kernel_shape", {op.window, op.window}},
                         {"strides", both(op.options.stride)},
                         {"pads", pads(op.options.pad)}},
                        {},
                        {}});
  }

  static std::vector<int64_t> both(Axes a) { return {a.y, a.x}; }
  static std::vector<int64_t> pads(Axes a) { return {a.y, a.x, a.y, a.x}; }  // at the beginnings, then at the ends

  // A convolution, then ReLU and a second map in the order that the layer has them.
  std::string layer(const TracedOp& op, const char* kind) {
    std::string y =
        conv(kind, parameter(op.parameter), value(op.inputs[0], op.op), op.weights[0], op.weights[1], op.options);
    const auto add = [&] { y = graph_.node("Add", {y, value(op.inputs[1], op.op)}); };
    if (op.residual == Residual::before_relu) add();
    if (op.relu) y = relu(y);
    if (op.residual == Residual::after_relu) add();
    return y;
  }

  // bias may be undefined.
  std::string conv(const char* kind, const std::string& name, const std::string& x, const Tensor& weight,
                   const Tensor& bias, const ConvOptions& o = {}) {
    onnx::Attributes a;
    a.lists = {{"kernel_shape", {weight.dim(1), weight.dim(2)}},
               {"strides", both(o.stride)},
               {"pads", pads(o.pad)},
               {"dilations", both(o.dilation)}};
    if (o.output_pad != Axes(0)) a.lists.push_back({"output_padding", both(o.output_pad)});
    std::vector<std::string> inputs{x, constant(name, weight)};
    if (bias.defined()) inputs.push_back(constant(name.substr(0, name.rfind('.')) + ".bias", bias));
    return graph_.node(kind, inputs, a);
  }

  // Weights [a,h,w,b] as [a,b,h,w].
  std::string constant(const std::string& name, const Tensor& t) {
    if (t.rank() != 4) return graph_.constant(name, t.shape(), t.to_host());
    const std::vector<float> from = t.to_host();
    const int64_t a = t.dim(0), area = t.dim(1) * t.dim(2), b = t.dim(3);
    std::vector<float> to(from.size());
    for (int64_t i = 0; i < a; ++i)
      for (int64_t p = 0; p < area; ++p)
        for (int64_t j = 0; j < b; ++j)
          to[static_cast<size_t>((i * b + j) * area + p)] = from[static_cast<size_t>((i * area + p) * b + j)];
    return graph_.constant(name, {a, b, t.dim(1), t.dim(2)}, to);
  }

  std::string concat(const std::vector<std::string>& values, int64_t axis) {
    return graph_.node("Concat", values, {{}, {{"axis", axis}}, {}});
  }

  // Means over cells: the map [N,C,H,W] times a matrix [W,grid], turned, times one [H,grid], turned back.
  std::string pyramid(const std::string& x, const TracedOp& op) {
    const int64_t shrink = kTracedSide / op.inputs[0].dim(1), height = height_ / shrink, width = width_ / shrink;
    const std::string size = is_free()     ? slice(graph_.node("Shape", {x}), 2, 4)
                             : batch_ == 0 ? graph_.constant("map_size", {height, width})
                                           : "";
    std::vector<std::string> maps;
    for (const int64_t grid : kPyramidGrids) {
      const std::string columns = is_free() ? free_means(size, grid, 1) : means(width, grid, "mean_columns_");
      const std::string rows = is_free() ? free_means(size, grid, 0) : means(height, grid, "mean_rows_");
      const std::string narrow = turned(graph_.node("MatMul", {x, columns}));
      const std::string cells = turned(graph_.node("MatMul", {narrow, rows}));
      const Tensor& stage = op.weights[maps.size()];
      const std::string narrowed = conv("Conv", parameter(stage), cells, stage, {});
      maps.push_back(resize(narrowed, {batch_, stage.dim(0), height, width}, size));
    }
    maps.push_back(x);
    return relu(conv("Conv", parameter(op.weights[4]), concat(maps, 1), op.weights[4], op.weights[5]));
  }
  std::string turned(const std::string& x) { return graph_.node("Transpose", {x}, {{{"perm", {0, 1, 3, 2}}}, {}, {}}); }

  // Bilinear with half-pixel centres. Resize wants all four extents.
  std::string resize(const std::string& x, const std::vector<int64_t>& shape, const std::string& size) {
    const std::string extents = is_free() || batch_ == 0 ? concat({slice(graph_.node("Shape", {x}), 0, 2), size}, 0)
                                                         : graph_.constant(cat("resized_", names_++), shape);
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

  const NetworkSpec spec_;
  const std::optional<OnnxWhole> whole_;
  const int64_t batch_, height_, width_;
  std::map<const void*, std::string> names_of_parameters_;
  Tensor input_, output_;
  std::vector<TracedOp> ops_;                  // holds every map, so that no two share their memory
  std::map<const void*, std::string> values_;  // of the maps so far
  onnx::Graph graph_;
  int names_ = 0;
};

void check_whole(const OnnxWhole& w, int bands) {
  const auto n = static_cast<size_t>(bands);
  PPL_CHECK(w.bands.size() == n && w.mean.size() == n && w.std.size() == n, "onnx: the network has ", bands,
            " bands; the image's, means and deviations are ", w.bands.size(), ", ", w.mean.size(), " and ",
            w.std.size());
  PPL_CHECK(std::all_of(w.bands.begin(), w.bands.end(), [](int b) { return b > 0 && b <= 65536; }),
            "onnx: bands are counted from 1");
  PPL_CHECK(w.threshold >= 0 && w.threshold < 1, "onnx: no probability is above a threshold of ", w.threshold);
}

}  // namespace

std::string onnx_model(const LinkNet& network, const OnnxOptions& o,
                       const std::map<std::string, std::string>& metadata) {
  PPL_CHECK((o.height == 0) == (o.width == 0), "onnx: height and width are both free or both fixed");
  PPL_CHECK(o.height >= 0 && o.width >= 0 && o.batch >= 0 && o.height % 32 == 0 && o.width % 32 == 0 &&
                o.height <= 65536 && o.width <= 65536,
            "onnx: expected sizes that are multiples of 32, got ", o.width, " x ", o.height);
  if (o.whole) check_whole(*o.whole, network.spec.bands);
  return Exporter(network, o).run(metadata);
}

}  // namespace ppl
