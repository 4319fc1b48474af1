#include "models/training/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "engine/communication/norm_sync.h"
#include "engine/dispatch.h"
#include "engine/ops.h"
#include "engine/storage.h"
#include "kernels/all_finite.h"
#include "kernels/ignored.h"
#include "models/state_dict.h"

namespace ppl {
namespace {

using Clock = std::chrono::steady_clock;

// Seconds since `start`, which becomes now.
double lap(Clock::time_point& start) {
  const auto before = std::exchange(start, Clock::now());
  return std::chrono::duration<double>(start - before).count();
}

bool of_linknets_encoder(const std::string& name) { return name.starts_with("first") || name.starts_with("encoder"); }

// Elements of the arena up to the first parameter behind the encoder.
int64_t encoder_size(const Module& network, const Arena& arena, const OfEncoder& of_encoder) {
  if (!of_encoder) return 0;
  const std::vector<Module::Entry> parameters = network.parameters();
  const auto behind =
      std::find_if(parameters.begin(), parameters.end(), [&](const Module::Entry& e) { return !of_encoder(e.name); });
  for (auto e = behind; e != parameters.end(); ++e)
    PPL_CHECK(!of_encoder(e->name), "'", e->name, "' is the encoder's, and '", behind->name,
              "' before it is not: the encoder must come first");
  if (behind == parameters.end()) return arena.values.size();
  return arena.slices()[static_cast<size_t>(behind - parameters.begin())].offset;
}

}  // namespace

Trainer::Trainer(LinkNet& network, const TrainerOptions& o)
    : Trainer(
          network, [&network](const Tensor& x) { return network.forward(x); }, o, of_linknets_encoder) {}

Trainer::Trainer(Module& network, Forward forward, const TrainerOptions& o, OfEncoder of_encoder)
    : network_(network),
      forward_(std::move(forward)),
      of_encoder_(std::move(of_encoder)),
      options_(o),
      arena_(network),
      optimizer_(arena_, o.optimizer, encoder_size(network, arena_, of_encoder_)),
      recorded_(arena_.values.device()) {
  const bool alone = !o.ranks.communication || o.ranks.communication->ranks() == 1;
  if (o.ema_decay > 0) average_ = std::make_unique<Ema>(arena_, network, o.ema_decay);
  if (!alone)
    buckets_ = std::make_unique<GradientBuckets>(arena_, *o.ranks.communication, o.ranks.wire, o.ranks.bucket_bytes);
  statistics_before_ = Tensor::empty(arena_.buffers.shape(), DType::f32, arena_.buffers.device());
}

float Trainer::step(const Tensor& images, const Tensor& targets, double rate) {
  const Tensor here = targets.to(Device::cpu);
  const uint8_t* t = here.data<uint8_t>();
  const TrainingBatch batch{images, targets, {}, targets.size() - std::count(t, t + targets.size(), kIgnored), false};
  return step({&batch, 1}, rate);
}

float Trainer::step(std::span<const TrainingBatch> batches, double rate) {
  const std::vector<Module::Entry> all = network_.parameters();
  const bool any = std::any_of(all.begin(), all.end(), [](const Module::Entry& e) { return is_initialized(e.tensor); });
  if (!any && !all.empty()) require_initialized(all.front().tensor);
  network_.train();
  times_ = {};
  copy_into(statistics_before_, arena_.buffers);
  const Total total = count(batches);
  if (buckets_) options_.ranks.communication->take_busy_seconds();
  const bool recorded = options_.graph && !buckets_ && batches.size() == 1;
  const Device device = arena_.values.device();
  // The losses, and whether statistics and gradients are finite: read at once, where the step waits for a device.
  const Tensor told = Tensor::empty({static_cast<int64_t>(batches.size()) + 2}, DType::f32, device);
  for (size_t i = 0; i < batches.size(); ++i) {
    if (buckets_ && i + 1 == batches.size()) buckets_->begin();
    const Tensor loss = recorded ? run_recorded(batches[i]) : run(batches[i], share_of(batches[i], total));
    copy_bytes(device, told.data<float>() + i, device, loss.raw(), sizeof(float));
  }
  double loss = read_losses(told);
  if (buckets_) finish_sums(loss);
  auto start = Clock::now();
  if (!std::isfinite(loss) || (buckets_ ? !sums_are_finite() : !gradients_finite_)) {
    if (std::isfinite(loss)) not_finite_ = "gradient";
    undo_statistics();
    arena_.clear_gradients();
    return std::isfinite(loss) ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(loss);
  }
  optimizer_.step(rate, encoder_frozen_);
  if (average_) average_->update(optimizer_.steps().rest);
  times_.optimizer = lap(start);
  return static_cast<float>(loss);
}

void Trainer::finish_sums(double& loss) {
  Communication& ranks = *options_.ranks.communication;
  auto start = Clock::now();
  buckets_->finish();
  times_.on_the_way = ranks.take_busy_seconds();
  ranks.all_reduce({&loss, 1});
  times_.reduce = lap(start);
}

// The sum of the losses. ReLUs swallow what is not a number: a loss may be finite where the statistics no longer are.
double Trainer::read_losses(const Tensor& told) {
  auto start = Clock::now();
  if (!buckets_) arena_.complete_gradients();  // else they are on their way to the other ranks
  on(told.device(), [&](auto& ctx) {
    float* flags = told.data<float>() + told.size() - 2;
    all_finite(ctx, arena_.buffers.size(), arena_.buffers.data<float>(), flags);
    if (!buckets_) all_finite(ctx, arena_.gradients.size(), arena_.gradients.data<float>(), flags + 1);
  });
  const std::vector<float> values = told.to_host();
  times_.backward += lap(start);
  const bool statistics_finite = values[values.size() - 2] != 0;
  gradients_finite_ = values.back() != 0;
  not_finite_ = statistics_finite ? "loss" : "running statistics";
  if (!statistics_finite) return std::numeric_limits<double>::quiet_NaN();
  return std::accumulate(values.begin(), values.end() - 2, 0.0);
}

// Of the gradients' sums over all ranks, whose bits are the same on each: so is the answer.
bool Trainer::sums_are_finite() const {
  arena_.complete_gradients();
  const Tensor answer = Tensor::empty({1}, DType::f32, arena_.gradients.device());
  on(answer.device(), [&](auto& ctx) {
    all_finite(ctx, arena_.gradients.size(), arena_.gradients.data<float>(), answer.data<float>());
  });
  return answer.item() != 0;
}

void Trainer::undo_statistics() {
  copy_into(arena_.buffers, statistics_before_);
  arena_.touch_buffers();
}

Trainer::Total Trainer::count(std::span<const TrainingBatch> batches) const {
  double sums[2] = {};
  for (const TrainingBatch& b : batches) {
    sums[0] += static_cast<double>(b.valid);
    sums[1] += b.idle ? 0 : static_cast<double>(b.images.dim(0));
  }
  if (buckets_) options_.ranks.communication->all_reduce(sums);
  return {sums[0], sums[1]};
}

// The loss of one of several batches, such that they add up to the loss of all tiles as one batch: focal and cross
// entropy are means over elements, dice over images.
PixelLoss Trainer::share_of(const TrainingBatch& b, const Total& total) const {
  PixelLoss loss = options_.loss;
  const double images = b.idle ? 0 : static_cast<double>(b.images.dim(0));
  const double of_elements = total.valid > 0 ? static_cast<double>(b.valid) / total.valid : 1;
  loss.focal *= static_cast<float>(of_elements);
  loss.bce *= static_cast<float>(of_elements);
  loss.dice *= static_cast<float>(images / total.images);
  return loss;
}

// Forward and backward; gradients are added to those that are there. The loss goes into the device's memory.
Tensor Trainer::run(const TrainingBatch& b, const PixelLoss& share) {
  std::optional<NormSync> sync;
  if (buckets_ && options_.ranks.sync_norm) sync.emplace(*options_.ranks.communication, b.idle);
  const Device device = arena_.values.device();
  const Tensor weights = b.weights.defined() ? b.weights.to(device) : Tensor();
  return forward_and_backward({b.images.to(device), b.targets.to(device), weights}, share);
}

// Of images, targets and weights on the network's device.
Tensor Trainer::forward_and_backward(const std::vector<Tensor>& batch, const PixelLoss& share) {
  const Tensor& images = batch[0];
  const Tensor x = images.dtype() == options_.precision ? images : cast(images, options_.precision);
  auto start = Clock::now();
  const Tensor loss = pixel_loss(forward_(x), batch[1], share, batch[2]);
  times_.forward += lap(start);
  loss.backward();
  times_.backward += lap(start);
  return loss;
}

// The same for a step's only batch, replayed once it is recorded.
Tensor Trainer::run_recorded(const TrainingBatch& b) {
  auto start = Clock::now();
  const Tensor loss = recorded_.run({b.images, b.targets, b.weights}, encoder_frozen_,
                                    [this](const auto& batch) { return forward_and_backward(batch, options_.loss); });
  if (!recorded_.replayed()) {
    recorded_gradients_ = arena_.with_gradient();
    return loss;
  }
  arena_.find_gradients(recorded_gradients_);
  arena_.touch_buffers();
  times_.forward += lap(start);
  return loss;
}

void Trainer::freeze_encoder(bool on) {
  if (on == encoder_frozen_) return;
  PPL_CHECK(of_encoder_, "freeze_encoder: the trainer was not told which parameters are the encoder's");
  encoder_frozen_ = on;
  for (const Module::Entry& e : network_.parameters())
    if (of_encoder_(e.name)) e.tensor.set_requires_grad(!on);
}

void Trainer::share_statistics() const {
  if (!buckets_) return;
  std::vector<float> values = arena_.buffers.to_host();
  options_.ranks.communication->broadcast(values);
  arena_.buffers.assign(values);
  arena_.touch_buffers();
}

// What a checkpoint holds beside the weights.
std::map<std::string, Tensor> Trainer::state() const {
  std::map<std::string, Tensor> all;
  for (const auto& [name, tensor] : optimizer_.state()) all["optimizer/" + name] = tensor;
  if (average_)
    for (const auto& [name, tensor] : average_->state()) all["average/" + name] = tensor;
  return all;
}

NamedArrays Trainer::checkpoint() const {
  NamedArrays file;
  for (auto& [name, array] : state_dict(network_).arrays) file.arrays["weights/" + name] = std::move(array);
  for (const auto& [name, tensor] : state()) file.arrays[name] = HostArray::from(tensor.shape(), tensor.to_host());
  file.metadata["steps"] = std::to_string(optimizer_.steps().rest);
  file.metadata["encoder_steps"] = std::to_string(optimizer_.steps().front);
  return file;
}

void Trainer::restore(const NamedArrays& file) {
  NamedArrays weights;
  for (const auto& [name, array] : file.arrays)
    if (name.starts_with("weights/")) weights.arrays[name.substr(8)] = array;
  const auto tensors = state();
  for (const auto& [name, tensor] : tensors)
    PPL_CHECK(file.at(name).shape == tensor.shape(), "checkpoint: '", name, "' does not fit the network");
  for (const char* key : {"steps", "encoder_steps"})
    PPL_CHECK(file.metadata.contains(key), "checkpoint: the number of steps is missing ('", key, "')");
  load_state_dict(network_, weights);
  for (const auto& [name, tensor] : tensors) {
    tensor.assign(file.at(name).as_f32());
  }
  optimizer_.restore_steps({std::stoll(file.metadata.at("encoder_steps")), std::stoll(file.metadata.at("steps"))});
}

}  // namespace ppl
