#include "io/image/mask_values.h"

#include <algorithm>
#include <initializer_list>

#include "kernels/base.h"
#include "kernels/ignored.h"

namespace ppl {
namespace {

constexpr size_t kMostColours = 4096;

std::array<int64_t, 3> colour_of(MaskKey key) {
  if (key < kColour) return {key, key, key};
  return {key >> 32 & 0xffff, key >> 16 & 0xffff, key & 0xffff};
}

std::string text_of(const std::array<int64_t, 3>& c) { return cat(c[0], ",", c[1], ",", c[2]); }

std::array<int64_t, 3> palette_colour(const MaskForm& form, MaskKey index) {
  if (index < 0 || static_cast<size_t>(index) >= form.palette.size()) return {-1, -1, -1};
  const auto& c = form.palette[static_cast<size_t>(index)];
  return {c[0], c[1], c[2]};
}

bool within(const MaskCounts& counts, std::initializer_list<MaskKey> allowed) {
  return std::all_of(counts.values.begin(), counts.values.end(), [&](const auto& value) {
    return std::find(allowed.begin(), allowed.end(), value.first) != allowed.end();
  });
}

// "0 (4060 pixels), 2 (36)"
std::string listing(const MaskCounts& counts, const MaskForm& form) {
  constexpr size_t kNamed = 8;
  std::string text;
  size_t n = 0;
  for (const auto& [key, count] : counts.values) {
    if (++n > kNamed) continue;
    text += cat(n > 1 ? ", " : "", describe_value(key, form), " (", count.pixels, n > 1 ? "" : " pixels", ")");
  }
  if (n > kNamed) text += cat(" and ", n - kNamed, " more");
  if (counts.no_data > 0) text += cat("; no data (", counts.no_data, ")");
  return text;
}

constexpr const char* kWayOut =
    "--foreground V (\"foreground\" in a training configuration) says which value, range or colour is foreground";

[[noreturn]] void refuse(const MaskCounts& counts, const MaskForm& form, const std::string& where,
                         const std::string& why) {
  throw Error(cat(where, ": the mask's values do not say what they mean: ", listing(counts, form), why, "; ", kWayOut));
}

// A palette whose entries are the greys that their indices name.
bool is_grey_ramp(const MaskForm& form, const MaskCounts& counts) {
  return std::all_of(counts.values.begin(), counts.values.end(),
                     [&](const auto& value) { return palette_colour(form, value.first) == colour_of(value.first); });
}

bool is_foreground(MaskKey key, const Foreground& f, const MaskForm& form) {
  const std::array<int64_t, 3> colour = form.indexed ? palette_colour(form, key) : colour_of(key);
  if (std::find(f.colours.begin(), f.colours.end(), colour) != f.colours.end()) return true;
  return std::any_of(f.values.begin(), f.values.end(),
                     [&](const Foreground::Range& r) { return key < kColour && key >= r.low && key <= r.high; });
}

MaskRule chosen_rule(const MaskCounts& counts, const MaskForm& form, const Foreground& f, const std::string& where) {
  PPL_CHECK(!counts.more, where, ": more than ", kMostColours, " colours or values, which is no mask",
            form.lossy ? " (a JPEG blurs colours: keep masks as PNG)" : "");
  MaskRule rule;
  const bool colours = !form.indexed && !f.colours.empty();  // then 255 is white
  for (const auto& [key, count] : counts.values) {
    const bool foreground = f.opacity ? key >= 128 : is_foreground(key, f, form);
    rule.classes[key] = foreground ? 1 : key == kIgnored && !f.opacity && !colours ? kIgnored : 0;
  }
  if (form.no_data == 0.0 || f.opacity) rule.no_data = 0;
  return rule;
}

// Opacity, and 0 as no data, leave nothing that could be background.
void check_background(const MaskCounts& counts, const MaskForm& form, const std::string& where) {
  if (counts.no_data == 0 || counts.values.size() > 1) return;
  if (form.opacity) {
    throw Error(
        cat(where, ": the mask's shape may be in its opacity: what is not transparent has ",
            counts.values.empty() ? "no pixel" : "one value, " + listing(counts, form),
            "; --foreground alpha takes what is opaque, --foreground V a value, the transparent being no data"));
  }
  if (form.no_data == 0.0 && counts.values.size() == 1 && !counts.values.contains(0)) {
    refuse(counts, form, where, ", and 0, its background, is declared no data (with --foreground it is background)");
  }
}

MaskRule colour_rule(const MaskCounts& counts, const MaskForm& form, const std::string& where) {
  if (counts.values.size() != 2 || !counts.values.contains(0)) refuse(counts, form, where, "");
  MaskRule rule;
  rule.foreground = counts.values.rbegin()->first;
  rule.classes = {{0, 0}, {*rule.foreground, 1}};
  return rule;
}

MaskRule identity(const MaskCounts& counts) {
  MaskRule rule;
  for (const auto& [key, count] : counts.values) rule.classes[key] = static_cast<uint8_t>(key);
  return rule;
}

MaskRule white_rule(const MaskCounts& counts, MaskKey white) {
  MaskRule rule;
  for (const auto& [key, count] : counts.values) rule.classes[key] = key == white;
  if (counts.values.contains(white)) rule.foreground = white;
  return rule;
}

// Index 0 is the background: a palette that makes another one black says something else.
void check_palette(const MaskCounts& counts, const MaskForm& form, const std::string& where) {
  constexpr std::array<int64_t, 3> kBlack{0, 0, 0};
  if (palette_colour(form, 0) == kBlack) return;
  for (const auto& [key, count] : counts.values) {
    if (key != 0 && palette_colour(form, key) == kBlack) {
      refuse(counts, form, where, ", and its palette makes an index other than 0 black");
    }
  }
}

MaskRule one_class_rule(const MaskCounts& counts, MaskForm form, const std::string& where) {
  check_background(counts, form, where);
  if (form.indexed && is_grey_ramp(form, counts)) form.indexed = false;
  if (!counts.values.empty() && counts.values.rbegin()->first >= kColour) return colour_rule(counts, form, where);
  if (form.indexed) check_palette(counts, form, where);
  // Grey 1 and 255 without a 0 may be two classes.
  const bool all_three = counts.values.contains(0) && counts.values.contains(1);
  if (within(counts, {0, 1}) || (within(counts, {0, 1, kIgnored}) && (form.indexed || all_three))) {
    MaskRule rule = identity(counts);
    // The 1 of one bit is white, which nothing contradicts.
    if (counts.values.contains(1) && (form.bits > 1 || form.indexed)) rule.foreground = 1;
    return rule;
  }
  if (!form.indexed) {
    for (const MaskKey white : {MaskKey{kIgnored}, (MaskKey{1} << form.bits) - 1}) {
      if (form.bits <= 16 && within(counts, {0, white})) return white_rule(counts, white);
    }
    if (form.bits > 16 && within(counts, {0, kIgnored})) return white_rule(counts, kIgnored);
  }
  std::string why;
  if (form.lossy) why = " (a JPEG blurs its values: --foreground 128-255 cuts it in the middle)";
  if (counts.values.size() > 8 && !form.indexed) why += "; of probabilities --threshold P (score, vectorize)";
  refuse(counts, form, where, why);
}

MaskRule class_rule(const MaskCounts& counts, const MaskForm& form, int classes, int64_t width,
                    const std::string& where) {
  for (const auto& [key, count] : counts.values) {
    if (key >= 0 && (key <= classes || key == kIgnored)) continue;
    const char* const what = key >= kColour ? "colour " : "value ";
    throw Error(cat(where, ": ", what, describe_value(key, form), " at column ", count.first % width, ", row ",
                    count.first / width, "; expected 0 to ", classes, " or 255, got ", listing(counts, form)));
  }
  return identity(counts);
}

}  // namespace

MaskKey colour_key(int64_t red, int64_t green, int64_t blue) {
  return red == green && green == blue ? red : kColour + (red << 32 | green << 16 | blue);
}

void MaskCounter::add(std::span<const MaskKey> keys) {
  for (const MaskKey key : keys) {
    const int64_t pixel = pixels_++;
    if (key == kNoData) {
      ++no_data_;
      continue;
    }
    if (key < 0 || key >= kDense) {
      if (others_.size() >= kMostColours && !others_.contains(key)) {
        more_ = true;
        continue;
      }
      MaskCounts::Count& count = others_[key];
      if (count.pixels++ == 0) count.first = pixel;
      continue;
    }
    MaskCounts::Count& count = dense_[static_cast<size_t>(key)];
    if (count.pixels++ == 0) count.first = pixel;
  }
}

void MaskCounter::add(std::span<const uint8_t> bytes, int no_data) {
  std::array<int64_t, 256> counts{};
  for (const uint8_t v : bytes) ++counts[v];
  for (size_t v = 0; v < counts.size(); ++v) {
    if (counts[v] == 0) continue;
    if (static_cast<int>(v) == no_data) {
      no_data_ += counts[v];
      continue;
    }
    MaskCounts::Count& count = dense_[v];
    if (count.pixels == 0) count.first = pixels_ + (std::find(bytes.begin(), bytes.end(), v) - bytes.begin());
    count.pixels += counts[v];
  }
  pixels_ += static_cast<int64_t>(bytes.size());
}

MaskCounts MaskCounter::take() const {
  MaskCounts counts{{others_.begin(), others_.end()}, no_data_, more_};
  for (size_t v = 0; v < dense_.size(); ++v) {
    if (dense_[v].pixels > 0) counts.values[static_cast<MaskKey>(v)] = dense_[v];
  }
  return counts;
}

uint8_t MaskRule::class_of(MaskKey key) const {
  if (key == kNoData) return no_data;
  const auto known = classes.find(key);
  return known == classes.end() ? kIgnored : known->second;
}

void MaskRule::apply(std::span<const MaskKey> keys, uint8_t* out) const {
  std::array<uint8_t, 256> low{};
  for (size_t v = 0; v < low.size(); ++v) low[v] = class_of(static_cast<MaskKey>(v));
  MaskKey last = kNoData;
  uint8_t last_class = no_data;
  for (const MaskKey key : keys) {
    if (key >= 0 && key < 256) {
      *out++ = low[static_cast<size_t>(key)];
      continue;
    }
    if (key != last) last_class = class_of(key), last = key;
    *out++ = last_class;
  }
}

void MaskRule::apply(std::span<const uint8_t> bytes, int no_data_value, uint8_t* out) const {
  std::array<uint8_t, 256> table{};
  for (size_t v = 0; v < table.size(); ++v)
    table[v] = static_cast<int>(v) == no_data_value ? no_data : class_of(static_cast<MaskKey>(v));
  for (const uint8_t v : bytes) *out++ = table[v];
}

MaskRule mask_rule(const MaskCounts& counts, const MaskForm& form, int classes, const Foreground& foreground,
                   int64_t width, const std::string& where) {
  if (classes > 1) return class_rule(counts, form, classes, width, where);
  if (foreground.given()) return chosen_rule(counts, form, foreground, where);
  return one_class_rule(counts, form, where);
}

std::string describe_value(MaskKey key, const MaskForm& form) {
  if (key >= kColour) return text_of(colour_of(key));
  if (!form.indexed) return cat(key);
  const auto colour = palette_colour(form, key);
  return colour[0] < 0 ? cat("index ", key) : cat("index ", key, " (", text_of(colour), ")");
}

}  // namespace ppl
