#include "io/weights/zip_directory.h"

#include <algorithm>

#include "io/weights/byte_reader.h"

namespace ppl {
namespace {

constexpr uint32_t kEndMark = 0x06054b50, kEnd64Mark = 0x06064b50, kLocator64Mark = 0x07064b50;
constexpr uint32_t kEntryMark = 0x02014b50, kLocalMark = 0x04034b50;
constexpr size_t kEndSize = 22, kLocator64Size = 20, kLongestComment = 65535;
constexpr uint16_t kExtra64 = 1;

struct Directory {
  uint64_t offset = 0, size = 0, count = 0;
};

// Where the end record begins: the last place that looks like one and whose comment fills the rest.
size_t find_end(Bytes bytes, const std::string& where) {
  PPL_CHECK(bytes.size() >= kEndSize, where, ": too short for a zip archive");
  const size_t lowest = bytes.size() - std::min(bytes.size(), kEndSize + kLongestComment);
  for (size_t at = bytes.size() - kEndSize + 1; at-- > lowest;) {
    ByteReader r(bytes.subspan(at), where);
    if (r.number<uint32_t>() != kEndMark) continue;
    r.take(16);
    if (r.number<uint16_t>() == r.left()) return at;
  }
  throw Error(cat(where, ": the zip archive has no end: it is cut short or damaged"));
}

Directory read_end(Bytes bytes, const std::string& where) {
  const size_t end = find_end(bytes, where);
  ByteReader r(bytes.subspan(end + 4), where);
  PPL_CHECK(r.number<uint32_t>() == 0, where, ": a zip archive of several parts");
  r.take(2);
  Directory d;
  d.count = r.number<uint16_t>();
  d.size = r.number<uint32_t>();
  d.offset = r.number<uint32_t>();
  const bool is_long = d.count == UINT16_MAX || d.size == UINT32_MAX || d.offset == UINT32_MAX;
  if (!is_long || end < kLocator64Size) return d;
  ByteReader locator(bytes.subspan(end - kLocator64Size), where);
  if (locator.number<uint32_t>() != kLocator64Mark) return d;
  locator.take(4);
  const uint64_t at = locator.number<uint64_t>();
  PPL_CHECK(at <= end, where, ": the zip archive's long end record lies outside it");
  ByteReader record(bytes.subspan(static_cast<size_t>(at)), where);
  PPL_CHECK(record.number<uint32_t>() == kEnd64Mark, where, ": the zip archive's long end record is damaged");
  record.take(28);
  d.count = record.number<uint64_t>();
  d.size = record.number<uint64_t>();
  d.offset = record.number<uint64_t>();
  return d;
}

struct Entry {
  std::string name;
  uint64_t size = 0, packed = 0, offset = 0;
};

// Sizes and offsets of 64 bits stand behind the name, in this order, each only where its short field is full.
void read_extra(ByteReader extra, Entry& e) {
  while (extra.left() >= 4) {
    const auto kind = extra.number<uint16_t>();
    const auto size = extra.number<uint16_t>();
    ByteReader field(extra.take(size), extra.where());
    if (kind != kExtra64) continue;
    for (uint64_t* value : {&e.size, &e.packed, &e.offset}) {
      if (*value == UINT32_MAX) *value = field.number<uint64_t>();
    }
  }
}

Entry read_entry(ByteReader& r) {
  PPL_CHECK(r.number<uint32_t>() == kEntryMark, r.where(), ": the zip archive's directory is damaged");
  r.take(4);
  const auto flags = r.number<uint16_t>(), method = r.number<uint16_t>();
  r.take(8);
  Entry e;
  e.packed = r.number<uint32_t>();
  e.size = r.number<uint32_t>();
  const auto name = r.number<uint16_t>(), extra = r.number<uint16_t>(), comment = r.number<uint16_t>();
  r.take(8);
  e.offset = r.number<uint32_t>();
  e.name = r.take_text(name);
  read_extra({r.take(extra), r.where()}, e);
  r.take(comment);
  PPL_CHECK((flags & 1) == 0, r.where(), ": '", e.name, "' is encrypted");
  PPL_CHECK(method == 0 && e.packed == e.size, r.where(), ": '", e.name,
            "' is compressed; PyTorch stores files as they are");
  return e;
}

Bytes content_of(Bytes bytes, const Entry& e, const std::string& where) {
  PPL_CHECK(e.offset <= bytes.size(), where, ": '", e.name, "' lies outside the archive");
  ByteReader r(bytes.subspan(static_cast<size_t>(e.offset)), cat(where, ": ", e.name));
  PPL_CHECK(r.number<uint32_t>() == kLocalMark, where, ": no file begins where '", e.name, "' should");
  r.take(22);
  const auto name = r.number<uint16_t>(), extra = r.number<uint16_t>();
  r.take(uint64_t{name} + extra);
  return r.take(e.size);
}

}  // namespace

std::map<std::string, Bytes> read_zip_directory(Bytes bytes, const std::string& where) {
  const Directory d = read_end(bytes, where);
  PPL_CHECK(d.offset <= bytes.size() && d.size <= bytes.size() - d.offset, where,
            ": the zip archive's directory lies outside it");
  ByteReader r(bytes.subspan(static_cast<size_t>(d.offset), static_cast<size_t>(d.size)), where);
  std::map<std::string, Bytes> files;
  for (uint64_t i = 0; i < d.count; ++i) {
    const Entry e = read_entry(r);
    PPL_CHECK(files.emplace(e.name, content_of(bytes, e, where)).second, where, ": two files are called '", e.name,
              "'");
  }
  return files;
}

}  // namespace ppl
