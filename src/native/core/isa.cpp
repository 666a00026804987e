#include "core/isa.h"

#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>

namespace plait {
namespace {

struct Candidate {
    Isa isa;
    const char* name;
    bool runs;
};

bool cpu_has_avx2() {
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return false;
#endif
}

bool cpu_has_avx512() {
#if defined(__x86_64__)
    return cpu_has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
#else
    return false;
#endif
}

Isa choose() {
    // Best last.
    const Candidate compiled[] = {
#ifdef PLAIT_HAVE_NEON
        {Isa::neon, "neon", true},
#endif
#ifdef PLAIT_HAVE_BASELINE
        {Isa::baseline, "baseline", true},
#endif
#ifdef PLAIT_HAVE_AVX2
        {Isa::avx2, "avx2", cpu_has_avx2()},
#endif
#ifdef PLAIT_HAVE_AVX512
        {Isa::avx512, "avx512", cpu_has_avx512()},
#endif
    };
    const char* forced = std::getenv("PLAIT_ISA");
    const bool any = forced == nullptr || *forced == '\0';
    const Candidate* best = nullptr;
    std::string usable;
    for (const Candidate& c : compiled) {
        if (!c.runs) continue;
        usable += usable.empty() ? c.name : std::string(" ") + c.name;
        if (any || std::strcmp(forced, c.name) == 0) best = &c;
    }
    if (best == nullptr)
        throw std::runtime_error((any ? std::string("no compiled set of kernels runs on this CPU")
                                      : "PLAIT_ISA=" + std::string(forced) + " cannot be used here") +
                                 "; usable: " + (usable.empty() ? "none" : usable));
    return best->isa;
}

}  // namespace

Isa active_isa() {
    static const Isa isa = choose();
    return isa;
}

const char* isa_name(Isa isa) {
    switch (isa) {
        case Isa::avx2:
            return "avx2";
        case Isa::avx512:
            return "avx512";
        case Isa::neon:
            return "neon";
        default:
            return "baseline";
    }
}

const char* usable_isas() {
    static const std::string names = [] {
        std::string s;
#ifdef PLAIT_HAVE_NEON
        s += "neon ";
#endif
#ifdef PLAIT_HAVE_BASELINE
        s += "baseline ";
#endif
#ifdef PLAIT_HAVE_AVX2
        if (cpu_has_avx2()) s += "avx2 ";
#endif
#ifdef PLAIT_HAVE_AVX512
        if (cpu_has_avx512()) s += "avx512 ";
#endif
        if (!s.empty()) s.pop_back();
        return s;
    }();
    return names.c_str();
}

}  // namespace plait
