// Vector exp, expm1, log, log1p, tanh, erf: polynomials in float and double, at most 2 ulp off, no library call.
// The coefficients are Chebyshev fits made for this file (tools/fit_polynomials.py prints them).
#pragma once
#include "simd/simd.h"

namespace plait::PLAIT_NS {
namespace {

template <class T>
struct Fp;

template <>
struct Fp<float> {
    using I = int32_t;
    using U = uint32_t;
    static constexpr int mantissa = 23, bias = 127;
    static constexpr float magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer in the low bits
    static constexpr I magic_bits = 0x4b400000, one_bits = 0x3f800000, sqrt_half_bits = 0x3f3504f3, mantissa_mask = 0x007fffff;
    static constexpr float ln2_hi = 0.693145751953125f, ln2_lo = 1.42860682e-6f, log2e = 1.44269504f, inf = __builtin_inff();
    static constexpr float exp_high = 89.0f, exp_low = -104.0f, exp_normal = -87.0f, tanh_high = 10.0f, erf_high = 4.0f;
    static constexpr float tiny = 1.17549435e-38f, tiny_scale = 33554432.0f, tiny_shift = 25.0f;
    static constexpr float exp_c[] = {0.5f,
                                      0.166666671633720397949219f,
                                      0.0416664853692054748535156f,
                                      0.00833336077630519866943359f,
                                      0.00139304355252534151077271f,
                                      0.000198527617612853646278381f};
    static constexpr float log_c[] = {0.6666666655f, 0.4000012221f, 0.2855077863f, 0.2333161447f};
    static constexpr float tanh_c[] = {-0.3333332894f, 0.1333276974f, -0.05385090958f, 0.020997179f, -0.006096714166f};
    static constexpr float erf_c[] = {1.128379166f,    -0.3761262667f,    0.1128359472f,  -0.02685421201f,
                                      0.005189087423f, -0.0008016864287f, 7.875875063e-5f};
    // -log(erfc(x)) for 0.92 <= x <= 4
    static constexpr float erfc_c[] = {0.0002070170592f, 1.127627363f,    0.6372658195f,    0.1038563116f,
                                       -0.02218974452f,  0.003033683788f, -0.0001949458202f};
};

template <>
struct Fp<double> {
    using I = int64_t;
    using U = uint64_t;
    static constexpr int mantissa = 52, bias = 1023;
    static constexpr double magic = 6755399441055744.0;
    static constexpr I magic_bits = 0x4338000000000000, one_bits = 0x3ff0000000000000, sqrt_half_bits = 0x3fe6a09e667f3bcd,
                       mantissa_mask = 0x000fffffffffffff;
    static constexpr double ln2_hi = 6.93147180369123816490e-01, ln2_lo = 1.90821492927058770002e-10, log2e = 1.4426950408889634;
    static constexpr double inf = __builtin_inf();
    static constexpr double exp_high = 710.0, exp_low = -746.0, exp_normal = -708.0, tanh_high = 22.0, erf_high = 6.1, erf_centre = 2.5;
    static constexpr double tiny = 2.2250738585072014e-308, tiny_scale = 18014398509481984.0, tiny_shift = 54.0;
    static constexpr double exp_c[] = {0.5,
                                       0.16666666666666671,
                                       0.0416666666666666698,
                                       0.00833333333332608312,
                                       0.00138888888888837112,
                                       0.000198412698750022788,
                                       0.0000248015873256774619,
                                       2.75572551700008874e-6,
                                       2.75572734787185805e-7,
                                       2.51053127296221018e-8,
                                       2.09147553258932022e-9};
    static constexpr double log_c[] = {0.666666666666666665, 0.400000000000008832, 0.28571428570799785,  0.222222223925810451,
                                       0.181817955475211362, 0.153862447376216666, 0.132686383692668239, 0.130880348509275538};
    static constexpr double tanh_c[] = {-0.333333333333333329,    0.133333333333330416,    -0.0539682539678969917,
                                        0.0218694885190083058,    -0.00886323510324087792, 0.00359212175115496227,
                                        -0.00145577541204780551,  0.000589660657775704335, -0.000237590649605556196,
                                        0.0000925711612955676827, -0.0000312011014257974,  6.48516348279311315e-6};
    static constexpr double erf_c[] = {1.12837916709551257,    -0.376126389031837481,    0.112837916709548787,    -0.0268661706450767932,
                                       0.00522397762481801447, -0.000854832698083378991, 0.000120553311116427109, -0.0000149255952668311816,
                                       1.6461000484121368e-6,  -1.6350312701054695e-7,   1.46597752740474358e-8,  -1.13728488567916737e-9,
                                       5.9571761477489114e-11};
    static constexpr double erfc_c[] = {
        0.210806364061143581,      -0.371736733948973372,    0.251713193217449336,    -0.125033052378824192,   0.0399225390755799871,
        -0.00399370116625712671,   -0.00264236596403217323,  0.000875915464099820688, 0.000228380371937864821, -0.000128877430983349805,
        -0.0000341821412242065944, 0.0000186171993453268317, 7.5518622056327499e-6,   -2.31461841204135754e-6, -1.7991658885591785e-6,
        1.30532677062068627e-7,    3.39771427404955788e-7};
};

template <class T>
using UVec = typename VecOf<typename Fp<T>::U>::type;

template <class T, int N>
inline Vec<T> polynomial(Vec<T> x, const T (&c)[N]) {  // c[0] + c[1] x + ...
    Vec<T> y = splat<T>(c[N - 1]);
#pragma GCC unroll 20
    for (int i = N - 2; i >= 0; --i) y = fma<T>(y, x, splat<T>(c[i]));
    return y;
}

template <class T>
inline Vec<T> copy_sign(Vec<T> magnitude, Vec<T> sign) {
    using I = typename Fp<T>::I;
    const Mask<T> bit = splat<I>((I)((typename Fp<T>::U)1 << (sizeof(T) * 8 - 1)));
    return (Vec<T>)(((Mask<T>)magnitude & ~bit) | ((Mask<T>)sign & bit));
}
// Bounds that let a NaN through.
template <class T>
inline Vec<T> at_most(Vec<T> x, T high) {
    return vmin<T>(splat<T>(high), x);
}
template <class T>
inline Vec<T> at_least(Vec<T> x, T low) {
    return vmax<T>(splat<T>(low), x);
}

// x = k ln2 + r with |r| <= ln2/2; p = e^r - 1.
template <class T>
struct Reduced {
    Vec<T> p, k;
};
template <class T>
inline Reduced<T> reduce_exp(Vec<T> x) {
    using F = Fp<T>;
    const Vec<T> magic = splat<T>(F::magic);
    const Vec<T> k = fma<T>(x, splat<T>(F::log2e), magic) - magic;
    Vec<T> r = fma<T>(k, splat<T>(-F::ln2_hi), x);
    r = fma<T>(k, splat<T>(-F::ln2_lo), r);
    return {fma<T>(r * r, polynomial<T>(r, F::exp_c), r), k};
}

// An integer held in a float, as an integer.
template <class T>
inline Mask<T> integer(Vec<T> k) {
    using I = typename Fp<T>::I;
    return (Mask<T>)(k + splat<T>(Fp<T>::magic)) - splat<I>(Fp<T>::magic_bits);
}
// 2^k within the normal range (its upper end gives infinity).
template <class T>
inline Vec<T> power_of_two(Vec<T> k) {
    using I = typename Fp<T>::I;
    return (Vec<T>)((integer<T>(k) + splat<I>((I)Fp<T>::bias)) << Fp<T>::mantissa);
}
// y 2^k with overflow and underflow as they should be.
template <class T>
inline Vec<T> scale(Vec<T> y, Vec<T> k) {
    const Vec<T> magic = splat<T>(Fp<T>::magic), half = fma<T>(k, splat<T>(T(0.5)), magic) - magic;
    return y * power_of_two<T>(half) * power_of_two<T>(k - half);
}
#if defined(__AVX512F__)
template <>
inline Vec<float> scale<float>(Vec<float> y, Vec<float> k) {
    return (Vec<float>)_mm512_scalef_ps((__m512)y, (__m512)k);
}
template <>
inline Vec<double> scale<double>(Vec<double> y, Vec<double> k) {
    return (Vec<double>)_mm512_scalef_pd((__m512d)y, (__m512d)k);
}
template <>
inline Vec<float> power_of_two<float>(Vec<float> k) {
    return scale<float>(splat<float>(1.0f), k);
}
template <>
inline Vec<double> power_of_two<double>(Vec<double> k) {
    return scale<double>(splat<double>(1.0), k);
}
#endif

template <class T>
inline Vec<T> vexp(Vec<T> x) {
    const Reduced<T> r = reduce_exp<T>(at_least<T>(at_most<T>(x, Fp<T>::exp_high), Fp<T>::exp_low));
    return scale<T>(splat<T>(T(1)) + r.p, r.k);
}

// e^x for x <= 0, with zero where it would leave the normal range: a subnormal result costs some CPUs a hundred cycles.
template <class T>
inline Vec<T> vexp_normal(Vec<T> x) {
    const Vec<T> low = splat<T>(Fp<T>::exp_normal);
    const Reduced<T> r = reduce_exp<T>(vmax<T>(low, x));
    return select<T>(x < low, Vec<T>{}, power_of_two<T>(r.k) * (splat<T>(T(1)) + r.p));
}

template <class T>
inline Vec<T> vexpm1(Vec<T> x) {
    const Reduced<T> r = reduce_exp<T>(at_least<T>(at_most<T>(x, Fp<T>::exp_high), T(-40)));
    // 2^k p + (2^k - 1) is exact in the difference, but 2^k overflows before e^x does.
    const Vec<T> two = power_of_two<T>(r.k);
    const Vec<T> small = fma<T>(two, r.p, two - splat<T>(T(1)));
    const Vec<T> y = select<T>(x > splat<T>(T(40)), scale<T>(splat<T>(T(1)) + r.p, r.k), small);
    return select<T>(x == Vec<T>{}, x, y);
}

template <class T>
inline Vec<T> vlog(Vec<T> x) {
    using F = Fp<T>;
    using I = typename F::I;
    const Mask<T> subnormal = x < splat<T>(F::tiny);
    const Vec<T> scaled = select<T>(subnormal, x * splat<T>(F::tiny_scale), x);
    // Unsigned: a NaN's bits may run over.
    const Mask<T> bits = (Mask<T>)((UVec<T>)scaled + splat<typename F::U>((typename F::U)(F::one_bits - F::sqrt_half_bits)));
    const Mask<T> k = (Mask<T>)((UVec<T>)bits >> F::mantissa) - splat<I>((I)F::bias);
    const Vec<T> m = (Vec<T>)((bits & splat<I>(F::mantissa_mask)) + splat<I>(F::sqrt_half_bits));
    Vec<T> e = (Vec<T>)(k + splat<I>(F::magic_bits)) - splat<T>(F::magic);
    e = select<T>(subnormal, e - splat<T>(F::tiny_shift), e);
    const Vec<T> f = m - splat<T>(T(1));
    const Vec<T> s = f / (f + splat<T>(T(2)));
    const Vec<T> z = s * s;
    const Vec<T> half_square = f * f * splat<T>(T(0.5));
    const Vec<T> q = z * polynomial<T>(z, F::log_c);
    const Vec<T> low = fma<T>(e, splat<T>(F::ln2_lo), s * (half_square + q));
    Vec<T> y = fma<T>(e, splat<T>(F::ln2_hi), f - (half_square - low));
    y = select<T>(x < splat<T>(F::inf), y, x);  // inf and NaN as they are
    y = select<T>(x == Vec<T>{}, splat<T>(-F::inf), y);
    return select<T>(x < Vec<T>{}, splat<T>((T)__builtin_nan("")), y);
}

template <class T>
inline Vec<T> vlog1p(Vec<T> x) {
    using F = Fp<T>;
    const Vec<T> one = splat<T>(T(1));
    const Vec<T> u = x + one;
    const Vec<T> lost = (x - (u - one)) / u;  // what rounding 1 + x dropped
    const Vec<T> y = vlog<T>(u);
    const Vec<T> corrected = select<T>((u > Vec<T>{}) & (u < splat<T>(F::inf)), y + lost, y);
    return select<T>(x == Vec<T>{}, x, corrected);
}

template <class T>
inline Vec<T> vtanh(Vec<T> x) {
    using F = Fp<T>;
    const Vec<T> t = at_most<T>(vabs<T>(x), F::tanh_high);
    const Reduced<T> r = reduce_exp<T>(t + t);
    const Vec<T> two = power_of_two<T>(r.k);
    const Vec<T> e = fma<T>(two, r.p, two - splat<T>(T(1)));  // e^(2t) - 1
    const Vec<T> far = e / (e + splat<T>(T(2)));
    const Vec<T> z = x * x;
    const Vec<T> near = fma<T>(x * z, polynomial<T>(z, F::tanh_c), x);
    return copy_sign<T>(select<T>(t < splat<T>(T(0.625)), near, far), x);
}

template <class T>
inline Vec<T> vsigmoid(Vec<T> x) {
    const Vec<T> one = splat<T>(T(1));
    return one / (one + vexp<T>(-x));
}

// Near zero an odd polynomial. Further out 1 - erfc, where erfc is e^-L(x) in float, and e^-x^2 times a polynomial in double.
template <class T>
inline Vec<T> verf(Vec<T> x) {
    using F = Fp<T>;
    const Vec<T> a = at_most<T>(vabs<T>(x), F::erf_high);
    const Vec<T> square = a * a;
    const Vec<T> near = x * polynomial<T>(square, F::erf_c);
    Vec<T> exponent = square, factor = splat<T>(T(1));
    if constexpr (sizeof(T) == sizeof(float)) {
        exponent = polynomial<T>(a, F::erfc_c);
    } else {
        factor = polynomial<T>((a - splat<T>(F::erf_centre)) / (a + splat<T>(F::erf_centre)), F::erfc_c);
    }
    const Reduced<T> r = reduce_exp<T>(-exponent);
    const Vec<T> far = splat<T>(T(1)) - power_of_two<T>(r.k) * (splat<T>(T(1)) + r.p) * factor;
    return select<T>(a < splat<T>(T(1)), near, copy_sign<T>(far, x));
}

#if defined(__AVX512F__)
// In 16 parts, whose coefficients are picked out of registers: no exp. The parts' centres are multiples of `step`, the first is zero.
template <>
inline Vec<float> verf<float>(Vec<float> x) {
    constexpr float step = 4.0f / 15.0f;
    static constexpr float c[6][16] = {
        {0.0f, 0.293918266f, 0.549299235f, 0.742100986f, 0.868572f, 0.940653578f, 0.976348393f, 0.991706106f, 0.99744701f, 0.999311486f,
         0.999837559f, 0.999966513f, 0.999993974f, 0.999999054f, 0.999999871f, 0.999999985f},
        {1.12837917f, 1.05092541f, 0.849028746f, 0.59498575f, 0.361679922f, 0.190711069f, 0.0872290343f, 0.0346082704f, 0.011910566f,
         0.00355564658f, 0.00092074311f, 0.000206819793f, 4.02976286e-5f, 6.81084047e-6f, 9.9851783e-7f, 1.2698281e-7f},
        {2.72274713e-7f, -0.280239306f, -0.452806775f, -0.475985014f, -0.385793873f, -0.254285393f, -0.139569214f, -0.0646028979f,
         -0.0254088728f, -0.0085330063f, -0.00245495056f, -0.000606503842f, -0.000128893361f, -2.35942543e-5f, -3.72395172e-6f,
         -5.07193437e-7f},
        {-0.376142037f, -0.300484186f, -0.122009967f, 0.0555286671f, 0.153778781f, 0.162457577f, 0.119795624f, 0.0688585419f, 0.032167673f,
         0.0124684284f, 0.00405796893f, 0.00111735683f, 0.000261629147f, 5.22849138e-5f, 8.94201355e-6f, 1.31146521e-6f},
        {0.000296621104f, 0.132356507f, 0.182186101f, 0.135908907f, 0.046872459f, -0.0229508127f, -0.0489009641f, -0.0426151278f,
         -0.0258928036f, -0.0121995856f, -0.0046469664f, -0.0014617627f, -0.000384506478f, -8.52643719e-5f, -1.60286654e-5f,
         -2.56478841e-6f},
        {0.110908122f, 0.0755133356f, -0.00232684341f, -0.0598188047f, -0.0656799481f, -0.0361768334f, -0.00453793903f, 0.0111163358f,
         0.0123541538f, 0.00789848532f, 0.00369924335f, 0.00136285887f, 0.000407854324f, 0.000100918067f, 2.08749496e-5f, 3.63658075e-6f},
    };
    const Vec<float> a = at_most<float>(vabs<float>(x), 4.1f);
    const Vec<float> shifted = fma<float>(a, splat<float>(1 / step), splat<float>(Fp<float>::magic));
    const Mask<float> part = (Mask<float>)shifted;  // the lowest four bits count
    const Vec<float> u = fma<float>(shifted - splat<float>(Fp<float>::magic), splat<float>(-step), a);
    Vec<float> y = permute<float>(load(c[5]), part);
#pragma GCC unroll 5
    for (int i = 4; i >= 0; --i) y = fma<float>(y, u, permute<float>(load(c[i]), part));
    return copy_sign<float>(y, x);
}
#endif

}  // namespace
}  // namespace plait::PLAIT_NS
