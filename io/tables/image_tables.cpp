#include "io/tables/image_tables.h"

#include <algorithm>
#include <map>
#include <utility>

#include "io/tables/image_id.h"
#include "kernels/base.h"

namespace ppl {
namespace {

constexpr std::string_view kMark = "\xef\xbb\xbf";

bool begins_with_word(std::string_view text, std::string_view word) {
  text = strip(text);
  return text.size() >= word.size() && std::equal(word.begin(), word.end(), text.begin(), [](char w, char c) {
           return w == (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
         });
}

std::string listed(const std::vector<std::string>& names) {
  constexpr size_t kShown = 8;
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kShown); ++i) {
    text += cat(i > 0 ? ", '" : "'", strip(names[i]).substr(0, 30), "'");
  }
  return names.size() > kShown ? text + ", ..." : text;
}

const std::string& at(const std::vector<std::string>& row, int column) { return row[static_cast<size_t>(column)]; }

}  // namespace

ImageTables::ImageTables(const std::vector<std::string>& paths, TableColumns columns) : columns_(std::move(columns)) {
  Runs runs;
  for (const std::string& path : paths) index(tables_.add(path), runs);
  group(std::move(runs));
}

ImageTables::Layout ImageTables::find_layout(uint32_t file) const {
  const std::string& path = tables_.path(file);
  std::string_view text = tables_.text(file);
  PPL_CHECK(!text.starts_with("\xff\xfe") && !text.starts_with("\xfe\xff"), path,
            ": is UTF-16; expected UTF-8 (spreadsheets call it 'CSV UTF-8')");
  static constexpr std::pair<std::string_view, const char*> kOthers[] = {
      {"\x1f\x8b", "is packed by gzip; unpack it first"},
      {"PK\x03\x04", "is a zip archive or a spreadsheet; expected a table as CSV"},
      {"{", "is JSON; a layer's name ends in .geojson"},
      {"<", "is a web page or XML; expected a table as CSV"}};
  for (const auto& [mark, what] : kOthers) PPL_CHECK(!text.starts_with(mark), path, ": ", what);
  Layout layout;
  layout.begin = text.starts_with(kMark) ? kMark.size() : 0;
  text.remove_prefix(layout.begin);
  layout.format = {',', true, true};
  std::vector<std::string> row, first;
  for (const char separator : {',', ';', '\t', '|'}) {
    layout.format.separator = separator;
    if (!CsvReader(text, path, 1, layout.format).next(row)) return layout;
    if (first.empty()) first = row;
    layout.image = find_column(row, image_columns());
    if (layout.image < 0 && !columns_.headless.empty() && row.size() > 1 &&
        begins_with_word(row[1], columns_.headless)) {
      layout.image = 0;
      return layout;
    }
    if (layout.image < 0) continue;
    layout.title = at(row, layout.image);
    layout.fields = row.size();
    layout.geometry = find_column(row, columns_.geometry);
    // SpaceNet's scorer does not look at what the second of two columns is called.
    if (layout.geometry < 0 && !columns_.headless.empty() && row.size() == 2) layout.geometry = 1 - layout.image;
    PPL_CHECK(layout.geometry >= 0, path, ": expected a column ", columns_.geometry[0], " (in pixels), got ",
              listed(row));
    layout.id = find_column(row, columns_.id);
    layout.confidence = find_column(row, columns_.confidence);
    return layout;
  }
  throw Error(
      cat(path, ": expected columns ImageId and ", columns_.geometry[0], " in the header, got ", listed(first)));
}

// A header that comes again: files were put one behind the other.
bool ImageTables::is_passed_over(const Layout& layout, const std::vector<std::string>& row) const {
  const auto image = static_cast<size_t>(layout.image);
  return begins_with_word(row[0], "IMAGEID") || (layout.fields > 0 && image < row.size() && row[image] == layout.title);
}

void ImageTables::index(uint32_t file, Runs& runs) {
  const std::string& path = tables_.path(file);
  const Layout& layout = layouts_.emplace_back(find_layout(file));
  CsvReader reader(tables_.text(file).substr(layout.begin), path, 1, layout.format);
  std::vector<std::string> row;
  const std::string* current = nullptr;
  for (size_t told = 0; reader.next(row);) {
    tables_.touch(reader.offset() - std::exchange(told, reader.offset()));
    PPL_CHECK(reader.line() <= UINT32_MAX, path, ": expected at most ", UINT32_MAX, " lines");
    if (is_passed_over(layout, row)) continue;
    const auto line = static_cast<uint32_t>(reader.line());
    const bool named = static_cast<size_t>(layout.image) < row.size() && row.size() > 1;
    if (!named || strip(at(row, layout.image)).empty()) {
      stray_.push_back(
          {{file, line}, named ? "expected an image's id, got a blank" : "expected an image's id and more"});
      current = nullptr;
      continue;
    }
    if (current && at(row, layout.image) == *current) continue;
    const auto known = runs.try_emplace(at(row, layout.image)).first;
    known->second.push_back({layout.begin + reader.offset(), line, file});
    current = &known->first;
  }
}

// Names that mean the same image come together, images into order.
void ImageTables::group(Runs runs) {
  std::map<std::string, std::vector<RowRun>, Utf16Less> images;
  while (!runs.empty()) {
    const auto node = runs.extract(runs.begin());
    std::vector<RowRun>& image = images[image_id_of(node.key())];
    image.insert(image.end(), node.mapped().begin(), node.mapped().end());
  }
  while (!images.empty()) {
    auto node = images.extract(images.begin());
    ids_.push_back(std::move(node.key()));
    std::sort(node.mapped().begin(), node.mapped().end(), [](const RowRun& a, const RowRun& b) {
      return std::pair(a.file, a.offset) < std::pair(b.file, b.offset);
    });
    runs_.push_back(std::move(node.mapped()));
  }
}

void ImageTables::read(size_t image, const std::function<void(const TableRow&)>& row) const {
  for (const RowRun& run : runs_[image]) read_run(run, row);
}

void ImageTables::read_run(const RowRun& run, const std::function<void(const TableRow&)>& visit) const {
  const Layout& layout = layouts_[run.file];
  CsvReader reader(tables_.text(run.file).substr(run.offset), tables_.path(run.file), run.line, layout.format);
  std::vector<std::string> row;
  std::string image;
  tables_.touch_line();
  const auto field = [&](int i) { return i < 0 ? std::string_view() : std::string_view(at(row, i)); };
  for (size_t told = 0; reader.next(row);) {
    tables_.touch(reader.offset() - std::exchange(told, reader.offset()));
    if (is_passed_over(layout, row)) continue;
    if (static_cast<size_t>(layout.image) >= row.size() || row.size() < 2) return;
    if (image.empty()) image = at(row, layout.image);
    if (at(row, layout.image) != image) return;
    TableRow found{{run.file, static_cast<uint64_t>(reader.line())}, {}, {}, {}, {}};
    if (layout.fields > 0 && row.size() != layout.fields) {
      found.fault = cat("expected ", layout.fields, " fields as in the header, got ", row.size());
    } else {
      found.geometry = field(layout.geometry);
      found.id = field(layout.id);
      found.confidence = field(layout.confidence);
    }
    visit(found);
  }
}

}  // namespace ppl
