#include "engine/communication/nccl_link.h"

#include <nccl.h>

#include <chrono>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

namespace ppl {
namespace {

using Clock = std::chrono::steady_clock;

std::string describe(const char* call, ncclResult_t r, ncclComm_t comm) {
  const char* more = ncclGetLastError(comm);
  return cat("nccl: ", call, ": ", ncclGetErrorString(r), more && *more ? cat(" (", more, ")") : "");
}

// Sends rank 0's id to all, one byte in each value.
ncclUniqueId share_id(Communication& host) {
  ncclUniqueId id{};
  std::string problem;
  if (host.rank() == 0) {
    const ncclResult_t r = ncclGetUniqueId(&id);
    if (r != ncclSuccess) problem = describe("ncclGetUniqueId", r, nullptr);
  }
  std::vector<float> bytes(sizeof id + 1);
  for (size_t i = 0; i < sizeof id; ++i) bytes[i] = static_cast<float>(static_cast<unsigned char>(id.internal[i]));
  bytes.back() = problem.empty() ? 0 : 1;
  host.broadcast(bytes);
  PPL_CHECK(bytes.back() == 0, host.rank() == 0 ? problem : "nccl: rank 0 has no id for the ranks");
  for (size_t i = 0; i < sizeof id; ++i) id.internal[i] = static_cast<char>(static_cast<unsigned char>(bytes[i]));
  return id;
}

}  // namespace

template <class Call>
int NcclLink::with_communicator(Call&& call) const {
  const std::lock_guard lock(mutex_);
  return comm_ ? call(comm_) : ncclInProgress;
}

// Calls of a communicator that does not block return ncclInProgress while they go on in the background.
void NcclLink::check(const char* call, int result) const {
  const auto r = static_cast<ncclResult_t>(result);
  PPL_CHECK(r == ncclSuccess || r == ncclInProgress, describe(call, r, comm_));
}

constexpr double kStartSeconds = 30;

NcclLink::NcclLink(Communication& host, double timeout_seconds) : timeout_seconds_(timeout_seconds) {
  const ncclUniqueId id = share_id(host);
  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  config.blocking = 0;
  check("ncclCommInitRankConfig", ncclCommInitRankConfig(&comm_, host.ranks(), id, host.rank(), &config));
  try {
    start(std::max(timeout_seconds, kStartSeconds));
  } catch (...) {
    abort();
    throw;
  }
}

// Waits until all ranks are connected: the library looks for plugins and networks first, which takes its time.
void NcclLink::start(double timeout_seconds) const {
  const auto end = Clock::now() + std::chrono::duration<double>(timeout_seconds);
  for (;;) {
    ncclResult_t state = ncclSuccess;
    check("ncclCommGetAsyncError", ncclCommGetAsyncError(comm_, &state));
    check("ncclCommInitRankConfig", state);
    if (state == ncclSuccess) return;
    PPL_CHECK(Clock::now() < end, "nccl: the ranks have not come together for ", timeout_seconds, " s");
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

NcclLink::~NcclLink() {
  if (!comm_) return;
  const auto end = Clock::now() + std::chrono::duration<double>(timeout_seconds_);
  ncclResult_t state = ncclCommFinalize(comm_);
  while (state == ncclInProgress && Clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (ncclCommGetAsyncError(comm_, &state) != ncclSuccess) break;
  }
  state == ncclSuccess ? ncclCommDestroy(comm_) : ncclCommAbort(comm_);
}

void NcclLink::exchange(std::span<const Piece> sent, std::span<const Piece> received, const CudaContext& to) {
  check("exchange", with_communicator([&](ncclComm_t c) {
          ncclResult_t r = ncclGroupStart();
          const auto add = [&](ncclResult_t added) { r = r == ncclSuccess && added != ncclInProgress ? added : r; };
          for (const Piece& p : sent)
            if (p.bytes > 0) add(ncclSend(p.data, p.bytes, ncclChar, p.peer, c, to.stream));
          for (const Piece& p : received)
            if (p.bytes > 0) add(ncclRecv(p.data, p.bytes, ncclChar, p.peer, c, to.stream));
          const ncclResult_t end = ncclGroupEnd();
          return r == ncclSuccess ? end : r;
        }));
  // Waits until the stream has the operation. Ranks that never join are noticed by their heartbeats.
  for (int polls = 0;; ++polls) {
    ncclResult_t state = ncclInProgress;
    check("ncclCommGetAsyncError", with_communicator([&](ncclComm_t c) { return ncclCommGetAsyncError(c, &state); }));
    check("exchange", state);
    if (state == ncclSuccess) return;
    if (polls < 1000) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  }
}

std::string NcclLink::problem() const {
  ncclResult_t state = ncclInProgress;
  const auto r =
      static_cast<ncclResult_t>(with_communicator([&](ncclComm_t c) { return ncclCommGetAsyncError(c, &state); }));
  const ncclResult_t worst = r == ncclSuccess ? state : r;
  return worst == ncclSuccess || worst == ncclInProgress ? "" : describe("ncclCommGetAsyncError", worst, comm_);
}

void NcclLink::abort() {
  const std::lock_guard lock(mutex_);
  if (ncclComm_t c = std::exchange(comm_, nullptr)) ncclCommAbort(c);
}

std::string nccl_name() {
  int version = 0;
  ncclGetVersion(&version);
  return cat("NCCL ", version / 10000, ".", version / 100 % 100, ".", version % 100);
}

}  // namespace ppl
