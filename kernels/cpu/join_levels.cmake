# Run by levels.cmake. FOLDER/LEVEL.whole.o -> FOLDER/LEVEL.o, whose launchers are called NAME.LEVEL and which shows
# nothing else, so that no code of one level runs in another; and FOLDER/launchers.cpp: for each level the table of its
# launchers, for each launcher the function of its plain name, which jumps by way of ppl_cpu_table.
cmake_minimum_required(VERSION 3.22)

# Launchers: all functions that are no templates, and of the templates those that take a context, but no lambda,
# and a few that need none.
function(launchers_of object result)
  execute_process(COMMAND "${NM}" --defined-only --format=posix "${object}" OUTPUT_VARIABLE table
                  COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "_ZN3ppl[A-Za-z0-9_]+ [TW] " symbols "${table}")
  set(names "")
  foreach(symbol ${symbols})
    string(REGEX MATCH "^[^ ]+" name "${symbol}")
    if(symbol MATCHES " T " OR (name MATCHES "RNS_10CpuContextE|^_ZN3ppl(12augment_tile|10conv_plain)" AND NOT name MATCHES "Ul"))
      list(APPEND names ${name})
    endif()
  endforeach()
  list(SORT names)
  set(${result} "${names}" PARENT_SCOPE)
endfunction()

set(tables "")
string(REPLACE "," ";" LEVELS "${LEVELS}")
foreach(level ${LEVELS})
  launchers_of("${FOLDER}/${level}.whole.o" names)
  if(NOT DEFINED launchers)
    set(launchers "${names}")
  elseif(NOT names STREQUAL launchers)
    message(FATAL_ERROR "the launchers of ${level} differ:\n${names}\nexpected:\n${launchers}")
  endif()
  set(renamed "")
  set(kept "")
  string(APPEND tables ".globl ppl_cpu_${level}\nppl_cpu_${level}:\n")
  foreach(name ${names})
    string(APPEND renamed "${name} ${name}.${level}\n")
    string(APPEND kept "${name}.${level}\n")
    string(APPEND tables "  .quad ${name}.${level}\n")
  endforeach()
  file(WRITE "${FOLDER}/${level}.renamed" "${renamed}")
  file(WRITE "${FOLDER}/${level}.kept" "${kept}")
  execute_process(
    COMMAND "${OBJCOPY}" "--redefine-syms=${FOLDER}/${level}.renamed" "${FOLDER}/${level}.whole.o" "${FOLDER}/${level}.o"
    COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND "${OBJCOPY}" "--keep-global-symbols=${FOLDER}/${level}.kept" "${FOLDER}/${level}.o"
                  COMMAND_ERROR_IS_FATAL ANY)
endforeach()

set(jumps "")
set(offset 0)
foreach(name ${launchers})
  string(APPEND jumps ".globl ${name}\n.type ${name}, @function\n${name}:\n  endbr64\n"
                      "  movq ppl_cpu_table(%rip), %r11\n  jmp *${offset}(%r11)\n.size ${name}, . - ${name}\n")
  math(EXPR offset "${offset} + 8")
endforeach()
file(WRITE "${FOLDER}/launchers.cpp" "asm(R\"(
.text
${jumps}
.section .data.rel.ro, \"aw\"
.balign 8
${tables}
.text
)\");
")
