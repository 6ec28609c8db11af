"""A wheel for one platform if the command is in the package, otherwise one for all."""

from pathlib import Path

from setuptools import setup

try:
    from setuptools.command.bdist_wheel import bdist_wheel
except ImportError:
    from wheel.bdist_wheel import bdist_wheel

HAS_COMMAND = any((Path(__file__).parent / "src/pytest_llmock_replay/bin").glob("llmock*"))


class Wheel(bdist_wheel):
    def finalize_options(self):
        super().finalize_options()
        self.root_is_pure = not HAS_COMMAND

    def get_tag(self):
        platform = super().get_tag()[2]
        # The command works with every version of Python.
        return "py3", "none", platform


setup(cmdclass={"bdist_wheel": Wheel})
