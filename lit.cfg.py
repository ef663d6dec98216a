"""lit configuration: every .mlir under test/ is a test."""

import os
import sys

import lit.formats

config = globals()["config"]
root = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(root, "test", "support"))
from tool_path import with_tools  # noqa: E402  the folder is not on lit's own path

config.name = "clawc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir"]
config.excludes = ["unit", "run", "runner", "support"]
config.test_source_root = root
config.test_exec_root = os.path.join(root, "build", "lit")
config.substitutions.append(("%python", sys.executable))
exits = os.path.join(root, "test", "support", "exits.py")
config.substitutions.append(("%exits", f"{sys.executable} {exits}"))
environment = with_tools(os.environ)
names = ("PATH", "PTXAS", "HOME", "CLAWC_REQUIRE_DRIVERS", "VK_ICD_FILENAMES", "OCL_ICD_VENDORS")
config.environment.update({name: environment[name] for name in names if name in environment})
config.environment["CLAWC_CACHE_DIR"] = ""  # a test compiles what it tests
