#include "io/bit_png.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace ppl {
namespace {

using Data = std::vector<uint8_t>;

// The fixed code of RFC 1951, 3.2.6, as numbers whose lowest bit is written first.
struct Code {
  uint16_t bits = 0;
  uint8_t length = 0;
};

constexpr Code code_of(uint32_t value, uint8_t length) {
  uint32_t turned = 0;
  for (uint8_t i = 0; i < length; ++i) turned |= ((value >> i) & 1) << (length - 1 - i);
  return {static_cast<uint16_t>(turned), length};
}

constexpr auto kSymbols = [] {
  std::array<Code, 288> codes{};
  for (uint32_t s = 0; s < 288; ++s) {
    codes[s] = s < 144   ? code_of(0x30 + s, 8)
               : s < 256 ? code_of(0x190 + s - 144, 9)
               : s < 280 ? code_of(s - 256, 7)
                         : code_of(0xc0 + s - 280, 8);
  }
  return codes;
}();

// A length or a distance: its symbol, and what is added to the symbol's least in so many bits.
struct Part {
  uint16_t symbol = 0, extra = 0;
  uint8_t extra_bits = 0;
};

// Two symbols a power of two for distances, four for lengths; the first ones stand for one number each.
constexpr Part part_of(uint32_t number, uint32_t symbols_a_power) {
  const uint32_t plain = 2 * symbols_a_power;
  if (number < plain) return {static_cast<uint16_t>(number), 0, 0};
  const auto power = static_cast<uint32_t>(std::bit_width(number / symbols_a_power)) - 1;
  const uint32_t leading = number >> power;  // symbols_a_power to plain - 1
  return {static_cast<uint16_t>(symbols_a_power * power + leading), static_cast<uint16_t>(number - (leading << power)),
          static_cast<uint8_t>(power)};
}

constexpr uint32_t kShortest = 3, kLongest = 258, kFurthest = 32768;

constexpr auto kLengths = [] {
  std::array<Part, kLongest + 1> parts{};
  for (uint32_t length = kShortest; length <= kLongest; ++length) {
    parts[length] = part_of(length - kShortest, 4);
    parts[length].symbol = static_cast<uint16_t>(parts[length].symbol + 257);
  }
  parts[kLongest] = {285, 0, 0};
  return parts;
}();

class BitWriter {
 public:
  explicit BitWriter(Data& out) : out_(out) {}
  void put(uint32_t bits, uint32_t count) {
    waiting_ |= uint64_t{bits} << filled_;
    filled_ += count;
    for (; filled_ >= 8; filled_ -= 8, waiting_ >>= 8) out_.push_back(static_cast<uint8_t>(waiting_));
  }
  void put(Code code) { put(code.bits, code.length); }
  void finish() {
    if (filled_ > 0) put(0, 8 - filled_);
  }

 private:
  Data& out_;
  uint64_t waiting_ = 0;
  uint32_t filled_ = 0;
};

// How many bytes at a and b are the same, up to `most`.
size_t same(const uint8_t* a, const uint8_t* b, size_t most) {
  size_t n = 0;
  for (; n + 8 <= most; n += 8) {
    uint64_t x, y;
    std::memcpy(&x, a + n, 8);
    std::memcpy(&y, b + n, 8);
    static_assert(std::endian::native == std::endian::little);
    if (x != y) return n + static_cast<size_t>(std::countr_zero(x ^ y)) / 8;
  }
  while (n < most && a[n] == b[n]) ++n;
  return n;
}

uint32_t adler32(const Data& data) {
  constexpr uint32_t kModulus = 65521;
  constexpr size_t kBlock = 1024;  // sums of a block fit into 32 bits
  uint32_t a = 1, b = 0;
  for (size_t at = 0; at < data.size(); at += kBlock) {
    const size_t count = std::min(kBlock, data.size() - at);
    const uint8_t* block = data.data() + at;
    uint32_t sum = 0, weighted = 0;
    for (uint32_t i = 0; i < count; ++i) {
      sum += block[i];
      weighted += (static_cast<uint32_t>(count) - i) * block[i];
    }
    b = (b + static_cast<uint32_t>(count) * a + weighted) % kModulus;
    a = (a + sum) % kModulus;
  }
  return (b << 16) | a;
}

void put_big_endian(Data& out, uint32_t value) {
  for (int shift : {24, 16, 8, 0}) out.push_back(static_cast<uint8_t>(value >> shift));
}

// zlib's format: one block of the fixed code.
Data compressed(const Data& rows, size_t row_bytes) {
  Data out{0x78, 0x01};
  BitWriter bits(out);
  bits.put(1, 1);  // the last block
  bits.put(1, 2);  // of the fixed code
  const Part row_distance = row_bytes <= kFurthest ? part_of(static_cast<uint32_t>(row_bytes - 1), 2) : Part{};
  for (size_t at = 0; at < rows.size();) {
    const size_t most = std::min<size_t>(kLongest, rows.size() - at);
    const uint8_t* here = rows.data() + at;
    const size_t run = at > 0 ? same(here, here - 1, most) : 0;
    const size_t above = at >= row_bytes && row_bytes <= kFurthest ? same(here, here - row_bytes, most) : 0;
    const size_t length = std::max(run, above);
    if (length < kShortest) {
      bits.put(kSymbols[*here]);
      ++at;
      continue;
    }
    const Part& part = kLengths[length];
    const Part distance = above >= run ? row_distance : Part{};
    bits.put(kSymbols[part.symbol]);
    bits.put(part.extra, part.extra_bits);
    bits.put(code_of(distance.symbol, 5));
    bits.put(distance.extra, distance.extra_bits);
    at += length;
  }
  bits.put(kSymbols[256]);
  bits.finish();
  put_big_endian(out, adler32(rows));
  return out;
}

// The lowest bits of eight bytes of 0 or 1 as one byte, the first in the highest bit: the product moves bit 8 i to bit
// 63 - i, and no two partial products meet.
uint8_t eight_bits(const uint8_t* values) {
  uint64_t bytes;
  std::memcpy(&bytes, values, sizeof bytes);
  constexpr uint64_t kLow = 0x7f7f7f7f7f7f7f7f, kOnes = 0x0101010101010101;
  const uint64_t ones = ((((bytes & kLow) + kLow) | bytes) >> 7) & kOnes;  // 1 where a byte is not 0
  return static_cast<uint8_t>(ones * 0x8040201008040201u >> 56);
}

// A filter's number (none) and eight pixels a byte, row by row.
Data packed_rows(const uint8_t* values, int64_t height, int64_t width) {
  const int64_t row_bytes = 1 + (width + 7) / 8;
  Data rows(static_cast<size_t>(row_bytes * height), 0);
  for (int64_t y = 0; y < height; ++y) {
    const uint8_t* from = values + y * width;
    uint8_t* to = rows.data() + y * row_bytes + 1;
    int64_t x = 0;
    for (; x + 64 <= width; x += 64) {
      uint8_t any = 0;
      for (int64_t i = 0; i < 64; ++i) any |= from[x + i];
      for (int64_t i = 0; any != 0 && i < 64; i += 8) to[(x + i) / 8] = eight_bits(from + x + i);
    }
    for (; x < width; ++x) to[x / 8] |= static_cast<uint8_t>((from[x] != 0) << (7 - x % 8));
  }
  return rows;
}

constexpr auto kCrcTable = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    table[i] = i;
    for (int bit = 0; bit < 8; ++bit) table[i] = (table[i] >> 1) ^ (table[i] & 1 ? 0xedb88320u : 0);
  }
  return table;
}();

void put_chunk(Data& png, const char* name, const Data& content) {
  put_big_endian(png, static_cast<uint32_t>(content.size()));
  const size_t begin = png.size();
  png.insert(png.end(), name, name + 4);
  png.insert(png.end(), content.begin(), content.end());
  uint32_t crc = ~0u;
  for (size_t i = begin; i < png.size(); ++i) crc = kCrcTable[(crc ^ png[i]) & 255] ^ (crc >> 8);
  put_big_endian(png, ~crc);
}

}  // namespace

std::vector<std::byte> encode_bit_png(const uint8_t* values, int64_t height, int64_t width) {
  Data png{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}, header;
  put_big_endian(header, static_cast<uint32_t>(width));
  put_big_endian(header, static_cast<uint32_t>(height));
  header.insert(header.end(), {1, 0, 0, 0, 0});  // one bit, grey; the only compression, filters, no interlace
  put_chunk(png, "IHDR", header);
  // A chunk's length has 31 bits.
  const Data content = compressed(packed_rows(values, height, width), static_cast<size_t>(1 + (width + 7) / 8));
  constexpr size_t kChunk = size_t{1} << 30;
  for (size_t at = 0; at < content.size(); at += kChunk) {
    const auto begin = content.begin() + static_cast<std::ptrdiff_t>(at);
    put_chunk(png, "IDAT", {begin, begin + static_cast<std::ptrdiff_t>(std::min(kChunk, content.size() - at))});
  }
  put_chunk(png, "IEND", {});
  const auto* bytes = reinterpret_cast<const std::byte*>(png.data());
  return {bytes, bytes + png.size()};
}

}  // namespace ppl
