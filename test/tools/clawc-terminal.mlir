// Several targets in one option, completion in a shell, and clawc as a module of Python.
// RUN: clawc %s -target=nvptx,spirv:vulkan -target=host -o %t.claw
// RUN: claw-report %t.claw | FileCheck %s --check-prefix=THREE
// RUN: claw-report %s -target=nvptx,host | FileCheck %s --check-prefix=TWO
// RUN: %exits 2 clawc %s -target=nvptx, -o %t.claw 2>&1 | FileCheck %s --check-prefix=EMPTY
// RUN: env _CLAWC_COMPLETE=bash_complete COMP_WORDS="clawc -target nvptx,spi" COMP_CWORD=2 clawc | FileCheck %s --check-prefix=COMPLETE
// RUN: %python -m clawc %s -target=host -o %t.o
// RUN: %python -m clawc --version | FileCheck %s --check-prefix=VERSION

// THREE-DAG: nvptx:sm_80
// THREE-DAG: spirv:vulkan
// THREE-DAG: host:native
// TWO-DAG: nvptx:sm_80
// TWO-DAG: host:native
// EMPTY: error: unknown target ''; known: nvptx, amdgpu, spirv, host
// COMPLETE: plain,nvptx,spirv
// VERSION: clawc, version

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = claw.unary %x {kind = "neg"} : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
