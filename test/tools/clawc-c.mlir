// RUN: rm -rf %t && mkdir %t
// RUN: clawc %s -target=host,nvptx -emit=c -o %t/model.c
// RUN: FileCheck %s --check-prefix=HEADER < %t/model.h
// RUN: FileCheck %s --check-prefix=SOURCE < %t/model.c
// RUN: gcc -std=c11 -Wall -Wextra -Werror -c %t/model.c -o %t/model.o
// RUN: %exits 2 clawc %s -target=host -emit=c -o - 2>&1 | FileCheck %s --check-prefix=TWO
// RUN: %exits 1 clawc %s -target=host -emit=c -o %t/a-b.c 2>&1 | FileCheck %s --check-prefix=NAME
// RUN: %exits 1 clawc %s -target=spirv:vulkan -emit=c -o %t/v.c 2>&1 | FileCheck %s --check-prefix=VULKAN
// RUN: not ls %t/a-b.c %t/v.c %t/v.h

// HEADER: #ifndef CLAW_MODEL_H
// HEADER: /* (f32[4]) -> (f32[4]) */
// HEADER-NEXT: claw_status model_main(model_context *context, const claw_tensor *inputs,

// SOURCE: model.c: a tensor program for host:native, nvptx:sm_80
// SOURCE: static claw_status claw_main_0(claw_context *c,
// SOURCE: claw_launch(c, 0, INT64_C(1), buffers, 2, scalars, 0)
// SOURCE: claw_result(c, b[

// TWO: clawc: error: -emit=c writes two files, NAME.c and NAME.h; -o is '-'
// NAME: a-b.c: error: 'a-b' is no name in C: name the output with letters and digits
// VULKAN: v.c: error: there is no loader in C for spirv:vulkan: leave the target out

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = claw.unary %x {kind = "neg"} : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
