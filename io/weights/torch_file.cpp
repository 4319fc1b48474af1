#include "io/weights/torch_file.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "io/file.h"
#include "io/weights/safetensors.h"
#include "io/weights/torch_tensor.h"
#include "io/weights/zip_directory.h"

namespace ppl {
namespace {

using Kind = PickleValue::Kind;

// The pickle of the number 0x1950a86a20f9469cfc6c, which begins the old form.
constexpr unsigned char kOldForm[] = {0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46,
                                      0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e};
constexpr int64_t kOldVersion = 1001;
constexpr uint64_t kGrowthLimit = 4;  // bytes of all arrays over those of the file: several names may share a storage

bool begins_with(Bytes bytes, const void* start, size_t size) {
  return bytes.size() >= size && std::memcmp(bytes.data(), start, size) == 0;
}

bool has_tensors(PickleRef dictionary) {
  for (size_t i = 1; i < dictionary->items.size(); i += 2) {
    if (torch_tensor(dictionary->items[i])) return true;
  }
  return false;
}

PickleRef value_at(PickleRef dictionary, std::string_view key) {
  for (size_t i = 0; i + 1 < dictionary->items.size(); i += 2) {
    const PickleRef k = dictionary->items[i];
    if (k->kind == Kind::text && k->text == key) return dictionary->items[i + 1];
  }
  return nullptr;
}

PickleRef find_state_dict(PickleRef root) {
  PPL_CHECK(root->kind == Kind::dictionary, "holds no dictionary of arrays");
  if (has_tensors(root)) return root;
  for (const char* key : {"state_dict", "model_state_dict", "model", "net", "network", "weights"}) {
    const PickleRef below = value_at(root, key);
    if (below && below->kind == Kind::dictionary && has_tensors(below)) return below;
  }
  throw Error("holds no tensors, neither at the top nor below 'state_dict' or 'model'");
}

using Blocks = std::map<std::string, Bytes>;

NamedArrays collect(PickleRef root, const Blocks& blocks, uint64_t file_size) {
  const PickleRef dictionary = find_state_dict(root);
  NamedArrays out;
  uint64_t total = 0;
  for (size_t i = 0; i < dictionary->items.size(); i += 2) {
    const PickleRef key = dictionary->items[i];
    const std::optional<TorchView> v = torch_tensor(dictionary->items[i + 1]);
    if (!v) continue;
    PPL_CHECK(key->kind == Kind::text, "a tensor whose name is no text");
    const std::string name(key->text);
    const auto block = blocks.find(v->storage.key);
    PPL_CHECK(block != blocks.end(), "'", name, "': the storage '", v->storage.key, "' is missing");
    const size_t size = element_size(v->storage.type);
    const uint64_t there = block->second.size() / size;
    PPL_CHECK(v->storage.first <= there && v->storage.count <= there - v->storage.first, "'", name, "': the storage '",
              v->storage.key, "' has ", there, " elements, ", v->storage.count, " are expected");
    total += v->count() * size;
    PPL_CHECK(total <= kGrowthLimit * file_size, "its arrays take more than ", kGrowthLimit, " times its own bytes");
    PPL_CHECK(out.arrays.emplace(name, torch_array(*v, block->second)).second, "'", name, "' twice");
  }
  return out;
}

NamedArrays parse_zip_form(Bytes bytes, const std::string& where) {
  const Blocks files = read_zip_directory(bytes, where);
  constexpr std::string_view kPickleName = "data.pkl";
  const auto pickle = std::find_if(files.begin(), files.end(), [&](const auto& f) {
    return f.first == kPickleName || f.first.ends_with("/data.pkl");
  });
  PPL_CHECK(pickle != files.end(), where, ": a zip archive without a data.pkl: not written by PyTorch");
  const std::string folder = pickle->first.substr(0, pickle->first.size() - kPickleName.size());
  if (const auto order = files.find(folder + "byteorder"); order != files.end()) {
    PPL_CHECK(begins_with(order->second, "little", 6), where, ": numbers with their highest byte first");
  }
  Blocks blocks;
  for (const auto& [name, content] : files) {
    if (name.starts_with(folder + "data/")) blocks[name.substr(folder.size() + 5)] = content;
  }
  ByteReader reader(pickle->second, cat(where, ": data.pkl"));
  const Pickle content(reader, is_torch_name);
  return collect(content.root(), blocks, bytes.size());
}

// Behind the pickle: the keys of the storages, then for each the number of its elements and these. Of which type they
// are stands in the pickle only.
Blocks read_old_blocks(ByteReader& reader, const Pickle& content) {
  std::map<std::string, ElementType> types;
  for (const PickleRef value : content.persistent()) {
    const TorchStorage s = torch_storage(value);
    types[s.key] = s.type;
  }
  const Pickle keys(reader, is_torch_name);
  PPL_CHECK(keys.root()->kind == Kind::list, "the list of storages is missing");
  Blocks blocks;
  for (const PickleRef key : keys.root()->items) {
    const auto type = types.find(std::string(key->text));
    PPL_CHECK(type != types.end(), "the storage '", key->text, "' belongs to nothing");
    const auto count = reader.number<uint64_t>();
    PPL_CHECK(count <= reader.left() / element_size(type->second), "ends early: the storage '", key->text, "' has ",
              count, " elements, ", reader.left(), " bytes are left");
    blocks[type->first] = reader.take(count * element_size(type->second));
  }
  return blocks;
}

NamedArrays parse_old_form(Bytes bytes, const std::string& where) {
  ByteReader reader(bytes.subspan(sizeof kOldForm), where);
  const Pickle version(reader, is_torch_name);
  PPL_CHECK(version.root()->kind == Kind::integer && version.root()->integer == kOldVersion,
            "is of another version of the old form than ", kOldVersion);
  const Pickle system(reader, is_torch_name);
  const PickleRef little = value_at(system.root(), "little_endian");
  PPL_CHECK(!little || little->integer == 1, "numbers with their highest byte first");
  const Pickle content(reader, is_torch_name);
  return collect(content.root(), read_old_blocks(reader, content), bytes.size());
}

constexpr char kZipForm[] = {'P', 'K', 3, 4};

}  // namespace

bool is_torch_file(Bytes bytes) {
  return begins_with(bytes, kZipForm, sizeof kZipForm) || begins_with(bytes, kOldForm, sizeof kOldForm);
}

NamedArrays parse_torch_file(Bytes bytes, const std::string& where) {
  return naming_file(where, [&] {
    if (begins_with(bytes, kZipForm, sizeof kZipForm)) return parse_zip_form(bytes, where);
    PPL_CHECK(begins_with(bytes, kOldForm, sizeof kOldForm), "expected a file written by PyTorch");
    return parse_old_form(bytes, where);
  });
}

NamedArrays read_weights_file(const std::string& path) {
  const MappedFile file(path);
  return is_torch_file(file.bytes()) ? parse_torch_file(file.bytes(), path) : parse_safetensors(file.bytes(), path);
}

}  // namespace ppl
