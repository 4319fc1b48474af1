#include "io/weights/safetensors_header.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "io/json_text.h"
#include "kernels/base.h"

namespace ppl {
namespace {

// Takes the header event by event: nothing is built that does not fit the format, and a name given twice is seen.
class HeaderReader {
 public:
  explicit HeaderReader(std::string where) : where_(std::move(where)) {}

  using number_integer_t = int64_t;
  using number_unsigned_t = uint64_t;
  using number_float_t = double;
  using string_t = std::string;
  using binary_t = nlohmann::json::binary_t;

  bool null() { return refuse("null"); }
  bool boolean(bool) { return refuse("true or false"); }
  bool number_integer(int64_t) { return refuse("a negative number"); }
  bool number_float(double, const std::string& text) { return refuse("the number " + text); }
  bool binary(binary_t&) { return refuse("binary data"); }

  bool start_object(size_t) {
    if (state_ == State::start) return go(State::top);
    if (state_ == State::tensor_value) return begin_tensor();
    if (state_ == State::metadata_value) return go(State::metadata);
    return refuse("an object");
  }
  bool end_object() {
    if (state_ == State::tensor) end_tensor();
    return go(state_ == State::top ? State::end : State::top);
  }
  bool key(std::string& k) {
    if (state_ == State::top) return top_key(k);
    if (state_ == State::metadata) {
      PPL_CHECK(!header.metadata.count(k), where_, ": metadata \"", k, "\" twice");
      key_ = k;
      return go(State::metadata_text);
    }
    return field_key(k);
  }
  bool string(std::string& s) {
    if (state_ == State::metadata_text) {
      header.metadata[key_] = s;
      return go(State::metadata);
    }
    if (state_ != State::dtype) return refuse("text");
    current_->type = type_named(s);
    return go(State::tensor);
  }
  bool start_array(size_t) {
    if (state_ == State::shape) return go(State::shape_items);
    if (state_ == State::offsets) return go(State::offset_items);
    return refuse("a list");
  }
  bool number_unsigned(uint64_t v) {
    if (state_ == State::shape_items && v <= static_cast<uint64_t>(INT64_MAX) && current_->shape.size() < 32) {
      current_->shape.push_back(static_cast<int64_t>(v));
      return true;
    }
    if (state_ == State::offset_items && offset_count_ < 2) {
      current_->offsets[offset_count_++] = v;
      return true;
    }
    return refuse(cat("the number ", v));
  }
  bool end_array() {
    if (state_ == State::offset_items && offset_count_ != 2) return refuse("data_offsets that are not two numbers");
    return go(State::tensor);
  }
  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception& e) {
    throw Error(cat(where_, ": safetensors header is not JSON at byte ", position, ": ", json_problem(e)));
  }

  SafetensorsHeader header;

 private:
  enum class State {
    start,
    top,
    end,
    metadata_value,
    metadata,
    metadata_text,
    tensor_value,
    tensor,
    dtype,
    shape,
    shape_items,
    offsets,
    offset_items
  };

  bool go(State s) {
    state_ = s;
    return true;
  }
  bool refuse(const std::string& what) {
    throw Error(cat(where_, ": safetensors header holds ", what, current_ ? " in or after \"" + name_ + "\"" : "",
                    " where the format has none"));
  }
  bool top_key(const std::string& k) {
    if (k == "__metadata__") {
      PPL_CHECK(!std::exchange(has_metadata_, true), where_, ": __metadata__ twice");
      return go(State::metadata_value);
    }
    name_ = k;
    return go(State::tensor_value);
  }
  bool begin_tensor() {
    const auto [it, fresh] = header.tensors.try_emplace(name_);
    PPL_CHECK(fresh, where_, ": array \"", name_, "\" twice");
    current_ = &it->second;
    seen_ = 0;
    offset_count_ = 0;
    return go(State::tensor);
  }
  bool field_key(const std::string& k) {
    static constexpr std::pair<const char*, State> kFields[] = {
        {"dtype", State::dtype}, {"shape", State::shape}, {"data_offsets", State::offsets}};
    for (unsigned i = 0; i < 3; ++i) {
      if (k != kFields[i].first) continue;
      PPL_CHECK(!(seen_ >> i & 1), where_, ": \"", name_, "\" has ", k, " twice");
      seen_ |= 1u << i;
      return go(kFields[i].second);
    }
    return refuse("the key \"" + k + "\"");
  }
  void end_tensor() const {
    PPL_CHECK(seen_ == 7, where_, ": \"", name_, "\" lacks one of dtype, shape, data_offsets");
  }
  ElementType type_named(const std::string& s) const {
    for (int i = 0; i <= static_cast<int>(ElementType::boolean); ++i) {
      if (s == ppl::name(static_cast<ElementType>(i))) return static_cast<ElementType>(i);
    }
    throw Error(cat(where_, ": \"", name_, "\" is of the unknown type \"", s, "\""));
  }

  std::string where_, name_, key_;
  State state_ = State::start;
  SafetensorsEntry* current_ = nullptr;
  unsigned seen_ = 0;
  size_t offset_count_ = 0;
  bool has_metadata_ = false;
};

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view text, const std::string& where) {
  HeaderReader reader(where);
  nlohmann::json::sax_parse(text, &reader);
  return std::move(reader.header);
}

}  // namespace ppl
