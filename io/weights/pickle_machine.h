// The machine that reads a pickle: for pickle.h alone.
#pragma once

#include <algorithm>
#include <cstring>

#include "io/weights/pickle.h"

namespace ppl {

// A stack of values, marks on it, and a memo. Every opcode makes at most two values, so that the pickle's own length
// bounds the memory.
class PickleMachine {
 public:
  PickleMachine(Pickle& pickle, ByteReader& reader) : pickle_(pickle), in_(reader) {}

  PickleRef run();

 private:
  using Kind = PickleValue::Kind;

  [[noreturn]] void fail(const std::string& what) const { throw Error(cat(in_.where(), ": byte ", at_, ": ", what)); }

  PickleValue* make(Kind kind) {
    pickle_.values_.emplace_back();
    pickle_.values_.back().kind = kind;
    return &pickle_.values_.back();
  }
  PickleValue* push(Kind kind) {
    PickleValue* value = make(kind);
    stack_.push_back(value);
    return value;
  }
  bool push_integer(int64_t value, Kind kind = Kind::integer) {
    push(kind)->integer = value;
    return true;
  }
  bool push_text(uint64_t size) {
    push(Kind::text)->text = in_.take_text(size);
    return true;
  }
  bool push_long(uint64_t size) {
    const std::string_view bytes = in_.take_text(size);
    if (bytes.size() > 8) {
      push(Kind::big)->text = bytes;
      return true;
    }
    uint64_t value = !bytes.empty() && (bytes.back() & 0x80) ? ~uint64_t{0} : 0;
    std::memcpy(&value, bytes.data(), bytes.size());
    return push_integer(static_cast<int64_t>(value));
  }

  PickleValue* top() {
    if (stack_.empty() || (!marks_.empty() && marks_.back() == stack_.size())) fail("the stack is empty");
    return stack_.back();
  }
  PickleValue* pop() {
    PickleValue* value = top();
    stack_.pop_back();
    return value;
  }
  // What lies above the last mark, taken from the stack.
  std::vector<PickleRef> pop_to_mark() {
    if (marks_.empty()) fail("no mark is set");
    std::vector<PickleRef> items(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()), stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return items;
  }
  bool push_items(Kind kind, std::vector<PickleRef> items) {
    push(kind)->items = std::move(items);
    return true;
  }
  bool append(Kind kind, const std::vector<PickleRef>& items) {
    PickleValue* to = top();
    if (to->kind == Kind::call) {  // an object that is a kind of list or dictionary
      to->kind = kind;
      to->items.clear();
    }
    if (to->kind != kind) fail(kind == Kind::list ? "items for what is no list" : "keys for what is no dictionary");
    if (kind == Kind::dictionary && items.size() % 2 != 0) fail("a key without a value");
    to->items.insert(to->items.end(), items.begin(), items.end());
    return true;
  }
  bool push_tuple(size_t count) {
    std::vector<PickleRef> items(count);
    for (size_t i = count; i-- > 0;) items[i] = pop();
    return push_items(Kind::list, std::move(items));
  }

  // Whether it is one of theirs: each does what the opcode says.
  bool scalar(uint8_t opcode);
  bool container(uint8_t opcode);
  bool memory(uint8_t opcode);
  bool remember(size_t index);
  bool recall(size_t index);
  bool push_name(std::string_view module, std::string_view attribute);
  bool push_call(PickleRef name, PickleRef arguments);
  bool push_ordered(const std::vector<PickleRef>& arguments);
  bool object(uint8_t opcode);
  // Of protocol 0, which Python 2 writes: a line of text each.
  bool line(uint8_t opcode);
  bool push_line_text(std::string_view quoted);

  Pickle& pickle_;
  ByteReader& in_;
  std::vector<PickleValue*> stack_;
  std::vector<size_t> marks_;
  std::vector<PickleValue*> memo_;
  size_t at_ = 0;
};

}  // namespace ppl
