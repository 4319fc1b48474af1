#include "io/tables/csv.h"

#include <algorithm>

#include "kernels/base.h"

namespace ppl {
namespace {

constexpr size_t kLargestField = size_t{64} << 20;  // bytes: a line of two million points
constexpr size_t kMostFields = 10'000;

// A byte order mark of UTF-8.
std::string_view without_mark(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  return text;
}

std::string plain_name(std::string_view name) {
  std::string result;
  for (const char c : without_mark(name)) {
    if (c == '_' || c == '-' || static_cast<unsigned char>(c) <= ' ') continue;
    result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return result;
}

size_t blanks(std::string_view text) { return std::min(text.find_first_not_of(" \t"), text.size()); }

}  // namespace

void CsvReader::check_field(size_t size) const {
  PPL_CHECK(size <= kLargestField, where_, ":", line_, ": a field of ", size >> 20, " MB; expected at most ",
            kLargestField >> 20);
}

void CsvReader::quoted(std::string& field) {
  rest_.remove_prefix(1);
  for (;;) {
    const size_t quote = rest_.find('"');
    PPL_CHECK(quote != std::string_view::npos, where_, ":", line_, ": a quote is not closed");
    check_field(field.size() + quote);
    field.append(rest_.substr(0, quote));
    next_line_ += std::count(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(quote), '\n');
    rest_.remove_prefix(quote + 1);
    if (!rest_.starts_with('"')) break;
    field.push_back('"');
    rest_.remove_prefix(1);
  }
  if (format_.separator != '\t') rest_.remove_prefix(blanks(rest_));
  PPL_CHECK(rest_.empty() || rest_[0] == format_.separator || rest_[0] == '\r' || rest_[0] == '\n', where_, ":", line_,
            ": expected a separator or the end of the row after a closing quote, got '", rest_.substr(0, 1), "'");
}

size_t CsvReader::end_of_plain() const {
  const char stops[] = {format_.separator, '\r', '\n'};
  const size_t plain = std::min(rest_.find_first_of(std::string_view(stops, 3)), rest_.size());
  const size_t open = format_.parentheses ? rest_.substr(0, plain).find('(') : std::string_view::npos;
  if (open == std::string_view::npos) return plain;
  int depth = 0;
  for (size_t i = open; i < rest_.size() && rest_[i] != '\r' && rest_[i] != '\n'; ++i) {
    depth += (rest_[i] == '(') - (rest_[i] == ')');
    if (depth == 0 && rest_[i] == format_.separator) return i;
    const bool last = i + 1 == rest_.size() || rest_[i + 1] == '\r' || rest_[i + 1] == '\n';
    if (depth == 0 && last) return i + 1;
  }
  return plain;
}

void CsvReader::skip_to_row() {
  for (;;) {
    while (!rest_.empty() && (rest_[0] == '\n' || rest_[0] == '\r')) {
      next_line_ += rest_[0] == '\n' || (rest_.size() > 1 && rest_[1] != '\n');
      rest_.remove_prefix(1);
    }
    if (!format_.comments || !rest_.starts_with('#')) return;
    rest_.remove_prefix(std::min(rest_.find_first_of("\r\n"), rest_.size()));
  }
}

bool CsvReader::next(std::vector<std::string>& fields) {
  skip_to_row();
  size_t count = 0;  // of fields, whose memory is used again
  if (!rest_.empty()) {
    line_ = next_line_;
    offset_ = size_ - rest_.size();
    for (;;) {
      PPL_CHECK(count < kMostFields, where_, ":", line_, ": a row of more than ", kMostFields, " fields");
      if (count == fields.size()) fields.emplace_back();
      std::string& field = fields[count++];
      field.clear();
      const size_t indent = format_.separator == '\t' ? 0 : blanks(rest_);
      if (rest_.substr(indent).starts_with('"')) {
        rest_.remove_prefix(indent);
        quoted(field);
      } else {
        const size_t end = end_of_plain();
        check_field(end);
        field = rest_.substr(0, end);
        rest_.remove_prefix(end);
      }
      if (rest_.empty() || rest_[0] != format_.separator) break;
      rest_.remove_prefix(1);
    }
  }
  fields.resize(count);
  return count > 0;
}

std::string_view strip(std::string_view text) {
  const auto blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

int find_column(const std::vector<std::string>& header, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    for (size_t i = 0; i < header.size(); ++i) {
      if (plain_name(header[i]) == plain_name(name)) return static_cast<int>(i);
    }
  }
  return -1;
}

bool is_blank(std::string_view field) {
  constexpr size_t kLongest = 4;
  field = strip(field);
  if (field.size() > kLongest) return false;
  const std::string word = plain_name(field);
  return word.empty() || word == "nan" || word == "none" || word == "null" || word == "na" || word == "<na>";
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\n\r") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

}  // namespace ppl
