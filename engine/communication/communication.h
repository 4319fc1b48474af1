// Communication between the processes ("ranks") that train one network together. Every rank must make the same calls in
// the same order.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "engine/tensor.h"

namespace ppl {

enum class Wire : uint8_t { f32, bf16 };  // the type in which values are sent; they are added in f32 either way

class Communication {
 public:
  virtual ~Communication() = default;

  virtual int rank() const = 0;        // from 0
  virtual int ranks() const = 0;       // how many there are
  virtual int local_rank() const = 0;  // number among the ranks of this host, from 0; also the number of its GPU

  // For small amounts of data. Each returns when all ranks have called it. all: what every rank gave, in the order of
  // the ranks, ranks() times as long as mine.
  virtual void all_gather(std::span<const double> mine, std::span<double> all) = 0;
  virtual void broadcast(std::span<float> values) = 0;  // every rank gets rank 0's values
  void all_reduce(std::span<double> values);            // sums, added in rank order: the same bits on every rank

  // Starts to replace n values in the memory of a device by their sums over all ranks, and returns at once. Values are
  // added in rank order, so every rank gets the same bits. Kernels that were launched before may still be writing the
  // values. Nobody may touch them until wait(), which waits for every all-reduce that was started; for values on a
  // device the device's stream may wait instead of the host.
  virtual void begin_all_reduce(Device, float* values, int64_t n, Wire) = 0;
  virtual void wait() = 0;
  // Seconds since the last call during which data was being exchanged. Waits for all-reduces on devices.
  virtual double take_busy_seconds() = 0;

  // A barrier that does not block: begin_barrier() announces this rank and returns the barrier's number;
  // barrier_passed() says whether all ranks have announced themselves. Any thread may ask.
  virtual int64_t begin_barrier() = 0;
  virtual bool barrier_passed(int64_t number) = 0;

  // Ends the processes of all ranks; this one with the exit code.
  [[noreturn]] virtual void abort(int exit_code) = 0;
};

struct CommunicationOptions {
  double timeout_seconds = 30;  // the run ends if a rank that is waited for sends no heartbeat for so long
  // Called before that happens, with a message that names the rank and its host.
  std::function<void(const std::string&)> on_lost;
};

// For one process alone.
std::unique_ptr<Communication> one_process();

// The processes that mpirun or srun started together; without them, this process alone. Error if several were started
// and this build has no MPI.
std::unique_ptr<Communication> connect(const CommunicationOptions&);

// The following two take the ranks of `host` and can also all-reduce values on devices; everything else is left to
// `host`, which must outlive them. Every rank makes one after choose_cuda_device().
//
// By copies through host memory. The host waits for the device.
std::unique_ptr<Communication> all_reduce_through_host(Communication& host);
// By NCCL on a stream of its own, while the device computes on. Error if nccl_problem() is not empty, if two ranks
// share a device, or if NCCL cannot start.
std::unique_ptr<Communication> all_reduce_by_nccl(Communication& host, const CommunicationOptions&);
std::string nccl_problem();  // why NCCL cannot be used, such as "this build has no NCCL"; empty where it can
std::string nccl_name();     // "NCCL 2.28.9"

// By NCCL where this build has it, else through the host. Error if two ranks share a device.
std::unique_ptr<Communication> all_reduce_on_devices(Communication& host, const CommunicationOptions&);

}  // namespace ppl
