#include "io/tables/spacenet_csv.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "io/tables/mapped_tables.h"
#include "io/tables/wkt.h"
#include "kernels/base.h"

namespace ppl {
namespace {

// Goes through the lines of a text; they end with LF, CR or CRLF.
class Lines {
 public:
  Lines(std::string_view text, size_t offset, uint64_t number)
      : text_(text), next_(offset), feed_(std::min(text.find('\n', offset), text.size())), number_(number - 1) {}

  bool advance() {
    if (next_ >= text_.size()) return false;
    begin_ = next_;
    if (feed_ < begin_) feed_ = std::min(text_.find('\n', begin_), text_.size());
    const size_t end = std::min(text_.substr(begin_, feed_ - begin_).find('\r'), feed_ - begin_) + begin_;
    next_ = end + (end + 1 == feed_ ? 2 : 1);  // CRLF is one end
    line_ = strip(text_.substr(begin_, end - begin_));
    ++number_;
    return true;
  }
  std::string_view line() const { return line_; }
  size_t begin() const { return begin_; }      // of the unstripped line
  uint64_t number() const { return number_; }  // from 1

 private:
  std::string_view text_, line_;
  size_t begin_ = 0, next_;
  size_t feed_;  // the first LF from begin_ on, or the end
  uint64_t number_;
};

bool is_header(std::string_view line) {
  constexpr std::string_view kHeader = "imageid";
  return line.size() >= kHeader.size() && std::equal(kHeader.begin(), kHeader.end(), line.begin(), [](char h, char c) {
           return h == std::tolower(static_cast<unsigned char>(c));
         });
}
bool is_skipped(std::string_view line) { return line.empty() || line.front() == '#' || is_header(line); }

class SpacenetRoads : public RoadSource {
 public:
  explicit SpacenetRoads(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) index(tables_.add(path));
    group();
  }

  size_t size() const override { return first_run_.size() - 1; }
  std::string_view id(size_t image) const override { return id_at(runs_[first_run_[image]]); }
  const std::vector<BadRow>& stray_rows() const override { return stray_; }
  const std::string& file(uint32_t number) const override { return tables_.path(number); }

  ImageRoads read(size_t image) const override {
    ImageRoads roads;
    std::string scratch;
    for (size_t r = first_run_[image]; r < first_run_[image + 1]; ++r) read_run(runs_[r], roads, scratch);
    return roads;
  }

 private:
  std::string_view id_at(const RowRun& run) const {
    tables_.touch_line();
    Lines lines(tables_.text(run.file), run.offset, run.line);
    lines.advance();
    return lines.line().substr(0, lines.line().find(','));
  }

  void index(uint32_t file) {
    size_t told = 0;
    std::string_view current;
    bool in_run = false;
    for (Lines lines(tables_.text(file), 0, 1); lines.advance();) {
      tables_.touch(lines.begin() - std::exchange(told, lines.begin()));
      const std::string_view line = lines.line();
      if (is_skipped(line)) continue;
      PPL_CHECK(lines.number() <= UINT32_MAX, tables_.path(file), ": expected at most ", UINT32_MAX, " lines");
      const size_t comma = line.find(',');
      if (comma == std::string_view::npos) {
        stray_.push_back({{file, lines.number()}, "expected 'image id,LINESTRING (...)', got no comma"});
        in_run = false;
        continue;
      }
      const std::string_view id = line.substr(0, comma);
      if (in_run && id == current) continue;
      runs_.push_back({lines.begin(), static_cast<uint32_t>(lines.number()), file});
      current = id;
      in_run = true;
    }
  }

  // Brings the runs of an image together, the images into order.
  void group() {
    const auto earlier = [this](const RowRun& a, const RowRun& b) {
      const std::string_view x = id_at(a), y = id_at(b);
      if (x != y) return utf16_less(x, y);
      return std::pair(a.file, a.offset) < std::pair(b.file, b.offset);
    };
    std::sort(runs_.begin(), runs_.end(), earlier);
    for (size_t r = 0; r < runs_.size(); ++r) {
      if (r == 0 || id_at(runs_[r]) != id_at(runs_[r - 1])) first_run_.push_back(r);
    }
    first_run_.push_back(runs_.size());
  }

  void read_run(const RowRun& run, ImageRoads& roads, std::string& scratch) const {
    const std::string_view wanted = id_at(run);
    size_t end = run.offset;
    for (Lines lines(tables_.text(run.file), run.offset, run.line); lines.advance();) {
      const std::string_view line = lines.line();
      if (is_skipped(line)) continue;
      const size_t comma = line.find(',');
      if (comma == std::string_view::npos || line.substr(0, comma) != wanted) break;
      RoadLine road{{}, {run.file, lines.number()}};
      if (auto wrong = parse_linestring(line.substr(comma + 1), road.points, scratch)) {
        roads.bad.push_back({road.place, std::move(*wrong)});
      } else {
        roads.lines.push_back(std::move(road));
      }
      end = lines.begin() + line.size();
    }
    tables_.touch(end - run.offset);
  }

  MappedTables tables_;
  std::vector<RowRun> runs_;
  std::vector<size_t> first_run_;  // of each image, and the end
  std::vector<BadRow> stray_;
};

}  // namespace

std::unique_ptr<RoadSource> open_spacenet_roads(const std::vector<std::string>& paths) {
  return std::make_unique<SpacenetRoads>(paths);
}

}  // namespace ppl
