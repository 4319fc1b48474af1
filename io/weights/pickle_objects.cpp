#include <charconv>

#include "io/weights/pickle_machine.h"

namespace ppl {
namespace {

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

bool PickleMachine::push_name(std::string_view module, std::string_view attribute) {
  pickle_.names_.push_back(std::string(module) + "." + std::string(attribute));
  const std::string& name = pickle_.names_.back();
  if (runs_code(name)) fail(cat("'", name.substr(0, 80), "' would run a program or code where Python loads this file"));
  push(Kind::name)->text = name;
  return true;
}
bool PickleMachine::push_call(PickleRef name, PickleRef arguments) {
  if (arguments->kind != Kind::list) fail("a call without a tuple of arguments");
  if (name->kind == Kind::name && name->text == "collections.OrderedDict") return push_ordered(arguments->items);
  PickleValue* call = push(Kind::call);
  call->items.push_back(name);
  call->items.insert(call->items.end(), arguments->items.begin(), arguments->items.end());
  return true;
}
// Made empty and filled afterwards, or, by Python 2, made of a list of pairs.
bool PickleMachine::push_ordered(const std::vector<PickleRef>& arguments) {
  PickleValue* dictionary = push(Kind::dictionary);
  if (arguments.empty()) return true;
  if (arguments.size() != 1 || arguments[0]->kind != Kind::list) fail("an ordered dictionary of what is no list");
  for (const PickleRef pair : arguments[0]->items) {
    if (pair->kind != Kind::list || pair->items.size() != 2) fail("an ordered dictionary of what are no pairs");
    dictionary->items.insert(dictionary->items.end(), pair->items.begin(), pair->items.end());
  }
  return true;
}
bool PickleMachine::object(uint8_t opcode) {
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

// A string as Python 2 prints it, in its quotes. Error for escapes, which numbers and names do not need.
bool PickleMachine::push_line_text(std::string_view quoted) {
  const bool closed = quoted.size() >= 2 && (quoted[0] == '\'' || quoted[0] == '"') && quoted.back() == quoted[0];
  if (!closed || quoted.find('\\') != std::string_view::npos) fail("text that is not in quotes, or has escapes");
  push(Kind::text)->text = quoted.substr(1, quoted.size() - 2);
  return true;
}

bool PickleMachine::line(uint8_t opcode) {
  if (std::string_view("ILFSVpgd").find(static_cast<char>(opcode)) == std::string_view::npos) return false;
  if (opcode == 'd') return push_items(Kind::dictionary, pop_to_mark());
  std::string_view text = in_.take_line();
  if (opcode == 'S') return push_line_text(text);
  if (opcode == 'V') {
    if (text.find('\\') != std::string_view::npos) fail("text with escapes");
    push(Kind::text)->text = text;
    return true;
  }
  const auto parse = [&](auto& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) fail("expected a number on a line");
  };
  if (opcode == 'F') {
    parse(push(Kind::real)->real);
    return true;
  }
  if (opcode == 'L' && text.ends_with('L')) text.remove_suffix(1);
  const bool is_boolean = opcode == 'I' && (text == "00" || text == "01");
  int64_t number = 0;
  parse(number);
  if (opcode == 'p' || opcode == 'g') {
    if (number < 0) fail("a memo entry below 0");
    return opcode == 'p' ? remember(static_cast<size_t>(number)) : recall(static_cast<size_t>(number));
  }
  return push_integer(number, is_boolean ? Kind::boolean : Kind::integer);
}

}  // namespace ppl
