// Processes ("ranks") that train one network together, and what they tell one another. Every rank must ask for the same
// things in the same order.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "engine/tensor.h"

namespace ppl {

enum class Wire : uint8_t { f32, bf16 };  // how values travel; sums are made in f32 either way

class Communication {
 public:
  virtual ~Communication() = default;

  virtual int rank() const = 0;        // from 0
  virtual int ranks() const = 0;       // how many there are
  virtual int local_rank() const = 0;  // among those of this host, from 0: which GPU is this one's

  // Small things; each waits for all ranks. all: ranks() times as long as mine, in the order of the ranks.
  virtual void all_gather(std::span<const double> mine, std::span<double> all) = 0;
  virtual void broadcast(std::span<float> values) = 0;  // rank 0's
  void all_reduce(std::span<double> values);            // added in the order of the ranks: the same bits on each

  // Begins to replace n values in that device's memory by their sums over all ranks (added in the order of the ranks,
  // the same bits on each) and returns. What was launched before is taken into account. They must be left alone until
  // wait(), which waits for all that was begun; where the values are on a device it may be the device that waits.
  virtual void begin_all_reduce(Device, float* values, int64_t n, Wire) = 0;
  virtual void wait() = 0;
  // Since the last call: seconds during which something was on its way. Waits for sums on devices that are.
  virtual double take_busy_seconds() = 0;

  // Begins to wait for all ranks to make this call, and returns its number; barrier_passed says whether they all have.
  // Any thread may ask.
  virtual int64_t begin_barrier() = 0;
  virtual bool barrier_passed(int64_t number) = 0;

  // Ends all ranks, this one with the exit code.
  [[noreturn]] virtual void abort(int exit_code) = 0;
};

struct CommunicationOptions {
  double timeout_seconds = 30;  // a rank that is needed and not heard of for so long ends the run
  // Told before the run is ended so; the message names rank and host.
  std::function<void(const std::string&)> on_lost;
};

// This process alone: sums are what they are.
std::unique_ptr<Communication> one_process();

// All processes that mpirun or srun started together, where they did; else this one alone. Error where this build has
// no MPI and more than one was started.
std::unique_ptr<Communication> connect(const CommunicationOptions&);

// The same ranks, whose sums may also be of values on devices; `host` does everything else and must outlive it. Every
// rank makes it after choose_cuda_device().
//
// By copies through the host, which wait for the device.
std::unique_ptr<Communication> all_reduce_through_host(Communication& host);
// By NCCL, on a stream of their own, while the device goes on. Error where nccl_problem() says something, where two
// ranks share a device, and where NCCL cannot start.
std::unique_ptr<Communication> all_reduce_by_nccl(Communication& host, const CommunicationOptions&);
std::string nccl_problem();  // "this build has no NCCL", or nothing
std::string nccl_name();     // "NCCL 2.28.9"

// By NCCL where this build has it, else by way of the host. Error where two ranks share a device.
std::unique_ptr<Communication> all_reduce_on_devices(Communication& host, const CommunicationOptions&);

}  // namespace ppl
