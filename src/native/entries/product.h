// One matrix product, C (+)= alpha * A·B + bias, on all threads: what the entries of gemm and conv share.
#pragma once
#include <stdint.h>

namespace plait {

// Strides count numbers: element (i, j) of A at a + i * ars + j * acs. A bias goes with alpha = 1 only.
template <class T>
struct Product {
    int64_t m, n, k;
    const T* a;
    int64_t ars, acs;
    const T* b;
    int64_t brs, bcs;
    T* c;
    int64_t crs, ccs;
    T alpha = T(1);
    bool accumulate = false;
    const T* row_bias = nullptr;
    const T* col_bias = nullptr;
};

// Throws std::bad_alloc. Inside a parallel_for it runs on the calling thread. The same bits on any number of threads.
template <class T>
void multiply(Product<T> p);
extern template void multiply<float>(Product<float>);
extern template void multiply<double>(Product<double>);

// Memory for one call, given back at the end of the scope.
template <class T>
class Scratch {
  public:
    explicit Scratch(int64_t count);
    ~Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    T* data() const { return data_; }

  private:
    T* data_;
};
extern template class Scratch<float>;
extern template class Scratch<double>;

}  // namespace plait
