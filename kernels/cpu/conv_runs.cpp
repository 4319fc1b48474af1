#include "kernels/conv_runs.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <mutex>
#include <utility>

namespace ppl {
namespace {

struct Noted {
  std::mutex mutex;
  std::map<std::pair<ConvCall, std::string>, ConvRun> runs;
};

Noted& noted() {
  static auto* n = new Noted;  // outlives every thread that computes
  return *n;
}

const char* name(ConvKind kind) {
  return kind == ConvKind::forward ? "forward" : kind == ConvKind::backward_data ? "data" : "weights";
}

std::string window(const Conv& s) {
  std::string text = cat(s.r, "x", s.s);
  if (s.stride != 1) text += cat("/", s.stride);
  if (s.dilation != 1) text += cat(" d", s.dilation);
  return text;
}

std::string map_of(int h, int w, int channels) { return cat(h, "x", w, "x", channels); }

}  // namespace

std::string to_string(const ConvCall& c) {
  const Conv& s = c.shape;
  return cat(window(s), " ", s.c, "-", s.k, " ", name(c.kind), c.is_bf16 ? " bf16" : " f32", " of ", s.n, " x ", s.h,
             " x ", s.w);
}

void note_conv(const ConvCall& call, const std::string& by, size_t workspace, const std::string& refused) {
  Noted& n = noted();
  const std::lock_guard lock(n.mutex);
  ConvRun& run = n.runs[{call, by}];
  if (run.calls++ == 0) run = {call, by, workspace, refused, 1};
}

std::vector<ConvRun> conv_runs() {
  Noted& n = noted();
  const std::lock_guard lock(n.mutex);
  std::vector<ConvRun> all;
  for (const auto& [key, run] : n.runs) all.push_back(run);
  std::stable_sort(all.begin(), all.end(), [](const ConvRun& a, const ConvRun& b) { return a.macs() > b.macs(); });
  return all;
}

void forget_conv_runs() {
  Noted& n = noted();
  const std::lock_guard lock(n.mutex);
  n.runs.clear();
}

std::string conv_table(const std::vector<ConvRun>& runs) {
  double total = 0;
  for (const ConvRun& r : runs) total += r.macs();
  std::string text;
  char line[256];
  const auto add = [&](auto... columns) {
    std::snprintf(line, sizeof line, "%6s %-8s %-10s %5s  %-16s %-16s %-5s %7s  %10s  %s", columns...);
    text += line;
  };
  if (!runs.empty())
    add("calls", "kind", "window", "batch", "map", "result", "type", "work", "workspace", "computed by\n");
  for (const ConvRun& r : runs) {
    const Conv& s = r.call.shape;
    char share[16];
    std::snprintf(share, sizeof share, "%.1f %%", 100 * r.macs() / total);
    const std::string by = r.by + (r.refused.empty() ? "" : cat(" (", r.refused, ")")) + "\n";
    const std::string map = map_of(s.h, s.w, s.c), result = map_of(s.oh, s.ow, s.k);
    const std::string calls = cat(r.calls), batch = cat(s.n), space = cat((r.workspace + 1023) >> 10, " KiB");
    add(calls.c_str(), name(r.call.kind), window(s).c_str(), batch.c_str(), map.c_str(), result.c_str(),
        r.call.is_bf16 ? "bf16" : "f32", share, space.c_str(), "");
    text += by;
  }
  return text;
}

std::string plain_conv_warning(const std::vector<ConvRun>& runs) {
  double total = 0, plain = 0;
  int64_t count = 0;
  const ConvRun* largest = nullptr;
  for (const ConvRun& r : runs) {
    total += r.macs();
    if (r.by != kPlainConv) continue;
    plain += r.macs(), ++count;
    if (!largest) largest = &r;
  }
  if (!largest) return "";
  char share[16];
  std::snprintf(share, sizeof share, "%.1f", 100 * plain / total);
  return cat(count, " of ", runs.size(), " kinds of convolution (", share,
             " % of the work) are computed by plain kernels, which are slow; the largest: ", to_string(largest->call),
             largest->refused.empty() ? "" : ", since " + largest->refused);
}

}  // namespace ppl
