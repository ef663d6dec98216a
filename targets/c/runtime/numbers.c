/* The scalars of a program: integers wrap to their type, floats are rounded to theirs.  What C leaves
   undefined has the result that kernels give (docs/arithmetic.md). */

/* The integer of so many bits with the same low bits; a true i1 is -1. */
CLAW_MAYBE_UNUSED static int64_t claw_wrap(uint64_t value, int bits) {
  if (bits >= 64) return (int64_t)value;
  const uint64_t sign = UINT64_C(1) << (bits - 1);
  return (int64_t)(((value & ((sign << 1) - 1)) ^ sign) - sign);
}

/* The number that the bits are without a sign. */
CLAW_MAYBE_UNUSED static uint64_t claw_bits(int64_t value, int bits) {
  return bits >= 64 ? (uint64_t)value : (uint64_t)value & ((UINT64_C(1) << bits) - 1);
}

/* The first bytes at an address, which are an integer of the processor's own, little end first. */
CLAW_MAYBE_UNUSED static uint64_t claw_raw(const void *at, size_t size) {
  uint64_t raw = 0;
  memcpy(&raw, at, size);
  return raw;
}

CLAW_MAYBE_UNUSED static int64_t claw_quotient(int64_t a, int64_t b) {
  if (!b) return 0;
  return b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b;
}

CLAW_MAYBE_UNUSED static int64_t claw_remainder(int64_t a, int64_t b) {
  return !b || b == -1 ? 0 : a % b;
}

CLAW_MAYBE_UNUSED static int64_t claw_floor_quotient(int64_t a, int64_t b) {
  const int64_t rest = claw_remainder(a, b);
  return claw_quotient(a, b) - (rest && (rest < 0) != (b < 0));
}

CLAW_MAYBE_UNUSED static int64_t claw_ceiling_quotient(int64_t a, int64_t b) {
  const int64_t rest = claw_remainder(a, b);
  return claw_quotient(a, b) + (rest && (rest < 0) == (b < 0));
}

CLAW_MAYBE_UNUSED static uint64_t claw_udiv(uint64_t a, uint64_t b) { return b ? a / b : 0; }
CLAW_MAYBE_UNUSED static uint64_t claw_urem(uint64_t a, uint64_t b) { return b ? a % b : 0; }

CLAW_MAYBE_UNUSED static uint64_t claw_uceildiv(uint64_t a, uint64_t b) {
  return b ? a / b + (a % b != 0) : 0;
}

/* Shifts by all bits or more lose them all. */
CLAW_MAYBE_UNUSED static int64_t claw_shl(int64_t a, int64_t by, int bits) {
  const uint64_t count = claw_bits(by, bits);
  return count >= (uint64_t)bits ? 0 : claw_wrap((uint64_t)a << count, bits);
}

CLAW_MAYBE_UNUSED static int64_t claw_shru(int64_t a, int64_t by, int bits) {
  const uint64_t count = claw_bits(by, bits);
  return count >= (uint64_t)bits ? 0 : claw_wrap(claw_bits(a, bits) >> count, bits);
}

CLAW_MAYBE_UNUSED static int64_t claw_shrs(int64_t a, int64_t by, int bits) {
  const uint64_t count = claw_bits(by, bits);
  const uint64_t taken = count >= (uint64_t)bits ? (uint64_t)bits - 1 : count;
  const uint64_t filled = a < 0 && taken ? ~(~UINT64_C(0) >> taken) : 0;
  return (int64_t)(((uint64_t)a >> taken) | filled);
}

CLAW_MAYBE_UNUSED static int claw_popcount(uint64_t a) {
  int count = 0;
  for (; a; a &= a - 1) count++;
  return count;
}

CLAW_MAYBE_UNUSED static int claw_leading_zeros(uint64_t a, int bits) {
  int count = 0;
  while (count < bits && !(a >> (bits - 1 - count) & 1)) count++;
  return count;
}

CLAW_MAYBE_UNUSED static int claw_trailing_zeros(uint64_t a, int bits) {
  int count = 0;
  while (count < bits && !(a >> count & 1)) count++;
  return count;
}

CLAW_MAYBE_UNUSED static int64_t claw_power(int64_t a, int64_t b, int bits) {
  if (b < 0) return a == 1 ? 1 : a == -1 ? (b % 2 ? -1 : 1) : 0;
  uint64_t result = 1, factor = (uint64_t)a;
  for (; b; b >>= 1, factor *= factor)
    if (b & 1) result *= factor;
  return claw_wrap(result, bits);
}

/* The nearest float of so many digits and such exponents, of two as near the even one. */
CLAW_MAYBE_UNUSED static double claw_rounded(double x, int digits, int least, int largest) {
  int exponent;
  if (x == 0 || !isfinite(x)) return x;
  frexp(x, &exponent);
  const int lowest = exponent - 1 < least ? least : exponent - 1;
  const double near = ldexp(nearbyint(ldexp(x, digits - 1 - lowest)), lowest - digits + 1);
  return fabs(near) >= ldexp(1, largest + 1) ? copysign(INFINITY, x) : near;
}

CLAW_MAYBE_UNUSED static double claw_f64(double x) { return x; }
CLAW_MAYBE_UNUSED static double claw_f32(double x) { return (double)(float)x; }
CLAW_MAYBE_UNUSED static double claw_f16(double x) { return claw_rounded(x, 11, -14, 15); }
CLAW_MAYBE_UNUSED static double claw_bf16(double x) { return claw_rounded(x, 8, -126, 127); }

/* Plus zero is larger than minus zero. */
CLAW_MAYBE_UNUSED static double claw_larger(double a, double b) {
  return a > b || (a == b && !signbit(a)) ? a : b;
}

CLAW_MAYBE_UNUSED static double claw_smaller(double a, double b) { return -claw_larger(-a, -b); }

CLAW_MAYBE_UNUSED static double claw_maximum(double a, double b) {
  return isnan(a) || isnan(b) ? NAN : claw_larger(a, b);
}

CLAW_MAYBE_UNUSED static double claw_minimum(double a, double b) {
  return isnan(a) || isnan(b) ? NAN : claw_smaller(a, b);
}

CLAW_MAYBE_UNUSED static double claw_maxnum(double a, double b) {
  return isnan(a) ? b : isnan(b) ? a : claw_larger(a, b);
}

CLAW_MAYBE_UNUSED static double claw_minnum(double a, double b) {
  return isnan(a) ? b : isnan(b) ? a : claw_smaller(a, b);
}

/* Rounded toward zero, to the nearest that the type has; not-a-number is 0. */
CLAW_MAYBE_UNUSED static int64_t claw_to_signed(double x, int bits) {
  if (isnan(x)) return 0;
  if (bits == 1) return trunc(x) != 0 ? -1 : 0;
  const double half = ldexp(1, bits - 1);
  if (x <= -half) return claw_wrap(UINT64_C(1) << (bits - 1), bits);
  if (x >= half) return (int64_t)((UINT64_C(1) << (bits - 1)) - 1);
  return (int64_t)x;
}

CLAW_MAYBE_UNUSED static int64_t claw_to_unsigned(double x, int bits) {
  if (isnan(x) || x <= 0) return 0;
  return claw_wrap(x >= ldexp(1, bits) ? ~UINT64_C(0) : (uint64_t)x, bits);
}

/* The bits of a float of a type, and back. */
CLAW_MAYBE_UNUSED static uint64_t claw_bits_of_f64(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

CLAW_MAYBE_UNUSED static double claw_of_bits_f64(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

CLAW_MAYBE_UNUSED static uint64_t claw_bits_of_f32(double x) {
  const float narrow = (float)x;
  uint32_t bits;
  memcpy(&bits, &narrow, sizeof bits);
  return bits;
}

CLAW_MAYBE_UNUSED static double claw_of_bits_f32(uint64_t bits) {
  const uint32_t narrow = (uint32_t)bits;
  float x;
  memcpy(&x, &narrow, sizeof x);
  return (double)x;
}

CLAW_MAYBE_UNUSED static uint64_t claw_bits_of_bf16(double x) { return claw_bits_of_f32(x) >> 16; }
CLAW_MAYBE_UNUSED static double claw_of_bits_bf16(uint64_t bits) {
  return claw_of_bits_f32((bits & 0xFFFF) << 16);
}

CLAW_MAYBE_UNUSED static uint64_t claw_bits_of_f16(double x) {
  const uint64_t sign = signbit(x) ? 0x8000 : 0;
  int exponent;
  if (isnan(x)) return 0x7E00;
  if (isinf(x)) return sign | 0x7C00;
  if (x == 0) return sign;
  const double fraction = frexp(fabs(x), &exponent); /* from 0.5 to 1 */
  if (exponent < -13) return sign | (uint64_t)ldexp(fabs(x), 24);
  return sign + ((uint64_t)(exponent + 14) << 10) + (uint64_t)ldexp(fraction - 0.5, 11);
}

CLAW_MAYBE_UNUSED static double claw_of_bits_f16(uint64_t bits) {
  const int exponent = (int)(bits >> 10 & 31);
  const double fraction = (double)(bits & 0x3FF);
  double x = exponent ? ldexp(fraction + 1024, exponent - 25) : ldexp(fraction, -24);
  if (exponent == 31) x = fraction > 0 ? NAN : INFINITY;
  return bits & 0x8000 ? -x : x;
}

/* The upper half of a product, and the carry of a sum. */
CLAW_MAYBE_UNUSED static uint64_t claw_high_u64(uint64_t a, uint64_t b) {
  const uint64_t low = UINT32_MAX, a0 = a & low, a1 = a >> 32, b0 = b & low, b1 = b >> 32;
  const uint64_t middle = a1 * b0 + (a0 * b0 >> 32), cross = a0 * b1 + (middle & low);
  return a1 * b1 + (middle >> 32) + (cross >> 32);
}

CLAW_MAYBE_UNUSED static int64_t claw_high_unsigned(int64_t a, int64_t b, int bits) {
  const uint64_t x = claw_bits(a, bits), y = claw_bits(b, bits);
  if (bits > 32) {
    const uint64_t high = claw_high_u64(x, y);
    return claw_wrap(bits == 64 ? high : high << (64 - bits) | (x * y) >> bits, bits);
  }
  return claw_wrap(x * y >> bits, bits);
}

CLAW_MAYBE_UNUSED static int64_t claw_high_signed(int64_t a, int64_t b, int bits) {
  const int64_t high = claw_high_unsigned(a, b, bits);
  const uint64_t less = (a < 0 ? (uint64_t)b : 0) + (b < 0 ? (uint64_t)a : 0);
  return claw_wrap((uint64_t)high - less, bits);
}

CLAW_MAYBE_UNUSED static int64_t claw_carry(int64_t a, int64_t b, int bits) {
  const uint64_t x = claw_bits(a, bits), sum = claw_bits((int64_t)(x + claw_bits(b, bits)), bits);
  return sum < x ? -1 : 0;
}
