#include "io/weights/torch_file.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "io/file.h"
#include "io/weights/safetensors.h"
#include "io/weights/state_dicts.h"
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

PickleRef value_at(PickleRef dictionary, std::string_view key) {
  for (size_t i = 0; i + 1 < dictionary->items.size(); i += 2) {
    const PickleRef k = dictionary->items[i];
    if (k->kind == Kind::text && k->text == key) return dictionary->items[i + 1];
  }
  return nullptr;
}

using Blocks = std::map<std::string, Bytes>;

HostArray read_tensor(const std::string& name, const TorchView& v, const Blocks& blocks, uint64_t room) {
  const auto block = blocks.find(v.storage.key);
  PPL_CHECK(block != blocks.end(), "'", name, "': the storage '", v.storage.key, "' is missing");
  const size_t size = element_size(v.storage.type);
  const uint64_t there = block->second.size() / size;
  PPL_CHECK(v.storage.first <= there && v.storage.count <= there - v.storage.first, "'", name, "': the storage '",
            v.storage.key, "' has ", there, " elements, ", v.storage.count, " are expected");
  PPL_CHECK(v.count() * size <= room, "its arrays take more than ", kGrowthLimit, " times its own bytes");
  return torch_array(v, block->second);
}

NamedArrays collect(PickleRef root, const std::string& wanted, const Blocks& blocks, uint64_t file_size) {
  const PickleRef dictionary = find_state_dict(root, wanted);
  NamedArrays out;
  uint64_t room = kGrowthLimit * file_size;
  for (size_t i = 0; i < dictionary->items.size(); i += 2) {
    if (!is_torch_tensor(dictionary->items[i + 1])) continue;
    const PickleRef key = dictionary->items[i];
    PPL_CHECK(key->kind == Kind::text, "a tensor whose name is no text");
    const std::string name(key->text);
    HostArray array = read_tensor(name, torch_tensor(dictionary->items[i + 1]), blocks, room);
    room -= array.bytes.size();
    PPL_CHECK(out.arrays.emplace(name, std::move(array)).second, "'", name, "' twice");
  }
  return out;
}

NamedArrays parse_zip_form(Bytes bytes, const std::string& where, const std::string& key) {
  // The names of all files stand at the end of an archive.
  const std::string_view names(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  PPL_CHECK(names.find("/code/__torch__", bytes.size() - std::min<size_t>(bytes.size(), 1 << 20)) == names.npos,
            "is a TorchScript model, not a state dict (save model.state_dict())");
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
  const Pickle content(reader);
  return collect(content.root(), key, blocks, bytes.size());
}

// Behind the pickle: the keys of the storages, then for each the number of its elements and these. Of which type they
// are stands in the pickle only.
Blocks read_old_blocks(ByteReader& reader, const Pickle& content) {
  std::map<std::string, ElementType> types;
  for (const PickleRef value : content.persistent()) {
    const TorchStorage s = torch_storage(value);
    types[s.key] = s.type;
  }
  const Pickle keys(reader);
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

NamedArrays parse_old_form(Bytes bytes, const std::string& where, const std::string& key) {
  ByteReader reader(bytes.subspan(sizeof kOldForm), where);
  const Pickle version(reader);
  PPL_CHECK(version.root()->kind == Kind::integer && version.root()->integer == kOldVersion,
            "is of another version of the old form than ", kOldVersion);
  const Pickle system(reader);
  const PickleRef little = value_at(system.root(), "little_endian");
  PPL_CHECK(!little || little->integer == 1, "numbers with their highest byte first");
  const Pickle content(reader);
  return collect(content.root(), key, read_old_blocks(reader, content), bytes.size());
}

constexpr char kZipForm[] = {'P', 'K', 3, 4};

// What people have in place of weights, by its first bytes; null: something else. Safetensors begin with the length of
// their header, which may look like a pickle's start.
const char* other_content(Bytes bytes) {
  uint64_t header = 0;
  if (bytes.size() >= 8) std::memcpy(&header, bytes.data(), 8);
  if (header > 0 && header <= bytes.size() - 8) return nullptr;
  std::string start(reinterpret_cast<const char*>(bytes.data()), std::min<size_t>(bytes.size(), 256));
  start.erase(0, start.find_first_not_of("\xef\xbb\xbf \t\r\n"));
  std::transform(start.begin(), start.end(), start.begin(), [](unsigned char c) { return std::tolower(c); });
  if (start.starts_with("version https://git-lfs."))
    return "is a Git LFS pointer, not the weights: fetch them with `git lfs pull`";
  if (start.starts_with("<!doctype") || start.starts_with("<html") || start.starts_with("<?xml"))
    return "is a web page, not weights: the download gave an HTML answer (a login, a warning or an error)";
  if (start.starts_with("\x89hdf")) return "is an HDF5 file (Keras?), which is not read";
  if (start.starts_with("\x80")) return "is a pickle, but none of torch.save's: save the state dict by torch.save";
  return nullptr;
}

}  // namespace

bool is_torch_file(Bytes bytes) {
  return begins_with(bytes, kZipForm, sizeof kZipForm) || begins_with(bytes, kOldForm, sizeof kOldForm);
}

NamedArrays parse_torch_file(Bytes bytes, const std::string& where, const std::string& key) {
  return naming_file(where, [&] {
    if (begins_with(bytes, kZipForm, sizeof kZipForm)) return parse_zip_form(bytes, where, key);
    PPL_CHECK(begins_with(bytes, kOldForm, sizeof kOldForm), "expected a file written by PyTorch");
    return parse_old_form(bytes, where, key);
  });
}

NamedArrays read_weights_file(const std::string& path, const std::string& key) {
  const MappedFile file(path);
  if (is_torch_file(file.bytes())) return parse_torch_file(file.bytes(), path, key);
  if (const char* other = other_content(file.bytes())) throw Error(cat(path, ": ", other));
  PPL_CHECK(key.empty(), path, ": a key chooses among the state dicts of a PyTorch file, which this is not");
  return parse_safetensors(file.bytes(), path);
}

}  // namespace ppl
