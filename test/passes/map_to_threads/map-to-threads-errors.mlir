// RUN: claw-opt %s --pass-pipeline='map-to-threads{chip=host}' --verify-diagnostics

// expected-error@below {{stores no result; expected materialize_in_destination}}
func.func private @k(%x: memref<4xf32>) attributes {claw.kernel, claw.lane = "generic"} {
  return
}
