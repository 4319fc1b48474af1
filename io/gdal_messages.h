// GDAL's messages, and its registration. For the files that call GDAL.
#pragma once

#include <cpl_error.h>
#include <gdal_priv.h>

#include <mutex>
#include <string>

namespace ppl {

// While one lives, GDAL's messages of this thread come here instead of stderr; the first failure is kept.
class GdalMessages {
 public:
  GdalMessages() {
    static std::once_flag once;
    CPLPushErrorHandlerEx(take, this);
    std::call_once(once, [] { GDALAllRegister(); });
  }
  ~GdalMessages() { CPLPopErrorHandler(); }
  GdalMessages(const GdalMessages&) = delete;
  GdalMessages& operator=(const GdalMessages&) = delete;

  bool failed() const { return failed_; }
  const std::string& text() const { return text_; }

 private:
  static void CPL_STDCALL take(CPLErr level, CPLErrorNum, const char* text) {
    auto* self = static_cast<GdalMessages*>(CPLGetErrorHandlerUserData());
    if (level < CE_Failure || self->failed_) return;
    self->failed_ = true;
    self->text_ = text;
  }
  bool failed_ = false;
  std::string text_;
};

}  // namespace ppl
