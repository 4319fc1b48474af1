// Communication by MPI. A separate thread makes all MPI calls but the first and the last. It polls the exchanges, so
// that they go on while this rank computes, and it notices when a rank's heartbeat stops.
#define OMPI_SKIP_MPICXX
#include <mpi.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "engine/communication/communication.h"
#include "engine/communication/exchange.h"
#include "engine/communication/progress_thread.h"
#include "kernels/base.h"

namespace ppl {
namespace {

// Environment variables that mpirun and srun set for each rank.
bool started_together() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE"})
    if (std::getenv(name)) return true;
  return false;
}

// srun started several processes without an MPI type that this MPI knows: each would believe that it is the only one.
void refuse_strangers() {
  const char* tasks = std::getenv("SLURM_STEP_NUM_TASKS");
  PPL_CHECK(!tasks || std::strcmp(tasks, "1") == 0, "srun started ", tasks,
            " processes that know nothing of one another; give srun --mpi=pmix");
}

class MpiCommunication : public Communication {
 public:
  explicit MpiCommunication(const CommunicationOptions& options) {
    int level = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &level);
    PPL_CHECK(level >= MPI_THREAD_SERIALIZED, "MPI: this one cannot be called from a thread beside the main one");
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks_);
    MPI_Comm local = MPI_COMM_NULL;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &local);
    MPI_Comm_rank(local, &local_rank_);
    MPI_Comm_free(&local);
    thread_ = std::make_unique<ProgressThread>(options, rank_, ranks_, host_names());
  }

  ~MpiCommunication() override {
    double nothing = 0;
    all_reduce({&nothing, 1});  // no rank leaves while another one still sends
    thread_.reset();
    MPI_Finalize();
  }

  int rank() const override { return rank_; }
  int ranks() const override { return ranks_; }
  int local_rank() const override { return local_rank_; }

  void all_gather(std::span<const double> mine, std::span<double> all) override {
    PPL_CHECK(all.size() == mine.size() * static_cast<size_t>(ranks_), "gather: ", mine.size(), " values from ", ranks_,
              " ranks into ", all.size());
    thread_->wait(thread_->start(std::make_unique<Gather>(rank_, ranks_, mine, all)));
  }

  void broadcast(std::span<float> values) override {
    thread_->wait(thread_->start(std::make_unique<Broadcast>(rank_, ranks_, values)));
  }

  void begin_all_reduce(Device device, float* values, int64_t n, Wire wire) override {
    PPL_CHECK(device == Device::cpu, "sums of values on ", name(device), " need all_reduce_on_devices()");
    begun_.push_back(thread_->start(std::make_unique<Sum>(rank_, ranks_, values, n, wire)));
  }

  void wait() override {
    for (const int64_t number : begun_) thread_->wait(number);
    begun_.clear();
  }

  double take_busy_seconds() override { return thread_->take_busy_seconds(); }

  int64_t begin_barrier() override { return thread_->start(std::make_unique<Barrier>(rank_, ranks_)); }
  bool barrier_passed(int64_t number) override { return thread_->finished(number); }

  [[noreturn]] void abort(int exit_code) override { thread_->abort(exit_code); }

 private:
  std::vector<std::string> host_names() const {
    constexpr size_t kLength = MPI_MAX_PROCESSOR_NAME;
    std::vector<char> mine(kLength), all(kLength * static_cast<size_t>(ranks_));
    int length = 0;
    MPI_Get_processor_name(mine.data(), &length);
    MPI_Allgather(mine.data(), static_cast<int>(kLength), MPI_CHAR, all.data(), static_cast<int>(kLength), MPI_CHAR,
                  MPI_COMM_WORLD);
    std::vector<std::string> names;
    for (size_t at = 0; at < all.size(); at += kLength) names.emplace_back(all.data() + at);
    return names;
  }

  int rank_ = 0, ranks_ = 1, local_rank_ = 0;
  std::unique_ptr<ProgressThread> thread_;
  std::vector<int64_t> begun_;
};

}  // namespace

std::unique_ptr<Communication> connect(const CommunicationOptions& options) {
  if (!started_together()) {
    refuse_strangers();
    return one_process();
  }
  return std::make_unique<MpiCommunication>(options);
}

}  // namespace ppl
