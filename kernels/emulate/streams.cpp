#include "kernels/emulate/streams.h"

#include <chrono>
#include <deque>
#include <utility>
#include <vector>

#include "kernels/emulate/capture_state.h"

using ppl::emulate::unless_capturing;

struct CUstream_st {
  std::deque<std::function<void()>> waiting;
  uint64_t given = 0, done = 0;  // pieces of work, while it was late
};

struct CUevent_st {
  std::chrono::steady_clock::time_point time;
  cudaStream_t stream = nullptr;
  uint64_t place = 0;  // behind so many pieces of the stream's work
};

namespace ppl::emulate {
namespace {

LateStreams late;
int64_t synchronizations = 0;

std::vector<cudaStream_t>& streams() {
  static auto* all = new std::vector<cudaStream_t>;
  return *all;
}

// What waits for another stream runs that one as far as it must.
void run(cudaStream_t s, uint64_t place) {
  while (s && s->done < place) {
    const std::function<void()> work = std::move(s->waiting.front());
    s->waiting.pop_front();
    ++s->done;
    work();
  }
}

}  // namespace

void set_late_streams(LateStreams which) {
  for (cudaStream_t s : streams()) run(s, s->given);
  late = which;
}

void give_to_stream(cudaStream_t s, std::function<void()> work) {
  if (!s || !(s == streams().front() ? late.first : late.others)) return work();
  s->waiting.push_back(std::move(work));
  ++s->given;
}

}  // namespace ppl::emulate

using namespace ppl::emulate;

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = new CUstream_st;
  streams().push_back(*stream);
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  ++synchronizations;
  if (const cudaError_t e = unless_capturing(); e != cudaSuccess) return e;
  if (stream) run(stream, stream->given);
  return cudaSuccess;
}
int64_t emulated_synchronizations() { return synchronizations; }

cudaError_t cudaEventCreate(cudaEvent_t* event) {
  *event = new CUevent_st;
  return cudaSuccess;
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) { return cudaEventCreate(event); }
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  if (const cudaError_t e = unless_capturing(); e != cudaSuccess) return e;
  event->time = std::chrono::steady_clock::now();
  event->stream = stream;
  event->place = stream ? stream->given : 0;
  return cudaSuccess;
}
cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t start, cudaEvent_t end) {
  *ms = std::chrono::duration<float, std::milli>(end->time - start->time).count();
  return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  if (const cudaError_t e = unless_capturing(); e != cudaSuccess) return e;
  run(event->stream, event->place);
  return cudaSuccess;
}
// Who asks again and again has waited.
cudaError_t cudaEventQuery(cudaEvent_t event) {
  run(event->stream, event->place);
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  give_to_stream(stream, [of = event->stream, place = event->place] { run(of, place); });
  return cudaSuccess;
}
