// --device: where a network runs.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "engine/tensor.h"

namespace ppl::apps {

// Adds --device cpu, cuda or auto to a program.
void add_device_option(CLI::App&, std::string& name);

// cuda: Error where nothing can run there. auto: cuda where it can, else the CPU, and a line in the log that says why.
// Of several devices the process takes the one of its number among the processes of the host; without a number the
// first that the fewest processes of this user have (device_claim.h).
Device choose_device(const std::string& name, std::optional<int> local_rank = {});

// A line in the log where the CPU has no instructions for bf16, so that f32 is quicker.
void warn_of_slow_bf16(Device, DType);

// Lines in the log, once each, where plain kernels computed a convolution so far, and where a graph found no room.
void warn_of_slow_work();

}  // namespace ppl::apps
