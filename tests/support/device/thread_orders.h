// In which orders the threads of a kernel are made to run: three under emulation, one on a device.
#pragma once

#include <functional>
#include <string>

namespace ppl {

// each(name) once for every order, with that order in force.
void for_thread_orders(const std::function<void(const std::string& name)>& each);

}  // namespace ppl
