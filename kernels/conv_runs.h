// What computed the convolutions of this process, for tables that say which layer runs on what. Defined in
// cpu/conv_runs.cpp, for both devices.
#pragma once

#include <compare>
#include <string>
#include <vector>

#include "kernels/conv.h"

namespace ppl {

enum class ConvKind { forward, backward_data, backward_weights };

struct ConvCall {
  ConvKind kind = ConvKind::forward;
  Conv shape;
  bool is_bf16 = false;  // else f32

  auto operator<=>(const ConvCall&) const = default;
};

// "3x3/2 64-128 forward bf16 of 8 x 256 x 256".
std::string to_string(const ConvCall&);

inline constexpr const char* kPlainConv = "plain";  // our own loops without blocking for speed: the fallback

struct ConvRun {
  ConvCall call;
  std::string by;        // an algorithm of ours, a library's engine, or kPlainConv
  size_t workspace = 0;  // bytes
  std::string refused;   // what was to be taken before it, and why it was not
  int64_t calls = 0;

  double macs() const { return static_cast<double>(call.shape.macs()) * static_cast<double>(calls); }
};

// By every launcher, after the work is given. Work that a graph replays is noted where it was recorded, not again.
void note_conv(const ConvCall&, const std::string& by, size_t workspace = 0, const std::string& refused = "");

// Since the process began or all were forgotten; those with the most work first.
std::vector<ConvRun> conv_runs();
void forget_conv_runs();

// A line a kind, shape, type and engine; empty where there are none.
std::string conv_table(const std::vector<ConvRun>&);

// A line for the user where plain kernels computed any; else empty.
std::string plain_conv_warning(const std::vector<ConvRun>&);

}  // namespace ppl
