// A scene that several processes compute: each a row of windows at a time, and one of them puts the rows together.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "apps/predict/result_files.h"
#include "io/file.h"
#include "models/inference/windows.h"

namespace ppl::apps {

// What came of one window.
struct Finished {
  int64_t window_row = 0, window_column = 0;
  Part part;
  std::vector<float> left_below;  // of a row's last window: Blender::left_below
};

// A file a row of windows: f32 [height, width, classes] of what the row finishes, without what the row above adds to
// its first lines; not a number where there is no data. Then what it leaves to the next row: f32 [overlap, width,
// classes].
class SceneRows {
 public:
  SceneRows(std::string folder, const WindowAxis& rows, const WindowAxis& columns, int64_t classes);

  std::string path(int64_t row) const;
  // Windows of a row in their order. The file has its name after the last.
  void write(const Finished&);
  // The parts that one process alone would have got, to the bit, in the same order. All files must be there.
  void put_together(const std::function<void(Part)>& emit) const;
  // Whether the row's file is there and whole.
  bool is_there(int64_t row) const;
  // Also what killed processes left, but not what living ones write.
  void remove() const;

 private:
  uint64_t line_bytes() const { return static_cast<uint64_t>(columns_.extent() * classes_) * sizeof(float); }
  uint64_t bytes_of(int64_t row) const;
  Part part_of(int64_t row, int64_t column, const MappedFile& own, const MappedFile& above) const;

  const std::string folder_;
  const WindowAxis rows_, columns_;
  const int64_t classes_;
  std::unique_ptr<FileWriter> file_;
};

}  // namespace ppl::apps
