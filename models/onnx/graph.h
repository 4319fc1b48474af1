// A graph of ONNX nodes as it is built, in the order of computation. Values are known by name.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "models/onnx/protobuf.h"

namespace ppl::onnx {

// What describes a node beside its inputs.
struct Attributes {
  std::vector<std::pair<std::string, std::vector<int64_t>>> lists;
  std::vector<std::pair<std::string, int64_t>> integers;
  std::vector<std::pair<std::string, std::string>> texts;
};

// An extent: a number, or the name of one that is known only when the graph runs.
struct Extent {
  int64_t value = 0;
  std::string name;
};

enum class Element { f32 = 1, u8 = 2 };  // numbers of onnx.proto

class Graph {
 public:
  // Appends a node with one result; gives the result's name.
  std::string node(const std::string& op, const std::vector<std::string>& inputs, const Attributes& = {});
  // Constants; each gives its name.
  std::string constant(const std::string& name, const std::vector<int64_t>& shape, const std::vector<float>& values);
  std::string constant(const std::string& name, const std::vector<int64_t>& values);  // of rank 1
  std::string scalar(const std::string& name, int64_t value);

  void input(const std::string& name, const std::vector<Extent>& shape, Element = Element::f32);
  // Lets the value called `result` leave the graph under this name.
  void output(const std::string& name, const std::string& result, const std::vector<Extent>& shape);

  // The whole file; the graph is used up.
  std::string model(const std::map<std::string, std::string>& metadata) &&;

 private:
  Message graph_;
  int nodes_ = 0;
};

}  // namespace ppl::onnx
