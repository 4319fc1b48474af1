#include "io/weights/pickle.h"

#include <algorithm>
#include <limits>

namespace ppl {

namespace {
using Kind = PickleValue::Kind;
constexpr size_t kLongestPickle = size_t{16} << 20;  // state dicts of a thousand arrays take a few hundred kB
constexpr size_t kMemoLimit = size_t{1} << 24;

// Names that only a file made to do harm holds. It would do none here, but whoever has it should know.
bool runs_code(std::string_view name) {
  for (const std::string_view module : {"os.", "posix.", "nt.", "subprocess.", "sys.", "pty.", "runpy.", "shutil.",
                                        "socket.", "importlib.", "ctypes.", "webbrowser."})
    if (name.starts_with(module)) return true;
  for (const std::string_view module : {"builtins.", "__builtin__."})
    for (const std::string_view function : {"eval", "exec", "execfile", "compile", "__import__", "open"})
      if (name.starts_with(module) && name.substr(module.size()) == function) return true;
  return false;
}

}  // namespace

// A stack of values, marks on it, and a memo. Every opcode makes at most two values, so that the pickle's own length
// bounds the memory.
class PickleMachine {
 public:
  PickleMachine(Pickle& pickle, ByteReader& reader) : pickle_(pickle), in_(reader) {}

  PickleRef run() {
    const size_t start = in_.position();
    for (;;) {
      PPL_CHECK(in_.position() - start <= kLongestPickle, in_.where(), ": a pickle of more than ", kLongestPickle,
                " bytes");
      at_ = in_.position();
      const auto opcode = in_.number<uint8_t>();
      if (opcode == '.') return pop();
      if (!scalar(opcode) && !container(opcode) && !memory(opcode) && !object(opcode)) {
        fail(cat("opcode ", int{opcode}, " has no place in a state dict"));
      }
    }
  }

 private:
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

  bool scalar(uint8_t opcode) {
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

  bool container(uint8_t opcode) {
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

  bool memory(uint8_t opcode) {
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
  // Writers number the memo from 0 without holes.
  bool remember(size_t index) {
    if (index > memo_.size() || index >= kMemoLimit) fail(cat("memo entry ", index, " after ", memo_.size()));
    if (index == memo_.size()) memo_.push_back(nullptr);
    memo_[index] = top();
    return true;
  }
  bool recall(size_t index) {
    if (index >= memo_.size()) fail(cat("memo entry ", index, " of ", memo_.size()));
    stack_.push_back(memo_[index]);
    return true;
  }

  bool push_name(std::string_view module, std::string_view attribute) {
    pickle_.names_.push_back(std::string(module) + "." + std::string(attribute));
    const std::string& name = pickle_.names_.back();
    if (runs_code(name))
      fail(cat("'", name.substr(0, 80), "' would run a program or code where Python loads this file"));
    push(Kind::name)->text = name;
    return true;
  }
  bool push_call(PickleRef name, PickleRef arguments) {
    if (arguments->kind != Kind::list) fail("a call without a tuple of arguments");
    if (name->kind == Kind::name && name->text == "collections.OrderedDict") return push_ordered(arguments->items);
    PickleValue* call = push(Kind::call);
    call->items.push_back(name);
    call->items.insert(call->items.end(), arguments->items.begin(), arguments->items.end());
    return true;
  }
  // Made empty and filled afterwards, or, by Python 2, made of a list of pairs.
  bool push_ordered(const std::vector<PickleRef>& arguments) {
    PickleValue* dictionary = push(Kind::dictionary);
    if (arguments.empty()) return true;
    if (arguments.size() != 1 || arguments[0]->kind != Kind::list) fail("an ordered dictionary of what is no list");
    for (const PickleRef pair : arguments[0]->items) {
      if (pair->kind != Kind::list || pair->items.size() != 2) fail("an ordered dictionary of what are no pairs");
      dictionary->items.insert(dictionary->items.end(), pair->items.begin(), pair->items.end());
    }
    return true;
  }
  bool object(uint8_t opcode) {
    switch (opcode) {
      case 'c': {
        const std::string_view module = in_.take_line();
        return push_name(module, in_.take_line());
      }
      case 0x93: {
        const PickleRef attribute = pop(), module = pop();
        if (attribute->kind != Kind::text || module->kind != Kind::text) fail("a name that is no text");
        return push_name(module->text, attribute->text);
      }
      case 'R':
      case 0x81: {
        const PickleRef arguments = pop(), name = pop();
        return push_call(name, arguments);
      }
      case 0x92: {  // the same with named arguments
        pop();
        const PickleRef arguments = pop(), name = pop();
        return push_call(name, arguments);
      }
      case 'b':  // attributes set on an object, such as a state dict's version numbers: of no use here
        pop();
        return top() != nullptr;
      case 'Q':
        push_items(Kind::persistent, {pop()});
        pickle_.persistent_.push_back(top());
        return true;
    }
    return false;
  }

  Pickle& pickle_;
  ByteReader& in_;
  std::vector<PickleValue*> stack_;
  std::vector<size_t> marks_;
  std::vector<PickleValue*> memo_;
  size_t at_ = 0;
};

Pickle::Pickle(ByteReader& reader) { root_ = PickleMachine(*this, reader).run(); }

}  // namespace ppl
