// For test programs that mpirun starts: their main connects the ranks first. Started alone they are one rank.
#pragma once

#include "engine/communication/communication.h"

namespace ppl {

Communication& all_ranks();
CommunicationOptions rank_options();  // a short limit; what is lost goes to stderr

}  // namespace ppl
