// Blocks come in size classes, eight per power of two, each with a free list. A 64-byte header before the data says the class.
// A miss takes fresh memory; what is cached beyond the limit goes back to the system, the class used longest ago first.
#include "core/memory.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace plait {
namespace {

constexpr int64_t kHeader = 64;
constexpr int64_t kSmallest = 64;
constexpr int kStepsLog = 3;                    // classes per power of two: 8
constexpr int kClasses = 8 * 48;                // up to 2^53 bytes
constexpr int64_t kMapFrom = int64_t(1) << 20;  // from here on blocks are mapped, with huge pages asked for
constexpr int64_t kHugeFrom = int64_t(4) << 20;
constexpr int64_t kMaxRequest = int64_t(1) << 50;

struct Header {
    Header* next;
    void* base;      // what the system gave
    int64_t mapped;  // length of the mapping, or 0 when from malloc
    int32_t size_class;
};
static_assert(sizeof(Header) <= kHeader);

struct Lock {
    std::atomic_flag flag = ATOMIC_FLAG_INIT;
    void lock() noexcept {
        for (int spins = 0; flag.test_and_set(std::memory_order_acquire); ++spins)
            if (spins > 100) usleep(1);
    }
    void unlock() noexcept { flag.clear(std::memory_order_release); }
};

struct Guard {
    explicit Guard(Lock& l) : lock(l) { lock.lock(); }
    ~Guard() { lock.unlock(); }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    Lock& lock;
};

struct State {
    Lock lock;
    Header* free_list[kClasses] = {};
    int64_t last_use[kClasses] = {};
    int64_t tick = 0;
    int64_t stagger = 0;
    MemoryStats stats{};
};
State g;  // constant-initialised, never destroyed: arrays may outlive static destructors

int class_of(int64_t bytes) {
    if (bytes <= kSmallest) return 0;
    // bytes-1 in [2^k, 2^(k+1)): eight steps between, rounded up.
    const uint64_t b = static_cast<uint64_t>(bytes - 1);
    const int k = 63 - __builtin_clzll(b);
    const int step = static_cast<int>((b >> (k - kStepsLog)) & 7);
    return (k - 6) * 8 + step + 1;
}

int64_t class_bytes(int c) {
    if (c == 0) return kSmallest;
    const int k = (c - 1) / 8 + 6, step = (c - 1) % 8;
    return (int64_t(8 + step + 1) << k) >> kStepsLog;
}

int64_t default_limit() {
    const int64_t pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    const int64_t eighth = pages > 0 && page > 0 ? pages * page / 8 : int64_t(1) << 30;
    const int64_t cap = int64_t(4) << 30;
    return eighth < cap ? eighth : cap;
}

void give_to_system(Header* h) noexcept {
    if (h->mapped)
        munmap(h->base, static_cast<size_t>(h->mapped));
    else
        std::free(h->base);
}

#if defined(__SANITIZE_ADDRESS__)
// Under the address sanitizer a block is as long as was asked for, and is never used twice.
Header* take_exactly(int64_t bytes) {
    void* base = nullptr;
    if (posix_memalign(&base, 64, static_cast<size_t>(kHeader + bytes)) != 0) return nullptr;
    return new (base) Header{nullptr, base, 0, class_of(bytes)};
}
#endif

Header* take_from_system(int c, int64_t stagger) {
    const int64_t bytes = class_bytes(c);
    // Starts differ by odd multiples of a cache line, so that buffers of one size do not meet in the same cache sets.
    const int64_t shift = bytes >= 4096 ? (stagger % 31) * 192 : 0;
    const int64_t total = bytes + kHeader + shift + 64;
    void* base = nullptr;
    int64_t mapped = 0;
    if (bytes >= kMapFrom) {
        mapped = (total + 4095) / 4096 * 4096;  // not whole huge pages: what the tail does not need stays with the system
        base = mmap(nullptr, static_cast<size_t>(mapped), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (base == MAP_FAILED) return nullptr;
#ifdef MADV_HUGEPAGE
        if (bytes >= kHugeFrom) madvise(base, static_cast<size_t>(mapped), MADV_HUGEPAGE);
#endif
    } else {
        base = std::malloc(static_cast<size_t>(total));
        if (base == nullptr) return nullptr;
    }
    const uintptr_t start = (reinterpret_cast<uintptr_t>(base) + 63) / 64 * 64 + static_cast<uintptr_t>(shift);
    Header* h = reinterpret_cast<Header*>(start);
    h->next = nullptr;
    h->base = base;
    h->mapped = mapped;
    h->size_class = c;
    return h;
}

// Takes blocks off the lists until at most `bound` bytes are cached; returns them chained, to be freed outside the lock.
Header* trim(int64_t bound) noexcept {
    Header* chain = nullptr;
    while (g.stats.cached > bound) {
        int oldest = -1;
        for (int c = 0; c < kClasses; ++c)
            if (g.free_list[c] && (oldest < 0 || g.last_use[c] < g.last_use[oldest])) oldest = c;
        if (oldest < 0) break;
        while (g.free_list[oldest] && g.stats.cached > bound) {
            Header* h = g.free_list[oldest];
            g.free_list[oldest] = h->next;
            g.stats.cached -= class_bytes(oldest);
            h->next = chain;
            chain = h;
        }
    }
    return chain;
}

void free_chain(Header* chain) noexcept {
    while (chain) {
        Header* next = chain->next;
        give_to_system(chain);
        chain = next;
    }
}

// A fork must not copy the lists while another thread changes them.
const int g_fork_handlers = pthread_atfork([] { g.lock.lock(); }, [] { g.lock.unlock(); }, [] { g.lock.unlock(); });

}  // namespace

void* acquire_block(int64_t bytes) {
    if (bytes < 0 || bytes > kMaxRequest) throw std::bad_alloc();
    int c = class_of(bytes);
    Header* h = nullptr;
    int64_t stagger;
    {
        Guard guard(g.lock);
        // A large block may come from a class up to a quarter larger: reuse is worth more than the slack.
        const int last = bytes >= kMapFrom ? (c + 2 < kClasses ? c + 2 : kClasses - 1) : c;
        for (int k = c; k <= last && !h; ++k) {
            h = g.free_list[k];
            if (h) c = k;
        }
        g.last_use[c] = ++g.tick;
        const int64_t size = class_bytes(c);
        if (h) {
            g.free_list[c] = h->next;
            g.stats.cached -= size;
            ++g.stats.hits;
        } else {
            ++g.stats.misses;
        }
        g.stats.in_use += size;
        if (g.stats.in_use > g.stats.peak_in_use) g.stats.peak_in_use = g.stats.in_use;
        stagger = ++g.stagger;
    }
#if defined(__SANITIZE_ADDRESS__)
    h = take_exactly(bytes);
#endif
    if (h == nullptr) {
        h = take_from_system(c, stagger);
        if (h == nullptr) {  // out of memory: what is cached goes first
            empty_cache();
            h = take_from_system(c, stagger);
        }
        if (h == nullptr) {
            Guard guard(g.lock);
            g.stats.in_use -= class_bytes(c);
            throw std::bad_alloc();
        }
    }
    return reinterpret_cast<char*>(h) + kHeader;
}

void release_block(void* data) noexcept {
    if (data == nullptr) return;
    Header* h = reinterpret_cast<Header*>(static_cast<char*>(data) - kHeader);
    const int c = h->size_class;
    const int64_t size = class_bytes(c);
    Header* chain = nullptr;
    {
        Guard guard(g.lock);
        if (g.stats.limit == 0) g.stats.limit = default_limit();
        g.stats.in_use -= size;
#if defined(__SANITIZE_ADDRESS__)
        const bool keep = false;
#else
        const bool keep = size <= g.stats.limit;
#endif
        if (!keep) {
            h->next = nullptr;
            chain = h;
        } else {
            h->next = g.free_list[c];
            g.free_list[c] = h;
            g.last_use[c] = ++g.tick;
            g.stats.cached += size;
            if (g.stats.cached > g.stats.limit) chain = trim(g.stats.limit);
        }
    }
    free_chain(chain);
}

MemoryStats memory_stats() {
    Guard guard(g.lock);
    if (g.stats.limit == 0) g.stats.limit = default_limit();
    return g.stats;
}

void empty_cache() {
    Header* chain;
    {
        Guard guard(g.lock);
        chain = trim(0);
    }
    free_chain(chain);
}

void set_cache_limit(int64_t bytes) {
    Header* chain;
    {
        Guard guard(g.lock);
        g.stats.limit = bytes > 0 ? bytes : 1;  // 0 would mean the default; one byte caches nothing
        chain = trim(g.stats.limit);
    }
    free_chain(chain);
}

void reset_peak() {
    Guard guard(g.lock);
    g.stats.peak_in_use = g.stats.in_use;
}

}  // namespace plait
