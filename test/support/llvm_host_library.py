"""Conversions that LLVM calls on the host and expects in a library; here they are LLVM IR.

From double they first round to an odd float: then the second rounding is as good as one alone.
"""

LIBRARY = """
define bfloat @__truncsfbf2(float %x) {
  %bits = bitcast float %x to i32
  %high = lshr i32 %bits, 16
  %odd = and i32 %high, 1
  %half = add i32 %odd, 32767
  %sum = add i32 %bits, %half
  %rounded = lshr i32 %sum, 16
  %nan = fcmp uno float %x, %x
  %kept = select i1 %nan, i32 32704, i32 %rounded
  %narrow = trunc i32 %kept to i16
  %r = bitcast i16 %narrow to bfloat
  ret bfloat %r
}

define internal float @to_odd(double %x) {
  %near = fptrunc double %x to float
  %wide = fpext float %near to double
  %size = call double @llvm.fabs.f64(double %x)
  %found = call double @llvm.fabs.f64(double %wide)
  %more = fcmp ogt double %found, %size
  %step = sext i1 %more to i32
  %bits = bitcast float %near to i32
  %cut = add i32 %bits, %step
  %inexact = fcmp one double %found, %size
  %last = zext i1 %inexact to i32
  %odd = or i32 %cut, %last
  %r = bitcast i32 %odd to float
  ret float %r
}

define half @__truncdfhf2(double %x) {
  %odd = call float @to_odd(double %x)
  %r = fptrunc float %odd to half
  ret half %r
}

define bfloat @__truncdfbf2(double %x) {
  %odd = call float @to_odd(double %x)
  %r = call bfloat @__truncsfbf2(float %odd)
  ret bfloat %r
}
"""
