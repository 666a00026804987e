// One job at a time. The caller publishes it, workers that are awake join, chunks are handed out by a counter, the caller works too and
// then waits for the chunks still running elsewhere. Workers spin shortly for the next job and then sleep on a condition variable.
#include "core/threads.h"

#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <new>
#include <thread>

namespace plait {
namespace {

constexpr int kMaxThreads = 256;
constexpr int64_t kSpinNanoseconds = 20000;
constexpr int64_t kChunksToDropGil = 12;  // about 100 µs of work

inline void pause_cpu() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

inline int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

int usable_cores() {
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        const int n = CPU_COUNT(&set);
        if (n > 0) return n;
    }
#endif
    const unsigned n = std::thread::hardware_concurrency();
    return n > 0 ? static_cast<int>(n) : 1;
}

int clamp_count(long n) { return n < 1 ? 1 : n > kMaxThreads ? kMaxThreads : static_cast<int>(n); }

int initial_count() {
    if (const char* text = std::getenv("PLAIT_NUM_THREADS")) {
        char* end = nullptr;
        const long n = std::strtol(text, &end, 10);
        if (end != text && n > 0) return clamp_count(n);
    }
    return clamp_count(usable_cores());
}

struct Pool {
    std::atomic<bool> busy{false};        // a caller owns the job slot
    std::atomic<uint64_t> generation{0};  // odd while a job is open
    std::atomic<int> inside{0};           // workers that may touch the job
    std::atomic<int> places{0};           // how many more workers may join
    alignas(64) std::atomic<int64_t> next{0};
    int64_t n = 0, grain = 0;
    RangeFn fn = nullptr;
    void* context = nullptr;

    std::mutex mutex;
    std::condition_variable wake, done;
    std::atomic<int> sleepers{0};
    std::atomic<bool> caller_sleeps{false};
    int started = 0;  // workers; touched by the owner of `busy` alone

    void work() {
        for (;;) {
            const int64_t begin = next.fetch_add(grain, std::memory_order_relaxed);
            if (begin >= n) return;
            const int64_t end = begin + grain < n ? begin + grain : n;
            fn(context, begin, end);
        }
    }

    void join_job() {
        inside.fetch_add(1);
        if (generation.load() & 1) {
            if (places.fetch_sub(1) > 0) work();
        }
        if (inside.fetch_sub(1) == 1 && caller_sleeps.load()) {
            std::lock_guard<std::mutex> lock(mutex);
            done.notify_one();
        }
    }

    void worker() {
        uint64_t seen = 0;
        for (;;) {
            const int64_t until = now_ns() + kSpinNanoseconds;
            bool found = false;
            while (!found) {
                for (int i = 0; i < 64 && !found; ++i) {
                    const uint64_t g = generation.load(std::memory_order_acquire);
                    found = (g & 1) && g != seen;
                    if (!found) pause_cpu();
                }
                if (!found && now_ns() > until) break;
            }
            if (!found) {
                std::unique_lock<std::mutex> lock(mutex);
                sleepers.fetch_add(1);
                wake.wait(lock, [&] {
                    const uint64_t g = generation.load();
                    return (g & 1) && g != seen;
                });
                sleepers.fetch_sub(1);
            }
            seen = generation.load();
            if (seen & 1) join_job();
        }
    }

    void run(int64_t total, int64_t step, RangeFn f, void* c, int threads);
};

alignas(Pool) unsigned char g_storage[sizeof(Pool)];
Pool* g_pool = nullptr;  // never destroyed: workers may sleep in it until the process ends
std::atomic<int> g_threads{0};
GilHooks g_hooks{nullptr, nullptr};
thread_local bool t_inside = false;

void new_pool() { g_pool = new (g_storage) Pool; }

// A forked child has no workers: it starts a pool of its own when it first needs one.
const int g_start = (new_pool(), pthread_atfork(nullptr, nullptr, [] {
                         new_pool();
                         t_inside = false;
                     }));

void Pool::run(int64_t total, int64_t step, RangeFn f, void* c, int threads) {
    while (started < threads - 1) {
        try {
            std::thread([this] {
                t_inside = true;
                worker();
            }).detach();
        } catch (...) {
            break;  // the system gives no more threads: fewer do the work
        }
        ++started;
    }
    n = total;
    grain = step;
    fn = f;
    context = c;
    next.store(0, std::memory_order_relaxed);
    const int64_t chunks = (total + step - 1) / step;
    const int64_t helpers = chunks - 1 < threads - 1 ? chunks - 1 : threads - 1;
    places.store(static_cast<int>(helpers), std::memory_order_relaxed);
    generation.fetch_add(1);  // open
    if (sleepers.load() > 0) {
        std::lock_guard<std::mutex> lock(mutex);
        if (helpers == 1)
            wake.notify_one();
        else
            wake.notify_all();
    }
    work();
    generation.fetch_add(1);  // closed: whoever comes later sees it and leaves
    const int64_t until = now_ns() + kSpinNanoseconds;
    while (inside.load() != 0) {
        for (int i = 0; i < 64 && inside.load() != 0; ++i) pause_cpu();
        if (inside.load() != 0 && now_ns() > until) {
            std::unique_lock<std::mutex> lock(mutex);
            caller_sleeps.store(true);
            done.wait(lock, [&] { return inside.load() == 0; });
            caller_sleeps.store(false);
        }
    }
}

}  // namespace

int thread_count() {
    int n = g_threads.load(std::memory_order_relaxed);
    if (n == 0) {
        n = initial_count();
        g_threads.store(n, std::memory_order_relaxed);
    }
    return n;
}

void set_thread_count(int n) { g_threads.store(clamp_count(n), std::memory_order_relaxed); }

void set_gil_hooks(GilHooks hooks) { g_hooks = hooks; }

void parallel_run(int64_t n, int64_t grain, RangeFn fn, void* context) {
    if (n <= 0) return;
    if (grain < 1) grain = 1;
    if (n <= grain || t_inside) {
        for (int64_t b = 0; b < n; b += grain) fn(context, b, b + grain < n ? b + grain : n);
        return;
    }
    const int threads = thread_count();
    void* gil = nullptr;
    const bool drop = g_hooks.release != nullptr && (n + grain - 1) / grain >= kChunksToDropGil;
    if (drop) gil = g_hooks.release();
    t_inside = true;
    bool idle = false;
    if (threads > 1 && g_pool->busy.compare_exchange_strong(idle, true)) {
        Pool* pool = g_pool;
        pool->run(n, grain, fn, context, threads);
        pool->busy.store(false);
    } else {
        for (int64_t b = 0; b < n; b += grain) fn(context, b, b + grain < n ? b + grain : n);
    }
    t_inside = false;
    if (drop) g_hooks.restore(gil);
}

}  // namespace plait
