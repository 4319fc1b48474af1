#include "io/weights/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "io/json_text.h"
#include "io/weights/safetensors_header.h"
#include "kernels/base.h"

namespace ppl {
namespace {

constexpr uint64_t kHeaderLimit = 16'000'000;  // bytes: 100,000 arrays; the format's own library has 100 MB

// Ranges sorted by their start must follow one another from 0 to the end of the data.
void check_layout(const SafetensorsHeader& header, uint64_t data_size, const std::string& where) {
  std::vector<std::pair<std::array<uint64_t, 2>, const std::string*>> ranges;
  ranges.reserve(header.tensors.size());
  for (const auto& [name, t] : header.tensors) ranges.push_back({t.offsets, &name});
  std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  uint64_t end = 0;
  for (const auto& [offsets, name] : ranges) {
    PPL_CHECK(offsets[0] == end, where, ": bytes of \"", *name, "\" start at ", offsets[0], ", expected ", end,
              offsets[0] < end ? " (overlap)" : " (hole)");
    PPL_CHECK(offsets[1] >= offsets[0] && offsets[1] <= data_size, where, ": bytes of \"", *name, "\" are ", offsets[0],
              " to ", offsets[1], ", the file has ", data_size);
    end = offsets[1];
  }
  PPL_CHECK(end == data_size, where, ": ", data_size - end, " bytes after the last array");
}

void check_size(const std::string& name, const SafetensorsEntry& t, const std::string& where) {
  uint64_t size = element_size(t.type);
  // Zero extents first, so that a product cannot overflow on the way to zero.
  if (std::find(t.shape.begin(), t.shape.end(), 0) != t.shape.end()) size = 0;
  for (const int64_t n : t.shape) {
    PPL_CHECK(!__builtin_mul_overflow(size, static_cast<uint64_t>(n), &size), where, ": shape of \"", name,
              "\" overflows 64 bits");
  }
  PPL_CHECK(size == t.offsets[1] - t.offsets[0], where, ": \"", name, "\" needs ", size, " bytes by its shape, has ",
            t.offsets[1] - t.offsets[0]);
}

std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }

using Ordered = std::vector<std::pair<std::string, const HostArray*>>;

std::string header_text(const Ordered& arrays, const std::map<std::string, std::string>& metadata) {
  std::string h = "{";
  if (!metadata.empty()) {
    h += "\"__metadata__\":{";
    for (const auto& [key, value] : metadata) h += quoted(key) + ":" + quoted(value) + ",";
    h.back() = '}';
    h += ',';
  }
  uint64_t offset = 0;
  for (const auto& [array_name, a] : arrays) {
    h += cat(quoted(array_name), ":{\"dtype\":\"", name(a->type), "\",\"shape\":", nlohmann::json(a->shape).dump(),
             ",\"data_offsets\":[", offset, ",", offset + a->bytes.size(), "]},");
    offset += a->bytes.size();
  }
  if (h.size() > 1) h.pop_back();
  h += '}';
  h.resize((h.size() + 7) / 8 * 8, ' ');
  return h;
}

}  // namespace

static_assert(std::endian::native == std::endian::little, "arrays are stored in the file's byte order");

NamedArrays parse_safetensors(Bytes bytes, const std::string& where) {
  PPL_CHECK(bytes.size() >= 8, where, ": expected a safetensors file, got ", bytes.size(), " bytes");
  uint64_t header_size;
  std::memcpy(&header_size, bytes.data(), 8);
  PPL_CHECK(header_size <= bytes.size() - 8, where,
            ": is no safetensors file, or a cut one: its first bytes promise a header of ", header_size,
            " bytes in a file of ", bytes.size());
  PPL_CHECK(header_size <= kHeaderLimit, where, ": a header of ", header_size, " bytes; expected at most ",
            kHeaderLimit);
  const char* text = reinterpret_cast<const char*>(bytes.data()) + 8;
  SafetensorsHeader header = parse_safetensors_header({text, header_size}, where);
  const Bytes data = bytes.subspan(8 + header_size);
  check_layout(header, data.size(), where);
  for (const auto& [name, t] : header.tensors) check_size(name, t, where);

  NamedArrays out;
  out.metadata = std::move(header.metadata);
  for (auto& [name, t] : header.tensors) {
    const Bytes part = data.subspan(t.offsets[0], t.offsets[1] - t.offsets[0]);
    out.arrays[name] = {t.type, std::move(t.shape), {part.begin(), part.end()}};
  }
  return out;
}

NamedArrays read_safetensors(const std::string& path) {
  const MappedFile file(path);
  return parse_safetensors(file.bytes(), path);
}

void write_safetensors(const std::string& path, const NamedArrays& content) {
  Ordered arrays;
  for (const auto& [array_name, a] : content.arrays) {
    PPL_CHECK(array_name != "__metadata__", path, ": an array cannot be named __metadata__");
    PPL_CHECK(a.bytes.size() == static_cast<uint64_t>(a.count()) * element_size(a.type), path, ": \"", array_name,
              "\" holds ", a.bytes.size(), " bytes, not those of its shape");
    arrays.push_back({array_name, &a});
  }
  std::stable_sort(arrays.begin(), arrays.end(), [](const auto& a, const auto& b) {
    return element_size(a.second->type) > element_size(b.second->type);
  });
  std::string header;
  try {
    header = header_text(arrays, content.metadata);
  } catch (const nlohmann::json::exception& e) {
    throw Error(cat(path, ": a name or metadata text is not UTF-8: ", json_problem(e)));
  }
  const uint64_t size = header.size();
  FileWriter file(path);
  file.write(&size, 8);
  file.write(header.data(), header.size());
  for (const auto& [array_name, a] : arrays) file.write(a->bytes.data(), a->bytes.size());
  file.commit();
}

}  // namespace ppl
