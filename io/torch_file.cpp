#include "io/torch_file.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "io/pickle.h"
#include "io/safetensors.h"
#include "io/zip_directory.h"

namespace ppl {
namespace {

using Kind = PickleValue::Kind;

// The pickle of the number 0x1950a86a20f9469cfc6c, which begins the old form.
constexpr unsigned char kOldForm[] = {0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46,
                                      0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e};
constexpr int64_t kOldVersion = 1001;
constexpr uint64_t kGrowthLimit = 4;  // bytes of all arrays over those of the file: several names may share a storage
constexpr size_t kMostAxes = 8;

bool begins_with(Bytes bytes, const void* start, size_t size) {
  return bytes.size() >= size && std::memcmp(bytes.data(), start, size) == 0;
}

std::optional<ElementType> storage_type(std::string_view name) {
  static constexpr std::pair<const char*, ElementType> kTypes[] = {
      {"FloatStorage", ElementType::f32},     {"DoubleStorage", ElementType::f64}, {"HalfStorage", ElementType::f16},
      {"BFloat16Storage", ElementType::bf16}, {"LongStorage", ElementType::i64},   {"IntStorage", ElementType::i32},
      {"ShortStorage", ElementType::i16},     {"CharStorage", ElementType::i8},    {"ByteStorage", ElementType::u8},
      {"BoolStorage", ElementType::boolean}};
  for (const std::string_view place : {"torch.cuda.", "torch."}) {
    if (!name.starts_with(place)) continue;
    for (const auto& [storage, type] : kTypes) {
      if (name.substr(place.size()) == storage) return type;
    }
  }
  return {};
}

constexpr std::string_view kRebuild = "torch._utils._rebuild_tensor", kRebuild2 = "torch._utils._rebuild_tensor_v2",
                           kParameter = "torch._utils._rebuild_parameter";

bool is_known(std::string_view name) {
  // The last ones belong to numbers and sizes that training programs put beside the weights.
  static constexpr std::string_view kNames[] = {kRebuild,
                                                kRebuild2,
                                                kParameter,
                                                "collections.OrderedDict",
                                                "torch.Size",
                                                "torch.device",
                                                "numpy.core.multiarray.scalar",
                                                "numpy._core.multiarray.scalar",
                                                "numpy.dtype",
                                                "_codecs.encode"};
  return storage_type(name) || std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

struct Storage {
  ElementType type;
  std::string key;
  uint64_t first = 0, count = 0;  // elements of the stored block that this one sees
};

uint64_t whole(PickleRef value, const char* what) {
  PPL_CHECK(value->kind == Kind::integer && value->integer >= 0, what, " that is no number from 0 on");
  return static_cast<uint64_t>(value->integer);
}

std::vector<uint64_t> wholes(PickleRef value, const char* what) {
  // torch.Size((2, 3)) is a call around the same list.
  if (value->kind == Kind::call && value->items.size() == 2) value = value->items[1];
  PPL_CHECK(value->kind == Kind::list && value->items.size() <= kMostAxes, what, " that is no list of up to ",
            kMostAxes, " numbers");
  std::vector<uint64_t> out;
  for (const PickleRef item : value->items) out.push_back(whole(item, what));
  return out;
}

// ("storage", type, key, device, count), in the old form with (key, first, count) of a part of it behind.
Storage storage_of(PickleRef value) {
  PPL_CHECK(value->kind == Kind::persistent && value->items[0]->kind == Kind::list, "a tensor without a storage");
  const std::vector<PickleRef>& id = value->items[0]->items;
  PPL_CHECK((id.size() == 5 || id.size() == 6) && id[0]->text == "storage" && id[1]->kind == Kind::name &&
                id[2]->kind == Kind::text,
            "a storage that is not described as one");
  const std::optional<ElementType> type = storage_type(id[1]->text);
  PPL_CHECK(type, "'", id[1]->text, "' is no type of a storage");
  Storage s{*type, std::string(id[2]->text), 0, whole(id[4], "a storage's size")};
  if (id.size() == 6 && id[5]->kind == Kind::list) {
    PPL_CHECK(id[5]->items.size() == 3, "a part of a storage that is not described as one");
    s.first = whole(id[5]->items[1], "a part's start");
    const uint64_t count = whole(id[5]->items[2], "a part's size");
    PPL_CHECK(s.first <= s.count && count <= s.count - s.first, "a part that lies outside its storage");
    s.count = count;
  }
  return s;
}

// Which elements of a storage a tensor has.
struct View {
  Storage storage;
  uint64_t first = 0;
  std::vector<uint64_t> shape, strides;

  uint64_t count() const {
    uint64_t n = 1;
    for (const uint64_t extent : shape) n *= extent;
    return n;
  }
};

void check_view(const View& v) {
  PPL_CHECK(v.shape.size() == v.strides.size(), v.shape.size(), " extents with ", v.strides.size(), " strides");
  if (std::find(v.shape.begin(), v.shape.end(), 0) != v.shape.end()) return;
  uint64_t count = 1, last = v.first;
  for (size_t i = 0; i < v.shape.size(); ++i) {
    uint64_t reach = 0;
    PPL_CHECK(!__builtin_mul_overflow(count, v.shape[i], &count) &&
                  !__builtin_mul_overflow(v.shape[i] - 1, v.strides[i], &reach) &&
                  !__builtin_add_overflow(last, reach, &last),
              "extents that overflow 64 bits");
  }
  PPL_CHECK(last < v.storage.count && count <= v.storage.count, "it needs ", std::max(last + 1, count),
            " elements, its storage '", v.storage.key, "' has ", v.storage.count);
}

// _rebuild_tensor_v2(storage, first, shape, strides, requires_grad, hooks); the older one has the first four.
std::optional<View> tensor_of(PickleRef value) {
  if (value->kind == Kind::call && value->items[0]->text == kParameter && value->items.size() >= 2) {
    value = value->items[1];
  }
  if (value->kind != Kind::call) return {};
  const std::string_view name = value->items[0]->text;
  if (name != kRebuild && name != kRebuild2) return {};
  PPL_CHECK(value->items.size() >= 5, "a tensor of ", value->items.size() - 1, " parts");
  View v{storage_of(value->items[1]), whole(value->items[2], "a tensor's start"), wholes(value->items[3], "extents"),
         wholes(value->items[4], "strides")};
  check_view(v);
  PPL_CHECK(!__builtin_add_overflow(v.first, v.storage.first, &v.first), "a start that overflows 64 bits");
  return v;
}

// Row by row, whatever the strides.
std::vector<std::byte> gather(const View& v, Bytes block) {
  const size_t size = element_size(v.storage.type);
  std::vector<std::byte> out(v.count() * size);
  std::vector<uint64_t> at(v.shape.size(), 0);
  for (size_t done = 0; done < out.size(); done += size) {
    uint64_t element = v.first;
    for (size_t i = 0; i < at.size(); ++i) element += at[i] * v.strides[i];
    std::memcpy(out.data() + done, block.data() + element * size, size);
    for (size_t i = at.size(); i-- > 0 && ++at[i] == v.shape[i];) at[i] = 0;
  }
  return out;
}

bool is_row_major(const View& v) {
  uint64_t expected = 1;
  for (size_t i = v.shape.size(); i-- > 0; expected *= v.shape[i]) {
    if (v.shape[i] != 1 && v.strides[i] != expected) return false;
  }
  return true;
}

HostArray array_of(const View& v, Bytes block) {
  HostArray array{v.storage.type, {v.shape.begin(), v.shape.end()}, {}};
  const size_t size = element_size(v.storage.type);
  if (v.count() == 0) return array;
  if (!is_row_major(v)) {
    array.bytes = gather(v, block);
    return array;
  }
  const Bytes part = block.subspan(v.first * size, v.count() * size);
  array.bytes.assign(part.begin(), part.end());
  return array;
}

bool has_tensors(PickleRef dictionary) {
  for (size_t i = 1; i < dictionary->items.size(); i += 2) {
    if (tensor_of(dictionary->items[i])) return true;
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
    const std::optional<View> v = tensor_of(dictionary->items[i + 1]);
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
    PPL_CHECK(out.arrays.emplace(name, array_of(*v, block->second)).second, "'", name, "' twice");
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
  const Pickle content(reader, is_known);
  return collect(content.root(), blocks, bytes.size());
}

// Behind the pickle: the keys of the storages, then for each the number of its elements and these. Of which type they
// are stands in the pickle only.
Blocks read_old_blocks(ByteReader& reader, const Pickle& content) {
  std::map<std::string, ElementType> types;
  for (const PickleRef value : content.persistent()) {
    const Storage s = storage_of(value);
    types[s.key] = s.type;
  }
  const Pickle keys(reader, is_known);
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
  const Pickle version(reader, is_known);
  PPL_CHECK(version.root()->kind == Kind::integer && version.root()->integer == kOldVersion,
            "is of another version of the old form than ", kOldVersion);
  const Pickle system(reader, is_known);
  const PickleRef little = value_at(system.root(), "little_endian");
  PPL_CHECK(!little || little->integer == 1, "numbers with their highest byte first");
  const Pickle content(reader, is_known);
  return collect(content.root(), read_old_blocks(reader, content), bytes.size());
}

constexpr char kZipForm[] = {'P', 'K', 3, 4};

// Errors of the parts above say what is wrong, not where.
template <class Parse>
NamedArrays naming_file(const std::string& where, Parse&& parse) {
  try {
    return parse();
  } catch (const Error& e) {
    const std::string text = e.what();
    throw Error(text.starts_with(where) ? text : cat(where, ": ", text));
  }
}

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
