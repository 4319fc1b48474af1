#include "models/onnx/graph.h"

#include <utility>

#include "kernels/base.h"

namespace ppl::onnx {
namespace {

// Numbers of fields and types from onnx.proto.
constexpr int kIrVersion = 8, kOpset = 17;
constexpr int kFloat = 1, kInt64 = 7;
namespace model_field {
constexpr int ir_version = 1, producer = 2, graph = 7, opset = 8, metadata = 14;
}
namespace graph_field {
constexpr int node = 1, name = 2, initializer = 5, input = 11, output = 12;
}
namespace node_field {
constexpr int input = 1, output = 2, name = 3, op = 4, attribute = 5;
}
namespace attribute_field {
constexpr int name = 1, integer = 3, text = 4, integers = 8, type = 20;
constexpr int type_integer = 2, type_text = 3, type_integers = 7;
}  // namespace attribute_field
namespace tensor_field {
constexpr int extents = 1, type = 2, name = 8, raw = 9;
}

Message tensor(const std::string& name, int type, const std::vector<int64_t>& shape, const void* data, size_t bytes) {
  Message m;
  for (const int64_t extent : shape) m.integer(tensor_field::extents, extent);
  m.integer(tensor_field::type, type);
  m.text(tensor_field::name, name);
  m.text(tensor_field::raw, {static_cast<const char*>(data), bytes});
  return m;
}

// ValueInfo { name, type { tensor { element type, shape { extents } } } }
Message value_info(const std::string& name, const std::vector<Extent>& shape, Element element) {
  Message extents, of_tensor, type, info;
  for (const Extent& e : shape) {
    Message extent;
    if (e.name.empty())
      extent.integer(1, e.value);
    else
      extent.text(2, e.name);
    extents.message(1, extent);
  }
  of_tensor.integer(1, static_cast<int64_t>(element));
  of_tensor.message(2, extents);
  type.message(1, of_tensor);
  info.text(1, name);
  info.message(2, type);
  return info;
}

Message attribute(const std::string& name, int type) {
  Message m;
  m.text(attribute_field::name, name);
  m.integer(attribute_field::type, type);
  return m;
}

void add_attributes(Message& node, const Attributes& attributes) {
  for (const auto& [name, values] : attributes.lists) {
    Message m = attribute(name, attribute_field::type_integers);
    for (const int64_t value : values) m.integer(attribute_field::integers, value);
    node.message(node_field::attribute, m);
  }
  for (const auto& [name, value] : attributes.integers) {
    Message m = attribute(name, attribute_field::type_integer);
    m.integer(attribute_field::integer, value);
    node.message(node_field::attribute, m);
  }
  for (const auto& [name, value] : attributes.texts) {
    Message m = attribute(name, attribute_field::type_text);
    m.text(attribute_field::text, value);
    node.message(node_field::attribute, m);
  }
}

}  // namespace

std::string Graph::node(const std::string& op, const std::vector<std::string>& inputs, const Attributes& attributes) {
  const std::string result = cat(op, "_", nodes_++);
  Message m;
  for (const std::string& name : inputs) m.text(node_field::input, name);
  m.text(node_field::output, result);
  m.text(node_field::name, result);
  m.text(node_field::op, op);
  add_attributes(m, attributes);
  graph_.message(graph_field::node, m);
  return result;
}

std::string Graph::constant(const std::string& name, const std::vector<int64_t>& shape,
                            const std::vector<float>& values) {
  graph_.message(graph_field::initializer, tensor(name, kFloat, shape, values.data(), values.size() * sizeof(float)));
  return name;
}

std::string Graph::constant(const std::string& name, const std::vector<int64_t>& values) {
  graph_.message(graph_field::initializer, tensor(name, kInt64, {static_cast<int64_t>(values.size())}, values.data(),
                                                  values.size() * sizeof(int64_t)));
  return name;
}

std::string Graph::scalar(const std::string& name, int64_t value) {
  graph_.message(graph_field::initializer, tensor(name, kInt64, {}, &value, sizeof value));
  return name;
}

void Graph::input(const std::string& name, const std::vector<Extent>& shape, Element element) {
  graph_.message(graph_field::input, value_info(name, shape, element));
}

void Graph::output(const std::string& name, const std::string& result, const std::vector<Extent>& shape) {
  Message m;
  m.text(node_field::input, result);
  m.text(node_field::output, name);
  m.text(node_field::name, name);
  m.text(node_field::op, "Identity");
  graph_.message(graph_field::node, m);
  graph_.message(graph_field::output, value_info(name, shape, Element::f32));
}

std::string Graph::model(const std::map<std::string, std::string>& metadata) && {
  Message opset, model;
  graph_.text(graph_field::name, "network");
  opset.text(1, "");
  opset.integer(2, kOpset);
  model.integer(model_field::ir_version, kIrVersion);
  model.text(model_field::producer, "pplinknet");
  model.message(model_field::opset, opset);
  for (const auto& [key, value] : metadata) {
    Message entry;
    entry.text(1, key);
    entry.text(2, value);
    model.message(model_field::metadata, entry);
  }
  model.message(model_field::graph, std::exchange(graph_, {}));
  return std::move(model).bytes();
}

}  // namespace ppl::onnx
