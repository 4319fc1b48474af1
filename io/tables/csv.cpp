#include "io/tables/csv.h"

#include <algorithm>
#include <cctype>

#include "kernels/base.h"

namespace ppl {

void CsvReader::quoted(std::string& field) {
  rest_.remove_prefix(1);
  for (;;) {
    const size_t quote = rest_.find('"');
    PPL_CHECK(quote != std::string_view::npos, where_, ":", line_, ": a quote is not closed");
    field.append(rest_.substr(0, quote));
    next_line_ += std::count(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(quote), '\n');
    rest_.remove_prefix(quote + 1);
    if (!rest_.starts_with('"')) break;
    field.push_back('"');
    rest_.remove_prefix(1);
  }
  PPL_CHECK(rest_.empty() || std::string_view(",\r\n").find(rest_[0]) != std::string_view::npos, where_, ":", line_,
            ": expected a comma or the end of the row after a closing quote, got '", rest_.substr(0, 1), "'");
}

bool CsvReader::next(std::vector<std::string>& fields) {
  fields.clear();
  while (!rest_.empty() && (rest_[0] == '\n' || rest_[0] == '\r')) {
    next_line_ += rest_[0] == '\n' || (rest_.size() > 1 && rest_[1] != '\n');
    rest_.remove_prefix(1);
  }
  if (rest_.empty()) return false;
  line_ = next_line_;
  offset_ = size_ - rest_.size();
  for (;;) {
    std::string& field = fields.emplace_back();
    if (rest_.starts_with('"')) {
      quoted(field);
    } else {
      const size_t end = std::min(rest_.find_first_of(",\r\n"), rest_.size());
      field = rest_.substr(0, end);
      rest_.remove_prefix(end);
    }
    if (rest_.empty() || rest_[0] != ',') break;
    rest_.remove_prefix(1);
  }
  return true;
}

int find_column(const std::vector<std::string>& header, const std::vector<std::string>& names) {
  const auto same = [](std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
  };
  for (const std::string& name : names) {
    for (size_t i = 0; i < header.size(); ++i) {
      std::string_view field = header[i];
      if (field.starts_with("\xef\xbb\xbf")) field.remove_prefix(3);
      if (same(field, name)) return static_cast<int>(i);
    }
  }
  return -1;
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\n\r") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

}  // namespace ppl
