// All-reduce on devices. NCCL sends the values, our own kernel adds them in rank order, so that the result has the same
// bits on every rank and is the same as by MPI.
#include <unistd.h>

#include <exception>
#include <thread>
#include <vector>

#include "engine/communication/all_reduce_watch.h"
#include "engine/communication/nccl_link.h"
#include "engine/communication/sum_parts.h"
#include "engine/communication/through_host.h"
#include "engine/storage.h"
#include "kernels/cast.h"
#include "kernels/cuda/device.h"
#include "kernels/ordered_sum.h"

namespace ppl {
namespace {

class NcclCommunication : public ThroughHost {
 public:
  NcclCommunication(Communication& host, const CommunicationOptions& options)
      : ThroughHost(host),
        options_(options),
        link_(host, options.timeout_seconds),
        stream_(make_cuda_stream()),
        watch_(std::make_unique<AllReduceWatch>(
            host, options.timeout_seconds, [this] { return link_.problem(); },
            [this](const std::string& what) { end_lost(what); })) {}

  // After an error on this rank the others may never join an all-reduce that is running.
  ~NcclCommunication() override {
    bool broken = std::uncaught_exceptions() > 0;
    try {
      if (!broken && last_) last_->ended.synchronize();
    } catch (const Error&) {
      broken = true;
    }
    watch_.reset();
    if (broken) link_.abort();
  }

  void begin_all_reduce(Device device, float* values, int64_t n, Wire wire) override {
    if (device == Device::cpu) return host_.begin_all_reduce(device, values, n, wire);
    wire == Wire::f32 ? sum_f32(values, n) : sum_bf16(values, n);
  }

  void wait() override {
    host_.wait();
    if (last_) last_->ended.wait(CudaContext::current());
  }

  double take_busy_seconds() override {
    double busy = host_.take_busy_seconds();
    if (last_) last_->ended.synchronize();
    for (const auto& sum : begun_) busy += sum->ended.seconds_since(sum->begun);
    begun_.clear();
    return busy;
  }

 private:
  // Scratch memory for work that the stream is given from now on; valid until the next call.
  template <class T>
  T* room(std::unique_ptr<Storage>& storage, int64_t count) {
    const auto bytes = static_cast<size_t>(count) * sizeof(T);
    if (!storage || storage->bytes < bytes) {
      if (last_) last_->ended.synchronize();  // it may still be in use
      storage.reset();
      storage = std::make_unique<Storage>(bytes, Device::cuda);
    }
    return static_cast<T*>(storage->data);
  }

  void sum_f32(float* values, int64_t n) {
    float* came = room<float>(came_, came_count(n));
    begin();
    add_up(values, n, came);
    end();
  }

  void sum_bf16(float* values, int64_t n) {
    bf16* came = room<bf16>(came_, came_count(n));
    bf16* narrow = room<bf16>(narrow_, n);
    begin();
    cast(*stream_, n, values, narrow);
    add_up(narrow, n, came);
    cast(*stream_, n, narrow, values);
    end();
  }

  int64_t came_count(int64_t n) const { return SumParts(n, ranks()).size(rank()) * ranks(); }

  // The stream must not start before the kernels that were launched so far are done.
  void begin() {
    last_ = std::make_shared<DeviceAllReduce>(host_.begin_barrier());
    watch_->add(last_);
    begun_.push_back(last_);
    launched_.record(CudaContext::current());
    launched_.wait(*stream_);
    last_->begun.record(*stream_);
  }

  void end() {
    last_->ended.record(*stream_);
    last_->has_events = true;
  }

  // Receives every rank's values of this rank's part, adds them, and sends the sums to all.
  template <class T>
  void add_up(T* whole, int64_t n, T* came) {
    const SumParts parts(n, ranks());
    const int64_t mine = parts.size(rank());
    T* sums = whole + parts.begin(rank());
    std::vector<NcclLink::Piece> sent, received;
    for (int r = 0; r < ranks(); ++r) {
      sent.push_back(piece(r, whole + parts.begin(r), parts.size(r)));
      received.push_back(piece(r, came + r * mine, mine));
    }
    link_.exchange(sent, received, *stream_);
    ordered_sum(*stream_, mine, ranks(), came, sums);
    sent.clear();
    received.clear();
    for (int r = 0; r < ranks(); ++r) {
      if (r == rank()) continue;
      sent.push_back(piece(r, sums, mine));
      received.push_back(piece(r, whole + parts.begin(r), parts.size(r)));
    }
    if (!sent.empty()) link_.exchange(sent, received, *stream_);
  }

  template <class T>
  static NcclLink::Piece piece(int peer, T* data, int64_t count) {
    return {peer, data, static_cast<size_t>(count) * sizeof(T)};
  }

  // Runs in the watching thread. NCCL may take long to end what hangs; the run must not wait for it.
  void end_lost(const std::string& what) {
    char name[256] = {};
    gethostname(name, sizeof name - 1);
    if (options_.on_lost) options_.on_lost(cat("rank ", rank(), " on ", name, ": ", what, "; the run ends"));
    std::thread([this] { link_.abort(); }).detach();
    std::this_thread::sleep_for(std::chrono::seconds(1));
    host_.abort(1);
  }

  const CommunicationOptions options_;
  NcclLink link_;
  std::unique_ptr<CudaContext> stream_;
  CudaEvent launched_;
  std::unique_ptr<Storage> came_, narrow_;
  std::shared_ptr<DeviceAllReduce> last_;
  std::vector<std::shared_ptr<DeviceAllReduce>> begun_;  // since take_busy_seconds()
  std::unique_ptr<AllReduceWatch> watch_;
};

}  // namespace

std::string nccl_problem() { return ""; }

std::unique_ptr<Communication> all_reduce_by_nccl(Communication& host, const CommunicationOptions& options) {
  if (cuda_problem().empty()) CudaContext::current();  // NCCL takes the device that is the thread's
  return std::make_unique<NcclCommunication>(host, options);
}

}  // namespace ppl
