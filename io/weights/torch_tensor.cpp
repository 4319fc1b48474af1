#include "io/weights/torch_tensor.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "kernels/base.h"

namespace ppl {
namespace {

using Kind = PickleValue::Kind;

constexpr size_t kMostAxes = 8;

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
                           kParameter = "torch._utils._rebuild_parameter",
                           kSubclass = "torch._tensor._rebuild_from_type_v2";

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

void check_view(const TorchView& v) {
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

// Row by row, whatever the strides.
std::vector<std::byte> gather(const TorchView& v, Bytes block) {
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

bool is_row_major(const TorchView& v) {
  uint64_t expected = 1;
  for (size_t i = v.shape.size(); i-- > 0; expected *= v.shape[i]) {
    if (v.shape[i] != 1 && v.strides[i] != expected) return false;
  }
  return true;
}

}  // namespace

// ("storage", type, key, device, count), in the old form with (key, first, count) of a part of it behind.
TorchStorage torch_storage(PickleRef value) {
  PPL_CHECK(value->kind == Kind::persistent && value->items[0]->kind == Kind::list, "a tensor without a storage");
  const std::vector<PickleRef>& id = value->items[0]->items;
  PPL_CHECK((id.size() == 5 || id.size() == 6) && id[0]->text == "storage" && id[1]->kind == Kind::name &&
                id[2]->kind == Kind::text,
            "a storage that is not described as one");
  const std::optional<ElementType> type = storage_type(id[1]->text);
  PPL_CHECK(type, "'", id[1]->text, "' is no type of a storage");
  TorchStorage s{*type, std::string(id[2]->text), 0, whole(id[4], "a storage's size")};
  if (id.size() == 6 && id[5]->kind == Kind::list) {
    PPL_CHECK(id[5]->items.size() == 3, "a part of a storage that is not described as one");
    s.first = whole(id[5]->items[1], "a part's start");
    const uint64_t count = whole(id[5]->items[2], "a part's size");
    PPL_CHECK(s.first <= s.count && count <= s.count - s.first, "a part that lies outside its storage");
    s.count = count;
  }
  return s;
}

bool is_torch_tensor(PickleRef value) {
  if (value->kind != Kind::call || value->items[0]->kind != Kind::name) return false;
  const std::string_view name = value->items[0]->text;
  return name.starts_with("torch._utils._rebuild_") || name.starts_with("torch._tensor._rebuild_");
}

// The forms that hold a tensor: _rebuild_parameter(tensor, ...), _rebuild_from_type_v2(function, class, arguments,
// ...), _rebuild_tensor_v2(storage, first, shape, strides, requires_grad, hooks), whose older form has the first four.
TorchView torch_tensor(PickleRef value) {
  if (value->items[0]->text == kParameter) {
    PPL_CHECK(value->items.size() >= 2 && is_torch_tensor(value->items[1]), "a parameter without a tensor");
    value = value->items[1];
  }
  std::string_view name = value->items[0]->text;
  std::vector<PickleRef> arguments(value->items.begin() + 1, value->items.end());
  if (name == kSubclass) {
    PPL_CHECK(arguments.size() >= 3 && arguments[2]->kind == Kind::list, "a tensor of a class without its arguments");
    name = arguments[0]->text;
    arguments = arguments[2]->items;
  }
  PPL_CHECK(name == kRebuild || name == kRebuild2, "a tensor of a kind that is not read (", name, ")");
  PPL_CHECK(arguments.size() >= 4, "a tensor of ", arguments.size(), " parts");
  TorchView v{torch_storage(arguments[0]), whole(arguments[1], "a tensor's start"), wholes(arguments[2], "extents"),
              wholes(arguments[3], "strides")};
  check_view(v);
  PPL_CHECK(!__builtin_add_overflow(v.first, v.storage.first, &v.first), "a start that overflows 64 bits");
  return v;
}

HostArray torch_array(const TorchView& v, Bytes block) {
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

}  // namespace ppl
