// Images made and saved by OpenCV, for tests of what is read.
#pragma once

#include <doctest/doctest.h>

#include <cstring>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "io/image/image.h"
#include "tests/support/io_support.h"

namespace ppl::test {

// Smooth enough for JPEG, every band different.
inline cv::Mat image(int height, int width, int type) {
  cv::Mat m(height, width, type);
  cv::randu(m, 0, CV_MAT_DEPTH(type) == CV_16U ? 65536 : 256);
  cv::GaussianBlur(m, m, {5, 5}, 0);
  return m;
}

inline void save(const std::string& path, const cv::Mat& m, const std::vector<int>& options = {}) {
  std::vector<uint8_t> bytes;
  REQUIRE(cv::imencode(fs::path(path).extension().string(), m, bytes, options));
  write_file(path, bytes.data(), bytes.size());
}

inline bool equals(const Image& a, const cv::Mat& b) {
  const cv::Mat m = b.clone();
  return a.height == m.rows && a.width == m.cols && a.bands == m.channels() &&
         a.depth == (m.depth() == CV_16U ? 16 : 8) && a.bytes.size() == m.total() * m.elemSize() &&
         std::memcmp(a.bytes.data(), m.data, a.bytes.size()) == 0;
}

}  // namespace ppl::test
