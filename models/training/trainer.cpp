#include "models/training/trainer.h"

#include "engine/ops.h"
#include "models/state_dict.h"

namespace ppl {

Trainer::Trainer(LinkNet& network, const TrainerOptions& o)
    : network_(network), options_(o), arena_(network), optimizer_(arena_, o.optimizer) {}

float Trainer::step(const Tensor& images, const Tensor& targets, double rate) {
  network_.train();
  const Device device = arena_.values.device();
  const Tensor here = images.to(device);
  const Tensor x = here.dtype() == options_.precision ? here : cast(here, options_.precision);
  const Tensor loss = pixel_loss(network_.forward(x), targets.to(device), options_.loss);
  const float value = loss.item();
  loss.backward();
  optimizer_.step(rate);
  return value;
}

NamedArrays Trainer::checkpoint() const {
  NamedArrays file;
  for (auto& [name, array] : state_dict(network_).arrays) file.arrays["weights/" + name] = std::move(array);
  for (const auto& [name, tensor] : optimizer_.state())
    file.arrays["optimizer/" + name] = HostArray::from(tensor.shape(), tensor.to_host());
  file.metadata["steps"] = std::to_string(optimizer_.steps());
  return file;
}

void Trainer::restore(const NamedArrays& file) {
  NamedArrays weights;
  for (const auto& [name, array] : file.arrays)
    if (name.starts_with("weights/")) weights.arrays[name.substr(8)] = array;
  const auto state = optimizer_.state();
  for (const auto& [name, tensor] : state)
    PPL_CHECK(file.at("optimizer/" + name).shape == tensor.shape(), "checkpoint: optimizer state '", name,
              "' does not fit the network");
  PPL_CHECK(file.metadata.contains("steps"), "checkpoint: the number of steps is missing");
  load_state_dict(network_, weights);
  for (const auto& [name, tensor] : state) {
    tensor.assign(file.at("optimizer/" + name).as_f32());
  }
  optimizer_.restore_steps(std::stoll(file.metadata.at("steps")));
}

}  // namespace ppl
