// Tables with a row for each thing of an image: SpaceNet's, and what pandas, geopandas and spreadsheets make of them.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "io/tables/csv.h"
#include "io/tables/mapped_tables.h"
#include "io/tables/roads.h"

namespace ppl {

// Names of columns, the surest first; ImageId and its like (image_columns) are always among them.
struct TableColumns {
  std::vector<std::string> geometry;
  std::vector<std::string> id = {}, confidence = {};
  // Tables of two columns may go without a header where the second begins with this word.
  std::string headless = {};
};

// One row. The texts are valid until the next.
struct TableRow {
  RowPlace place;
  std::string fault;  // where the row cannot be read; nothing else is set then
  std::string_view geometry, id, confidence;
};

// The rows of all files together, by image. Columns may come in any order, among others (an index, lengths, speeds);
// separators are commas, semicolons, tabs or |; names and fields may have blanks around them, quotes and a byte order
// mark. Rows that begin with # and headers that come again are passed over. Images are named by image_id_of. Only
// places of rows stay in memory (16 bytes for each run of adjacent rows of an image); read() parses one image's rows
// from the mapped files. All members may be called from several threads.
class ImageTables {
 public:
  // Error where a file has no such columns.
  ImageTables(const std::vector<std::string>& paths, TableColumns columns);

  size_t size() const { return ids_.size(); }
  const std::string& id(size_t image) const { return ids_[image]; }  // ascending by utf16_less
  const std::string& file(uint32_t number) const { return tables_.path(number); }
  const std::vector<BadRow>& stray_rows() const { return stray_; }  // that name no image

  // The rows of an image in the order of the files.
  void read(size_t image, const std::function<void(const TableRow&)>& row) const;

 private:
  // Of one file; -1 for a column that is not there.
  struct Layout {
    CsvFormat format;
    size_t begin = 0;   // of the text: after a byte order mark
    size_t fields = 0;  // of each row; 0: two or more
    int image = 0, geometry = 1, id = -1, confidence = -1;
    std::string title;  // of the image's column
  };
  using Runs = std::unordered_map<std::string, std::vector<RowRun>>;  // by what the rows call the image

  Layout find_layout(uint32_t file) const;
  bool is_passed_over(const Layout&, const std::vector<std::string>& row) const;
  void index(uint32_t file, Runs& runs);
  void group(Runs runs);
  void read_run(const RowRun& run, const std::function<void(const TableRow&)>& row) const;

  TableColumns columns_;
  MappedTables tables_;
  std::vector<Layout> layouts_;  // by file
  std::vector<std::string> ids_;
  std::vector<std::vector<RowRun>> runs_;
  std::vector<BadRow> stray_;
};

}  // namespace ppl
