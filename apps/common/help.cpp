#include "apps/common/help.h"

#include <regex>

namespace ppl::apps {
namespace {

// "INT:INT in [0 - 9]", "ENUM:value in {cpu->0,cuda->1} OR {0,1}", "TEXT:{a,b}", "FLOAT:POSITIVE", "TEXT:FILE".
std::string values_of(const std::string& type) {
  std::smatch found;
  static const std::regex range(R"(.*:\w+ in \[(\S+) - (\S+)\].*)"), names(R"(.*?\{([^}]*)\}.*)"), arrow("->[^,]*");
  if (std::regex_match(type, found, range)) return found[1].str() + " to " + found[2].str();
  if (std::regex_match(type, found, names)) return "{" + std::regex_replace(found[1].str(), arrow, "") + "}";
  const size_t colon = type.find(':');
  if (colon == std::string::npos) return type;
  const std::string checked = type.substr(colon + 1);
  if (checked == "POSITIVE") return "above 0";
  if (checked == "NONNEGATIVE") return "0 or more";
  return checked.starts_with("PATH") ? "PATH" : checked;
}

class Help : public CLI::Formatter {
 public:
  std::string make_option_name(const CLI::Option* option, bool is_positional) const override {
    static const std::regex value_of_flag(R"(\{[^}]*\})");
    return std::regex_replace(Formatter::make_option_name(option, is_positional), value_of_flag, "");
  }

  std::string make_option_opts(const CLI::Option* option) const override {
    if (option->get_type_size() == 0) return " ";
    std::string text = " " + values_of(option->get_type_name());
    if (!option->get_default_str().empty()) text += " = " + option->get_default_str();
    if (option->get_expected_max() >= CLI::detail::expected_max_vector_size) text += " ...";
    if (option->get_expected_min() > 1) text += " x " + std::to_string(option->get_expected_min());
    if (option->get_required() && !option->get_positional()) text += ", required";
    return text + " ";  // so that two blanks at least stand before the description
  }
};

}  // namespace

std::shared_ptr<CLI::FormatterBase> help_formatter() { return std::make_shared<Help>(); }

}  // namespace ppl::apps
