"""Small programs for the runtime's tests: a launch plan, and its one kernel for several targets.

The kernel `scale` writes 2 * x to its second buffer, an f32 a thread, 64 threads a workgroup.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import llvmlite.binding as llvm
import pytest

from clawc.runtime.artifact import Artifact, Image
from clawc.runtime.device import Device, open_device
from clawc.runtime.errors import RunError
from clawc.runtime.plan import Entry, Plan, TensorType
from clawc.runtime.steps import Alloc, Compute, Launch

THREADS = 64
ROWS = ("dim", 0, 0)
INDEX = ("index", "index")
COUNT, GRID = ("value", 8), ("value", 9)
SIZES = (
    Compute(8, "arith.muli", INDEX, (ROWS, 3)),
    Compute(9, "arith.ceildivui", INDEX, (COUNT, THREADS)),
)


def scale_entry(name: str = "main", rows=ROWS) -> Entry:
    """`main(x: f32[?, 3]) -> f32[?, 3]`: 2 * (2 * x), two launches with a buffer between."""
    argument = TensorType("f32", (rows, 3))
    return Entry(
        name=name,
        arguments=(argument,),
        result_types=(argument,),
        constants=(),
        steps=(
            *SIZES,
            Alloc(1, "f32", (ROWS, 3)),
            Launch("scale", GRID, (0, 1), (COUNT,)),
            Alloc(2, "f32", (ROWS, 3)),
            Launch("scale", GRID, (1, 2), (COUNT,)),
        ),
        results=(("buffer", 2),),
    )


def scale_plan(*entries: Entry) -> Plan:
    facts = {"threads": THREADS, "access": ["read", "write"], "lane": "vector"}
    return Plan({e.name: e for e in entries or (scale_entry(),)}, {"scale": facts})


def image(target: str, chip: str, kind: str, data: bytes, plan: Plan | None = None) -> Image:
    return Image(target, chip, kind, data, plan or scale_plan())


def artifact(*images: Image) -> Artifact:
    return Artifact(list(images))


HOST = """
define void @scale(ptr %buffers, ptr %scalars, i64 %first, i64 %end) {
entry:
  %in = load ptr, ptr %buffers
  %slot = getelementptr ptr, ptr %buffers, i64 1
  %out = load ptr, ptr %slot
  %n = load i64, ptr %scalars
  %from = mul i64 %first, 64
  %to0 = mul i64 %end, 64
  %to = call i64 @llvm.smin.i64(i64 %to0, i64 %n)
  br label %head
head:
  %i = phi i64 [%from, %entry], [%next, %body]
  %more = icmp slt i64 %i, %to
  br i1 %more, label %body, label %done
body:
  %p = getelementptr float, ptr %in, i64 %i
  %x = load float, ptr %p
  %y = fadd float %x, %x
  %q = getelementptr float, ptr %out, i64 %i
  store float %y, ptr %q
  %next = add i64 %i, 1
  br label %head
done:
  ret void
}
declare i64 @llvm.smin.i64(i64, i64)
"""


def host_object(text: str = HOST) -> bytes:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple()
    machine = target.create_target_machine(reloc="pic", codemodel="default")
    return machine.emit_object(llvm.parse_assembly(text))


def host_image(plan: Plan | None = None) -> Image:
    return image("host", "native", "object", host_object(), plan)


OPENCL = """
OpCapability Kernel
OpCapability Addresses
OpCapability Linkage
OpCapability Int64
OpMemoryModel Physical64 OpenCL
OpEntryPoint Kernel %scale "scale" %id
OpDecorate %id BuiltIn GlobalInvocationId
%void = OpTypeVoid
%bool = OpTypeBool
%long = OpTypeInt 64 0
%float = OpTypeFloat 32
%long3 = OpTypeVector %long 3
%input = OpTypePointer Input %long3
%floats = OpTypePointer CrossWorkgroup %float
%type = OpTypeFunction %void %floats %floats %long
%id = OpVariable %input Input
%scale = OpFunction %void None %type
%in = OpFunctionParameter %floats
%out = OpFunctionParameter %floats
%n = OpFunctionParameter %long
%entry = OpLabel
%id3 = OpLoad %long3 %id
%i = OpCompositeExtract %long %id3 0
%inside = OpULessThan %bool %i %n
OpSelectionMerge %end None
OpBranchConditional %inside %body %end
%body = OpLabel
%p = OpInBoundsPtrAccessChain %floats %in %i
%x = OpLoad %float %p Aligned 4
%y = OpFAdd %float %x %x
%q = OpInBoundsPtrAccessChain %floats %out %i
OpStore %q %y Aligned 4
OpBranch %end
%end = OpLabel
OpReturn
OpFunctionEnd
"""

VULKAN = """
OpCapability Shader
{capability}
OpMemoryModel Logical GLSL450
OpEntryPoint GLCompute %scale "scale" %group %thread %in %out %pushed
OpExecutionMode %scale LocalSize 64 1 1
OpDecorate %group BuiltIn WorkgroupId
OpDecorate %thread BuiltIn LocalInvocationId
OpDecorate %array ArrayStride 4
OpMemberDecorate %block 0 Offset 0
OpDecorate %block Block
OpDecorate %in DescriptorSet 0
OpDecorate %in Binding 0
OpDecorate %out DescriptorSet 0
OpDecorate %out Binding 1
OpMemberDecorate %scalars 0 Offset 0
OpMemberDecorate %scalars 1 Offset 4
OpDecorate %scalars Block
%void = OpTypeVoid
%type = OpTypeFunction %void
%bool = OpTypeBool
%int = OpTypeInt 32 0
%float = OpTypeFloat 32
%int3 = OpTypeVector %int 3
%input = OpTypePointer Input %int3
%group = OpVariable %input Input
%thread = OpVariable %input Input
%array = OpTypeRuntimeArray %float
%block = OpTypeStruct %array
%buffer = OpTypePointer StorageBuffer %block
%element = OpTypePointer StorageBuffer %float
%in = OpVariable %buffer StorageBuffer
%out = OpVariable %buffer StorageBuffer
%scalars = OpTypeStruct %int %int
%constants = OpTypePointer PushConstant %scalars
%scalar = OpTypePointer PushConstant %int
%pushed = OpVariable %constants PushConstant
%zero = OpConstant %int 0
%one = OpConstant %int 1
%threads = OpConstant %int 64
%row = OpConstant %int 65535
%scale = OpFunction %void None %type
%entry = OpLabel
%group3 = OpLoad %int3 %group
%thread3 = OpLoad %int3 %thread
%gx = OpCompositeExtract %int %group3 0
%gy = OpCompositeExtract %int %group3 1
%t = OpCompositeExtract %int %thread3 0
%before = OpIMul %int %gy %row
%id = OpIAdd %int %before %gx
%first = OpIMul %int %id %threads
%i = OpIAdd %int %first %t
%np = OpAccessChain %scalar %pushed %zero
%n = OpLoad %int %np
%totalp = OpAccessChain %scalar %pushed %one
%total = OpLoad %int %totalp
%known = OpULessThan %bool %id %total
%below = OpULessThan %bool %i %n
%inside = OpLogicalAnd %bool %known %below
OpSelectionMerge %end None
OpBranchConditional %inside %body %end
%body = OpLabel
%p = OpAccessChain %element %in %zero %i
%x = OpLoad %float %p
%y = OpFAdd %float %x %x
%q = OpAccessChain %element %out %zero %i
OpStore %q %y
OpBranch %end
%end = OpLabel
OpReturn
OpFunctionEnd
"""


def assemble(text: str, folder: Path, environment: str) -> bytes:
    source, binary = folder / "kernel.spvasm", folder / "kernel.spv"
    source.write_text(text)
    command = ["spirv-as", "--target-env", environment, str(source), "-o", str(binary)]
    subprocess.run(command, check=True)
    return binary.read_bytes()


def opencl_image(folder: Path) -> Image:
    return image("spirv", "opencl-cpu", "spv", assemble(OPENCL, folder, "spv1.4"))


def vulkan_image(folder: Path, capability: str = "") -> Image:
    data = assemble(VULKAN.format(capability=capability), folder, "spv1.4")
    return image("spirv", "vulkan", "spv", data)


def device_or_skip(spec: str) -> Device:
    try:
        return open_device(spec)
    except RunError as error:
        if os.environ.get("CLAWC_REQUIRE_DRIVERS"):
            raise
        pytest.skip(str(error))
