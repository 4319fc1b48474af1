// Work on the device that is recorded once and replayed from then on (a CUDA graph): the same kernels and copies with
// the same arguments, as one launch, without the host's part. Defined in graph.cu, or in no_cuda.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace ppl {

class CudaGraph {
 public:
  CudaGraph();
  ~CudaGraph();
  CudaGraph(const CudaGraph&) = delete;
  CudaGraph& operator=(const CudaGraph&) = delete;

  // Does the work, whose effects on the device are the same each time. First by calling it, until two calls in a row
  // have taken the same memory in the same order; then it is called once more and recorded; from then on it is
  // replayed and not called. Memory that it takes while it is recorded is the graph's own: what it leaves there (a
  // result) is at that place after every later run. What it reads and writes besides must stay where it is.
  // Error where recorded work copies from or to the host or waits for the device; recording then starts anew. Where the
  // device has no room for the graph's own memory, the work goes on being called, and is counted.
  void run(const std::function<void()>& work);

  bool recorded() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Graphs of this process so far that found no room.
int64_t cuda_graphs_without_memory();

}  // namespace ppl
