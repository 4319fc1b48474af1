// train under mpirun on a few small tiles.
#pragma once

#include <map>

#include "io/file.h"
#include "tests/support/training/small_training.h"

namespace ppl {

inline const std::string kMpirun = "mpirun --allow-run-as-root --oversubscribe --bind-to none -np ";

inline ProcessResult shell(const std::string& command) { return run_process("/bin/bash", {"-c", command}); }

inline ProcessResult train(int ranks, const std::string& arguments) {
  return shell(kMpirun + std::to_string(ranks) + " " PPL_BIN "/train " + arguments);
}

inline nlohmann::json ranks_config(const TemporaryFolder& dir, int batch) {
  nlohmann::json j = small_config(dir);
  j["network"]["name"] = "linknet34";
  j["ranks"] = {{"norm", "sync"}};
  nlohmann::json& stage = j["stages"][0];
  stage["crop"] = 64;
  stage["batch"] = batch;
  stage["drop_last"] = false;
  stage["schedule"] = {{"name", "constant"}};
  stage["learning_rate"] = 2e-4;
  return j;
}

// The last weights, and the log without timings.
inline std::map<std::string, std::string> result_of(const std::string& run) {
  std::map<std::string, std::string> result;
  result["last"] = read_text(run + "/roads/last.safetensors", uint64_t{1} << 30);
  for (nlohmann::json line : log_lines(run + "/log.jsonl")) {
    for (const char* timing : {"seconds", "images_per_second", "waiting", "peak_mib"}) line.erase(timing);
    if (line.contains("validation")) line["validation"].erase("seconds");
    result["log"] += line.dump() + "\n";
  }
  return result;
}

}  // namespace ppl
