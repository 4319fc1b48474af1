#include "apps/train/record/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/storage.h"
#include "io/file.h"
#include "kernels/conv_runs.h"

namespace ppl::apps {
namespace {

using nlohmann::json;

enum Column {
  column_start,
  column_data,
  column_forward,
  column_backward,
  column_reduce,
  column_optimizer,
  column_on_the_way,
  column_tiles,
  column_count
};
constexpr const char* kNames[] = {"start", "data", "forward", "backward", "reduce", "optimizer"};
constexpr size_t kMostSteps = 20000;  // kept; later ones are left out

void add_step(json& events, int rank, size_t step, const double* row, double origin) {
  const auto micro = [](double seconds) { return 1e6 * seconds; };
  double at = row[column_start] - origin;
  for (int part = column_data; part <= column_optimizer; ++part) {
    const bool last_sum = part == column_reduce && row[column_on_the_way] > 0;
    events.push_back({{"name", kNames[part]},
                      {"ph", "X"},
                      {"pid", rank},
                      {"tid", 0},
                      {"ts", micro(at)},
                      {"dur", micro(row[part])},
                      {"args", {{"step", step}}}});
    at += row[part];
    if (last_sum)
      events.push_back({{"name", "sums on the way"},
                        {"ph", "X"},
                        {"pid", rank},
                        {"tid", 1},
                        {"ts", micro(at - row[column_on_the_way])},
                        {"dur", micro(row[column_on_the_way])},
                        {"args", {{"step", step}}}});
  }
}

// What viewers show in place of numbers.
void add_names(json& events, int rank, bool with_sums) {
  const auto add = [&](const char* what, int thread, const std::string& name) {
    events.push_back(
        {{"name", what}, {"ph", "M"}, {"pid", rank}, {"tid", thread}, {"ts", 0}, {"args", {{"name", name}}}});
  };
  add("process_name", 0, cat("rank ", rank));
  add("thread_name", 0, "steps");
  if (with_sums) add("thread_name", 1, "sums of gradients");
}

std::string table(const std::vector<double>& rows, int ranks, const std::vector<double>& peaks) {
  const size_t steps = rows.size() / column_count / static_cast<size_t>(ranks);
  std::string text = "rank   data  forward  backward  reduce  optimizer   sums hidden   tiles/s  peak MiB\n";
  for (int r = 0; r < ranks; ++r) {
    double sums[column_count] = {};
    for (size_t i = 0; i < steps * column_count; ++i)
      sums[i % column_count] += rows[static_cast<size_t>(r) * steps * column_count + i];
    double whole = 0;
    for (int part = column_data; part <= column_optimizer; ++part) whole += sums[part];
    const auto share = [&](Column c) { return whole > 0 ? 100 * sums[c] / whole : 0; };
    const std::string hidden =
        sums[column_on_the_way] > 0
            ? fmt::format("{:.0f} %", 100 * (1 - std::min(1.0, sums[column_reduce] / sums[column_on_the_way])))
            : "-";
    text += fmt::format("{:4} {:5.1f} % {:6.1f} % {:7.1f} % {:5.1f} % {:8.1f} % {:>13} {:9.2f} {:9.0f}\n", r,
                        share(column_data), share(column_forward), share(column_backward), share(column_reduce),
                        share(column_optimizer), hidden, whole > 0 ? sums[column_tiles] / whole / ranks : 0,
                        peaks[static_cast<size_t>(r)]);
  }
  return text;
}

}  // namespace

void Profile::add(std::chrono::system_clock::time_point start, double data, const StepTimes& t, int64_t tiles) {
  if (rows_.size() >= kMostSteps * column_count) return;
  rows_.insert(rows_.end(), {std::chrono::duration<double>(start.time_since_epoch()).count() - data, data, t.forward,
                             t.backward, t.reduce, t.optimizer, t.on_the_way, static_cast<double>(tiles)});
}

std::string Profile::finish(const std::string& path, Device device, Communication& ranks) const {
  const auto count = static_cast<size_t>(ranks.ranks());
  std::vector<double> rows(rows_.size() * count), peaks(count);
  const double peak = static_cast<double>(memory_use(device).peak >> 20);
  ranks.all_gather(rows_, rows);
  ranks.all_gather({&peak, 1}, peaks);
  if (ranks.rank() != 0 || rows.empty()) return "";
  json events = json::array();
  const size_t steps = rows_.size() / column_count;
  for (int rank = 0; rank < ranks.ranks(); ++rank) add_names(events, rank, ranks.ranks() > 1);
  double origin = rows[column_start];
  for (size_t i = 0; i < rows.size(); i += column_count) origin = std::min(origin, rows[i + column_start]);
  for (size_t i = 0; i < rows.size() / column_count; ++i)
    add_step(events, static_cast<int>(i / steps), i % steps, rows.data() + i * column_count, origin);
  write_file(path, json{{"traceEvents", events}, {"displayTimeUnit", "ms"}}.dump() + "\n");
  return table(rows, ranks.ranks(), peaks) + "\n" + conv_table(conv_runs());
}

}  // namespace ppl::apps
