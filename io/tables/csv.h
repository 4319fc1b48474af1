// Tables of text with a header: a row at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ppl {

// Fields separated by commas; a field in quotes may hold commas, line ends and, doubled, quotes. Rows end with LF, CR
// or CRLF; empty rows are skipped. The text must outlive the reader.
class CsvReader {
 public:
  // The text may be a file from the beginning of any of its rows on, which `first_line` numbers.
  CsvReader(std::string_view text, std::string where, int64_t first_line = 1)
      : rest_(text), size_(text.size()), where_(std::move(where)), next_line_(first_line) {}

  // Fills `fields`; false at the end. Error naming the row where a quote is not closed, or something follows one that
  // is.
  bool next(std::vector<std::string>& fields);
  // Line of the file that the last row began on, counted from 1.
  int64_t line() const { return line_; }
  // Where in the text the last row began.
  size_t offset() const { return offset_; }
  const std::string& where() const { return where_; }

 private:
  void quoted(std::string& field);

  std::string_view rest_;
  size_t size_, offset_ = 0;
  std::string where_;
  int64_t line_ = 0, next_line_;
};

// The number of the header's field of one of these names, in any case; -1 where there is none.
int find_column(const std::vector<std::string>& header, const std::vector<std::string>& names);

// As a field of a row: in quotes where it has to be.
std::string csv_field(std::string_view text);

}  // namespace ppl
