// Which rank has which device, and by what means all-reduces run between them.
#include <algorithm>
#include <vector>

#include "engine/communication/communication.h"
#include "kernels/cuda/device.h"

namespace ppl {
namespace {

// NCCL hangs if two ranks share a device, and they would be no faster than one.
void refuse_shared_devices(Communication& host) {
  constexpr size_t kWords = 4;
  const auto identity = cuda_device_identity();
  std::vector<double> mine(identity.begin(), identity.end()), all(kWords * static_cast<size_t>(host.ranks()));
  host.all_gather(mine, all);
  const auto of = [&](int rank) { return all.begin() + static_cast<int64_t>(kWords) * rank; };
  for (int a = 0; a < host.ranks(); ++a)
    for (int b = a + 1; b < host.ranks(); ++b)
      PPL_CHECK(!std::equal(of(a), of(a + 1), of(b)), "ranks ", a, " and ", b, " have the same device (",
                cuda_device_count(), " seen by rank ", host.rank(),
                "); start as many ranks on a host as it has devices, or give --device cpu");
}

}  // namespace

std::unique_ptr<Communication> all_reduce_on_devices(Communication& host, const CommunicationOptions& options) {
  refuse_shared_devices(host);
  return nccl_problem().empty() ? all_reduce_by_nccl(host, options) : all_reduce_through_host(host);
}

}  // namespace ppl
