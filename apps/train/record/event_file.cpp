#include "apps/train/record/event_file.h"

#include <array>
#include <bit>
#include <chrono>
#include <cstring>
#include <filesystem>

namespace ppl {
namespace {

constexpr std::array<uint32_t, 256> kTable = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t c = i;
    for (int bit = 0; bit < 8; ++bit) c = c & 1 ? c >> 1 ^ 0x82f63b78u : c >> 1;
    table[i] = c;
  }
  return table;
}();

// Checksums of data that hold checksums themselves: rotated and moved, as TFRecord wants it.
uint32_t masked(const std::string& data) {
  const uint32_t c = crc32c(std::as_bytes(std::span(data)));
  return std::rotr(c, 15) + 0xa282ead8u;
}

template <class T>
std::string plain(T value) {
  static_assert(std::endian::native == std::endian::little);
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

// Protocol buffers: base-128 numbers, least significant first; a field is (number << 3 | kind) and its content.
std::string varint(uint64_t v) {
  std::string bytes;
  for (; v >= 128; v >>= 7) bytes += static_cast<char>(v | 128);
  return bytes + static_cast<char>(v);
}
std::string number_field(int field, uint64_t v) { return varint(static_cast<uint64_t>(field) << 3) + varint(v); }
std::string bytes_field(int field, const std::string& content) {
  return varint(static_cast<uint64_t>(field) << 3 | 2) + varint(content.size()) + content;
}
std::string double_field(int field, double v) { return varint(static_cast<uint64_t>(field) << 3 | 1) + plain(v); }
std::string float_field(int field, float v) { return varint(static_cast<uint64_t>(field) << 3 | 5) + plain(v); }

double now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

}  // namespace

uint32_t crc32c(std::span<const std::byte> data) {
  uint32_t c = ~0u;
  for (const std::byte b : data) c = kTable[(c ^ static_cast<uint32_t>(b)) & 255] ^ c >> 8;
  return ~c;
}

EventFile::EventFile(const std::string& path, uint64_t keep) : path_(path), bytes_(keep) {
  if (keep > 0) {
    std::error_code failure;
    const uint64_t size = std::filesystem::file_size(path, failure);
    PPL_CHECK(!failure && size >= keep, path, ": is shorter than it was at the checkpoint (", keep, " bytes)");
    std::filesystem::resize_file(path, keep);
  }
  file_.open(path, std::ios::binary | (keep > 0 ? std::ios::app : std::ios::trunc));
  PPL_CHECK(file_, path, ": cannot be written");
  if (keep == 0) record(double_field(1, now()) + bytes_field(3, "brain.Event:2"));
}

void EventFile::scalar(const std::string& tag, int64_t step, double value) {
  event(step, bytes_field(1, bytes_field(1, tag) + float_field(2, static_cast<float>(value))));
}

void EventFile::image(const std::string& tag, int64_t step, const Image& image) {
  const std::vector<std::byte> png = image_png(image);
  const std::string content(reinterpret_cast<const char*>(png.data()), png.size());
  const std::string described = number_field(1, static_cast<uint64_t>(image.height)) +
                                number_field(2, static_cast<uint64_t>(image.width)) +
                                number_field(3, static_cast<uint64_t>(image.bands)) + bytes_field(4, content);
  event(step, bytes_field(1, bytes_field(1, tag) + bytes_field(4, described)));
}

void EventFile::event(int64_t step, const std::string& summary) {
  record(double_field(1, now()) + number_field(2, static_cast<uint64_t>(step)) + bytes_field(5, summary));
}

void EventFile::record(const std::string& data) {
  const std::string length = plain(static_cast<uint64_t>(data.size()));
  const std::string text = length + plain(masked(length)) + data + plain(masked(data));
  file_ << text << std::flush;
  PPL_CHECK(file_, path_, ": cannot be written");
  bytes_ += text.size();
}

}  // namespace ppl
