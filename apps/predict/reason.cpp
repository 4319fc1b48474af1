#include "apps/predict/reason.h"

#include <new>

#include "kernels/base.h"

namespace ppl::apps {

std::string reason(const std::exception& e) {
  const bool lacks_memory = dynamic_cast<const std::bad_alloc*>(&e) || dynamic_cast<const OutOfMemory*>(&e);
  if (!lacks_memory) return e.what();
  const std::string what = dynamic_cast<const OutOfMemory*>(&e) ? e.what() : "out of memory";
  return what + "; less is needed with smaller windows (--window, of a folder's images also --windows-above), a " +
         "smaller --batch and fewer --threads";
}

}  // namespace ppl::apps
