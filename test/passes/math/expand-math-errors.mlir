// RUN: claw-opt %s --pass-pipeline='expand-math{chip=host}' --verify-diagnostics

func.func @main(%x: f80) -> f80 {
  // expected-error@below {{'math.exp' op computes in f80; expected f16, bf16, f32 or f64}}
  %y = math.exp %x : f80
  return %y : f80
}
