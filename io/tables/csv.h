// Tables of text with a header: a row at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ppl {

struct CsvFormat {
  char separator = ',';
  bool comments = false;     // rows that begin with # are skipped
  bool parentheses = false;  // within ( ) a separator separates nothing, where they are closed before the row ends
};

// Fields between separators; a field in quotes may hold separators, line ends and, doubled, quotes, and may have blanks
// around it. Rows end with LF, CR or CRLF; empty rows are skipped. The text must outlive the reader.
class CsvReader {
 public:
  // The text may be a file from the beginning of any of its rows on, which `first_line` numbers.
  CsvReader(std::string_view text, std::string where, int64_t first_line = 1, CsvFormat format = {})
      : rest_(text), size_(text.size()), where_(std::move(where)), format_(format), next_line_(first_line) {}

  // Fills `fields`; false at the end. Error naming the row where a quote is not closed, or something follows one that
  // is, and for fields beyond 64 MB and rows beyond 10,000 fields.
  bool next(std::vector<std::string>& fields);
  // Line of the file that the last row began on, counted from 1.
  int64_t line() const { return line_; }
  // Where in the text the last row began.
  size_t offset() const { return offset_; }
  const std::string& where() const { return where_; }

 private:
  void skip_to_row();
  void quoted(std::string& field);
  void check_field(size_t size) const;
  size_t end_of_plain() const;

  std::string_view rest_;
  size_t size_, offset_ = 0;
  std::string where_;
  CsvFormat format_;
  int64_t line_ = 0, next_line_;
};

// The text without blanks, tabs and other control characters around it.
std::string_view strip(std::string_view text);

// The number of the header's field of the first of these names that is there; -1 where there is none. Case, blanks, _
// and - make no difference: "ImageId" is image_id.
int find_column(const std::vector<std::string>& header, const std::vector<std::string>& names);

// Whether a field of a table says that there is nothing: blank, or pandas' nan, None, NULL, NA.
bool is_blank(std::string_view field);

// As a field of a row: in quotes where it has to be.
std::string csv_field(std::string_view text);

}  // namespace ppl
