// The caching allocator: 64-byte aligned blocks, kept for reuse up to a bound, staggered so that buffers of one size do not
// share cache sets. Thread-safe.
#pragma once
#include <stdint.h>

namespace plait {

void* acquire_block(int64_t bytes);  // throws std::bad_alloc
void release_block(void* data) noexcept;

struct MemoryStats {
    int64_t in_use, cached, peak_in_use, limit, hits, misses;
};
MemoryStats memory_stats();
void empty_cache();
void set_cache_limit(int64_t bytes);
void reset_peak();

}  // namespace plait
