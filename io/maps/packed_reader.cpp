#include "io/maps/packed_reader.h"

#include <bzlib.h>
#include <zlib.h>

#include <algorithm>
#include <vector>

#include "kernels/base.h"

namespace ppl {
namespace {

constexpr size_t kChunk = 1 << 18;

// One stream of either packing; unpack() moves both spans on.
class Unpacker {
 public:
  virtual ~Unpacker() = default;
  enum class State { going_on, ended, damaged };
  virtual State unpack(Bytes& in, std::span<std::byte>& out) = 0;
  virtual void restart() = 0;
};

class Gzip : public Unpacker {
 public:
  Gzip() { PPL_CHECK(inflateInit2(&stream_, 16 + MAX_WBITS) == Z_OK, "no memory for zlib"); }
  ~Gzip() override { inflateEnd(&stream_); }
  State unpack(Bytes& in, std::span<std::byte>& out) override {
    const auto most = static_cast<uInt>(std::min(in.size(), kChunk));
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
    stream_.avail_in = most;
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    const int result = inflate(&stream_, Z_NO_FLUSH);
    in = in.subspan(most - stream_.avail_in);
    out = out.last(stream_.avail_out);
    if (result == Z_STREAM_END) return State::ended;
    return result == Z_OK || result == Z_BUF_ERROR ? State::going_on : State::damaged;
  }
  void restart() override { inflateReset(&stream_); }

 private:
  z_stream stream_{};
};

class Bzip2 : public Unpacker {
 public:
  Bzip2() { begin(); }
  ~Bzip2() override { BZ2_bzDecompressEnd(&stream_); }
  State unpack(Bytes& in, std::span<std::byte>& out) override {
    const auto most = static_cast<unsigned>(std::min(in.size(), kChunk));
    stream_.next_in = reinterpret_cast<char*>(const_cast<std::byte*>(in.data()));
    stream_.avail_in = most;
    stream_.next_out = reinterpret_cast<char*>(out.data());
    stream_.avail_out = static_cast<unsigned>(out.size());
    const int result = BZ2_bzDecompress(&stream_);
    in = in.subspan(most - stream_.avail_in);
    out = out.last(stream_.avail_out);
    if (result == BZ_STREAM_END) return State::ended;
    return result == BZ_OK ? State::going_on : State::damaged;
  }
  void restart() override {
    BZ2_bzDecompressEnd(&stream_);
    begin();
  }

 private:
  void begin() {
    stream_ = {};
    PPL_CHECK(BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK, "no memory for bzip2");
  }
  bz_stream stream_{};
};

}  // namespace

struct PackedReader::Stream {
  MappedFile file;
  Packing packing = Packing::none;
  Bytes rest;
  std::unique_ptr<Unpacker> unpacker;
  bool ended = false;  // the stream before `rest`
  std::vector<std::byte> buffer;

  // Nothing but zeros may follow the last stream: tape drives and some packers pad with them.
  bool only_padding() const {
    return std::all_of(rest.begin(), rest.end(), [](std::byte b) { return b == std::byte{0}; });
  }
};

PackedReader::PackedReader(const std::string& path) : stream_(std::make_unique<Stream>()) {
  stream_->file = MappedFile(path);
  stream_->rest = stream_->file.bytes();
  stream_->packing = packing_of(stream_->rest);
  if (stream_->packing == Packing::gzip) stream_->unpacker = std::make_unique<Gzip>();
  if (stream_->packing == Packing::bzip2) stream_->unpacker = std::make_unique<Bzip2>();
  if (stream_->unpacker) stream_->buffer.resize(kChunk);
}
PackedReader::~PackedReader() = default;

Packing PackedReader::packing() const { return stream_->packing; }

double PackedReader::share_read() const {
  const auto size = static_cast<double>(std::max<size_t>(1, stream_->file.bytes().size()));
  return 1 - static_cast<double>(stream_->rest.size()) / size;
}

Bytes PackedReader::read() {
  Stream& s = *stream_;
  s.file.release();
  if (!s.unpacker) {
    const Bytes chunk = s.rest.first(std::min(kChunk, s.rest.size()));
    s.rest = s.rest.subspan(chunk.size());
    return chunk;
  }
  std::span<std::byte> room = s.buffer;
  while (!room.empty()) {
    if (s.ended) {
      if (s.rest.empty() || (s.rest.front() == std::byte{0} && s.only_padding())) break;
      s.unpacker->restart();
      s.ended = false;
    }
    const size_t in = s.rest.size(), out = room.size();
    const Unpacker::State state = s.unpacker->unpack(s.rest, room);
    const bool stuck = state == Unpacker::State::going_on && in == s.rest.size() && out == room.size();
    PPL_CHECK(state != Unpacker::State::damaged && !stuck, s.file.path(), ": the packed file is damaged",
              s.rest.empty() ? ": it ends too early" : "");
    s.ended = state == Unpacker::State::ended;
  }
  return Bytes(s.buffer).first(s.buffer.size() - room.size());
}

}  // namespace ppl
