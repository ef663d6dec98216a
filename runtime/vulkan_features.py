"""Which features of a Vulkan device kernels use, and which a SPIR-V module asks for."""

from __future__ import annotations

import ctypes

from clawc.runtime.spirv_module import ModuleHead

# Every feature structure is a tag, a pointer to the next one, and flags.
# tag: (how many flags, {the ones that kernels use: position})
GROUPS = {
    1000059000: (55, {"shaderFloat64": 39, "shaderInt64": 40, "shaderInt16": 41}),
    1000083000: (4, {"storageBuffer16BitAccess": 0, "uniformAndStorageBuffer16BitAccess": 1}),
    1000177000: (3, {"storageBuffer8BitAccess": 0, "uniformAndStorageBuffer8BitAccess": 1}),
    1000082000: (2, {"shaderFloat16": 0, "shaderInt8": 1}),
    1000120000: (2, {"variablePointersStorageBuffer": 0, "variablePointers": 1}),
    1000211000: (3, {"vulkanMemoryModel": 0, "vulkanMemoryModelDeviceScope": 1}),
    1000175000: (1, {"shaderSubgroupExtendedTypes": 0}),
}
COOPERATIVE_MATRIX = {1000506000: (2, {"cooperativeMatrix": 0})}  # of an extension

# SPIR-V capability: its name, and the feature that stands for it ("": every device has it)
CAPABILITIES = {
    0: ("Matrix", ""),
    1: ("Shader", ""),
    9: ("Float16", "shaderFloat16"),
    10: ("Float64", "shaderFloat64"),
    11: ("Int64", "shaderInt64"),
    22: ("Int16", "shaderInt16"),
    39: ("Int8", "shaderInt8"),
    61: ("GroupNonUniform", ""),
    62: ("GroupNonUniformVote", ""),
    63: ("GroupNonUniformArithmetic", ""),
    64: ("GroupNonUniformBallot", ""),
    65: ("GroupNonUniformShuffle", ""),
    66: ("GroupNonUniformShuffleRelative", ""),
    4433: ("StorageBuffer16BitAccess", "storageBuffer16BitAccess"),
    4434: ("UniformAndStorageBuffer16BitAccess", "uniformAndStorageBuffer16BitAccess"),
    4441: ("VariablePointersStorageBuffer", "variablePointersStorageBuffer"),
    4442: ("VariablePointers", "variablePointers"),
    4448: ("StorageBuffer8BitAccess", "storageBuffer8BitAccess"),
    4449: ("UniformAndStorageBuffer8BitAccess", "uniformAndStorageBuffer8BitAccess"),
    5345: ("VulkanMemoryModel", "vulkanMemoryModel"),
    5346: ("VulkanMemoryModelDeviceScope", "vulkanMemoryModelDeviceScope"),
    6022: ("CooperativeMatrixKHR", "cooperativeMatrix"),
}


class FeatureChain:
    """The linked structures that Vulkan fills in when asked, and takes when a device is made."""

    def __init__(self, with_cooperative_matrix: bool) -> None:
        groups = GROUPS | (COOPERATIVE_MATRIX if with_cooperative_matrix else {})
        self.groups = {tag: feature_group(tag, size) for tag, (size, _) in groups.items()}
        self.known = {tag: names for tag, (_, names) in groups.items()}
        chain = list(self.groups.values())
        for group, following in zip(chain, chain[1:], strict=False):
            group.next = ctypes.addressof(following)
        self.first = chain[0]

    def keep_known(self) -> set[str]:
        """Leave on what kernels use and the device has; the names of these features."""
        kept = set()
        for tag, group in self.groups.items():
            names = {name for name, at in self.known[tag].items() if group.flags[at]}
            on = {self.known[tag][name] for name in names}
            for at in range(len(group.flags)):
                group.flags[at] = at in on
            kept |= names
        return kept


def feature_group(tag: int, size: int) -> ctypes.Structure:
    class Group(ctypes.Structure):
        _fields_ = [
            ("tag", ctypes.c_uint32),
            ("next", ctypes.c_void_p),
            ("flags", ctypes.c_uint32 * size),
        ]

    return Group(tag)


def missing_capabilities(head: ModuleHead, features: set[str]) -> list[str]:
    """The capabilities that a module asks for and a device with these features lacks."""
    lacking = []
    for number in sorted(head.capabilities):
        name, feature = CAPABILITIES.get(number, (f"capability {number}", "unknown"))
        if feature and feature not in features:
            lacking.append(name)
    return lacking
