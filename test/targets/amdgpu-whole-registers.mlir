// LLVM 22 mixes up halves of registers on RDNA 3, where it names them: clawc has it take whole ones.
// RUN: clawc %s -target=amdgpu:gfx1100 -emit=asm | FileCheck %s --implicit-check-not='.l,' --implicit-check-not='.h,'

// CHECK: v_cvt_f32_f16{{.*}} v{{[0-9]+}}, v{{[0-9]+$}}
func.func @main(%x: tensor<?x33xf16>) -> tensor<?x33xf32> {
  %0 = claw.cast %x : (tensor<?x33xf16>) -> tensor<?x33xf32>
  return %0 : tensor<?x33xf32>
}
