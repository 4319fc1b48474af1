// In place of communication_mpi.cpp where MPI is missing.
#include <cstdlib>
#include <string>

#include "engine/communication/communication.h"
#include "kernels/base.h"

namespace ppl {

std::unique_ptr<Communication> connect(const CommunicationOptions&) {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"}) {
    const char* ranks = std::getenv(name);
    PPL_CHECK(!ranks || std::string(ranks) == "1", ranks,
              " processes were started together, but this build knows no MPI (libopenmpi-dev)");
  }
  return one_process();
}

}  // namespace ppl
