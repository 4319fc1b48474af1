#include "io/image/codecs/bit_png.h"

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

// Bits into bytes that are there already, with eight to spare behind the last.
class BitWriter {
 public:
  explicit BitWriter(uint8_t* to) : to_(to) {}
  // At most 48 bits.
  void put(uint64_t bits, uint32_t count) {
    static_assert(std::endian::native == std::endian::little);
    waiting_ |= bits << filled_;
    filled_ += count;
    std::memcpy(to_, &waiting_, 8);
    to_ += filled_ / 8;
    waiting_ >>= filled_ / 8 * 8;
    filled_ %= 8;
  }
  void put(Code code) { put(code.bits, code.length); }
  uint8_t* finish() {
    if (filled_ > 0) put(0, 8 - filled_);
    return to_;
  }

 private:
  uint8_t* to_;
  uint64_t waiting_ = 0;
  uint32_t filled_ = 0;
};

// A length and a distance as they are written.
struct Match {
  uint64_t bits = 0;
  uint32_t count = 0;
  constexpr void append(uint32_t more, uint32_t number) {
    bits |= uint64_t{more} << count;
    count += number;
  }
};

constexpr Match match_of(const Part& length, const Part& distance) {
  Match match;
  match.append(kSymbols[length.symbol].bits, kSymbols[length.symbol].length);
  match.append(length.extra, length.extra_bits);
  match.append(code_of(distance.symbol, 5).bits, 5);
  match.append(distance.extra, distance.extra_bits);
  return match;
}

// By length.
using Matches = std::array<Match, kLongest + 1>;
constexpr Matches matches_at(uint32_t distance) {
  Matches matches{};
  for (uint32_t length = kShortest; length <= kLongest; ++length) {
    matches[length] = match_of(kLengths[length], part_of(distance - 1, 2));
  }
  return matches;
}

// How many bytes at a and b are the same, up to `most`.
size_t same(const uint8_t* a, const uint8_t* b, size_t most) {
  size_t n = 0;
  for (; n + 8 <= most; n += 8) {
    uint64_t x, y;
    std::memcpy(&x, a + n, 8);
    std::memcpy(&y, b + n, 8);
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
  Data out(rows.size() + rows.size() / 8 + 32);  // at most nine bits a byte
  out[0] = 0x78, out[1] = 0x01;
  BitWriter bits(out.data() + 2);
  bits.put(1, 1);  // the last block
  bits.put(1, 2);  // of the fixed code
  static constexpr Matches kOfByte = matches_at(1);
  const bool near = row_bytes <= kFurthest;
  const Matches of_row = near ? matches_at(static_cast<uint32_t>(row_bytes)) : Matches{};
  for (size_t at = 0; at < rows.size();) {
    const size_t most = std::min<size_t>(kLongest, rows.size() - at);
    const uint8_t* here = rows.data() + at;
    const size_t above = near && at >= row_bytes ? same(here, here - row_bytes, most) : 0;
    const size_t run = at > 0 && above < most ? same(here, here - 1, most) : 0;
    const size_t length = std::max(run, above);
    if (length < kShortest) {
      bits.put(kSymbols[*here]);
      ++at;
      continue;
    }
    const Match& match = above >= run ? of_row[length] : kOfByte[length];
    bits.put(match.bits, match.count);
    at += length;
  }
  bits.put(kSymbols[256]);
  out.resize(static_cast<size_t>(bits.finish() - out.data()));
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

// [i][b]: what a byte b does to the checksum with i bytes of 0 behind it.
constexpr auto kCrcTables = [] {
  std::array<std::array<uint32_t, 256>, 8> tables{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320u : 0);
    tables[0][i] = crc;
  }
  for (size_t behind = 1; behind < 8; ++behind) {
    for (size_t i = 0; i < 256; ++i) {
      const uint32_t before = tables[behind - 1][i];
      tables[behind][i] = (before >> 8) ^ tables[0][before & 255];
    }
  }
  return tables;
}();

uint32_t crc_of(const uint8_t* data, size_t size) {
  uint32_t crc = ~0u;
  for (; size >= 8; data += 8, size -= 8) {
    uint64_t eight;
    std::memcpy(&eight, data, 8);
    eight ^= crc;
    crc = 0;
    for (size_t i = 0; i < 8; ++i) crc ^= kCrcTables[7 - i][(eight >> (8 * i)) & 255];
  }
  for (; size > 0; ++data, --size) crc = kCrcTables[0][(crc ^ *data) & 255] ^ (crc >> 8);
  return ~crc;
}

void put_chunk(Data& png, const char* name, const Data& content) {
  put_big_endian(png, static_cast<uint32_t>(content.size()));
  const size_t begin = png.size();
  png.insert(png.end(), name, name + 4);
  png.insert(png.end(), content.begin(), content.end());
  put_big_endian(png, crc_of(png.data() + begin, png.size() - begin));
}

constexpr uint8_t kGrey = 0, kPalette = 3;

// rows: a filter's number and a row's bytes, for each row.
std::vector<std::byte> encode(int64_t height, int64_t width, uint8_t bits, uint8_t kind, const Data& palette,
                              const Data& rows) {
  Data png{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}, header;
  put_big_endian(header, static_cast<uint32_t>(width));
  put_big_endian(header, static_cast<uint32_t>(height));
  header.insert(header.end(), {bits, kind, 0, 0, 0});  // the only compression, filters, no interlace
  put_chunk(png, "IHDR", header);
  if (!palette.empty()) put_chunk(png, "PLTE", palette);
  // A chunk's length has 31 bits.
  const Data content = compressed(rows, rows.size() / static_cast<size_t>(height));
  constexpr size_t kChunk = size_t{1} << 30;
  for (size_t at = 0; at < content.size(); at += kChunk) {
    const auto begin = content.begin() + static_cast<std::ptrdiff_t>(at);
    put_chunk(png, "IDAT", {begin, begin + static_cast<std::ptrdiff_t>(std::min(kChunk, content.size() - at))});
  }
  put_chunk(png, "IEND", {});
  const auto* bytes = reinterpret_cast<const std::byte*>(png.data());
  return {bytes, bytes + png.size()};
}

}  // namespace

std::vector<std::byte> encode_bit_png(const uint8_t* values, int64_t height, int64_t width) {
  return encode(height, width, 1, kGrey, {}, packed_rows(values, height, width));
}

std::vector<std::byte> encode_palette_png(const uint8_t* values, int64_t height, int64_t width) {
  Data palette(3 * 256, 255), rows;
  std::fill_n(palette.begin(), 3, uint8_t{0});
  std::fill_n(palette.end() - 3, 3, uint8_t{128});
  rows.reserve(static_cast<size_t>(height * (width + 1)));
  for (int64_t y = 0; y < height; ++y) {
    rows.push_back(0);  // no filter
    rows.insert(rows.end(), values + y * width, values + (y + 1) * width);
  }
  return encode(height, width, 8, kPalette, palette, rows);
}

}  // namespace ppl
