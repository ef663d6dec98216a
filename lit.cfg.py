"""lit configuration: every .mlir under test/ is a test."""

import os
import sys

import lit.formats
import llvm

config = globals()["config"]
config.name = "clawc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir"]
config.excludes = ["unit", "run", "support"]
config.test_source_root = os.path.dirname(os.path.abspath(__file__))
config.test_exec_root = os.path.join(config.test_source_root, "build", "lit")
tools = [os.path.dirname(sys.executable), os.path.join(list(llvm.__path__)[0], "bin")]
config.substitutions.append(("%python", sys.executable))
config.environment["PATH"] = os.pathsep.join([*tools, os.environ["PATH"]])
for name in ("HOME", "CLAWC_REQUIRE_DRIVERS", "VK_ICD_FILENAMES", "OCL_ICD_VENDORS", "PTXAS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]
