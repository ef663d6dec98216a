// Every stage, and what each target gives.
// Covers: compiler/job.py, compilation.py, road.py, stages.py, source.py, context.py.
// RUN: clawc %s -emit=claw | FileCheck %s --check-prefix=CLAW
// RUN: clawc %s -emit=linalg | FileCheck %s --check-prefix=LINALG
// RUN: clawc %s -emit=kernels | FileCheck %s --check-prefix=KERNELS
// RUN: clawc %s -target=nvptx -emit=tiled | FileCheck %s --check-prefix=TILED
// RUN: clawc %s -target=nvptx -emit=vector | FileCheck %s --check-prefix=VECTOR
// RUN: clawc %s -target=nvptx -emit=simt | FileCheck %s --check-prefix=SIMT
// RUN: clawc %s -target=nvptx -emit=llvm | FileCheck %s --check-prefix=LLVM
// RUN: clawc %s -target=nvptx -emit=asm | FileCheck %s --check-prefix=PTX
// RUN: clawc %s -target=amdgpu:gfx942 -emit=asm | FileCheck %s --check-prefix=GCN
// RUN: clawc %s -target=spirv:vulkan -emit=asm | FileCheck %s --check-prefix=SPIRV
// RUN: clawc - -target=nvptx -o - < %s | FileCheck %s --check-prefix=PTX
// RUN: clawc %s -target=host -target=nvptx:sm_90 -target=amdgpu:gfx942 -o %t.claw
// RUN: llvm-offload-binary --help > /dev/null
// RUN: llvm-objdump --offloading %t.claw | FileCheck %s --check-prefix=BUNDLE

// CLAW: claw.unary %arg0 {kind = "neg"}
// LINALG: linalg.generic
// LINALG-NOT: claw.
// KERNELS: func.func private @main_{{.*}}claw.kernel
// TILED: scf.forall
// VECTOR: vector.transfer_read
// SIMT: gpu.launch_func
// SIMT: gpu.func @main
// LLVM: target triple = "nvptx64-nvidia-cuda"
// PTX: .target sm_80
// PTX: .entry main
// GCN: .amdgcn_target "amdgcn-amd-amdhsa--gfx942"
// SPIRV: OpEntryPoint GLCompute
// BUNDLE: sm_90
// BUNDLE: gfx942

func.func @main(%x: tensor<1000xf32>) -> tensor<1000xf32> {
  %0 = claw.unary %x {kind = "neg"} : (tensor<1000xf32>) -> tensor<1000xf32>
  return %0 : tensor<1000xf32>
}
