#include "apps/common/device.h"

#include <fmt/format.h>

#include "apps/common/log.h"
#include "kernels/conv_runs.h"
#include "kernels/cpu_level.h"
#include "kernels/cuda/device.h"

namespace ppl::apps {

void add_device_option(CLI::App& app, std::string& name) {
  app.add_option("--device", name, "Where the network runs; auto: cuda if there is a device, else cpu")
      ->check(CLI::IsMember({"auto", "cuda", "cpu"}))
      ->capture_default_str();
}

Device choose_device(const std::string& name, int local_rank) {
  if (name == "cpu") return Device::cpu;
  const std::string problem = cuda_problem();
  PPL_CHECK(name != "cuda" || problem.empty(), "--device cuda: ", problem);
  // A starter that gives each process a device of its own shows it only that one.
  if (problem.empty()) choose_cuda_device(local_rank % cuda_device_count());
  log_line(problem.empty() ? fmt::format("device: cuda, {}", cuda_device_name())
                           : fmt::format("device: cpu, since {}", problem));
  return problem.empty() ? Device::cuda : Device::cpu;
}

void warn_of_slow_bf16(Device device, DType precision) {
  if (device != Device::cpu || precision != DType::bf16 || cpu_likes_bf16()) return;
  log_line(fmt::format("bf16 is slow on this CPU ({}): f32 is quicker here", cpu_level()));
}

void warn_of_plain_convolutions() {
  static bool said = false;
  if (said) return;
  const std::string warning = plain_conv_warning(conv_runs());
  if (warning.empty()) return;
  said = true;
  log_line("warning: " + warning);
}

}  // namespace ppl::apps
