// What a fusion is held against: the same by the convolution alone and our own kernels before and behind it, as the
// engine does it; and what both sides read and leave on the device.
#pragma once

#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include "bench/fusion/fusion.h"
#include "kernels/cuda/context.h"

namespace ppl {

// Named arrays on the device, bf16 or f32.
class Arrays {
 public:
  Arrays() = default;
  ~Arrays();
  Arrays(const Arrays&) = delete;

  void make(const std::string& name, int64_t count, bool f32);
  void put(const std::string& name, const std::vector<float>& values, bool f32);
  std::vector<float> read(const std::string& name) const;

  void* raw(const std::string& name) const { return find(name).data; }
  template <class T>
  T* at(const std::string& name) const {
    PPL_CHECK((find(name).f32 == std::is_same_v<T, float>), "fusion: ", name, " is of the other type");
    return static_cast<T*>(raw(name));
  }

 private:
  struct Array {
    void* data;
    int64_t count;
    bool f32;
  };
  const Array& find(const std::string& name) const;

  std::map<std::string, Array> all_;
};

// Numbers for a tensor that is given, such that bf16 holds them; the same ones every time.
std::vector<float> given_values(const Fusion&, const FusionTensor&);

// Places for all results of two_steps, and what it is given (vectors as f32).
void prepare_two_steps(const Fusion&, Arrays&);
void two_steps(CudaContext&, const Fusion&, const Arrays&);

// Places for all that a graph reads and writes, vectors as f32 or as bf16; then what is left to do behind the graph, so
// that the same is there as behind two_steps.
void prepare_graph(const Fusion&, bool f32_vectors, Arrays&);
void behind_graph(CudaContext&, const Fusion&, const Arrays&);

// What both sides must agree on, by name: maps, gradients, and mean and variance instead of sums.
std::map<std::string, std::vector<float>> results_of_two_steps(const Fusion&, const Arrays&);
std::map<std::string, std::vector<float>> results_of_graph(const Fusion&, const Arrays&);

// Largest of the results' normalised errors, norm(graph - two steps) / norm(two steps); infinite where one is no
// number.
double fusion_error(const std::map<std::string, std::vector<float>>& graph,
                    const std::map<std::string, std::vector<float>>& two_steps);

// The sides round to bf16 at different places, by at most 2^-9 each time.
inline constexpr double kFusionTolerance = 5e-3;

}  // namespace ppl
