#include "kernels/emulate/nccl/nccl.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <deque>
#include <mutex>
#include <vector>

#include "kernels/emulate/device_memory.h"

// A socket to each other rank; a name that only this machine knows, made of the id and the rank.
struct ncclComm {
  struct Piece {
    char* data;
    size_t bytes;
  };
  int rank, ranks, listening;
  ncclUniqueId id;
  std::vector<int> sockets;
  std::vector<std::deque<Piece>> to, from;  // by rank
  ncclResult_t failed = ncclSuccess;
  std::mutex mutex;
};

namespace {

struct Call {
  ncclComm_t comm;
  bool send;
  int peer;
  ncclComm::Piece piece;
};
std::vector<Call> group;
bool in_group = false;

sockaddr_un address_of(const ncclUniqueId& id, int rank, socklen_t& length) {
  sockaddr_un a{};
  a.sun_family = AF_UNIX;  // a name that starts with 0 is in no file system
  const int n = std::snprintf(a.sun_path + 1, sizeof a.sun_path - 1, "ppl-nccl-%.64s-%d", id.internal, rank);
  length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + static_cast<size_t>(n));
  return a;
}

int open_socket() { return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }

// Lower ranks listen already, or will soon; higher ones say who they are.
void connect_more(ncclComm& c) {
  socklen_t length = 0;
  for (int r = 0; r < c.rank; ++r) {
    int& s = c.sockets[static_cast<size_t>(r)];
    if (s >= 0) continue;
    const sockaddr_un a = address_of(c.id, r, length);
    const int made = open_socket();
    if (connect(made, reinterpret_cast<const sockaddr*>(&a), length) == 0 &&
        send(made, &c.rank, sizeof c.rank, MSG_NOSIGNAL) == sizeof c.rank) {
      s = made;
    } else {
      close(made);
    }
  }
  for (int made; (made = accept4(c.listening, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
    int peer = -1;
    if (recv(made, &peer, sizeof peer, MSG_WAITALL) == sizeof peer && peer > c.rank && peer < c.ranks)
      c.sockets[static_cast<size_t>(peer)] = made;
  }
}

// Moves what can be moved of the front pieces; what the socket says decides what is left.
void move_pieces(ncclComm& c, std::deque<ncclComm::Piece>& pieces, int socket, bool out) {
  while (!pieces.empty()) {
    ncclComm::Piece& p = pieces.front();
    const ssize_t n =
        out ? send(socket, p.data, p.bytes, MSG_DONTWAIT | MSG_NOSIGNAL) : recv(socket, p.data, p.bytes, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
      c.failed = ncclRemoteError;
      return;
    }
    p.data += n;
    p.bytes -= static_cast<size_t>(n);
    if (p.bytes == 0) pieces.pop_front();
  }
}

ncclResult_t advance(ncclComm& c) {
  const std::lock_guard lock(c.mutex);
  const ppl::emulate::DeviceAccess access;
  const auto self = static_cast<size_t>(c.rank);
  bool all = true;
  if (std::count(c.sockets.begin(), c.sockets.end(), -1) > 1) connect_more(c);
  for (; !c.to[self].empty() && !c.from[self].empty(); c.to[self].pop_front(), c.from[self].pop_front())
    std::memcpy(c.from[self].front().data, c.to[self].front().data, c.to[self].front().bytes);
  for (size_t r = 0; r < c.sockets.size(); ++r) {
    if (r != self && c.sockets[r] >= 0) {
      move_pieces(c, c.to[r], c.sockets[r], true);
      move_pieces(c, c.from[r], c.sockets[r], false);
    }
    all = all && c.to[r].empty() && c.from[r].empty() && (r == self || c.sockets[r] >= 0);
  }
  if (c.failed != ncclSuccess) return c.failed;
  return all ? ncclSuccess : ncclInProgress;
}

ncclResult_t give_up(ncclComm_t c) {
  for (const int s : c->sockets)
    if (s >= 0) close(s);
  close(c->listening);
  delete c;
  return ncclSuccess;
}

ncclResult_t add_to_group(const Call& c) {
  if (!in_group || c.peer < 0 || c.peer >= c.comm->ranks) return ncclInvalidUsage;
  group.push_back(c);
  return ncclSuccess;
}

}  // namespace

ncclResult_t ncclGetVersion(int* version) {
  *version = 0;
  return ncclSuccess;
}

const char* ncclGetErrorString(ncclResult_t r) {
  switch (r) {
    case ncclSuccess:
      return "no error";
    case ncclInProgress:
      return "in progress";
    case ncclRemoteError:
      return "remote process exited or there was a network error";
    case ncclInvalidUsage:
      return "invalid usage";
    default:
      return "unhandled system error";
  }
}
const char* ncclGetLastError(ncclComm_t) { return "emulated NCCL"; }

ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
  static int made = 0;
  std::snprintf(id->internal, sizeof id->internal, "%d-%d", static_cast<int>(getpid()), made++);
  return ncclSuccess;
}

ncclResult_t ncclCommInitRankConfig(ncclComm_t* comm, int ranks, ncclUniqueId id, int rank, ncclConfig_t* config) {
  if (config->blocking != 0) return ncclInvalidUsage;
  const auto n = static_cast<size_t>(ranks);
  auto* c = new ncclComm{rank, ranks, open_socket(), id, std::vector<int>(n, -1), {}, {}, ncclSuccess, {}};
  c->to.resize(n);
  c->from.resize(n);
  socklen_t length = 0;
  const sockaddr_un a = address_of(id, rank, length);
  if (bind(c->listening, reinterpret_cast<const sockaddr*>(&a), length) != 0 || listen(c->listening, ranks) != 0) {
    give_up(c);
    return ncclSystemError;
  }
  *comm = c;
  return advance(*c);
}

ncclResult_t ncclCommGetAsyncError(ncclComm_t c, ncclResult_t* state) {
  *state = advance(*c);
  return ncclSuccess;
}
ncclResult_t ncclCommFinalize(ncclComm_t) { return ncclSuccess; }
ncclResult_t ncclCommDestroy(ncclComm_t c) { return give_up(c); }
ncclResult_t ncclCommAbort(ncclComm_t c) { return give_up(c); }

ncclResult_t ncclGroupStart() {
  in_group = true;
  return ncclSuccess;
}

ncclResult_t ncclGroupEnd() {
  in_group = false;
  ncclComm_t last = nullptr;
  for (const Call& c : group) {
    const std::lock_guard lock(c.comm->mutex);
    (c.send ? c.comm->to : c.comm->from)[static_cast<size_t>(c.peer)].push_back(c.piece);
    last = c.comm;
  }
  group.clear();
  return last ? advance(*last) : ncclSuccess;
}

ncclResult_t ncclSend(const void* data, size_t bytes, ncclDataType_t, int peer, ncclComm_t c, cudaStream_t) {
  return add_to_group({c, true, peer, {static_cast<char*>(const_cast<void*>(data)), bytes}});
}
ncclResult_t ncclRecv(void* data, size_t bytes, ncclDataType_t, int peer, ncclComm_t c, cudaStream_t) {
  return add_to_group({c, false, peer, {static_cast<char*>(data), bytes}});
}
