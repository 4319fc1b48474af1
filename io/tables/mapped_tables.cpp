#include "io/tables/mapped_tables.h"

namespace ppl {
namespace {

constexpr size_t kKeptBytes = size_t{32} << 20;

constexpr size_t kPagesOfAFault = size_t{64} << 10;  // that the system maps when one byte is looked at

}  // namespace

uint32_t MappedTables::add(const std::string& path) {
  files_.emplace_back(path);
  return static_cast<uint32_t>(files_.size() - 1);
}

std::string_view MappedTables::text(uint32_t file) const {
  const Bytes bytes = files_[file].bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void MappedTables::touch(size_t bytes) const {
  if ((touched_ += bytes) <= kKeptBytes) return;
  touched_ = 0;
  for (const MappedFile& file : files_) file.release();
}

void MappedTables::touch_line() const { touch(kPagesOfAFault); }

}  // namespace ppl
