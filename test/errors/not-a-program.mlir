// What is no text, no file, or nothing at all: one line, exit code 1, nothing written.
// RUN: printf '' > %t.empty.mlir
// RUN: not clawc %t.empty.mlir -target=host -o %t.o 2>&1 | FileCheck %s --check-prefix=EMPTY
// RUN: printf 'ML\357R\001' > %t.bytecode.mlir
// RUN: not clawc %t.bytecode.mlir -target=host -o %t.o 2>&1 | FileCheck %s --check-prefix=BYTECODE
// RUN: printf '\377\376' > %t.binary.mlir
// RUN: not clawc %t.binary.mlir -target=host -o %t.o 2>&1 | FileCheck %s --check-prefix=BINARY
// RUN: not clawc %t.missing.mlir -target=host -o %t.o 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: not ls %t.o

// EMPTY: empty.mlir: error: the program holds no function to compile
// BYTECODE: bytecode.mlir: error: malformed null-terminated string
// BINARY: binary.mlir: error: is not text: byte 0 is not UTF-8
// MISSING: missing.mlir: error: cannot read: No such file or directory
