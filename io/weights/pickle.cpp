#include "io/weights/pickle.h"

#include <bit>

#include "io/weights/pickle_machine.h"

namespace ppl {

namespace {
constexpr size_t kLongestPickle = size_t{16} << 20;  // state dicts of a thousand arrays take a few hundred kB
constexpr size_t kMemoLimit = size_t{1} << 24;
}  // namespace

PickleRef PickleMachine::run() {
  const size_t start = in_.position();
  for (;;) {
    PPL_CHECK(in_.position() - start <= kLongestPickle, in_.where(), ": a pickle of more than ", kLongestPickle,
              " bytes");
    at_ = in_.position();
    const auto opcode = in_.number<uint8_t>();
    if (opcode == '.') return pop();
    if (!scalar(opcode) && !container(opcode) && !memory(opcode) && !object(opcode) && !line(opcode)) {
      fail(cat("opcode ", int{opcode}, " is not one that data needs"));
    }
  }
}

bool PickleMachine::scalar(uint8_t opcode) {
  switch (opcode) {
    case 'N':
      return push(Kind::none) != nullptr;
    case 0x88:
    case 0x89:
      return push_integer(opcode == 0x88, Kind::boolean);
    case 'J':
      return push_integer(in_.number<int32_t>());
    case 'K':
      return push_integer(in_.number<uint8_t>());
    case 'M':
      return push_integer(in_.number<uint16_t>());
    case 0x8a:
      return push_long(in_.number<uint8_t>());
    case 0x8b:
      return push_long(in_.number<uint32_t>());
    case 'G': {
      auto bits = in_.number<uint64_t>();  // the only number that is stored with its highest byte first
      auto* bytes = reinterpret_cast<uint8_t*>(&bits);
      std::reverse(bytes, bytes + sizeof bits);
      push(Kind::real)->real = std::bit_cast<double>(bits);
      return true;
    }
    case 0x8c:
    case 'U':
    case 'C':
      return push_text(in_.number<uint8_t>());
    case 'X':
    case 'T':
    case 'B':
      return push_text(in_.number<uint32_t>());
    case 0x8d:
    case 0x8e:
      return push_text(in_.number<uint64_t>());
  }
  return false;
}

bool PickleMachine::container(uint8_t opcode) {
  switch (opcode) {
    case '(':
      marks_.push_back(stack_.size());
      return true;
    case ')':
    case ']':
    case 0x8f:  // a set
      return push(Kind::list) != nullptr;
    case '}':
      return push(Kind::dictionary) != nullptr;
    case 't':
    case 'l':
    case 0x91:  // a frozen set
      return push_items(Kind::list, pop_to_mark());
    case 0x85:
    case 0x86:
    case 0x87:
      return push_tuple(opcode - 0x84u);
    case 'a':
      return append(Kind::list, {pop()});
    case 'e':
    case 0x90:  // to a set
      return append(Kind::list, pop_to_mark());
    case 's': {
      const PickleRef value = pop(), key = pop();
      return append(Kind::dictionary, {key, value});
    }
    case 'u':
      return append(Kind::dictionary, pop_to_mark());
    case '0':
      return pop() != nullptr;
    case '1':
      pop_to_mark();
      return true;
  }
  return false;
}

bool PickleMachine::memory(uint8_t opcode) {
  switch (opcode) {
    case 0x80:
      if (const auto version = in_.number<uint8_t>(); version < 2 || version > 5) {
        fail(cat("pickle protocol ", int{version}, ", expected 2 to 5"));
      }
      return true;
    case 0x95:
      in_.number<uint64_t>();
      return true;
    case 'q':
      return remember(in_.number<uint8_t>());
    case 'r':
      return remember(in_.number<uint32_t>());
    case 0x94:
      return remember(memo_.size());
    case 'h':
      return recall(in_.number<uint8_t>());
    case 'j':
      return recall(in_.number<uint32_t>());
  }
  return false;
}
// Writers number the memo from 0 without holes, or, as Python 2's quick one, from 1.
bool PickleMachine::remember(size_t index) {
  if (index > std::max<size_t>(memo_.size(), 1) || index >= kMemoLimit)
    fail(cat("memo entry ", index, " after ", memo_.size()));
  if (index >= memo_.size()) memo_.resize(index + 1, nullptr);
  memo_[index] = top();
  return true;
}
bool PickleMachine::recall(size_t index) {
  if (index >= memo_.size() || !memo_[index]) fail(cat("memo entry ", index, " of ", memo_.size()));
  stack_.push_back(memo_[index]);
  return true;
}

Pickle::Pickle(ByteReader& reader) { root_ = PickleMachine(*this, reader).run(); }

}  // namespace ppl
