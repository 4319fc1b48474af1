// Python's pickles, read as data: nothing is executed and no class is looked up. An object is kept as a `call` of its
// class's name with the arguments; attributes that are set on it are passed over.
#pragma once

#include <cstdint>
#include <deque>
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
    list,        // items; tuples, lists, sets, and objects to which items are appended
    dictionary,  // items: key, value, key, value, ...; keys that come twice stand twice. Ordered ones, and objects in
                 // which keys are set, too
    name,        // text: "module.attribute"
    call,        // items: what is called (mostly a name), then its arguments
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
  // Reads up to and with the end, of protocols 0 to 5. Error naming reader.where() and the byte for broken pickles, for
  // opcodes that state dicts and lists of numbers do not need, and for names by which Python would run programs or
  // code.
  explicit Pickle(ByteReader& reader);
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
