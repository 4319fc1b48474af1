#include <algorithm>
#include <opencv2/imgproc.hpp>

#include <fmt/format.h>

#include "apps/common/legend.h"
#include "apps/sheet/sheet.h"
#include "io/image/image.h"

namespace ppl::sheet {
namespace {

using Colour = cv::Scalar;  // B, G, R

const Colour kPaper(28, 25, 24), kInk(235, 235, 235), kFaint(160, 155, 150);
constexpr int kGap = 10, kLabel = 30, kHeading = 84, kBlockGap = 34;

void write(cv::Mat& sheet, const std::string& text, cv::Point at, double size, const Colour& colour) {
  cv::putText(sheet, text, at, cv::FONT_HERSHEY_DUPLEX, size, colour, 1, cv::LINE_AA);
}

Colour colour_of(const apps::LegendEntry& e) {
  return {double(e.colour.blue), double(e.colour.green), double(e.colour.red)};
}

int width_of(const std::string& text, double size) {
  int baseline = 0;
  return cv::getTextSize(text, cv::FONT_HERSHEY_DUPLEX, size, 1, &baseline).width;
}

// 16-bit images are stretched from the 2nd to the 98th percentile of each band.
void stretch(const uint16_t* values, size_t count, int band, cv::Mat& result) {
  std::vector<uint16_t> sorted(count);
  for (size_t i = 0; i < count; ++i) sorted[i] = values[i * 3 + static_cast<size_t>(band)];
  std::sort(sorted.begin(), sorted.end());
  const double low = sorted[count / 50], high = std::max<double>(sorted[count - 1 - count / 50], low + 1);
  for (size_t i = 0; i < count; ++i) {
    const double value = (values[i * 3 + static_cast<size_t>(band)] - low) / (high - low) * 255;
    result.data[i * 3 + static_cast<size_t>(band)] = cv::saturate_cast<uint8_t>(value);
  }
}

cv::Mat read_tile_image(const std::string& path) {
  ReadOptions options;
  options.bands = read_image_header(path).bands >= 3 ? std::vector<int>{3, 2, 1} : std::vector<int>{1, 1, 1};
  const Image image = read_image(path, options);
  cv::Mat result(static_cast<int>(image.height), static_cast<int>(image.width), CV_8UC3);
  if (image.depth == 8) {
    std::copy(image.bytes.begin(), image.bytes.end(), result.data);
    return result;
  }
  for (int band = 0; band < 3; ++band) stretch(image.u16(), result.total(), band, result);
  return result;
}

cv::Mat fitted(const cv::Mat& image, int panel, int interpolation) {
  cv::Mat result;
  cv::resize(image, result, {panel, panel}, 0, 0, interpolation);
  return result;
}

cv::Mat dimmed(const cv::Mat& image) {
  cv::Mat grey, result;
  cv::cvtColor(image, grey, cv::COLOR_BGR2GRAY);
  cv::cvtColor(grey, result, cv::COLOR_GRAY2BGR);
  return result * 0.42;
}

// Lays a colour over the image where `where` is set; edges are as soft as the resizing made them.
void tint(cv::Mat& image, const cv::Mat& where, const Colour& colour) {
  cv::Mat share;
  cv::resize(where, share, image.size(), 0, 0, where.cols > image.cols ? cv::INTER_AREA : cv::INTER_LINEAR);
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x) {
      const double a = 0.82 * share.at<uint8_t>(y, x) / 255.0;
      auto& pixel = image.at<cv::Vec3b>(y, x);
      for (int i = 0; i < 3; ++i) pixel[i] = cv::saturate_cast<uint8_t>(pixel[i] * (1 - a) + colour[i] * a);
    }
  }
}

void draw_entry(cv::Mat& sheet, const Entry& entry, cv::Point at, int panel) {
  const cv::Mat image = read_tile_image(entry.image_path);
  PPL_CHECK(image.size() == entry.truth.size(), entry.image_path, ": expected ", entry.truth.cols, " x ",
            entry.truth.rows, " pixels as its mask, got ", image.cols, " x ", image.rows);
  const cv::Mat tile = fitted(image, panel, image.cols > panel ? cv::INTER_AREA : cv::INTER_CUBIC);
  cv::Mat truth = dimmed(tile), prediction = dimmed(tile);
  tint(truth, (entry.truth > 0) & (entry.truth < 255), colour_of(apps::kTruth));
  const auto where = [&](Outcome outcome) -> cv::Mat { return entry.outcome == static_cast<int>(outcome); };
  tint(prediction, where(Outcome::found), colour_of(apps::kFound));
  tint(prediction, where(Outcome::missed), colour_of(apps::kMissed));
  tint(prediction, where(Outcome::extra), colour_of(apps::kFalse));
  write(sheet, entry.id, at + cv::Point(0, 20), 0.55, kInk);
  const std::string iou = fmt::format("IoU {:.3f}", entry.counts.iou());
  write(sheet, iou, at + cv::Point(3 * panel + 2 * kGap - width_of(iou, 0.55), 20), 0.55, kInk);
  const cv::Mat panels[] = {tile, truth, prediction};
  for (int i = 0; i < 3; ++i) {
    panels[i].copyTo(sheet(cv::Rect(at.x + i * (panel + kGap), at.y + kLabel, panel, panel)));
  }
}

void draw_heading(cv::Mat& sheet, const Confusion& overall, int shown, int all) {
  const std::string title = fmt::format("{} of {} tiles, best to worst     global IoU {:.3f}   F1 {:.3f}", shown, all,
                                        overall.iou(), overall.f1());
  write(sheet, title, {kGap, 32}, 0.7, kInk);
  write(sheet, "tile | truth | prediction", {kGap, 64}, 0.5, kFaint);
  int x = kGap + width_of("tile | truth | prediction", 0.5) + 40;
  for (const apps::LegendEntry& e : apps::kLegend) {
    cv::rectangle(sheet, cv::Rect(x, 51, 16, 16), colour_of(e), cv::FILLED);
    write(sheet, e.word, {x + 24, 64}, 0.5, kInk);
    x += 24 + width_of(e.word, 0.5) + 28;
  }
}

}  // namespace

cv::Mat draw_sheet(const std::vector<Entry>& entries, const Confusion& overall, int all_tiles, int panel) {
  const int count = static_cast<int>(entries.size()), columns = count > 2 ? 2 : 1,
            rows = (count + columns - 1) / columns;
  const int block_width = 3 * panel + 2 * kGap, block_height = kLabel + panel + kGap;
  const int width = std::max(2 * kGap + columns * block_width + (columns - 1) * kBlockGap, 760);
  cv::Mat sheet(kHeading + rows * block_height + kGap, width, CV_8UC3, kPaper);
  draw_heading(sheet, overall, count, all_tiles);
  for (int i = 0; i < count; ++i) {
    const cv::Point at(kGap + i % columns * (block_width + kBlockGap), kHeading + i / columns * block_height);
    draw_entry(sheet, entries[static_cast<size_t>(i)], at, panel);
  }
  return sheet;
}

}  // namespace ppl::sheet
