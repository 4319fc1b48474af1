#include "apps/common/device.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "apps/common/device_claim.h"
#include "apps/common/log.h"
#include "kernels/conv_runs.h"
#include "kernels/cpu_level.h"
#include "kernels/cuda/device.h"
#include "kernels/cuda/graph.h"

namespace ppl::apps {

void add_device_option(CLI::App& app, std::string& name) {
  app.add_option("--device", name, "Where the network runs; auto: cuda if there is a device, else cpu")
      ->check(CLI::IsMember({"auto", "cuda", "cpu"}))
      ->capture_default_str();
}

namespace {

// Its number, and the claim that others see for as long as this process lives.
int claimed_device(std::optional<int> local_rank) {
  const int count = cuda_device_count();
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) {
    std::string name;
    for (const uint32_t part : cuda_device_identity(i)) name += fmt::format("{:08x}", part);
    names.push_back(name);
  }
  std::error_code none;
  const std::string folder = cat(std::filesystem::temp_directory_path(none).string(), "/pplinknet-devices-", geteuid());
  // A starter that gives each process a device of its own shows it only that one.
  static const DeviceClaim claim(folder, names, local_rank ? std::optional(*local_rank % count) : std::nullopt);
  return claim.number();
}

}  // namespace

Device choose_device(const std::string& name, std::optional<int> local_rank) {
  if (name == "cpu") return Device::cpu;
  const std::string problem = cuda_problem();
  PPL_CHECK(name != "cuda" || problem.empty(), "--device cuda: ", problem);
  if (!problem.empty()) {
    log_line(fmt::format("device: cpu, since {}", problem));
    return Device::cpu;
  }
  choose_cuda_device(claimed_device(local_rank));
  const int count = cuda_device_count();
  const std::string which = count > 1 ? fmt::format(" {} of {}", cuda_device_number(), count) : "";
  log_line(fmt::format("device: cuda{}, {}", which, cuda_device_name()));
  return Device::cuda;
}

void warn_of_slow_bf16(Device device, DType precision) {
  if (device != Device::cpu || precision != DType::bf16 || cpu_likes_bf16()) return;
  log_line(fmt::format("bf16 is slow on this CPU ({}): f32 is quicker here", cpu_level()));
}

void warn_of_slow_work() {
  static bool plain = false, graph = false;
  if (const std::string warning = plain_conv_warning(conv_runs()); !plain && !warning.empty()) {
    plain = true;
    log_line("warning: " + warning);
  }
  if (!graph && cuda_graphs_without_memory() > 0) {
    graph = true;
    log_line("warning: the device has no room for a CUDA graph's own memory: its work is launched piece by piece");
  }
}

}  // namespace ppl::apps
