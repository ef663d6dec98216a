// A program is compiled for the device and run there; without --inputs its arguments are random.
// RUN: claw-run %s | FileCheck %s --check-prefix=RANDOM
// RUN: claw-run %s -repeat=3 -kernels -size=5 | FileCheck %s --check-prefix=SIZE
// RUN: claw-run - -size=0.0=9 < %s | FileCheck %s --check-prefix=STDIN
//
// RUN: claw-run %s -check=host | FileCheck %s --check-prefix=AGREES
//
// Results go to a file, which can be the arguments of the next run, of a bundle too.
// RUN: claw-run %s -outputs=%t.npz
// RUN: clawc %s -target=host -emit=bundle -o %t.claw
// RUN: claw-run %t.claw -inputs=%t.npz | FileCheck %s --check-prefix=AGAIN

// RANDOM: main(float32[64, 8])
// RANDOM-NEXT: device: host:0 ({{.*}} threads, {{.*}}), image host:native
// RANDOM-NEXT: time: min {{.*}} ms, median {{.*}} ms of 1 after a warm-up
// RANDOM-NEXT: result 0: float32[64, 8] crc32 {{[0-9a-f]+}} min -1.9{{.*}} max 1.9{{.*}} sum

// SIZE: main(float32[5, 8])
// SIZE: of 3 after a warm-up
// SIZE-NEXT: {{main.*}} ms grid {{[0-9]+}} of 1 threads
// SIZE-NEXT: result 0: float32[5, 8]

// STDIN: main(float32[9, 8])

// AGREES: check 0: agrees with host:0, apart by 0.0e+00

// AGAIN: main(float32[64, 8])
// AGAIN: result 0: float32[64, 8] {{.*}} min -3.9{{.*}} max 3.9
func.func @main(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %y = arith.addf %x, %x : tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
