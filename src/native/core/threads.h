// The pool of threads. This file's .cpp alone owns threads and the GIL's release (through hooks that binding.cpp sets).
#pragma once
#include <stdint.h>

#include <type_traits>

namespace plait {

int thread_count();
void set_thread_count(int n);

using RangeFn = void (*)(void* context, int64_t begin, int64_t end);
// Runs fn over [0, n) in chunks of `grain`, handed out dynamically; the caller works too. Chunk borders are multiples of `grain`
// whatever the thread count, so a reduction that keeps one partial per chunk gives the same bits on any number of threads.
// n <= grain, or one thread, runs inline. Nested calls run inline. Exceptions must not leave fn.
void parallel_run(int64_t n, int64_t grain, RangeFn fn, void* context);

template <class Body>
void parallel_for(int64_t n, int64_t grain, Body&& body) {
    using B = std::remove_reference_t<Body>;
    parallel_run(
        n, grain, [](void* c, int64_t b, int64_t e) { (*static_cast<B*>(c))(b, e); }, const_cast<void*>(static_cast<const void*>(&body)));
}

// A grain so that one chunk is about `target` units of work when one item costs `cost` units (1 unit: about one vector operation).
inline int64_t grain_for(int64_t cost_per_item, int64_t target = 16384) {
    int64_t c = cost_per_item > 0 ? cost_per_item : 1;
    return target / c > 0 ? target / c : 1;
}

// Set by the binding: called before and after work that is long enough to be worth dropping the GIL for.
struct GilHooks {
    void* (*release)();
    void (*restore)(void*);
};
void set_gil_hooks(GilHooks hooks);

}  // namespace plait
