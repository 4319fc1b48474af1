// Python's pickles, read as data: nothing is executed and no class is looked up. What a pickle calls is kept as a
// `call` of a name; who reads the result decides which names it knows.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "io/weights/byte_reader.h"

namespace ppl {

struct PickleValue;
using PickleRef = const PickleValue*;

struct PickleValue {
  enum class Kind : uint8_t {
    none,
    boolean,  // integer: 0 or 1
    integer,  // integer; big: what does not fit 64 bits, whose bytes are in text
    big,
    real,        // real
    text,        // text; bytes too
    list,        // items; tuples and lists
    dictionary,  // items: key, value, key, value, ...; keys that come twice stand twice
    name,        // text: "module.attribute"
    call,        // items: the name that is called, then its arguments
    persistent,  // items: the identifier of something that lies outside the pickle
  };
  Kind kind = Kind::none;
  int64_t integer = 0;
  double real = 0;
  std::string_view text;  // part of the pickle, but for names of the old form
  std::vector<PickleRef> items;
};

// Owns the values of one pickle; references stay valid as long as it lives.
class Pickle {
 public:
  // Reads up to and with the pickle's end. known(name): whether a name may stand in it. Error naming reader.where() and
  // the byte for anything else, for opcodes that state dicts have no use for, and for pickles that are broken.
  Pickle(ByteReader& reader, const std::function<bool(std::string_view)>& known);
  PickleRef root() const { return root_; }
  const std::vector<PickleRef>& persistent() const { return persistent_; }  // in the order of the pickle

 private:
  friend class PickleMachine;
  std::deque<PickleValue> values_;
  std::deque<std::string> names_;
  std::vector<PickleRef> persistent_;
  PickleRef root_ = nullptr;
};

}  // namespace ppl
