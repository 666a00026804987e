// Which compiled set of kernels is in use. Chosen once, when the module loads; PLAIT_ISA=baseline|avx2|avx512|neon forces one.
#pragma once
namespace plait {

enum class Isa { baseline, avx2, avx512, neon };
Isa active_isa();
const char* isa_name(Isa isa);
const char* usable_isas();  // compiled in and supported by this CPU, with spaces between

// For a family `pool` with `struct PoolTable` and a per-ISA object `pool_table`:
//     PLAIT_TABLE(PoolTable, pool_table)        // at namespace plait scope, in entries/pool.cpp
//     const PoolTable& k = active_pool_table();
#if defined(__x86_64__)
#define PLAIT_TABLE_DECLARE(Type, name)                               \
    PLAIT_IF_BASELINE(namespace baseline { extern const Type name; }) \
    PLAIT_IF_AVX2(namespace avx2 { extern const Type name; })         \
    PLAIT_IF_AVX512(namespace avx512 { extern const Type name; })
#define PLAIT_TABLE_PICK(name)                                             \
    PLAIT_IF_AVX512(if (active_isa() == Isa::avx512) return avx512::name;) \
    PLAIT_IF_AVX2(if (active_isa() == Isa::avx2) return avx2::name;)       \
    PLAIT_IF_BASELINE(return baseline::name;)                              \
    PLAIT_UNREACHABLE_WITHOUT_BASELINE
#else
#define PLAIT_TABLE_DECLARE(Type, name) \
    namespace neon {                    \
    extern const Type name;             \
    }
#define PLAIT_TABLE_PICK(name) return neon::name;
#endif

#ifdef PLAIT_HAVE_BASELINE
#define PLAIT_IF_BASELINE(...) __VA_ARGS__
#define PLAIT_UNREACHABLE_WITHOUT_BASELINE
#else
#define PLAIT_IF_BASELINE(...)
#define PLAIT_UNREACHABLE_WITHOUT_BASELINE __builtin_unreachable();
#endif
#ifdef PLAIT_HAVE_AVX2
#define PLAIT_IF_AVX2(...) __VA_ARGS__
#else
#define PLAIT_IF_AVX2(...)
#endif
#ifdef PLAIT_HAVE_AVX512
#define PLAIT_IF_AVX512(...) __VA_ARGS__
#else
#define PLAIT_IF_AVX512(...)
#endif

#define PLAIT_TABLE(Type, name)     \
    PLAIT_TABLE_DECLARE(Type, name) \
    inline const Type& active_##name() { PLAIT_TABLE_PICK(name) }

}  // namespace plait
